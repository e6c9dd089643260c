package logwriter

import "sync"

// cachedTiles is how many tiles a cache holds: 1 MiB of them.
const cachedTiles = 64

// TileCache keeps tiles of one log that most proofs need: those of the upper levels, and the right
// edge. A tile only grows at its end, so what is kept is never wrong, only sometimes too short. It
// is safe for concurrent use; a nil TileCache keeps nothing.
type TileCache struct {
	mu   sync.Mutex
	rows map[TileID][]byte // under mu; rows are never changed
}

// NewTileCache returns an empty cache.
func NewTileCache() *TileCache { return &TileCache{rows: map[TileID][]byte{}} }

// get returns a row of at least size bytes, or nil.
func (c *TileCache) get(id TileID, size int) []byte {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if row := c.rows[id]; len(row) >= size {
		return row
	}
	return nil
}

// put keeps a row, unless it is one of the many full tiles of the lowest level, or a longer one is
// there.
func (c *TileCache) put(id TileID, row []byte) {
	if c == nil || id.Level == 0 && len(row) == tileBytes(tileWidth) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(row) <= len(c.rows[id]) {
		return
	}
	if _, there := c.rows[id]; !there && len(c.rows) == cachedTiles {
		for other := range c.rows { // whichever comes first
			delete(c.rows, other)
			break
		}
	}
	c.rows[id] = row
}
