package translog_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/translog"
	"golang.org/x/mod/sumdb/tlog"
)

// history is a log of n leaves in memory; those from fork on are others.
type history struct {
	t      *testing.T
	hashes []tlog.Hash
	size   int64
	read   int
}

// ReadHashes implements [tlog.HashReader].
func (h *history) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x >= int64(len(h.hashes)) {
			return nil, errors.New("not there")
		}
		out[i] = h.hashes[x]
	}
	return out, nil
}

func newHistory(t *testing.T, n, fork int64) *history {
	t.Helper()
	h := &history{t: t}
	for ; h.size < n; h.size++ {
		leaf := binary.BigEndian.AppendUint64(nil, uint64(h.size))
		if h.size >= fork {
			leaf = append(leaf, 1)
		}
		hs, err := tlog.StoredHashes(h.size, leaf, h)
		if err != nil {
			t.Fatal(err)
		}
		h.hashes = append(h.hashes, hs...)
	}
	return h
}

func (h *history) head(size int64) translog.Head {
	h.t.Helper()
	root, err := tlog.TreeHash(size, h)
	if err != nil {
		h.t.Fatal(err)
	}
	return translog.Head{Origin: "log.example.com/msgs", Size: size, Root: root}
}

// tile reads a tile as golang.org/x/mod makes it.
func (h *history) tile(_ context.Context, t translog.Tile) ([]byte, error) {
	h.read++
	got := tlog.Tile{H: 8, L: t.Level, N: t.Index, W: t.Width}
	if want := "tile/8/" + t.Path()[len("tile/"):]; got.Path() != want {
		h.t.Errorf("got path %s, want %s", want, got.Path())
	}
	return tlog.ReadTileData(got, h)
}

func TestPrefix(t *testing.T) {
	t.Parallel()
	const big = 70000 // three levels of tiles
	sizes := []int64{0, 1, 2, 3, 5, 8, 255, 256, 257, 511, 513, 4096, 65535, 65536, 65537, 66000, big}
	h := newHistory(t, big, big)
	for _, n := range sizes {
		for _, m := range sizes {
			older, newer := h.head(m), h.head(n)
			h.read = 0
			proof, err := translog.ProvePrefix(t.Context(), older, newer, h.tile)
			if m > n {
				if !errors.Is(err, translog.ErrProof) {
					t.Errorf("%d of %d: got %v, want %v", m, n, err, translog.ErrProof)
				}
				continue
			}
			if err != nil {
				t.Errorf("%d of %d: %v", m, n, err)
			}
			if h.read > 6 {
				t.Errorf("%d of %d: %d tiles were read", m, n, h.read)
			}
			changed := older
			changed.Root[5] ^= 1
			if err := translog.CheckPrefix(changed, newer, proof); !errors.Is(err, translog.ErrFork) {
				t.Errorf("%d of %d, another older root: got %v, want %v", m, n, err, translog.ErrFork)
			}
			for i := range proof {
				bad := append([][32]byte{}, proof...)
				bad[i][9] ^= 1
				if err := translog.CheckPrefix(older, newer, bad); !errors.Is(err, translog.ErrProof) {
					t.Errorf("%d of %d, hash %d changed: got %v, want %v", m, n, i, err, translog.ErrProof)
				}
				if err := translog.CheckPrefix(changed, newer, bad); !errors.Is(err, translog.ErrProof) {
					t.Errorf("%d of %d, a fork by changed hash %d: got %v, want %v", m, n, i, err, translog.ErrProof)
				}
				if err := translog.CheckPrefix(older, newer, proof[:i]); !errors.Is(err, translog.ErrProof) {
					t.Errorf("%d of %d, only %d hashes: got %v, want %v", m, n, i, err, translog.ErrProof)
				}
			}
			if err := translog.CheckPrefix(older, newer, append(proof[:len(proof):len(proof)], [32]byte{})); !errors.Is(err, translog.ErrProof) {
				t.Errorf("%d of %d, a hash too many: got %v, want %v", m, n, err, translog.ErrProof)
			}
			other := older
			other.Origin = "other.example.com/msgs"
			if err := translog.CheckPrefix(other, newer, proof); !errors.Is(err, translog.ErrProof) {
				t.Errorf("%d of %d, another origin: got %v, want %v", m, n, err, translog.ErrProof)
			}
		}
	}
}

