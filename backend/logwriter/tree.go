package logwriter

import (
	"context"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// tileBytes is the length of a tile's row when w of its 256 hashes are there.
func tileBytes(w int) int {
	n := 2*w - bits.OnesCount(uint(w))
	if w == tileWidth {
		n-- // its root stands in the level above
	}
	return n * tlog.HashSize
}

// hashAt returns the n-th hash of a tile's own level (up 0) or of the levels between (up 1 to 7).
func hashAt(row []byte, up int, n int64) (h tlog.Hash, ok bool) {
	at := tlog.StoredHashIndex(up, n) * tlog.HashSize
	if at+tlog.HashSize > int64(len(row)) {
		return h, false
	}
	return tlog.Hash(row[at : at+tlog.HashSize]), true
}

// tree is the right edge of a log: all that is needed to append to it.
type tree struct {
	size int64
	edge []edgeTile // by level; the last may be empty
}

type edgeTile struct {
	index int64
	width int
	row   []byte
	dirty bool
}

// loadTree reads the right edge of a log of the given size.
func loadTree(ctx context.Context, s Store, l Log, size int64) (*tree, error) {
	t := &tree{size: size}
	var ids []TileID
	for level := uint8(0); size>>(tileHeight*level) > 0; level++ {
		n := size >> (tileHeight * level)
		e := edgeTile{index: n / tileWidth, width: int(n % tileWidth)}
		t.edge = append(t.edge, e)
		if e.width > 0 {
			ids = append(ids, TileID{level, e.index})
		}
	}
	rows, err := s.Tiles(ctx, l, ids)
	if err != nil {
		return nil, fmt.Errorf("right edge of %s: %w", l, err)
	}
	for i, id := range ids {
		e := &t.edge[id.Level]
		if len(rows[i]) < tileBytes(e.width) {
			return nil, fmt.Errorf("right edge of %s: %w", l, ErrDamaged)
		}
		e.row = rows[i][:tileBytes(e.width)] // another server may have gone on
	}
	return t, nil
}

// clone returns a tree that can grow without changing t.
func (t *tree) clone() *tree {
	c := &tree{size: t.size, edge: make([]edgeTile, len(t.edge))}
	for i, e := range t.edge {
		e.row, e.dirty = append(make([]byte, 0, tileBytes(tileWidth)), e.row...), false
		c.edge[i] = e
	}
	return c
}

// grow appends leaves and returns the tiles that changed.
func (t *tree) grow(leaves [][]byte) []Tile {
	var full []Tile
	for _, leaf := range leaves {
		full = t.add(0, tlog.RecordHash(leaf), full)
		t.size++
	}
	for level, e := range t.edge {
		if e.dirty {
			full = append(full, Tile{TileID{uint8(level), e.index}, e.row})
		}
	}
	return full
}

// add appends a hash to the edge of a level, and to those above when that fills a tile.
func (t *tree) add(level int, h tlog.Hash, full []Tile) []Tile {
	if level == len(t.edge) {
		t.edge = append(t.edge, edgeTile{row: make([]byte, 0, tileBytes(tileWidth))})
	}
	e := &t.edge[level]
	e.row = append(e.row, h[:]...)
	e.dirty = true
	up := 0
	for n := int64(e.width); n&1 == 1; n >>= 1 {
		left, _ := hashAt(e.row, up, n-1) // it is there: n is odd
		h = tlog.NodeHash(left, h)
		if up++; up == tileHeight {
			break
		}
		e.row = append(e.row, h[:]...)
	}
	if e.width++; e.width < tileWidth {
		return full
	}
	full = append(full, Tile{TileID{uint8(level), e.index}, e.row})
	*e = edgeTile{index: e.index + 1, row: make([]byte, 0, tileBytes(tileWidth))}
	return t.add(level+1, h, full)
}

// hashReader reads the hashes of a log from its tiles. It counts the rows it read.
type hashReader struct {
	ctx   context.Context //nolint:containedctx // tlog.HashReader has no room for it
	store Store
	log   Log
	cache *TileCache // nil: none
	rows  int
}

// wanted is a tile that hashes are wanted of.
type wanted struct {
	id   TileID
	size int // bytes of the row that are needed
	row  []byte
}

// ReadHashes implements [tlog.HashReader]: every tile is read once.
func (r *hashReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	type place struct {
		tile, up int
		n        int64
	}
	places := make([]place, len(indexes))
	var tiles []wanted
	seen := make(map[TileID]int, 8)
	for i, x := range indexes {
		level, n := tlog.SplitStoredHashIndex(x)
		up := level % tileHeight
		id := TileID{uint8(level / tileHeight), n >> (tileHeight - up)}
		at, ok := seen[id]
		if !ok {
			at = len(tiles)
			seen[id], tiles = at, append(tiles, wanted{id: id})
		}
		places[i] = place{at, up, n & (1<<(tileHeight-up) - 1)}
		end := int(tlog.StoredHashIndex(up, places[i].n)+1) * tlog.HashSize
		tiles[at].size = max(tiles[at].size, end)
	}
	if err := r.read(tiles); err != nil {
		return nil, err
	}
	out := make([]tlog.Hash, len(indexes))
	for i, p := range places {
		h, ok := hashAt(tiles[p.tile].row, p.up, p.n)
		if !ok {
			return nil, ErrDamaged
		}
		out[i] = h
	}
	return out, nil
}

// read fills in rows, from the cache where that has enough of them.
func (r *hashReader) read(tiles []wanted) error {
	var ids []TileID
	for i := range tiles {
		t := &tiles[i]
		if t.row = r.cache.get(t.id, t.size); t.row == nil {
			ids = append(ids, t.id)
		}
	}
	rows, err := r.store.Tiles(r.ctx, r.log, ids)
	if err != nil {
		return err
	}
	r.rows += len(ids)
	next := 0
	for i := range tiles {
		if t := &tiles[i]; t.row == nil {
			t.row = rows[next]
			r.cache.put(t.id, t.row)
			next++
		}
	}
	return nil
}

// rootOf computes the root of the first size leaves.
func rootOf(ctx context.Context, s Store, l Log, size int64) (tlog.Hash, error) {
	h, err := tlog.TreeHash(size, &hashReader{ctx: ctx, store: s, log: l})
	if err != nil {
		return tlog.Hash{}, fmt.Errorf("root of %s: %w", l, err)
	}
	return h, nil
}
