// Package storetest is the one suite that every storage engine passes in every test run.
//
// It promises that engines which pass it cannot be told apart by the services above them: the
// same sentinels, the same winner rules, the same bytes. Engines that keep files are also closed
// and opened again. It never depends on an engine.
package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
)

// Stores is one engine, opened and empty.
type Stores struct {
	Vaults    vaultsync.Store
	Logs      logwriter.Store
	Envelopes envelope.Store
	Notes     keylog.Store // of the first keys log
	// NotesOf are the notes of any keys log.
	NotesOf func(logwriter.Log) keylog.Store
	// Ping is the engine's readiness check.
	Ping func(context.Context) error
	// Close closes the engine. The suite may call it more than once.
	Close func() error
	// Reopen closes the engine and opens the same data again; nil for one that keeps nothing.
	Reopen func(t *testing.T) Stores
}

// Run runs the suite. open returns a fresh, empty engine and cleans up after itself.
func Run(t *testing.T, open func(t *testing.T) Stores) {
	t.Run("Vaults", func(t *testing.T) { runVaults(t, open) })
	t.Run("Logs", func(t *testing.T) { runLogs(t, open) })
	t.Run("Engine", func(t *testing.T) { runEngine(t, open) })
}

func runEngine(t *testing.T, open func(t *testing.T) Stores) {
	t.Run("ping and close", func(t *testing.T) {
		s := open(t)
		if err := s.Ping(t.Context()); err != nil {
			t.Errorf("ping: got %v, want nil", err)
		}
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Ping(cancelled); !errors.Is(err, context.Canceled) {
			t.Errorf("ping, cancelled: got %v, want context.Canceled", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("close: got %v, want nil", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("close again: got %v, want nil", err)
		}
		if err := s.Ping(t.Context()); err == nil {
			t.Error("ping after close: got nil, want an error")
		}
		if _, err := s.Vaults.Get(t.Context(), key(1), 0); err == nil || errors.Is(err, vaultsync.ErrNotFound) {
			t.Errorf("get after close: got %v, want an engine's error", err)
		}
		if err := s.Vaults.Put(t.Context(), write(1, 0, content(1, 1))); err == nil {
			t.Error("put after close: got nil, want an error")
		}
	})
}

// key returns the row key of the n-th vault.
func key(n uint64) vaultsync.Key {
	var id [32]byte
	binary.BigEndian.PutUint64(id[:], n)
	return vaultsync.KeyOf(id)
}

// owner returns the public key of the n-th vault, which no engine looks into.
func owner(n uint64) vaultsync.PublicKey {
	return sha256.Sum256(binary.BigEndian.AppendUint64([]byte("owner"), n))
}

// write returns a compare-and-set by the n-th vault's owner.
func write(n, base uint64, blob []byte) vaultsync.Write {
	return vaultsync.Write{Key: key(n), PublicKey: owner(n), Base: base, Blob: blob, Day: 20_000}
}

// content returns size bytes in which every value occurs, zero and invalid UTF-8 among them.
func content(seed uint64, size int) []byte {
	b := make([]byte, size)
	c := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16), 1})
	_, _ = c.Read(b) // never fails
	return b
}
