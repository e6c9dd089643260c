package translog

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/transparency-dev/formats/proof"
	merkle "github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// ErrProof says that a Merkle proof does not lead to the root.
var ErrProof = errors.New("proof does not lead to the root")

// maxProofHashes is the longest path in a tree of fewer than 2^53 leaves.
const maxProofHashes = 53

// Proof shows that a leaf is in a log (C2SP tlog-proof, without extra data). It is not yet
// verified.
type Proof struct {
	Index      int64
	Hashes     [][32]byte
	Checkpoint Checkpoint
}

// ParseProof reads a proof and verifies nothing. It fails with [ErrMalformed].
func ParseProof(raw []byte) (Proof, error) {
	bad := fmt.Errorf("proof: %w", ErrMalformed)
	var t proof.TLogProof
	if err := t.Unmarshal(raw); err != nil {
		return Proof{}, bad
	}
	if t.ExtraData != nil || t.Index >= maxInt || len(t.Hashes) > maxProofHashes || !bytes.Equal(t.Marshal(), raw) {
		return Proof{}, bad
	}
	cp, err := ParseCheckpoint(t.Checkpoint)
	if err != nil {
		return Proof{}, fmt.Errorf("proof: %w", err)
	}
	return Proof{Index: int64(t.Index), Hashes: t.Hashes, Checkpoint: cp}, nil
}

// Marshal returns the proof's bytes.
func (p Proof) Marshal() []byte {
	t := proof.TLogProof{Index: uint64(p.Index), Hashes: p.Hashes, Checkpoint: p.Checkpoint.Signed.Marshal()}
	return t.Marshal()
}

// Includes verifies that leaf stands at the proof's index in the tree of its checkpoint. The
// number of hashes must be exactly that of the index and size. It says nothing about who
// signed the checkpoint; see [Policy.Check]. It fails with [ErrProof].
func (p Proof) Includes(leaf []byte) error {
	err := merkle.VerifyInclusion(rfc6962.DefaultHasher, uint64(p.Index), uint64(p.Checkpoint.Size),
		rfc6962.DefaultHasher.HashLeaf(leaf), slicesOf(p.Hashes), p.Checkpoint.Root[:])
	if err != nil {
		return ErrProof
	}
	return nil
}

// CheckConsistency verifies that the tree of older is a prefix of that of newer. Heads of two
// origins, or a smaller newer tree, are [ErrProof] too. A failure says that the proof is
// wrong, not that the log has forked; see [CheckPrefix].
func CheckConsistency(older, newer Head, hashes [][32]byte) error {
	if older.Origin != newer.Origin || older.Size == 0 && older.Root != sha256.Sum256(nil) {
		return ErrProof
	}
	err := merkle.VerifyConsistency(rfc6962.DefaultHasher, uint64(older.Size), uint64(newer.Size),
		slicesOf(hashes), older.Root[:], newer.Root[:])
	if err != nil {
		return ErrProof
	}
	return nil
}

func slicesOf(hashes [][32]byte) [][]byte {
	out := make([][]byte, len(hashes))
	for i := range hashes {
		out[i] = hashes[i][:]
	}
	return out
}
