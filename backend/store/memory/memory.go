// Package memory keeps the server's data in memory, for tests and for the demo.
//
// It promises what the other engines promise, except durability: everything is gone when the
// process ends. It never touches a disk.
package memory

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/chaperone-privacy/chaperone/backend/store"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
)

// Store is an engine in memory. It is safe for concurrent use.
type Store struct {
	vaults *Vaults
	logs   *logs
}

// New returns an empty Store.
func New() *Store {
	return &Store{vaults: &Vaults{rows: map[vaultsync.Key]vaultsync.Row{}}, logs: newLogs()}
}

// Vaults returns the vault rows.
func (s *Store) Vaults() *Vaults { return s.vaults }

// Ping reports whether the store can answer: nil until Close.
func (s *Store) Ping(ctx context.Context) error {
	s.vaults.mu.Lock()
	defer s.vaults.mu.Unlock()
	return s.vaults.check(ctx)
}

// Close drops everything. Closing again is nil.
func (s *Store) Close() error {
	s.vaults.mu.Lock()
	defer s.vaults.mu.Unlock()
	s.vaults.rows = nil
	s.logs.close()
	return nil
}

// Vaults implements [vaultsync.Store].
type Vaults struct {
	mu   sync.Mutex
	rows map[vaultsync.Key]vaultsync.Row // nil once closed; under mu; owns its blobs
}

var _ vaultsync.Store = (*Vaults)(nil)

func (v *Vaults) check(ctx context.Context) error {
	if v.rows == nil {
		return store.ErrClosed
	}
	return ctx.Err()
}

// Get implements [vaultsync.Store].
func (v *Vaults) Get(ctx context.Context, key vaultsync.Key, have uint64) (vaultsync.Row, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.check(ctx); err != nil {
		return vaultsync.Row{}, err
	}
	row, ok := v.rows[key]
	if !ok {
		return vaultsync.Row{}, vaultsync.ErrNotFound
	}
	if row.Revision == have {
		row.Blob = nil
	}
	row.Blob = slices.Clone(row.Blob)
	return row, nil
}

// Put implements [vaultsync.Store].
func (v *Vaults) Put(ctx context.Context, w vaultsync.Write) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.check(ctx); err != nil {
		return err
	}
	row, ok := v.rows[w.Key]
	switch {
	case !ok && w.Base != 0:
		return vaultsync.ErrNotFound
	case ok && (row.PublicKey != w.PublicKey || row.Deleted || row.Revision != w.Base):
		return row.Refusal(w, row.Same(w.Blob))
	}
	v.rows[w.Key] = vaultsync.Row{
		PublicKey: w.PublicKey,
		Revision:  w.Base + 1,
		Blob:      slices.Clone(w.Blob),
		SavedDay:  w.Day,
	}
	return nil
}

// Delete implements [vaultsync.Store].
func (v *Vaults) Delete(ctx context.Context, key vaultsync.Key, owner vaultsync.PublicKey, day int64) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.check(ctx); err != nil {
		return err
	}
	row, ok := v.rows[key]
	switch {
	case ok && row.PublicKey != owner:
		return vaultsync.ErrProof
	case ok && row.Deleted:
		return nil
	}
	v.rows[key] = vaultsync.Row{PublicKey: owner, Revision: row.Revision, SavedDay: day, Deleted: true}
	return nil
}

// Purge implements [vaultsync.Store].
func (v *Vaults) Purge(ctx context.Context, before int64) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.check(ctx); err != nil {
		return 0, err
	}
	n := len(v.rows)
	maps.DeleteFunc(v.rows, func(_ vaultsync.Key, r vaultsync.Row) bool {
		return r.Deleted && r.SavedDay < before
	})
	return n - len(v.rows), nil
}
