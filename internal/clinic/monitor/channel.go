package monitor

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

// Secret is what a device and its monitor share, 32 bytes. Each answer replaces it.
type Secret [32]byte

// String hides the secret.
func (Secret) String() string { return "[redacted]" }

// Operation is what a request asks for. It is bound into the seal.
type Operation string

// The operations.
const (
	OpProve   Operation = "prove"
	OpDeliver Operation = "deliver"
	OpToday   Operation = "today"
)

// ErrChannel says that something was not sealed under the channel's secret.
var ErrChannel = errors.New("not sealed under this channel's secret")

const (
	channelVersion = 0x01
	idSize         = 16
	answerNonce    = 16
	requestHead    = 1 + idSize + chacha20poly1305.NonceSizeX
	// maxSealed is the greatest size of a sealed request or answer, in bytes.
	maxSealed = 64 << 10
)

// channelLabel is L(x) of the specification.
func channelLabel(x string) []byte { return append([]byte("chaperone/v1 "+x), 0) }

func (s Secret) expand(info string, n int) ([]byte, error) {
	out, err := hkdf.Expand(sha256.New, s[:], info, n)
	if err != nil {
		return nil, fmt.Errorf("derive from channel secret: %w", err)
	}
	return out, nil
}

// id names the secret on the wire: Expand(secret, "channel-id", 16).
func (s Secret) id() ([idSize]byte, error) {
	b, err := s.expand("channel-id", idSize)
	if err != nil {
		return [idSize]byte{}, err
	}
	return [idSize]byte(b), nil
}

// next is the secret after an answer: Expand(secret, "ratchet" || answer nonce, 32).
func (s Secret) next(nonce [answerNonce]byte) (Secret, error) {
	b, err := s.expand("ratchet"+string(nonce[:]), 32)
	if err != nil {
		return Secret{}, err
	}
	return Secret(b), nil
}

// sealRequest seals what a device asks:
//
//	0x01 || id 16 || nonce 24 || XChaCha20-Poly1305(secret, plain,
//	  AD = L("monitor request") || operation || 0x00 || device 32 || 0x01 || id 16)
//
// device is H(vkey). The nonce is read from rand.
func sealRequest(rand io.Reader, s Secret, op Operation, device [32]byte, plain []byte) ([]byte, error) {
	id, err := s.id()
	if err != nil {
		return nil, err
	}
	out := append([]byte{channelVersion}, id[:]...)
	return seal(rand, s, out, requestAD(op, device, id), plain)
}

func requestAD(op Operation, device [32]byte, id [idSize]byte) []byte {
	ad := append(channelLabel("monitor request"), op...)
	ad = append(append(ad, 0), device[:]...)
	return append(append(ad, channelVersion), id[:]...)
}

// requestID reads which secret a request names.
func requestID(sealed []byte) ([idSize]byte, error) {
	if len(sealed) < requestHead+chacha20poly1305.Overhead || len(sealed) > maxSealed || sealed[0] != channelVersion {
		return [idSize]byte{}, ErrChannel
	}
	return [idSize]byte(sealed[1:]), nil
}

func openRequest(s Secret, op Operation, device [32]byte, sealed []byte) ([]byte, error) {
	id, err := requestID(sealed)
	if err != nil {
		return nil, err
	}
	if own, err := s.id(); err != nil || own != id {
		return nil, ErrChannel
	}
	return open(s, sealed[1+idSize:], requestAD(op, device, id))
}

// sealAnswer seals what the monitor answers, under the secret of the request, and returns the
// secret that comes after it:
//
//	nonce 24 || XChaCha20-Poly1305(secret, answer nonce 16 || plain,
//	  AD = L("monitor answer") || operation || 0x00 || device 32 || H(sealed request))
func sealAnswer(rand io.Reader, s Secret, op Operation, device [32]byte, request, plain []byte) ([]byte, Secret, error) {
	var nonce [answerNonce]byte
	if _, err := io.ReadFull(rand, nonce[:]); err != nil {
		return nil, Secret{}, fmt.Errorf("draw answer nonce: %w", err)
	}
	next, err := s.next(nonce)
	if err != nil {
		return nil, Secret{}, err
	}
	sealed, err := seal(rand, s, nil, answerAD(op, device, request), append(nonce[:], plain...))
	return sealed, next, err
}

func answerAD(op Operation, device [32]byte, request []byte) []byte {
	h := sha256.Sum256(request)
	ad := append(channelLabel("monitor answer"), op...)
	ad = append(append(ad, 0), device[:]...)
	return append(ad, h[:]...)
}

func openAnswer(s Secret, op Operation, device [32]byte, request, sealed []byte) ([]byte, Secret, error) {
	plain, err := open(s, sealed, answerAD(op, device, request))
	if err != nil || len(plain) < answerNonce {
		return nil, Secret{}, ErrChannel
	}
	next, err := s.next([answerNonce]byte(plain))
	return plain[answerNonce:], next, err
}

// seal appends nonce and sealed bytes to head.
func seal(rand io.Reader, key Secret, head, ad, plain []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return nil, fmt.Errorf("channel cipher: %w", err)
	}
	var nonce [chacha20poly1305.NonceSizeX]byte
	if _, err := io.ReadFull(rand, nonce[:]); err != nil {
		return nil, fmt.Errorf("draw nonce: %w", err)
	}
	return aead.Seal(append(bytes.Clone(head), nonce[:]...), nonce[:], plain, ad), nil
}

func open(key Secret, sealed, ad []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return nil, fmt.Errorf("channel cipher: %w", err)
	}
	if len(sealed) < chacha20poly1305.NonceSizeX || len(sealed) > maxSealed {
		return nil, ErrChannel
	}
	plain, err := aead.Open(nil, sealed[:chacha20poly1305.NonceSizeX], sealed[chacha20poly1305.NonceSizeX:], ad)
	if err != nil {
		return nil, ErrChannel
	}
	return plain, nil
}
