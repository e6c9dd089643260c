package memory_test

import (
	"testing"

	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/backend/store/memory"
	"github.com/chaperone-privacy/chaperone/backend/store/storetest"
)

func TestSuite(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Stores {
		s := memory.New()
		return storetest.Stores{
			Vaults: s.Vaults(), Logs: s.Logs(), Envelopes: s.Envelopes(), Notes: s.Notes(logwriter.Keys),
			NotesOf: func(l logwriter.Log) keylog.Store { return s.Notes(l) },
			Ping:    s.Ping, Close: s.Close,
		}
	})
}
