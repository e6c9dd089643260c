package vault

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/humancode"
)

// Keys is what a recovery code gives: the vault's id, the seed that signs requests and the
// key that seals the synced blob. It is a secret.
type Keys struct {
	ID   [IDSize]byte // shown to the server, which keeps only its hash
	Seed [32]byte     // Ed25519 seed of requests
	Seal [32]byte     // XChaCha20-Poly1305 key of the blob
}

// DeriveKeys derives the keys of a recovery code of 28 symbols with HKDF-SHA-256 (RFC 5869).
func DeriveKeys(code humancode.Code) (Keys, error) {
	if len(code.Symbols()) != humancode.RecoveryLen {
		return Keys{}, fmt.Errorf("derive vault keys: %w", humancode.ErrLength)
	}
	prk, err := hkdf.Extract(sha256.New, []byte(code.Symbols()), label("recovery"))
	if err != nil {
		return Keys{}, fmt.Errorf("derive vault keys: %w", err)
	}
	defer clear(prk)
	var k Keys
	for _, part := range []struct {
		info string
		to   *[32]byte
	}{{"vault-id", &k.ID}, {"request-seed", &k.Seed}, {"seal-key", &k.Seal}} {
		out, err := hkdf.Expand(sha256.New, prk, part.info, 32)
		if err != nil {
			return Keys{}, fmt.Errorf("derive vault keys: %w", err)
		}
		copy(part.to[:], out)
		clear(out)
	}
	return k, nil
}

// PublicKey returns the Ed25519 key under which the server verifies requests.
func (k *Keys) PublicKey() []byte {
	return ed25519.NewKeyFromSeed(k.Seed[:]).Public().(ed25519.PublicKey)
}

// Sign signs a request for this vault; see [SignRequest].
func (k *Keys) Sign(op Op, revision uint64, blob []byte, at time.Time, nonce [NonceSize]byte) []byte {
	return SignRequest(k.Seed, op, k.ID, revision, blob, at, nonce)
}

// Zero overwrites the keys.
func (k *Keys) Zero() {
	clear(k.ID[:])
	clear(k.Seed[:])
	clear(k.Seal[:])
}

// LogValue implements [slog.LogValuer]; keys never enter a log.
func (Keys) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// String implements [fmt.Stringer] and hides the keys.
func (Keys) String() string { return "[redacted]" }

// GoString implements [fmt.GoStringer] and hides the keys.
func (Keys) GoString() string { return "[redacted]" }

// MarshalJSON writes the keys as base64 of id, seed and seal key, 96 bytes. It serves the
// sealed local slot only.
func (k Keys) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 96)
	b = append(append(append(b, k.ID[:]...), k.Seed[:]...), k.Seal[:]...)
	defer clear(b)
	return json.Marshal(b)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (k *Keys) UnmarshalJSON(data []byte) error {
	var b []byte
	if err := json.Unmarshal(data, &b); err != nil {
		return err
	}
	defer clear(b)
	if len(b) != 96 {
		return fmt.Errorf("vault keys of %d bytes: %w", len(b), ErrDamaged)
	}
	copy(k.ID[:], b)
	copy(k.Seed[:], b[32:])
	copy(k.Seal[:], b[64:])
	return nil
}

// orRand returns r, or the system's source when r is nil.
func orRand(r io.Reader) io.Reader {
	if r == nil {
		return rand.Reader
	}
	return r
}
