package translog

import (
	"crypto/ed25519"
	"errors"
	"testing"

	"filippo.io/edwards25519"
	"golang.org/x/mod/sumdb/note"
)

// Every encoding of a point whose order divides 8 is refused, and the list has no other.
func TestLowOrder(t *testing.T) {
	t.Parallel()
	identity := edwards25519.NewIdentityPoint()
	for _, y := range lowOrder() {
		points := 0
		for _, sign := range []byte{0, 0x80} {
			pub := y
			pub[31] |= sign
			if err := CheckPublic(pub); !errors.Is(err, ErrKey) {
				t.Errorf("%x: got %v, want %v", pub, err, ErrKey)
			}
			p, err := new(edwards25519.Point).SetBytes(pub[:])
			if err != nil {
				continue
			}
			points++
			if new(edwards25519.Point).MultByCofactor(p).Equal(identity) != 1 {
				t.Errorf("%x is not of low order", pub)
			}
		}
		if points == 0 {
			t.Errorf("%x is no point", y)
		}
	}
	// All eight are multiples of one of order 8, which is on the list.
	torsion, err := new(edwards25519.Point).SetBytes(slice(lowOrder()[3]))
	if err != nil {
		t.Fatal(err)
	}
	p := edwards25519.NewIdentityPoint()
	for range 8 {
		p.Add(p, torsion)
		if err := CheckPublic([32]byte(p.Bytes())); !errors.Is(err, ErrKey) {
			t.Errorf("%x: got %v, want %v", p.Bytes(), err, ErrKey)
		}
	}
	if p.Equal(identity) != 1 {
		t.Error("the point is not of order 8")
	}
}

func slice(b [32]byte) []byte { return b[:] }

func TestCheckPublicNotCanonical(t *testing.T) {
	t.Parallel()
	for i := range 19 { // y + p, for every y that has room for it
		pub := [32]byte{0: byte(0xed + i), 31: 0x7f}
		for k := 1; k < 31; k++ {
			pub[k] = 0xff
		}
		for _, sign := range []byte{0, 0x80} {
			x := pub
			x[31] |= sign
			if err := CheckPublic(x); !errors.Is(err, ErrKey) {
				t.Errorf("%x: got %v, want %v", x, err, ErrKey)
			}
		}
	}
}

// What Open accepts, the library of signed notes accepts, and the other way round.
func TestOpenAgreesWithNote(t *testing.T) {
	t.Parallel()
	private := ed25519.NewKeyFromSeed(make([]byte, 32))
	key, err := NewKey("a.example.com", private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	text := "first line\n\nthird line\n"
	line := Sig{Name: key.Name, ID: key.ID(), Bytes: ed25519.Sign(private, []byte(text))}
	broken, renamed, longer := line, line, line
	broken.Bytes = append([]byte{1}, line.Bytes[1:]...)
	renamed.Name = "b.example.com"
	longer.Bytes = append([]byte{}, append(line.Bytes, 0)...)
	for name, sigs := range map[string][]Sig{
		"good": {line}, "broken": {broken}, "other name": {renamed}, "too long": {longer}, "good and unknown": {line, renamed}, "none": nil,
	} {
		s := Signed{Text: text, Sigs: sigs}
		_, err := s.Open(key)
		n, noteErr := note.Open(s.Marshal(), note.VerifierList(noteKey{key}))
		if want := noteErr == nil && len(n.Sigs) == len(sigs); (err == nil) != want {
			t.Errorf("%s: got %v, want ok %v (%v)", name, err, want, noteErr)
		}
	}
}

type noteKey struct{ Key }

func (k noteKey) Name() string    { return k.Key.Name }
func (k noteKey) KeyHash() uint32 { return k.ID() }
