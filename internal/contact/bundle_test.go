package contact_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
)

func TestParseBundle(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	good := w.Bundle()
	b, err := contact.ParseBundle(good)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Marshal(); !bytes.Equal(got, good) {
		t.Error("bundle does not come back")
	}
	sec := func(t byte, data string) string {
		return string([]byte{t, 0, 0, byte(len(data) >> 8), byte(len(data))}) + data
	}
	const magic = "CHAPB1\n"
	tests := []struct {
		name, raw string
		want      error
	}{
		{"message alone", magic + sec(1, "m"), nil},
		{"rotation pairs", magic + sec(1, "m") + sec(17, "a") + sec(18, "b") + sec(17, "c") + sec(18, "d") + sec(20, "s"), nil},
		{"two policies", magic + sec(1, "m") + sec(14, "a") + sec(14, "b"), nil},
		{"empty", "", contact.ErrMalformed},
		{"nothing in it", magic, contact.ErrMalformed},
		{"no message", magic + sec(2, "v"), contact.ErrMalformed},
		{"other first line", "CHAPB2\n" + sec(1, "m"), contact.ErrMalformed},
		{"CRLF", "CHAPB1\r\n" + sec(1, "m"), contact.ErrMalformed},
		{"unknown section", magic + sec(1, "m") + sec(9, "x"), contact.ErrMalformed},
		{"section 0", magic + sec(0, "x") + sec(1, "m"), contact.ErrMalformed},
		{"out of order", magic + sec(2, "v") + sec(1, "m"), contact.ErrMalformed},
		{"message twice", magic + sec(1, "m") + sec(1, "m"), contact.ErrMalformed},
		{"empty section", magic + sec(1, "m") + sec(2, ""), contact.ErrMalformed},
		{"cut off in a section", (magic + sec(1, "message"))[:15], contact.ErrMalformed},
		{"cut off in a length", magic + sec(1, "m") + "\x02\x00", contact.ErrMalformed},
		{"trailing byte", magic + sec(1, "m") + "\n", contact.ErrMalformed},
		{"huge length", magic + "\x01\xff\xff\xff\xffm", contact.ErrMalformed},
		{"policy twice", magic + sec(1, "m") + sec(14, "a") + sec(14, "a"), contact.ErrMalformed},
		{"policies out of order", magic + sec(1, "m") + sec(14, "b") + sec(14, "a"), contact.ErrMalformed},
		{"rotation without proof", magic + sec(1, "m") + sec(17, "a"), contact.ErrMalformed},
		{"rotation without proof, status", magic + sec(1, "m") + sec(17, "a") + sec(20, "s"), contact.ErrMalformed},
		{"proof without rotation", magic + sec(1, "m") + sec(18, "a"), contact.ErrMalformed},
		{"two rotations, then proofs", magic + sec(1, "m") + sec(17, "a") + sec(17, "b") + sec(18, "c"), contact.ErrMalformed},
		{"too large", magic + strings.Repeat("x", contact.MaxBundle), contact.ErrTooLarge},
	}
	for _, tt := range tests {
		b, err := contact.ParseBundle([]byte(tt.raw))
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if err == nil && string(b.Marshal()) != tt.raw {
			t.Errorf("%s: got %q, want %q", tt.name, b.Marshal(), tt.raw)
		}
		if tt.want != nil {
			if _, _, err := contact.Verify(contact.Input{Bundle: []byte(tt.raw), Memory: w.Memory, Now: w.Clock}); !errors.Is(err, tt.want) {
				t.Errorf("%s: Verify: got %v, want %v", tt.name, err, tt.want)
			}
		}
	}
}

// Evidence is a bundle without what an envelope brings.
func TestParseEvidence(t *testing.T) {
	t.Parallel()
	b := contacttest.New(t).Parts()
	if _, err := contact.ParseEvidence(b.Marshal()); !errors.Is(err, contact.ErrMalformed) {
		t.Errorf("with a message: got %v, want %v", err, contact.ErrMalformed)
	}
	b.Message = nil
	if _, err := contact.ParseEvidence(b.Marshal()); !errors.Is(err, contact.ErrMalformed) {
		t.Errorf("with a VRF proof: got %v, want %v", err, contact.ErrMalformed)
	}
	b.VRF = nil
	raw := b.Marshal()
	got, err := contact.ParseEvidence(raw)
	if err != nil || !bytes.Equal(got.Marshal(), raw) {
		t.Errorf("got %v, or other bytes", err)
	}
	if _, err := contact.ParseEvidence([]byte("CHAPB1\n")); err != nil {
		t.Errorf("nothing: got %v", err)
	}
}
