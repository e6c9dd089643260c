package translog

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// MaxAddCheckpoint is the greatest size of an add-checkpoint request that we read, in bytes:
// the longest proof, and a checkpoint with the most signature lines.
const MaxAddCheckpoint = 32 << 10

// AddCheckpoint asks a witness to cosign a checkpoint (C2SP tlog-witness, add-checkpoint):
//
//	old <size of the checkpoint that the witness cosigned last, 0 for none>
//	<base64 of 32 bytes>        consistency proof, 0 to 63 lines
//
//	<signed checkpoint>
type AddCheckpoint struct {
	Old        int64
	Proof      [][32]byte
	Checkpoint Checkpoint
}

// maxConsistency is the greatest number of proof lines (C2SP tlog-witness).
const maxConsistency = 63

// ParseAddCheckpoint reads a request and verifies nothing but its form: an old size above that
// of the checkpoint, or a proof from size 0, are [ErrMalformed] too.
func ParseAddCheckpoint(raw []byte) (AddCheckpoint, error) {
	bad := fmt.Errorf("add-checkpoint request: %w", ErrMalformed)
	head, rest, ok := bytes.Cut(raw, []byte("\n\n"))
	if !ok || len(raw) > MaxAddCheckpoint {
		return AddCheckpoint{}, bad
	}
	lines := strings.Split(string(head), "\n")
	size, ok := strings.CutPrefix(lines[0], "old ")
	old, err := ParseInt(size)
	if !ok || err != nil || len(lines) > 1+maxConsistency {
		return AddCheckpoint{}, bad
	}
	a := AddCheckpoint{Old: old}
	for _, line := range lines[1:] {
		h, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(h) != 32 {
			return AddCheckpoint{}, bad
		}
		a.Proof = append(a.Proof, [32]byte(h))
	}
	if a.Checkpoint, err = ParseCheckpoint(rest); err != nil {
		return AddCheckpoint{}, fmt.Errorf("add-checkpoint request: %w", err)
	}
	if a.Old > a.Checkpoint.Size || a.Old == 0 && len(a.Proof) > 0 || !bytes.Equal(a.Marshal(), raw) {
		return AddCheckpoint{}, bad
	}
	return a, nil
}

// Marshal returns the request's bytes.
func (a AddCheckpoint) Marshal() []byte {
	b := []byte("old " + strconv.FormatInt(a.Old, 10) + "\n")
	for _, h := range a.Proof {
		b = append(base64.StdEncoding.AppendEncode(b, h[:]), '\n')
	}
	return append(append(b, '\n'), a.Checkpoint.Signed.Marshal()...)
}

// ParseCosignatures reads the signature lines that a witness answers with, and returns the one
// by key if it verifies for the checkpoint. Lines by other keys are ignored, as C2SP asks. It
// fails with [ErrMalformed] or [ErrSignature].
func ParseCosignatures(raw []byte, key Key, c Checkpoint) (Sig, error) {
	if len(raw) == 0 || len(raw) > MaxAddCheckpoint || raw[len(raw)-1] != '\n' {
		return Sig{}, fmt.Errorf("cosignatures: %w", ErrMalformed)
	}
	for line := range strings.Lines(string(raw)) {
		sig, err := parseSig(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return Sig{}, fmt.Errorf("cosignatures: %w", err)
		}
		if sig.Name == key.Name && sig.ID == key.ID() && key.Verify([]byte(c.Text()), sig.Bytes) {
			return sig, nil
		}
	}
	return Sig{}, fmt.Errorf("cosignatures: %w", ErrSignature)
}

// MarshalSig returns one signature line of a signed note, with its line feed.
func MarshalSig(s Sig) []byte {
	return Signed{Sigs: []Sig{s}}.Marshal()[1:]
}
