package translog

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/transparency-dev/formats/log"
)

// Checkpoint is a log's statement of its size and root (C2SP tlog-checkpoint), not yet
// verified. Ours have three lines and no extensions:
//
//	example.com/msgs
//	7
//	<base64 of the 32-byte root>
type Checkpoint struct {
	Origin string
	Size   int64
	Root   [32]byte
	Signed Signed
}

// ParseCheckpoint reads a signed checkpoint and verifies nothing, but that a log without leaves has
// the root of one. It fails with [ErrMalformed].
func ParseCheckpoint(raw []byte) (Checkpoint, error) {
	s, err := ParseSigned(raw)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	bad := fmt.Errorf("checkpoint: %w", ErrMalformed)
	var c log.Checkpoint
	rest, err := c.Unmarshal([]byte(s.Text))
	if err != nil || len(rest) != 0 || len(c.Hash) != 32 || c.Size > maxInt || !ValidKeyName(c.Origin) {
		return Checkpoint{}, bad
	}
	cp := Checkpoint{Origin: c.Origin, Size: int64(c.Size), Root: [32]byte(c.Hash), Signed: s}
	if cp.Text() != s.Text || cp.Size == 0 && cp.Root != sha256.Sum256(nil) {
		return Checkpoint{}, bad // there is one log without leaves
	}
	return cp, nil
}

// Text returns what the log and the witnesses sign.
func (c Checkpoint) Text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
}

// ParseInt reads a decimal integer of our formats: no sign, no leading zero, below 2^53.
func ParseInt(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > maxInt || strconv.FormatInt(n, 10) != s || strings.HasPrefix(s, "-") {
		return 0, fmt.Errorf("integer: %w", ErrMalformed)
	}
	return n, nil
}
