package translog

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
)

// The signature types of C2SP signed-note that we know.
const (
	AlgEd25519     byte = 0x01 // notes and log signatures
	AlgCosignature byte = 0x04 // witnesses: cosignature/v1 over Ed25519
)

// maxKeyName is the longest key name, in bytes.
const maxKeyName = 96

// ErrMalformed says that bytes are not written in the canonical form of what they claim to be.
var ErrMalformed = errors.New("malformed")

// ErrKey says that a public key is not canonically encoded or has low order.
var ErrKey = errors.New("unacceptable public key")

// Key is a named public key. Name and [Key.ID] select a key, they never identify one: two keys
// are the same key only when Public is equal.
type Key struct {
	Name   string
	Alg    byte
	Public [32]byte
}

// NewKey makes an Ed25519 note key. It fails with [ErrKey] or [ErrMalformed].
func NewKey(name string, pub ed25519.PublicKey) (Key, error) {
	return newKey(name, AlgEd25519, pub)
}

// NewWitnessKey makes a cosignature/v1 key. It fails with [ErrKey] or [ErrMalformed].
func NewWitnessKey(name string, pub ed25519.PublicKey) (Key, error) {
	return newKey(name, AlgCosignature, pub)
}

func newKey(name string, alg byte, pub []byte) (Key, error) {
	if !ValidKeyName(name) {
		return Key{}, fmt.Errorf("key name: %w", ErrMalformed)
	}
	if len(pub) != ed25519.PublicKeySize {
		return Key{}, ErrKey
	}
	k := Key{Name: name, Alg: alg, Public: [32]byte(pub)}
	if err := CheckPublic(k.Public); err != nil {
		return Key{}, err
	}
	return k, nil
}

// ParseKey reads a vkey, NAME+HASH+BASE64 (C2SP signed-note). The hash must be that of the
// key, and the key canonical and not of low order. It fails with [ErrMalformed] or [ErrKey].
func ParseKey(vkey string) (Key, error) {
	name, rest, ok1 := strings.Cut(vkey, "+")
	_, key64, ok2 := strings.Cut(rest, "+")
	raw, err := base64.StdEncoding.Strict().DecodeString(key64)
	if !ok1 || !ok2 || err != nil || len(raw) != 1+ed25519.PublicKeySize {
		return Key{}, fmt.Errorf("vkey: %w", ErrMalformed)
	}
	if raw[0] != AlgEd25519 && raw[0] != AlgCosignature {
		return Key{}, fmt.Errorf("vkey: unknown signature type: %w", ErrMalformed)
	}
	k, err := newKey(name, raw[0], raw[1:])
	if err != nil {
		return Key{}, fmt.Errorf("vkey: %w", err)
	}
	if k.String() != vkey {
		return Key{}, fmt.Errorf("vkey: %w", ErrMalformed)
	}
	return k, nil
}

// String returns the vkey.
func (k Key) String() string {
	var id [4]byte
	binary.BigEndian.PutUint32(id[:], k.ID())
	b := make([]byte, 0, len(k.Name)+1+8+1+base64.StdEncoding.EncodedLen(1+len(k.Public)))
	b = append(append(b, k.Name...), '+')
	b = append(hex.AppendEncode(b, id[:]), '+')
	return string(base64.StdEncoding.AppendEncode(b, k.typed()))
}

// ID is the four-byte key id of C2SP signed-note. Anybody can make a key with a given id.
func (k Key) ID() uint32 {
	b := make([]byte, 0, maxKeyName+2+len(k.Public))
	b = append(append(b, k.Name...), '\n', k.Alg)
	sum := sha256.Sum256(append(b, k.Public[:]...))
	return binary.BigEndian.Uint32(sum[:])
}

func (k Key) typed() []byte { return append([]byte{k.Alg}, k.Public[:]...) }

// Verify reports whether sig, without its four-byte id, is this key's signature of the note
// text. For a witness key sig is the 8-byte time and the 64-byte signature.
func (k Key) Verify(text, sig []byte) bool {
	switch k.Alg {
	case AlgEd25519:
		return len(sig) == ed25519.SignatureSize && ed25519.Verify(k.Public[:], text, sig)
	case AlgCosignature:
		if len(sig) != 8+ed25519.SignatureSize {
			return false
		}
		t := binary.BigEndian.Uint64(sig)
		if t == 0 || t > maxInt {
			return false
		}
		return ed25519.Verify(k.Public[:], CosignatureText(int64(t), text), sig[8:])
	}
	return false
}

// CosignatureText is what a witness signs for a checkpoint's text at a time in Unix seconds
// (C2SP tlog-cosignature, cosignature/v1).
func CosignatureText(t int64, text []byte) []byte {
	b := append(make([]byte, 0, 40+len(text)), "cosignature/v1\ntime "...)
	return append(append(strconv.AppendInt(b, t, 10), '\n'), text...)
}

// CheckPublic fails with [ErrKey] unless pub is the canonical encoding of a point of
// edwards25519 that is not of low order.
func CheckPublic(pub [32]byte) error {
	y := pub
	y[31] &= 0x7f
	if e, err := new(field.Element).SetBytes(y[:]); err != nil || [32]byte(e.Bytes()) != y {
		return ErrKey // y is not below 2^255 - 19
	}
	for _, low := range lowOrder() {
		if y == low {
			return ErrKey
		}
	}
	if _, err := new(edwards25519.Point).SetBytes(pub[:]); err != nil {
		return ErrKey
	}
	return nil
}

// lowOrder lists the y coordinates of the eight points whose order divides 8: 1, -1, 0 and the
// two of the points of order 8. The two points with x = 0, which could be written with either
// sign, are among them. A test holds the list against the curve.
func lowOrder() [5][32]byte {
	return [5][32]byte{
		{},
		{0x01},
		{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
		{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
		{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
	}
}

// ValidKeyName reports whether name is 1 to 96 printable ASCII characters without space
// and plus. C2SP allows more; two names that look alike must not both be possible.
func ValidKeyName(name string) bool {
	if name == "" || len(name) > maxKeyName {
		return false
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c > '~' || c == '+' {
			return false
		}
	}
	return true
}
