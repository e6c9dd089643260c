package server

import (
	"context"
	"log/slog"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/backend/store/memory"
	"github.com/chaperone-privacy/chaperone/backend/store/postgres"
	"github.com/chaperone-privacy/chaperone/backend/store/sqlite"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
)

// engine is an open store, whichever it is.
type engine struct {
	name      string // for the log
	vaults    vaultsync.Store
	logs      logwriter.Store
	envelopes envelope.Store
	notes     func(logwriter.Log) keylog.Store
	alone     bool // no other process writes the same data
	ping      func(context.Context) error
	close     func() error
}

// openStore opens the engine that db names, with all migrations done. It calls held once the
// data directory is this process's own: for SQLite, while the database is still being opened.
func openStore(ctx context.Context, dir, db string, log *slog.Logger, held func()) (*engine, error) {
	switch db {
	case "":
		s, err := sqlite.Open(ctx, sqlite.Config{Dir: dir, Held: held})
		if err != nil {
			return nil, err
		}
		notes := func(l logwriter.Log) keylog.Store { return s.Notes(l) }
		return &engine{"sqlite", s.Vaults(), s.Logs(), s.Envelopes(), notes, true, s.Ping, s.Close}, nil
	case MemoryDB:
		s := memory.New()
		held()
		notes := func(l logwriter.Log) keylog.Store { return s.Notes(l) }
		return &engine{"memory", s.Vaults(), s.Logs(), s.Envelopes(), notes, true, s.Ping, s.Close}, nil
	default:
		s, err := postgres.Open(ctx, postgres.Config{URL: db, Log: log})
		if err != nil {
			return nil, err
		}
		held()
		notes := func(l logwriter.Log) keylog.Store { return s.Notes(l) }
		return &engine{"postgres", s.Vaults(), s.Logs(), s.Envelopes(), notes, false, s.Ping, s.Close}, nil
	}
}
