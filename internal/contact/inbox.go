package contact

import (
	"fmt"
	"io"
)

// Copies are what a clinic leaves in a pair's inbox: messages, and intents to call.
const (
	inboxKey  = "inbox-key"
	intentKey = "intent-key"
	inboxAD   = "inbox"
	intentAD  = "intent"
)

// SealCopy seals a message for a pair's inbox; no code is needed to open it:
//
//	H(signer vkey) 32 || nonce 24 || XChaCha20-Poly1305(Expand(K_dev, "inbox-key", 32),
//	u32 length || payload || zeros, AD = L("inbox") || watch id || H(signer vkey))
//
// The whole has one of the four stored sizes. It fails with [ErrTooLarge] and [ErrMalformed].
func SealCopy(rand io.Reader, p Payload, k DeviceKey, watch [16]byte, signer [32]byte) ([]byte, error) {
	return sealCopy(rand, p, k, watch, signer, inboxKey, inboxAD)
}

// SealIntent is [SealCopy] for a call intent, with "intent-key" and L("intent").
func SealIntent(rand io.Reader, p Payload, k DeviceKey, watch [16]byte, signer [32]byte) ([]byte, error) {
	return sealCopy(rand, p, k, watch, signer, intentKey, intentAD)
}

func sealCopy(rand io.Reader, p Payload, k DeviceKey, watch [16]byte, signer [32]byte, info, ad string) ([]byte, error) {
	payload, err := p.marshal()
	if err != nil {
		return nil, fmt.Errorf("seal inbox copy: %w", err)
	}
	text, err := padded(payload, len(signer)+sealCost)
	if err != nil {
		return nil, fmt.Errorf("seal inbox copy: %w", err)
	}
	out, err := sealTo(rand, signer[:], expand(k, info, 32), text, copyAD(ad, watch, signer))
	if err != nil {
		return nil, fmt.Errorf("seal inbox copy: %w", err)
	}
	return out, nil
}

// OpenCopy opens a message from a pair's inbox and returns H(vkey) of the device it claims to
// be from. It fails with [ErrSeal] for what does not open under the pair: whoever has the list
// drops it and counts it.
func OpenCopy(sealed []byte, k PairKey) (Payload, [32]byte, error) {
	return openCopy(sealed, k, inboxKey, inboxAD)
}

// OpenIntent is [OpenCopy] for a call intent.
func OpenIntent(sealed []byte, k PairKey) (Payload, [32]byte, error) {
	return openCopy(sealed, k, intentKey, intentAD)
}

func openCopy(sealed []byte, k PairKey, info, ad string) (Payload, [32]byte, error) {
	if !isStoredSize(len(sealed)) {
		return Payload{}, [32]byte{}, fmt.Errorf("open inbox copy: size: %w", ErrSeal)
	}
	signer := [32]byte(sealed)
	text, err := openFrom(expand(k.Device(signer), info, 32), sealed[32:], copyAD(ad, k.WatchID(), signer))
	if err != nil {
		return Payload{}, [32]byte{}, fmt.Errorf("open inbox copy: %w", err)
	}
	raw, err := unpadded(text)
	if err != nil {
		return Payload{}, [32]byte{}, fmt.Errorf("open inbox copy: %w", err)
	}
	if again, err := padded(raw, 32+sealCost); err != nil || len(again) != len(text) {
		return Payload{}, [32]byte{}, fmt.Errorf("open inbox copy: larger than it must be: %w", ErrSeal)
	}
	p, err := parsePayload(raw)
	return p, signer, err
}

func copyAD(ad string, watch [16]byte, signer [32]byte) []byte {
	return append(append(label(ad), watch[:]...), signer[:]...)
}
