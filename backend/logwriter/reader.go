package logwriter

import (
	"context"
	"fmt"

	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/tlog"
)

// Reader reads one log from the store. It is safe for concurrent use.
type Reader struct {
	Log   Log
	Store Store
	Cache *TileCache // of this log and no other; nil: none
	End   *Frozen    // of a log that was replaced: nothing above it is shown; nil: none
}

// newest returns the greatest checkpoint that is shown, or [ErrNotFound].
func (r Reader) newest(ctx context.Context) (size int64, checkpoint []byte, err error) {
	switch {
	case r.End == nil:
		return r.Store.Newest(ctx, r.Log)
	case r.End.Checkpoint == nil:
		return 0, nil, ErrNotFound
	}
	return r.End.Size, r.End.Checkpoint, nil
}

// Proof returns the C2SP tlog-proof of a leaf at the smallest frozen checkpoint that holds it, or
// [ErrNotFound] while there is none. rows is how many rows of the store were read.
func (r Reader) Proof(ctx context.Context, index int64) (raw []byte, rows int, err error) {
	if r.End != nil && index >= r.End.Size {
		return nil, 0, ErrNotFound
	}
	size, checkpoint, err := r.Store.First(ctx, r.Log, index)
	if err != nil {
		return nil, 1, err
	}
	path, rows, err := r.Path(ctx, size, index)
	if err != nil {
		return nil, 1 + rows, err
	}
	p := proof.TLogProof{Index: uint64(index), Checkpoint: checkpoint, Hashes: make([][32]byte, len(path))} //nolint:gosec // >= 0
	for i, h := range path {
		p.Hashes[i] = h
	}
	return p.Marshal(), 1 + rows, nil
}

// StandIn does what Proof does for a leaf below size that seed chooses, so that a question about
// nothing costs the store the same. size is that of a frozen checkpoint; for 0 nothing is read.
func (r Reader) StandIn(ctx context.Context, size int64, seed uint64) error {
	if size < 1 {
		return nil // nothing could have been found
	}
	_, _, err := r.Proof(ctx, int64(seed%uint64(size))) //nolint:gosec // both below 2^63
	return err
}

// Path returns the inclusion proof of a leaf in the tree of the given size, and how many tiles
// were read for it.
func (r Reader) Path(ctx context.Context, size, index int64) (path tlog.RecordProof, rows int, err error) {
	hashes := &hashReader{ctx: ctx, store: r.Store, log: r.Log, cache: r.Cache}
	path, err = tlog.ProveRecord(size, index, hashes)
	if err != nil {
		return nil, hashes.rows, fmt.Errorf("path in %s: %w", r.Log, err)
	}
	return path, hashes.rows, nil
}

// Root computes the root of the tree of the first size leaves.
func (r Reader) Root(ctx context.Context, size int64) (tlog.Hash, error) {
	return rootOf(ctx, r.Store, r.Log, size)
}
