package vault

import (
	"errors"
	"testing"
)

func TestBeside(t *testing.T) {
	t.Parallel()
	k := Keys{Seal: [32]byte{1}}
	sealed, err := k.SealBeside(nil, "a", []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := k.OpenBeside("a", sealed); err != nil || string(plain) != "text" {
		t.Errorf("got %q, %v, want text", plain, err)
	}
	other := Keys{Seal: [32]byte{2}}
	for name, open := range map[string]func() ([]byte, error){
		"another name": func() ([]byte, error) { return k.OpenBeside("b", sealed) },
		"another key":  func() ([]byte, error) { return other.OpenBeside("a", sealed) },
		"cut off":      func() ([]byte, error) { return k.OpenBeside("a", sealed[:len(sealed)-1]) },
		"changed":      func() ([]byte, error) { sealed[len(sealed)-1] ^= 1; return k.OpenBeside("a", sealed) },
		"nothing":      func() ([]byte, error) { return k.OpenBeside("a", nil) },
	} {
		if plain, err := open(); !errors.Is(err, ErrWrongKey) && !errors.Is(err, ErrDamaged) || plain != nil {
			t.Errorf("%s: got %q, %v", name, plain, err)
		}
	}
}
