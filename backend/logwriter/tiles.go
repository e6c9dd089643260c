package logwriter

import (
	"encoding/binary"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// TilesHandler serves one log as C2SP tlog-tiles says, below prefix, which ends with a slash:
// checkpoint, tile/<L>/<N>[.p/<W>] and tile/entries/<N>[.p/<W>]. Paths have one spelling; others
// are not there. Only what a frozen checkpoint holds is shown.
func TilesHandler(r Reader, prefix string) http.Handler {
	return &tiles{r, prefix}
}

type tiles struct {
	reader Reader
	prefix string
}

// ServeHTTP implements http.Handler.
func (t *tiles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "only GET", http.StatusMethodNotAllowed)
		return
	}
	path, ok := strings.CutPrefix(r.URL.Path, t.prefix)
	if !ok {
		path = ""
	}
	body, kind, cache, err := t.get(r, path)
	switch {
	case errors.Is(err, ErrNotFound):
		header.Set("Cache-Control", "no-store")
		http.Error(w, "not in this log", http.StatusNotFound)
		return
	case err != nil:
		header.Set("Cache-Control", "no-store")
		http.Error(w, "the log cannot be read just now", http.StatusServiceUnavailable)
		return
	}
	header.Set("Content-Type", kind)
	header.Set("Cache-Control", cache)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the reader may be gone
	}
}

const immutable = "public, max-age=31536000, immutable"

func (t *tiles) get(r *http.Request, path string) (body []byte, kind, cache string, err error) {
	size, checkpoint, err := t.reader.newest(r.Context())
	if err != nil {
		return nil, "", "", err
	}
	if path == "checkpoint" {
		return checkpoint, "text/plain; charset=utf-8", "public, max-age=1", nil
	}
	level, index, width, ok := parseTilePath(path)
	if !ok {
		return nil, "", "", ErrNotFound
	}
	if have := size>>(tileHeight*max(level, 0)) - index*tileWidth; have < int64(width) {
		return nil, "", "", ErrNotFound
	}
	if level == entries {
		body, err = t.entries(r, index, width)
	} else {
		body, err = t.tile(r, level, index, width)
	}
	return body, "application/octet-stream", immutable, err
}

func (t *tiles) tile(r *http.Request, level int, index int64, width int) ([]byte, error) {
	rows, err := t.reader.Store.Tiles(r.Context(), t.reader.Log, []TileID{{uint8(level), index}}) //nolint:gosec // < 7
	if err != nil {
		return nil, err
	}
	body := make([]byte, 0, width*tlog.HashSize)
	for n := range int64(width) {
		h, ok := hashAt(rows[0], 0, n)
		if !ok {
			return nil, ErrDamaged
		}
		body = append(body, h[:]...)
	}
	return body, nil
}

func (t *tiles) entries(r *http.Request, index int64, width int) ([]byte, error) {
	leaves, err := t.reader.Store.Leaves(r.Context(), t.reader.Log, index*tileWidth, width)
	if err != nil {
		return nil, err
	}
	if len(leaves) != width {
		return nil, ErrDamaged
	}
	var body []byte
	for _, leaf := range leaves {
		body = append(binary.BigEndian.AppendUint16(body, uint16(len(leaf))), leaf...) //nolint:gosec // at most MaxLeaf
	}
	return body, nil
}

// entries is the level of entry bundles.
const entries = -1

// parseTilePath reads a path in its one spelling. width is 256 for a full tile.
func parseTilePath(path string) (level int, index int64, width int, ok bool) {
	rest, isTile := strings.CutPrefix(path, "tile/")
	first, rest, found := strings.Cut(rest, "/")
	level = entries
	if first != "entries" {
		n, err := strconv.Atoi(first)
		if err != nil || n < 0 || n > 6 || strconv.Itoa(n) != first { // 2^53 leaves have no more
			return 0, 0, 0, false
		}
		level = n
	}
	rest, partial, isPartial := strings.Cut(rest, ".p/")
	width = tileWidth
	if isPartial {
		n, err := strconv.Atoi(partial)
		if err != nil || n < 1 || n >= tileWidth || strconv.Itoa(n) != partial {
			return 0, 0, 0, false
		}
		width = n
	}
	parts := strings.Split(rest, "/")
	for i, p := range parts {
		digits := p
		if i < len(parts)-1 {
			digits, ok = strings.CutPrefix(p, "x")
			if !ok {
				return 0, 0, 0, false
			}
		}
		if len(digits) != 3 || strings.Trim(digits, "0123456789") != "" {
			return 0, 0, 0, false
		}
		n, _ := strconv.Atoi(digits) // three digits
		if i == 0 && n == 0 && len(parts) > 1 || len(parts) > 6 {
			return 0, 0, 0, false
		}
		index = index*1000 + int64(n)
	}
	return level, index, width, isTile && found && index < 1<<45 // of 2^53 leaves
}
