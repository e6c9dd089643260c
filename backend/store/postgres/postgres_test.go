package postgres_test

import (
	"testing"

	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/backend/store/pgtest"
	"github.com/chaperone-privacy/chaperone/backend/store/postgres"
	"github.com/chaperone-privacy/chaperone/backend/store/storetest"
)

func TestSuite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Stores { return open(t, pgtest.Database(t)) })
}

func open(t *testing.T, address string) storetest.Stores {
	t.Helper()
	s, err := postgres.Open(t.Context(), postgres.Config{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: got %v, want nil", err)
		}
	})
	return storetest.Stores{
		Vaults: s.Vaults(), Logs: s.Logs(), Envelopes: s.Envelopes(), Notes: s.Notes(logwriter.Keys),
		NotesOf: func(l logwriter.Log) keylog.Store { return s.Notes(l) },
		Ping:    s.Ping,
		Close:   s.Close,
		Reopen: func(t *testing.T) storetest.Stores {
			t.Helper()
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, address)
		},
	}
}
