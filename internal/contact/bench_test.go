package contact_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"slices"
	"testing"
	"time"

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
	bare := bareCrypto(b)
	for b.Loop() {
		if !bare() {
			b.Fatal("signature")
		}
	}
}

// BenchmarkOverhead judges the bundle and does its bare cryptography by turns, so that both meet
// the same load, and reports the ratio of their medians.
func BenchmarkOverhead(b *testing.B) {
	in, bare := contacttest.New(b).Input(), bareCrypto(b)
	var whole, alone []time.Duration
	for b.Loop() {
		start := time.Now()
		if v, _, err := contact.Verify(in); err != nil || v.Headline != contact.GenuineForAnyone {
			b.Fatal(v.Findings, err)
		}
		middle := time.Now()
		if !bare() {
			b.Fatal("signature")
		}
		whole, alone = append(whole, middle.Sub(start)), append(alone, time.Since(middle))
	}
	slices.Sort(whole)
	slices.Sort(alone)
	b.ReportMetric(float64(whole[len(whole)/2])/float64(alone[len(alone)/2]), "x-bare")
}

func bareCrypto(b *testing.B) func() bool {
	b.Helper()
	in := contacttest.New(b).Input()
	private := ed25519.NewKeyFromSeed(make([]byte, 32))
	pub := private.Public().(ed25519.PublicKey)
	text := in.Bundle[:400]
	sig := ed25519.Sign(private, text)
	secret, err := vrf.NewPrivateKey(append([]byte{7}, make([]byte, 31)...))
	if err != nil {
		b.Fatal(err)
	}
	proof, public := secret.Prove(text[:48]), secret.PublicKey()
	return func() bool {
		ok := true
		for range signatures {
			ok = ed25519.Verify(pub, text, sig) && ok
		}
		_, err := public.Verify(proof, text[:48])
		sha256.Sum256(in.Bundle)
		sha256.Sum256(in.Bundle)
		return ok && err == nil
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
