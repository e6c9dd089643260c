package vaultsync

import (
	"bytes"
	"context"
	"crypto/sha256"
)

// MaxRevision is the highest revision a vault can reach: every JSON reader holds it exactly.
const MaxRevision = 1<<53 - 1

// Key names a vault's row: SHA-256 of the vault id.
type Key [sha256.Size]byte

// KeyOf returns the row key of a vault id.
func KeyOf(vaultID [32]byte) Key { return sha256.Sum256(vaultID[:]) }

// PublicKey is the Ed25519 key that signs a vault's requests.
type PublicKey [32]byte

// Row is what is kept for one vault.
type Row struct {
	PublicKey PublicKey
	Revision  uint64 // >= 1; of a deleted vault, the last one before (0 when nothing was stored)
	Blob      []byte // nil when deleted, or when the caller has this revision
	SavedDay  int64  // days since 1970-01-01 UTC of the last write or of the deletion
	Deleted   bool
}

// Write is one compare-and-set.
type Write struct {
	Key       Key
	PublicKey PublicKey
	Base      uint64 // the vault must stand here; 0 means that it must not exist
	Blob      []byte
	Day       int64
}

// Store keeps the rows. Implementations are safe for concurrent use.
//
// Durability: when Put, Delete or Purge return nil the change survives a crash of the process
// and of the machine (memory stores excepted, which say so). When they return an error that is
// none of the sentinels named below the change may or may not have happened.
//
// A cancelled ctx makes a method return an error matching ctx.Err(); no part of a change is
// then visible without the rest.
//
// Any other error is the engine's, and carries no key, blob or public key in its text.
type Store interface {
	// Get returns the row, deleted or not. It leaves Blob nil when have is the row's revision.
	// The caller owns the row. Without a row it returns [ErrNotFound].
	Get(ctx context.Context, key Key, have uint64) (Row, error)
	// Put makes revision w.Base+1 if the vault stands at w.Base and has w.PublicKey. It does not
	// keep w.Blob. Of concurrent writes from one base exactly one succeeds, unless their bytes
	// are equal. A refusal is what [Row.Refusal] says: [ErrProof], [ErrDeleted], [ErrConflict],
	// or nil for identical bytes sent again; without a row, a base other than 0 is [ErrNotFound].
	Put(ctx context.Context, w Write) error
	// Delete drops the blob and leaves a mark; without a row it makes the mark alone, so that a
	// first Put that is still under way cannot undo the deletion. Deleting again is nil and
	// leaves the mark's day as it was. A row with another key is [ErrProof].
	Delete(ctx context.Context, key Key, owner PublicKey, day int64) error
	// Purge removes the marks of vaults deleted before day, and says how many.
	Purge(ctx context.Context, before int64) (int, error)
}

// Refusal says why a write that found r in its way was not applied. It returns nil when the
// write is r itself, sent again. Every engine answers by it, so that all answer alike. Blob may
// be left out of r when same says whether it equals w.Blob.
func (r Row) Refusal(w Write, same bool) error {
	switch {
	case r.PublicKey != w.PublicKey:
		return ErrProof
	case r.Deleted:
		return ErrDeleted
	case r.Revision == w.Base+1 && same:
		return nil
	default:
		return &ConflictError{Current: r.Revision}
	}
}

// Same reports whether r holds exactly blob.
func (r Row) Same(blob []byte) bool { return !r.Deleted && bytes.Equal(r.Blob, blob) }