// Whoever has the tiles of one history proves that a head of another one is no prefix of it, up to
// where they part and not before.
func TestPrefixFindsForks(t *testing.T) {
	t.Parallel()
	const n, fork = 1000, 300
	a, b := newHistory(t, n, n), newHistory(t, n, fork)
	for _, m := range []int64{1, 255, 256, 299, 300, 301, 512, 999, n} {
		older, newer := a.head(m), b.head(n)
		proof, err := translog.ProvePrefix(t.Context(), older, newer, b.tile)
		if m <= fork && err != nil || m > fork && !errors.Is(err, translog.ErrFork) {
			t.Errorf("size %d: got %v, parted at %d", m, err, fork)
		}
		if again := translog.CheckPrefix(older, newer, proof); !errors.Is(again, err) {
			t.Errorf("size %d: got %v from the proof, %v from the tiles", m, again, err)
		}
		// Tiles of the other history prove nothing about this head.
		if m < n {
			if _, err := translog.ProvePrefix(t.Context(), older, newer, a.tile); !errors.Is(err, translog.ErrProof) {
				t.Errorf("size %d, tiles of the older: got %v, want %v", m, err, translog.ErrProof)
			}
		}
	}
}

// Tiles that are missing or too short prove nothing, and are no fork.
func TestPrefixWithoutTiles(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 600, 600)
	gone := errors.New("gone")
	for name, read := range map[string]translog.ReadTile{
		"missing": func(context.Context, translog.Tile) ([]byte, error) { return nil, gone },
		"empty":   func(context.Context, translog.Tile) ([]byte, error) { return nil, nil },
		"short": func(ctx context.Context, x translog.Tile) ([]byte, error) {
			row, err := h.tile(ctx, x)
			return row[:len(row)-1], err
		},
		"garbage": func(_ context.Context, x translog.Tile) ([]byte, error) { return make([]byte, 32*x.Width), nil },
	} {
		_, err := translog.ProvePrefix(t.Context(), h.head(300), h.head(600), read)
		if !errors.Is(err, translog.ErrProof) && !errors.Is(err, gone) || errors.Is(err, translog.ErrFork) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	wide := func(ctx context.Context, x translog.Tile) ([]byte, error) {
		row, err := h.tile(ctx, x)
		return append(row, make([]byte, 64)...), err
	}
	if _, err := translog.ProvePrefix(t.Context(), h.head(300), h.head(600), wide); err != nil {
		t.Errorf("tile that has grown: %v", err)
	}
}

func FuzzPrefix(f *testing.F) {
	f.Add(int64(3), int64(7), []byte{})
	f.Add(int64(4), int64(9), make([]byte, 96))
	f.Add(int64(0), int64(0), []byte{})
	f.Add(int64(-1), int64(1)<<52, make([]byte, 64))
	f.Fuzz(func(t *testing.T, m, n int64, raw []byte) {
		var proof [][32]byte
		for len(raw) >= 32 {
			proof, raw = append(proof, [32]byte(raw)), raw[32:]
		}
		h := sha256.Sum256(raw)
		older := translog.Head{Origin: "a", Size: m, Root: h}
		newer := translog.Head{Origin: "a", Size: n, Root: h}
		err := translog.CheckPrefix(older, newer, proof)
		// Nobody finds a proof for a root that was drawn after it.
		if m > 0 && m < n && !errors.Is(err, translog.ErrProof) {
			t.Errorf("%d of %d by %d hashes: got %v", m, n, len(proof), err)
		}
	})
}
