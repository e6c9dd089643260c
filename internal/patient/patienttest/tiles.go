package patienttest

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Log gives out the tiles of a log, such as a memlog.Log.
type Log interface {
	Origin() string
	Tile(t translog.Tile) ([]byte, error)
}

// Logs has the server give out the tiles of these logs, in place of those before.
func (c *Contact) Logs(logs ...Log) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.logs = logs
}

// LieOnTiles has f answer in place of the honest tile; nil is honest again.
func (c *Contact) LieOnTiles(f func(path string, honest []byte) ([]byte, error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tileLie = f
}

// Tiles returns the paths of the tiles that were given out since the last time, and their bytes.
func (c *Contact) Tiles() (paths []string, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	paths, bytes = c.tiles, c.tileBytes
	c.tiles, c.tileBytes = nil, 0
	return paths, bytes
}

// ServeTile answers below /log/ (C2SP tlog-tiles).
func (c *Contact) ServeTile(w http.ResponseWriter, r *http.Request) {
	row, ok := c.tile(r.URL.Path)
	if !ok {
		http.NotFound(w, r)
		return
	}
	c.mu.Lock()
	lie := c.tileLie
	c.mu.Unlock()
	if lie != nil {
		var err error
		if row, err = lie(r.URL.Path, row); err != nil {
			http.NotFound(w, r)
			return
		}
	}
	c.mu.Lock()
	c.tiles, c.tileBytes = append(c.tiles, r.URL.Path), c.tileBytes+len(row)
	c.mu.Unlock()
	_, _ = w.Write(row)
}

func (c *Contact) tile(path string) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.logs {
		name, ok := contact.ParseLogName(l.Origin())
		rest, below := strings.CutPrefix(path, name.Path())
		if !ok || !below {
			continue
		}
		t := translog.Tile{Width: 256}
		parts := strings.Split(rest, "/")
		if _, err := fmt.Sscanf(parts[len(parts)-1], "%d", &t.Width); err != nil || !strings.Contains(rest, ".p/") {
			t.Width = 256
		}
		if _, err := fmt.Sscanf(parts[1], "%d", &t.Level); err != nil {
			return nil, false
		}
		for _, part := range parts[2:] {
			n := int64(0)
			if _, err := fmt.Sscanf(strings.TrimPrefix(part, "x"), "%d", &n); err != nil {
				return nil, false
			}
			t.Index = t.Index*1000 + n
			if strings.HasSuffix(part, ".p") {
				break
			}
		}
		if t.Path() != rest {
			return nil, false
		}
		row, err := l.Tile(t)
		return row, err == nil
	}
	return nil, false
}
