package clinic

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// The two logs of a server.
const (
	KeysLog = "keys"
	MsgsLog = "msgs"
)

// tileWidth is how many entries or hashes a full tile has (C2SP tlog-tiles).
const tileWidth = 256

// maxCheckpoint is the greatest size of a checkpoint, in bytes.
const maxCheckpoint = 64 << 10

// ErrNotThere says that a log does not have what was asked for.
var ErrNotThere = errors.New("not in this log")

// maxReplaced bounds how many logs that took the place of another are followed at once.
const maxReplaced = 16

// Checkpoint fetches a log's newest checkpoint that a quorum of witnesses signed. log is
// [KeysLog] or [MsgsLog]. When the server has another log in the place of that one, it is the new
// one's, under its own origin; [Server.Entries] and [Server.Tile] then read the new one too. It
// fails with [ErrOffline], [ErrNotThere] or [ErrBadAnswer].
func (s *Server) Checkpoint(ctx context.Context, log string) ([]byte, error) {
	name := s.logName(log)
	raw, err := s.get(ctx, name, "checkpoint", maxCheckpoint)
	if errors.Is(err, ErrNotThere) && name.N > 1 { // whatever that was
		name.N = 1
		s.setLogName(name)
		raw, err = s.get(ctx, name, "checkpoint", maxCheckpoint)
	}
	if err != nil && !errors.Is(err, ErrNotThere) {
		return nil, err
	}
	for range maxReplaced {
		newer, missing := s.get(ctx, name.Next(), "checkpoint", maxCheckpoint)
		if errors.Is(missing, ErrNotThere) {
			break
		}
		if missing != nil {
			return nil, missing
		}
		name = name.Next()
		raw, err = newer, nil
		s.setLogName(name)
	}
	return raw, err
}

// logName is the log of a kind that was last read.
func (s *Server) logName(kind string) contact.LogName {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, ok := s.logs[kind]; ok {
		return n
	}
	return contact.LogName{N: 1, Kind: kind}
}

func (s *Server) setLogName(n contact.LogName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.logs == nil {
		s.logs = map[string]contact.LogName{}
	}
	s.logs[n.Kind] = n
}

// Entries fetches entries of a log from an index on: at least one and at most n, up to the end
// of a tile. The log's witnessed size must be at least from+n. Errors are those of
// [Server.Checkpoint].
func (s *Server) Entries(ctx context.Context, log string, from, n int64) ([][]byte, error) {
	if from < 0 || n < 1 {
		return nil, fmt.Errorf("read log: %w", ErrNotThere)
	}
	tile, skip := from/tileWidth, from%tileWidth
	width := min(tileWidth, skip+n)
	name := s.logName(log)
	raw, err := s.get(ctx, name, "tile/entries/"+tilePath(tile, width), maxBundleFile)
	if errors.Is(err, ErrNotThere) && width < tileWidth {
		// A server may have dropped the partial tile of a tile that is full since.
		raw, err = s.get(ctx, name, "tile/entries/"+tilePath(tile, tileWidth), maxBundleFile)
	}
	if err != nil {
		return nil, err
	}
	all, err := splitEntries(raw)
	if err != nil || int64(len(all)) < width {
		return nil, fmt.Errorf("read log: %w: entries", ErrBadAnswer)
	}
	return all[skip:width], nil
}

// Tile fetches the hashes of a tile, width of them, 32 bytes each. Errors are those of
// [Server.Checkpoint].
func (s *Server) Tile(ctx context.Context, log string, level int, index, width int64) ([][32]byte, error) {
	if level < 0 || index < 0 || width < 1 || width > tileWidth {
		return nil, fmt.Errorf("read log: %w", ErrNotThere)
	}
	raw, err := s.get(ctx, s.logName(log), "tile/"+strconv.Itoa(level)+"/"+tilePath(index, width), tileWidth*32)
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) != width*32 {
		return nil, fmt.Errorf("read log: %w: tile", ErrBadAnswer)
	}
	out := make([][32]byte, width)
	for i := range out {
		out[i] = [32]byte(raw[i*32:])
	}
	return out, nil
}

// tilePath is the number of a tile in groups of three digits, and its width when not full.
func tilePath(index, width int64) string {
	path := fmt.Sprintf("%03d", index%1000)
	for index /= 1000; index > 0; index /= 1000 {
		path = fmt.Sprintf("x%03d/%s", index%1000, path)
	}
	if width < tileWidth {
		path += ".p/" + strconv.FormatInt(width, 10)
	}
	return path
}

// splitEntries takes an entry bundle apart: u16 length and bytes, again and again.
func splitEntries(raw []byte) ([][]byte, error) {
	var out [][]byte
	for len(raw) > 0 {
		if len(raw) < 2 || len(raw) < 2+int(binary.BigEndian.Uint16(raw)) || len(out) == tileWidth {
			return nil, ErrBadAnswer
		}
		n := 2 + int(binary.BigEndian.Uint16(raw))
		out = append(out, raw[2:n:n])
		raw = raw[n:]
	}
	return out, nil
}

// get fetches a file of a log, most bytes at most.
func (s *Server) get(ctx context.Context, log contact.LogName, path string, most int64) ([]byte, error) {
	if log.Kind != KeysLog && log.Kind != MsgsLog {
		return nil, fmt.Errorf("read log: %w", ErrNotThere)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+log.Path()+path, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("read log: %w", ErrBadServer)
	}
	req.Header.Set("User-Agent", userAgent)
	resp, err := s.http.Do(req)
	if err != nil {
		// The text of the error holds the address.
		return nil, fmt.Errorf("read log: %w", errors.Join(ErrOffline, ctx.Err()))
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return nil, fmt.Errorf("read log: %w", ErrNotThere)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("read log: %w: status %d", ErrOffline, resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read log: %w", errors.Join(ErrOffline, ctx.Err()))
	case int64(len(body)) > most:
		return nil, fmt.Errorf("read log: %w: size", ErrBadAnswer)
	}
	return body, nil
}
