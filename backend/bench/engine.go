package main

import (
	"context"
	"fmt"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/backend/store/postgres"
	"github.com/chaperone-privacy/chaperone/backend/store/sqlite"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
)

// engine is an open store.
type engine struct {
	vaults    vaultsync.Store
	logs      logwriter.Store
	envelopes envelope.Store
	close     func() error
}

// openEngine opens a store: of sqlite, address is the data directory; of postgres, its URL.
func openEngine(ctx context.Context, name, address string) (engine, error) {
	switch name {
	case "sqlite":
		s, err := sqlite.Open(ctx, sqlite.Config{Dir: address})
		if err != nil {
			return engine{}, err
		}
		return engine{s.Vaults(), s.Logs(), s.Envelopes(), s.Close}, nil
	case "postgres":
		s, err := postgres.Open(ctx, postgres.Config{URL: address})
		if err != nil {
			return engine{}, err
		}
		return engine{s.Vaults(), s.Logs(), s.Envelopes(), s.Close}, nil
	default:
		return engine{}, fmt.Errorf("engine %q is neither sqlite nor postgres", name)
	}
}
