package card_test

import (
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/contact/card"
)

// The words of fixed ids, so that a card printed once holds for ever. All zeros is the first
// word six times; all ones is worked out by hand: 2^128-1 in base 7776, lowest digit first.
func TestWords(t *testing.T) {
	t.Parallel()
	ones := [32]byte{}
	for i := range ones {
		ones[i] = 0xff
	}
	low := [32]byte{}
	low[15] = 1 // the lowest bit of n
	for _, tt := range []struct {
		name string
		id   [32]byte
		want string
	}{
		{"zeros", [32]byte{}, "abacus abacus abacus abacus abacus abacus"},
		{"one", low, "abdomen abacus abacus abacus abacus abacus"},
		{"ones", ones, "crewmate proving patience scroll recipient rebate"},
	} {
		if got := strings.Join(card.Words(tt.id), " "); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestParseReadsWhatWordsWrites(t *testing.T) {
	t.Parallel()
	for i := range 50 {
		id := sha256.Sum256([]byte{byte(i)})
		words := card.Words(id)
		for _, typed := range []string{
			strings.Join(words, " "), strings.ToUpper(strings.Join(words, "  ")), strings.Join(words, ", ") + "\n", " " + strings.Join(words, "\n"),
		} {
			n, err := card.Parse(typed)
			if err != nil || n != card.Of(id) {
				t.Errorf("%q: got %x, %v, want %x", typed, n, err, card.Of(id))
			}
		}
		slices.Reverse(words)
		if n, err := card.Parse(strings.Join(words, " ")); err != nil || n == card.Of(id) {
			t.Errorf("%q, the wrong way round: got %x, %v", words, n, err)
		}
	}
}

func TestParseHyphens(t *testing.T) {
	t.Parallel()
	n, err := card.Parse("abdomen-abacus-abacus-abacus-abacus-abacus")
	if want := (card.Number{9: 1}); err != nil || n != want {
		t.Errorf("got %x, %v, want %x", n, err, want)
	}
	// Four words of the list have a hyphen themselves.
	if _, err := card.Parse("yo-yo t-shirt felt-tip drop-down abacus abacus"); err != nil {
		t.Error(err)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       error
	}{
		{"nothing", "", card.ErrCount},
		{"five", "abacus abacus abacus abacus abacus", card.ErrCount},
		{"seven", strings.Repeat("abacus ", 7), card.ErrCount},
		{"no word of the list", "abacus abacus abacus abacus abacus zzzz", card.ErrWord},
		{"a word that looks like one", "abacus abacus abacus abacus abacus аbacus", card.ErrWord},
	} {
		_, err := card.Parse(tt.text)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "zzzz") {
			t.Errorf("%s: the error quotes what was typed", tt.name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("abdomen abacus abacus abacus abacus abacus")
	f.Add("a-b-c-d-e-f")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := card.Parse(text)
		if err != nil {
			return
		}
		b, err := card.Parse(strings.ToUpper(text) + " ")
		if err != nil || a != b {
			t.Errorf("%q: got %x and %x, %v", text, a, b, err)
		}
	})
}
