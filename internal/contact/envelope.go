package contact

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/chaperone-privacy/chaperone/internal/humancode"
)

const (
	vrfSize   = 80
	sealCost  = 24 + 16 // nonce and tag of one XChaCha20-Poly1305
	outerHead = 2 + 3*32

	outerVersion = 0x01
	modeBearer   = 0x01
	modeEnrolled = 0x02
)

// storedSizes are the only sizes of stored envelopes and inbox copies, in bytes.
func storedSizes() []int { return []int{1920, 3840, 7680, 19456} }

// MaxStored is the greatest size of a stored envelope or inbox copy, in bytes.
const MaxStored = 19456

// Lock is what a message code derives. It is as secret as the code, except for the id.
type Lock struct{ prk [32]byte }

// NewLock derives from a message code: prk = HKDF-Extract(salt L("code"), the 20 symbols). It
// fails with [ErrMalformed] for a code of another length.
func NewLock(code humancode.Code) (Lock, error) {
	if len(code.Symbols()) != humancode.MessageLen {
		return Lock{}, fmt.Errorf("message code: %w", ErrMalformed)
	}
	prk, err := hkdf.Extract(sha256.New, []byte(code.Symbols()), label("code"))
	if err != nil {
		return Lock{}, fmt.Errorf("derive from code: %w", err)
	}
	return Lock{[32]byte(prk)}, nil
}

// String hides the lock.
func (Lock) String() string { return "[redacted]" }

// ID is the look-up id, Expand(prk, "lookup-id", 16): the only thing a server learns.
func (l Lock) ID() [16]byte { return [16]byte(expand(l.prk, "lookup-id", 16)) }

func (l Lock) outerKey() []byte { return expand(l.prk, "outer-key", 32) } // k1

// innerKey is k2 = HKDF(prk, salt K_dev, "inner-key", 32).
func (l Lock) innerKey(k DeviceKey) ([]byte, error) {
	return hkdf.Key(sha256.New, l.prk[:], k[:], "inner-key", 32)
}

func (l Lock) outerAD() []byte {
	id := l.ID()
	return append(label("env"), id[:]...)
}

func (l Lock) innerAD(to [32]byte) []byte {
	id := l.ID()
	return append(append(label("inner"), id[:]...), to[:]...)
}

// Payload is what an envelope carries: a signed note and the monitor's VRF proof of it.
type Payload struct {
	Note []byte // signed note
	VRF  []byte // 80 bytes
}

// marshal is u32 length || note || VRF proof 80.
func (p Payload) marshal() ([]byte, error) {
	if len(p.VRF) != vrfSize || len(p.Note) == 0 || len(p.Note) > MaxStored {
		return nil, fmt.Errorf("payload: %w", ErrMalformed)
	}
	return append(append(u32(len(p.Note)), p.Note...), p.VRF...), nil
}

func parsePayload(raw []byte) (Payload, error) {
	if len(raw) < 4+1+vrfSize || uint64(binary.BigEndian.Uint32(raw)) != uint64(len(raw)-4-vrfSize) {
		return Payload{}, fmt.Errorf("payload: %w", ErrSeal)
	}
	return Payload{Note: raw[4 : len(raw)-vrfSize : len(raw)-vrfSize], VRF: raw[len(raw)-vrfSize:]}, nil
}

// SealBearer seals a message that whoever has the code may read, with one nonce from rand. The
// result has one of four sizes, so that its length says little. It fails with [ErrTooLarge]
// and [ErrMalformed].
func SealBearer(rand io.Reader, l Lock, p Payload) ([]byte, error) {
	inner, err := p.marshal()
	if err != nil {
		return nil, fmt.Errorf("seal envelope: %w", err)
	}
	head := make([]byte, outerHead)
	head[0], head[1] = outerVersion, modeBearer
	return l.sealOuter(rand, append(head, inner...))
}

// SealEnrolled seals a message for one pair, with two nonces from rand. salt and to are those
// of the note, signer is H(vkey) of the device that signed it, k its key of the pair. It fails
// with [ErrTooLarge] and [ErrMalformed].
func SealEnrolled(rand io.Reader, l Lock, p Payload, k DeviceKey, salt, to, signer [32]byte) ([]byte, error) {
	payload, err := p.marshal()
	if err != nil {
		return nil, fmt.Errorf("seal envelope: %w", err)
	}
	k2, err := l.innerKey(k)
	if err != nil {
		return nil, fmt.Errorf("seal envelope: %w", err)
	}
	outer := bytes.Join([][]byte{{outerVersion, modeEnrolled}, salt[:], to[:], signer[:]}, nil)
	if outer, err = sealTo(rand, outer, k2, payload, l.innerAD(to)); err != nil {
		return nil, fmt.Errorf("seal envelope: %w", err)
	}
	return l.sealOuter(rand, outer)
}

