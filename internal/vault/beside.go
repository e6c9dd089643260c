package vault

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"io"
)

// SealBeside seals a file that lies beside the vault on one device, such as what a clinic's
// servers said. The key is derived from the seal key, name is bound to the content. The result
// is nonce 24 || XChaCha20-Poly1305(HKDF-Expand(seal key, "beside", 32), plain, AD = L("beside") || name).
func (k *Keys) SealBeside(random io.Reader, name string, plain []byte) ([]byte, error) {
	key, err := k.besideKey()
	if err != nil {
		return nil, err
	}
	defer clear(key[:])
	return seal(random, &key, plain, append(label("beside"), name...))
}

// OpenBeside opens what SealBeside made. It fails with ErrDamaged or ErrWrongKey.
func (k *Keys) OpenBeside(name string, sealed []byte) ([]byte, error) {
	key, err := k.besideKey()
	if err != nil {
		return nil, err
	}
	defer clear(key[:])
	return open(&key, sealed, append(label("beside"), name...))
}

func (k *Keys) besideKey() (key [32]byte, err error) {
	out, err := hkdf.Expand(sha256.New, k.Seal[:], "beside", len(key))
	if err != nil {
		return key, fmt.Errorf("derive key: %w", err)
	}
	defer clear(out)
	return [32]byte(out), nil
}
