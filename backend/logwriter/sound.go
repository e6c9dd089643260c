package logwriter

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Soundness is what [Examine] found.
type Soundness struct {
	Size       int64    // of the greatest frozen checkpoint that the leaves lead to; 0 for none
	Root       [32]byte // of that checkpoint, or of the empty log
	Checkpoint []byte   // nil for none
	// Wrong says what does not fit: a leaf is missing, or a frozen checkpoint or a tile is not what
	// the leaves lead to. Nil: nothing.
	Wrong error
}

// Examine reads a whole log, computes its tree anew, and compares it with every tile and every
// frozen checkpoint. It changes nothing. An error is the store's own.
func Examine(ctx context.Context, s Store, l Log) (Soundness, error) {
	state, err := s.State(ctx, l)
	if err != nil {
		return Soundness{}, err
	}
	x := examiner{ctx: ctx, store: s, log: l, tree: &tree{}}
	x.out.Root, _ = tlog.TreeHash(0, nil) // of nothing it cannot fail
	for !x.short {
		size, raw, err := s.First(ctx, l, x.tree.size)
		if errors.Is(err, ErrNotFound) {
			err = x.read(state.Size)
			return x.out, err
		}
		if err != nil {
			return x.out, err
		}
		if err := x.read(size); err != nil {
			return x.out, err
		}
		if x.tree.size == size {
			x.checkpoint(size, raw)
		}
	}
	return x.out, nil
}

type examiner struct {
	ctx   context.Context //nolint:containedctx // one call's own
	store Store
	log   Log
	tree  *tree
	roots []subtree // perfect subtrees from the left, their sizes falling
	short bool      // a leaf is missing: what comes after it cannot be judged
	out   Soundness
}

type subtree struct {
	size int64
	hash tlog.Hash
}

func (x *examiner) wrong(format string, args ...any) {
	if x.out.Wrong == nil {
		x.out.Wrong = fmt.Errorf(format, args...)
	}
}

// read takes leaves in until there are size.
func (x *examiner) read(size int64) error {
	for x.tree.size < size {
		// never across the end of a tile, so that its row is compared when it is full
		n := min(tileWidth-x.tree.size%tileWidth, size-x.tree.size)
		leaves, err := x.store.Leaves(x.ctx, x.log, x.tree.size, int(n))
		if err != nil {
			return err
		}
		if int64(len(leaves)) != n {
			x.short = true
			x.wrong("there are fewer than %d leaves", size)
			return nil
		}
		for _, leaf := range leaves {
			x.add(tlog.RecordHash(leaf))
		}
		for _, tile := range x.tree.grow(leaves) {
			rows, err := x.store.Tiles(x.ctx, x.log, []TileID{tile.TileID})
			if err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
			if err != nil || !bytes.HasPrefix(rows[0], tile.Hashes) {
				x.wrong("tile %d of level %d is not that of its leaves", tile.Index, tile.Level)
			}
		}
		x.tree = x.tree.clone() // nothing is dirty any more
	}
	return nil
}

func (x *examiner) add(h tlog.Hash) {
	s := subtree{1, h}
	for n := len(x.roots); n > 0 && x.roots[n-1].size == s.size; n = len(x.roots) {
		s = subtree{2 * s.size, tlog.NodeHash(x.roots[n-1].hash, s.hash)}
		x.roots = x.roots[:n-1]
	}
	x.roots = append(x.roots, s)
}

func (x *examiner) checkpoint(size int64, raw []byte) {
	root := x.roots[len(x.roots)-1].hash
	for i := len(x.roots) - 2; i >= 0; i-- {
		root = tlog.NodeHash(x.roots[i].hash, root)
	}
	cp, err := translog.ParseCheckpoint(raw)
	if err != nil || cp.Size != size || cp.Root != root {
		x.wrong("the checkpoint of size %d is not that of its leaves", size)
		return
	}
	x.out.Size, x.out.Root, x.out.Checkpoint = size, root, raw
}