func (l Lock) sealOuter(rand io.Reader, outer []byte) ([]byte, error) {
	text, err := padded(outer, sealCost)
	if err != nil {
		return nil, fmt.Errorf("seal envelope: %w", err)
	}
	out, err := sealTo(rand, nil, l.outerKey(), text, l.outerAD())
	if err != nil {
		return nil, fmt.Errorf("seal envelope: %w", err)
	}
	return out, nil
}

// padded is u32 length || data || zeros, so long that with cost bytes around it has the
// smallest stored size that holds it.
func padded(data []byte, cost int) ([]byte, error) {
	for _, size := range storedSizes() {
		if 4+len(data) <= size-cost {
			text := append(u32(len(data)), data...)
			return append(text, make([]byte, size-cost-len(text))...), nil
		}
	}
	return nil, ErrTooLarge
}

// unpadded takes padded apart: the zeros must be zeros. It fails with [ErrSeal].
func unpadded(text []byte) ([]byte, error) {
	if len(text) < 4 || uint64(binary.BigEndian.Uint32(text)) > uint64(len(text)-4) {
		return nil, fmt.Errorf("length: %w", ErrSeal)
	}
	n := 4 + int(binary.BigEndian.Uint32(text))
	if len(bytes.TrimLeft(text[n:], "\x00")) > 0 {
		return nil, fmt.Errorf("padding: %w", ErrSeal)
	}
	return text[4:n:n], nil
}

func isStoredSize(n int) bool {
	for _, size := range storedSizes() {
		if n == size {
			return true
		}
	}
	return false
}

// Outer is an envelope whose first layer is open.
type Outer struct {
	Enrolled         bool
	Salt, To, Signer [32]byte // zero for a bearer message; Signer is H(vkey)
	lock             Lock
	inner            []byte
}

// OpenOuter opens the layer that the code opens. It fails with [ErrSeal] for what nobody who
// had the code has sealed in the one way there is.
func OpenOuter(l Lock, stored []byte) (Outer, error) {
	if !isStoredSize(len(stored)) {
		return Outer{}, fmt.Errorf("open envelope: size: %w", ErrSeal)
	}
	text, err := openFrom(l.outerKey(), stored, l.outerAD())
	if err != nil {
		return Outer{}, fmt.Errorf("open envelope: %w", err)
	}
	outer, err := unpadded(text)
	if err != nil {
		return Outer{}, fmt.Errorf("open envelope: %w", err)
	}
	if again, err := padded(outer, sealCost); err != nil || len(again) != len(text) {
		return Outer{}, fmt.Errorf("open envelope: larger than it must be: %w", ErrSeal)
	}
	if len(outer) < outerHead || outer[0] != outerVersion {
		return Outer{}, fmt.Errorf("open envelope: version: %w", ErrSeal)
	}
	o := Outer{Salt: [32]byte(outer[2:]), To: [32]byte(outer[34:]), Signer: [32]byte(outer[66:]), lock: l, inner: outer[outerHead:]}
	switch {
	case outer[1] == modeEnrolled:
		o.Enrolled = true
	case outer[1] != modeBearer || o.Salt != [32]byte{} || o.To != [32]byte{} || o.Signer != [32]byte{}:
		return Outer{}, fmt.Errorf("open envelope: mode: %w", ErrSeal)
	}
	return o, nil
}

// For reports whether the message is marked for this pair. The mark proves nothing yet: that
// the inner layer opens does.
func (o Outer) For(k PairKey) bool { return o.Enrolled && k.To().Tag(o.Salt) == o.To }

// Bearer returns the payload of a bearer message. It fails with [ErrSeal].
func (o Outer) Bearer() (Payload, error) {
	if o.Enrolled {
		return Payload{}, fmt.Errorf("open envelope: for one pair only: %w", ErrSeal)
	}
	return parsePayload(o.inner)
}

// Open opens the inner layer of a message for one pair. It fails with [ErrSeal].
func (o Outer) Open(k DeviceKey) (Payload, error) {
	if !o.Enrolled {
		return Payload{}, fmt.Errorf("open envelope: for anyone: %w", ErrSeal)
	}
	k2, err := o.lock.innerKey(k)
	if err != nil {
		return Payload{}, fmt.Errorf("open envelope: %w", err)
	}
	raw, err := openFrom(k2, o.inner, o.lock.innerAD(o.To))
	if err != nil {
		return Payload{}, fmt.Errorf("open envelope: %w", err)
	}
	return parsePayload(raw)
}
