package vault

import (
	"encoding/binary"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

// Sizes are the sizes in bytes that a sealed state can have. A size tells how much a patient
// keeps no finer than this.
var sizes = [...]int{16 << 10, 64 << 10, 256 << 10}

const (
	nonceLen = chacha20poly1305.NonceSizeX
	overhead = nonceLen + chacha20poly1305.Overhead
)

// sizeClass returns the index of the smallest size that holds a payload of n bytes.
func sizeClass(n int) (int, error) {
	for i, size := range sizes {
		if 4+n+overhead <= size {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%d bytes: %w", n, ErrTooLarge)
}

// seal encrypts plain with XChaCha20-Poly1305 and puts the random nonce before it.
func seal(random io.Reader, key *[32]byte, plain, ad []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return nil, err
	}
	out := make([]byte, nonceLen, nonceLen+len(plain)+chacha20poly1305.Overhead)
	if _, err := io.ReadFull(orRand(random), out); err != nil {
		return nil, fmt.Errorf("draw nonce: %w", err)
	}
	return aead.Seal(out, out, plain, ad), nil
}

// open decrypts what seal made, or fails with ErrWrongKey.
func open(key *[32]byte, sealed, ad []byte) ([]byte, error) {
	if len(sealed) < overhead {
		return nil, ErrDamaged
	}
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, sealed[:nonceLen], sealed[nonceLen:], ad)
	if err != nil {
		return nil, ErrWrongKey
	}
	return plain, nil
}

// pad writes length u32 || payload || zeros, so that sealing it gives exactly size bytes.
func pad(payload []byte, size int) []byte {
	out := make([]byte, size-overhead)
	binary.BigEndian.PutUint32(out, uint32(len(payload)))
	copy(out[4:], payload)
	return out
}

// unpad reads what pad wrote and refuses anything else.
func unpad(plain []byte) ([]byte, error) {
	if len(plain) < 4 {
		return nil, fmt.Errorf("padding: %w", ErrDamaged)
	}
	n := binary.BigEndian.Uint32(plain)
	if uint64(n) > uint64(len(plain)-4) {
		return nil, fmt.Errorf("padding: %w", ErrDamaged)
	}
	payload, zeros := plain[4:4+n], plain[4+n:]
	for _, z := range zeros {
		if z != 0 {
			return nil, fmt.Errorf("padding: %w", ErrDamaged)
		}
	}
	return payload, nil
}
