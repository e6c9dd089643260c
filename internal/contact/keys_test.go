package contact

import (
	"bytes"
	"crypto/ecdh"
	"encoding/hex"
	"testing"
)

// The list of low-order points is what crypto/ecdh refuses, and a good key is not on it.
func TestLowOrder(t *testing.T) {
	t.Parallel()
	secret, err := ecdh.X25519().NewPrivateKey(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	shared := func(k EnrolKey) error {
		pub, err := ecdh.X25519().NewPublicKey(k[:])
		if err != nil {
			return err
		}
		_, err = secret.ECDH(pub)
		return err
	}
	seen := map[string]bool{}
	for _, low := range lowOrder() {
		raw, err := hex.DecodeString(low)
		if err != nil || len(raw) != 32 || seen[low] {
			t.Fatalf("%s: %v", low, err)
		}
		seen[low] = true
		k := EnrolKey(raw)
		if shared(k) == nil {
			t.Errorf("%s: is not of low order", low)
		}
		if k.valid() {
			t.Errorf("%s: accepted", low)
		}
	}
	good := EnrolKey(secret.PublicKey().Bytes())
	if err := shared(good); err != nil || !good.valid() {
		t.Errorf("a good key: got %v, valid %v", err, good.valid())
	}
}
