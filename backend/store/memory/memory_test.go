package memory_test

import (
	"testing"

	"github.com/chaperone-privacy/chaperone/backend/store/memory"
	"github.com/chaperone-privacy/chaperone/backend/store/storetest"
)

func TestSuite(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Stores {
		s := memory.New()
		return storetest.Stores{
			Vaults: s.Vaults(), Logs: s.Logs(), Envelopes: s.Envelopes(), Notes: s.Notes(),
			Ping: s.Ping, Close: s.Close,
		}
	})
}
