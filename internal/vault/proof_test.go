package vault

import (
	"crypto/ed25519"
	"testing"
	"time"
)

func TestRequestSignature(t *testing.T) {
	t.Parallel()
	seed := [32]byte{1, 2, 3}
	pub := ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
	id, nonce := [IDSize]byte{9}, [NonceSize]byte{7}
	at := time.Unix(1_800_000_000, 0)
	sig := SignRequest(seed, OpPut, id, 4, []byte("blob"), at, nonce)
	if !VerifyRequest(pub, OpPut, id[:], 4, []byte("blob"), at.Unix(), nonce[:], sig) {
		t.Fatal("a signature does not verify what was signed")
	}
	otherID, otherNonce := [IDSize]byte{8}, [NonceSize]byte{8}
	otherPub := ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey)
	tests := []struct {
		name string
		ok   bool
	}{
		{"other key", VerifyRequest(otherPub, OpPut, id[:], 4, []byte("blob"), at.Unix(), nonce[:], sig)},
		{"other op", VerifyRequest(pub, OpGet, id[:], 4, []byte("blob"), at.Unix(), nonce[:], sig)},
		{"op out of range", VerifyRequest(pub, 0, id[:], 4, []byte("blob"), at.Unix(), nonce[:], sig)},
		{"other vault", VerifyRequest(pub, OpPut, otherID[:], 4, []byte("blob"), at.Unix(), nonce[:], sig)},
		{"other revision", VerifyRequest(pub, OpPut, id[:], 5, []byte("blob"), at.Unix(), nonce[:], sig)},
		{"other blob", VerifyRequest(pub, OpPut, id[:], 4, []byte("blob2"), at.Unix(), nonce[:], sig)},
		{"other time", VerifyRequest(pub, OpPut, id[:], 4, []byte("blob"), at.Unix()+1, nonce[:], sig)},
		{"other nonce", VerifyRequest(pub, OpPut, id[:], 4, []byte("blob"), at.Unix(), otherNonce[:], sig)},
		{"short signature", VerifyRequest(pub, OpPut, id[:], 4, []byte("blob"), at.Unix(), nonce[:], sig[:63])},
		{"short key", VerifyRequest(pub[:31], OpPut, id[:], 4, []byte("blob"), at.Unix(), nonce[:], sig)},
		{"empty everything", VerifyRequest(nil, OpPut, nil, 4, nil, 0, nil, nil)},
	}
	for _, tt := range tests {
		if tt.ok {
			t.Errorf("%s: got verified, want refused", tt.name)
		}
	}
}

func TestFresh(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	for _, tt := range []struct {
		name string
		unix int64
		want bool
	}{
		{"same second", now.Unix(), true},
		{"at the edge before", now.Unix() - 300, true},
		{"at the edge after", now.Unix() + 300, true},
		{"too old", now.Unix() - 301, false},
		{"too new", now.Unix() + 301, false},
		{"negative", -1, false},
		{"far away", 1 << 62, false},
	} {
		if got := Fresh(tt.unix, now); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
