package card_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/internal/contact/card"
)

func TestComplete(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		start string
		want  []string
		whole bool
	}{
		{"", nil, false},
		{"ABAC", []string{"abacus"}, false},
		{"abacus", []string{"abacus"}, true},
		{"ab", []string{"abacus", "abdomen", "abdominal"}, false},
		{"able", []string{"able"}, true},
		{"zzz", nil, false},
		{"yo-", []string{"yo-yo"}, false},
	} {
		got, whole := card.Complete(tt.start, 3)
		if diff := cmp.Diff(tt.want, got); diff != "" || whole != tt.whole {
			t.Errorf("Complete(%q): got %q, %v, want %q, %v", tt.start, got, whole, tt.want, tt.whole)
		}
	}
}

// What Complete offers is what Parse takes.
func TestCompleteOffersWordsOfTheList(t *testing.T) {
	t.Parallel()
	for _, start := range []string{"a", "m", "q", "zo"} {
		got, _ := card.Complete(start, card.Count)
		if len(got) < 2 {
			t.Fatalf("%q: got %q, want words", start, got)
		}
		for len(got) < card.Count {
			got = append(got, got[0])
		}
		if _, err := card.Parse(strings.Join(got, " ")); err != nil {
			t.Errorf("%q: %v", got, err)
		}
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in     string
		want   []string
		typing bool
	}{
		{"", []string{}, false},
		{"Abacus, abd", []string{"abacus", "abd"}, true},
		{"abacus ", []string{"abacus"}, false},
	} {
		got, typing := card.Split(tt.in)
		if diff := cmp.Diff(tt.want, got); diff != "" || typing != tt.typing {
			t.Errorf("Split(%q): got %q, %v, want %q, %v", tt.in, got, typing, tt.want, tt.typing)
		}
	}
}
