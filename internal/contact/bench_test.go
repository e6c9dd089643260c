package contact_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"testing"

	"filippo.io/mostly-harmless/vrf-r255"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
)

// BenchmarkVerifyBundle judges the genuine bundle with its text.
func BenchmarkVerifyBundle(b *testing.B) {
	in := contacttest.New(b).With(contacttest.Body)
	b.SetBytes(int64(len(in.Bundle)))
	b.ReportAllocs()
	for b.Loop() {
		if v, _, err := contact.Verify(in); err != nil || v.Headline != contact.GenuineForAnyone {
			b.Fatal(v.Findings, err)
		}
	}
}

// signatures is what the genuine bundle has: two of the root on profile and on two grants,
// one each on message and status, two on each of four checkpoints.
const signatures = 3*2 + 2 + 4*2

// BenchmarkBareCrypto does the same number of signature checks, the same VRF check, and
// hashes the bundle twice, with nothing around it.
func BenchmarkBareCrypto(b *testing.B) {
	in := contacttest.New(b).Input()
	private := ed25519.NewKeyFromSeed(make([]byte, 32))
	pub := private.Public().(ed25519.PublicKey)
	text := in.Bundle[:400]
	sig := ed25519.Sign(private, text)
	secret, err := vrf.NewPrivateKey(append([]byte{7}, make([]byte, 31)...))
	if err != nil {
		b.Fatal(err)
	}
	proof := secret.Prove(text[:48])
	for b.Loop() {
		for range signatures {
			if !ed25519.Verify(pub, text, sig) {
				b.Fatal("signature")
			}
		}
		if _, err := secret.PublicKey().Verify(proof, text[:48]); err != nil {
			b.Fatal(err)
		}
		sha256.Sum256(in.Bundle)
		sha256.Sum256(in.Bundle)
	}
}

func BenchmarkCompare(b *testing.B) {
	for b.Loop() {
		contact.Compare(contacttest.Altered, contacttest.Body)
	}
}

func BenchmarkCanon(b *testing.B) {
	b.SetBytes(int64(len(contacttest.Body)))
	b.ReportAllocs()
	for b.Loop() {
		contact.Canon(contacttest.Body)
	}
}
