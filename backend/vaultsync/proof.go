package vaultsync

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// proofWindow is how far a caller's clock may be off.
const proofWindow = 5 * time.Minute

// verifyProof checks the signature, then the clock, so that only the holder of a key learns about
// the server's time.
func verifyProof(o op, vaultID [32]byte, p Proof, revision uint64, blob []byte, now time.Time) error {
	msg := append([]byte("chaperone/v1 vault-rpc\x00"), byte(o))
	msg = append(msg, vaultID[:]...)
	msg = binary.BigEndian.AppendUint64(msg, uint64(p.UnixSeconds))
	msg = append(msg, p.Nonce...)
	msg = binary.BigEndian.AppendUint64(msg, revision)
	sum := sha256.Sum256(blob)
	msg = append(msg, sum[:]...)
	if !ed25519.Verify(p.PublicKey, msg, p.Signature) {
		return ErrProof
	}
	if d := now.Unix() - p.UnixSeconds; d > int64(proofWindow.Seconds()) || -d > int64(proofWindow.Seconds()) {
		return ErrClock
	}
	return nil
}
