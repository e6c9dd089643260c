package contact

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"

	"golang.org/x/crypto/chacha20poly1305"
)

// PairKey (K_pair) is the secret that one patient and one clinic agreed on in person. On the
// clinic's side it stays on the enrolment machine; the patient's devices share it. It shows
// itself as "[redacted]".
type PairKey [32]byte

// DeviceKey (K_dev) is what one of the clinic's devices holds of a pair. Ending the device ends
// its message and call keys, and no other device's.
type DeviceKey [32]byte

// ToKey (K_to) marks messages as meant for one pair; every device of the clinic holds it.
type ToKey [32]byte

// String hides the key.
func (PairKey) String() string { return "[redacted]" }

// String hides the key.
func (DeviceKey) String() string { return "[redacted]" }

// String hides the key.
func (ToKey) String() string { return "[redacted]" }

// LogValue keeps the key out of logs.
func (PairKey) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// LogValue keeps the key out of logs.
func (DeviceKey) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// LogValue keeps the key out of logs.
func (ToKey) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// MarshalText writes the key as base64, for the vault.
func (k PairKey) MarshalText() ([]byte, error) { return Hash(k).MarshalText() }

// UnmarshalText reads what [PairKey.MarshalText] wrote. It fails with [ErrMalformed].
func (k *PairKey) UnmarshalText(text []byte) error { return (*Hash)(k).UnmarshalText(text) }

// Device returns K_dev = Expand(K_pair, "device" || H(vkey), 32); signer is H(vkey) of the
// clinic's device ([KeyHash]).
func (k PairKey) Device(signer [32]byte) DeviceKey {
	return DeviceKey(expand(k, "device"+string(signer[:]), 32))
}

// To returns K_to = Expand(K_pair, "to", 32).
func (k PairKey) To() ToKey { return ToKey(expand(k, "to", 32)) }

// WatchID returns the name of the pair's inbox, Expand(K_pair, "watch-id", 16).
func (k PairKey) WatchID() [16]byte { return [16]byte(expand(k, "watch-id", 16)) }

// Tag returns what a message's `to` line says: HMAC-SHA-256(K_to, L("to") || salt).
func (k ToKey) Tag(salt [32]byte) [32]byte {
	h := hmac.New(sha256.New, k[:])
	h.Write(label("to"))
	h.Write(salt[:])
	return [32]byte(h.Sum(nil))
}

// SealRequest seals a call request: nonce 24 || XChaCha20-Poly1305(Expand(K_pair,
// "request-key", 32), text, AD = L("request") || watch id). The nonce is read from rand.
func (k PairKey) SealRequest(rand io.Reader, r CallRequest) ([]byte, error) {
	watch := k.WatchID()
	out, err := sealTo(rand, nil, expand(k, "request-key", 32), []byte(r.Marshal()), append(label("request"), watch[:]...))
	if err != nil {
		return nil, fmt.Errorf("seal call request: %w", err)
	}
	return out, nil
}

// OpenRequest opens what [PairKey.SealRequest] made. It fails with [ErrSeal] or [ErrMalformed].
func (k PairKey) OpenRequest(sealed []byte) (CallRequest, error) {
	watch := k.WatchID()
	text, err := openFrom(expand(k, "request-key", 32), sealed, append(label("request"), watch[:]...))
	if err != nil {
		return CallRequest{}, fmt.Errorf("open call request: %w", err)
	}
	return ParseCallRequest(string(text))
}

// expand is HKDF-SHA-256's second half. It can fail only for lengths that this package does not
// ask for; then the empty result fits nowhere, which is better than a key of zeros.
func expand(key [32]byte, info string, n int) []byte {
	out, err := hkdf.Expand(sha256.New, key[:], info, n)
	if err != nil {
		return nil
	}
	return out
}

// sealTo appends nonce 24 || XChaCha20-Poly1305(key, text, ad) to prefix.
func sealTo(rand io.Reader, prefix, key, text, ad []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, err
	}
	var nonce [chacha20poly1305.NonceSizeX]byte
	if _, err := io.ReadFull(rand, nonce[:]); err != nil {
		return nil, fmt.Errorf("read nonce: %w", err)
	}
	out := make([]byte, 0, len(prefix)+len(nonce)+len(text)+aead.Overhead())
	out = append(append(out, prefix...), nonce[:]...)
	return aead.Seal(out, nonce[:], text, ad), nil
}

// openFrom opens nonce 24 || ciphertext. It fails with [ErrSeal].
func openFrom(key, sealed, ad []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil || len(sealed) < chacha20poly1305.NonceSizeX {
		return nil, ErrSeal
	}
	text, err := aead.Open(nil, sealed[:chacha20poly1305.NonceSizeX], sealed[chacha20poly1305.NonceSizeX:], ad)
	if err != nil {
		return nil, ErrSeal
	}
	return text, nil
}
