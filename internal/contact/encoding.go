package contact

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
)

// Errors of this package. A security verdict is never an error; see [Verdict].
var (
	// ErrMalformed says that bytes are not the one canonical spelling of what they claim to be.
	ErrMalformed = errors.New("malformed")
	// ErrTooLarge says that a bundle or a text is larger than anything we compare.
	ErrTooLarge = errors.New("too large")
	// ErrMemory says that what this device remembers contradicts itself. Nothing can be
	// decided with it.
	ErrMemory = errors.New("damaged memory of pinned clinics")
	// ErrSeal says that something does not open, or that what it holds was not sealed in the
	// one way there is.
	ErrSeal = errors.New("seal does not open")
	// ErrBody says that a text may not be signed; see [CheckBody].
	ErrBody = errors.New("text that may not be signed")
)

// label is L(x): ASCII "chaperone/v1 ", x, a zero byte.
func label(x string) []byte { return append([]byte("chaperone/v1 "+x), 0) }

// hashOf is H(L(x) || parts).
func hashOf(x string, parts ...[]byte) [32]byte {
	h := sha256.New()
	h.Write(label(x))
	for _, p := range parts {
		h.Write(p)
	}
	return [32]byte(h.Sum(nil))
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// parse32 reads the base64 of 32 bytes.
func parse32(s string) (out [32]byte, err error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(raw) != 32 || b64(raw) != s {
		return out, ErrMalformed
	}
	return [32]byte(raw), nil
}

// parseHex16 reads 32 lower-case hexadecimal digits.
func parseHex16(s string) (out [16]byte, err error) {
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != 16 || hex.EncodeToString(raw) != s {
		return out, ErrMalformed
	}
	return [16]byte(raw), nil
}

func u32(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

// Hash is 32 bytes that are written as padded base64 in JSON.
type Hash [32]byte

// MarshalText implements encoding.TextMarshaler.
func (h Hash) MarshalText() ([]byte, error) { return []byte(b64(h[:])), nil }

// UnmarshalText implements encoding.TextUnmarshaler. It fails with [ErrMalformed].
func (h *Hash) UnmarshalText(text []byte) error {
	raw, err := parse32(string(text))
	if err != nil {
		return err
	}
	*h = raw
	return nil
}
