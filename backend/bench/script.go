package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// script fixes what the writers of a torture do, so that the parent knows what must be found
// without being told: each vault has one writer, and its content at each revision follows from
// the seed.
type script struct{ seed uint64 }

const (
	tortureVaults = 192
	// Every eighth vault is deleted once it stands at this revision.
	deleteAt = 5
)

// draw returns 32 bytes that follow from the seed and the arguments.
func (s script) draw(what string, n, revision uint64) [32]byte {
	b := append([]byte(what), 0)
	for _, v := range []uint64{s.seed, n, revision} {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	return sha256.Sum256(b)
}

func (s script) id(n uint64) [32]byte { return s.draw("id", n, 0) }

func (s script) requestSeed(n uint64) [32]byte { return s.draw("key", n, 0) }

func (s script) publicKey(n uint64) []byte {
	seed := s.requestSeed(n)
	return ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
}

// blob returns the bytes of a revision: 16 KiB mostly, 64 or 256 KiB at times.
func (s script) blob(n, revision uint64) []byte {
	seed := s.draw("blob", n, revision)
	size := 16 << 10
	switch {
	case seed[0] < 10:
		size = 256 << 10
	case seed[0] < 50:
		size = 64 << 10
	}
	b := make([]byte, size)
	_, _ = rand.NewChaCha8(seed).Read(b) // never fails
	return b
}

// deletes reports whether the vault is deleted next, rather than written.
func (s script) deletes(n, revision uint64) bool { return n%8 == 7 && revision == deleteAt }

func (s script) proof(op vault.Op, n, revision uint64, blob []byte) vaultsync.Proof {
	now := time.Now()
	drawn := s.draw("nonce", n, uint64(now.UnixNano()))
	nonce := [vault.NonceSize]byte(drawn[:vault.NonceSize])
	return vaultsync.Proof{
		PublicKey:   s.publicKey(n),
		UnixSeconds: now.Unix(),
		Nonce:       nonce[:],
		Signature:   vault.SignRequest(s.requestSeed(n), op, s.id(n), revision, blob, now, nonce),
	}
}
