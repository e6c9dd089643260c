package vault

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// Op is what a signed request asks of the server.
type Op uint8

// The operations. Their values are signed and never change.
const (
	OpGet    Op = 1
	OpPut    Op = 2
	OpDelete Op = 3
)

// The sizes in bytes of what a request carries.
const (
	IDSize    = 32
	NonceSize = 16
)

// RequestWindow is how far the time in a request may be off, in either direction.
const RequestWindow = 5 * time.Minute

// label returns L(x): the domain separation of docs/contact-protocol.md, section 1.
func label(x string) []byte { return append([]byte("chaperone/v1 "+x), 0) }

// requestMessage lays out what a proof signs:
//
//	L("vault-rpc") || op u8 || vault id 32 || unix u64 || nonce 16 || revision u64 || SHA-256(blob)
func requestMessage(op Op, vaultID []byte, revision uint64, blob []byte, unix int64, nonce []byte) []byte {
	m := label("vault-rpc")
	m = append(m, byte(op))
	m = append(m, vaultID...)
	m = binary.BigEndian.AppendUint64(m, uint64(unix))
	m = append(m, nonce...)
	m = binary.BigEndian.AppendUint64(m, revision)
	sum := sha256.Sum256(blob)
	return append(m, sum[:]...)
}

// SignRequest signs a request with the vault's Ed25519 request seed and returns the 64 bytes
// of the signature (RFC 8032). revision is have_revision of a Get, base_revision of a Put and
// 0 of a Delete; blob is that of a Put and empty otherwise.
func SignRequest(seed [32]byte, op Op, vaultID [IDSize]byte, revision uint64, blob []byte, at time.Time, nonce [NonceSize]byte) []byte {
	key := ed25519.NewKeyFromSeed(seed[:])
	return ed25519.Sign(key, requestMessage(op, vaultID[:], revision, blob, at.Unix(), nonce[:]))
}

// VerifyRequest reports whether sig is the signature of a request under pub. It does not
// judge the time (see [Fresh]) nor whether pub belongs to the vault. Slices of a wrong
// length and unknown operations are refused.
func VerifyRequest(pub []byte, op Op, vaultID []byte, revision uint64, blob []byte, unix int64, nonce, sig []byte) bool {
	if len(pub) != ed25519.PublicKeySize || len(vaultID) != IDSize || len(nonce) != NonceSize || len(sig) != ed25519.SignatureSize {
		return false
	}
	if op < OpGet || op > OpDelete || unix < 0 {
		return false
	}
	return ed25519.Verify(pub, requestMessage(op, vaultID, revision, blob, unix, nonce), sig)
}

// Fresh reports whether the time in a request is within [RequestWindow] of now.
func Fresh(unix int64, now time.Time) bool {
	d := now.Unix() - unix
	limit := int64(RequestWindow / time.Second)
	return unix >= 0 && -limit <= d && d <= limit
}
