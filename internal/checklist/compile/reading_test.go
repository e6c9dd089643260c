package compile

import (
	"math"
	"os"
	"strings"
	"testing"
)

const (
	hardestEnglish = 6.0
	easiestSpanish = 70.0
)

func TestReadingLevel(t *testing.T) {
	t.Parallel()
	s, err := read(os.DirFS(content))
	if err != nil {
		t.Fatal(err)
	}
	english, err := s.english()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range s.items {
		whole := func(texts map[string]string) string {
			parts := []string{texts[x.ID+".title"], texts[x.ID+".why"], texts[x.ID+".done_when"], texts[x.ID+".verify"]}
			for _, step := range x.Steps {
				parts = append(parts, texts[x.ID+".step."+step.ID])
			}
			var b strings.Builder
			for _, p := range parts {
				if p = strings.TrimRight(p, "."); p != "" {
					b.WriteString(p + ". ")
				}
			}
			return b.String()
		}
		if got := gradeEnglish(whole(english)); got > hardestEnglish {
			t.Errorf("%s: got grade %.1f, want at most %.1f", x.ID, got, hardestEnglish)
		}
		if got := easeSpanish(whole(s.locales["es"])); got < easiestSpanish {
			t.Errorf("%s: got Spanish ease %.1f, want at least %.1f", x.ID, got, easiestSpanish)
		}
	}
}

func TestSyllables(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]int{"cat": 1, "people": 2, "clinic": 2, "message": 2, "asked": 1, "wanted": 2, "the": 1, "places": 2, "table": 2, "agree": 2} {
		if got := syllablesEnglish(word); got != want {
			t.Errorf("%s: got %d, want %d", word, got, want)
		}
	}
	for word, want := range map[string]int{"casa": 2, "cuenta": 2, "teléfono": 4, "día": 2, "clínica": 3, "ahora": 3, "ciudad": 2, "país": 2, "muy": 1, "y": 1, "leer": 2} {
		if got := syllablesSpanish(word); got != want {
			t.Errorf("%s: got %d, want %d", word, got, want)
		}
	}
}

func TestReadingFormulas(t *testing.T) {
	t.Parallel()
	// Three sentences of four one-syllable words: 0.39*4 + 11.8 - 15.59.
	if got := gradeEnglish("The cat sat down. The dog ran off. He did not stop."); math.Abs(got+2.23) > 0.01 {
		t.Errorf("got grade %.2f, want -2.23", got)
	}
	// One sentence, two words, four syllables: 206.84 - 120 - 2.04.
	if got := easeSpanish("Casa roja."); math.Abs(got-84.80) > 0.01 {
		t.Errorf("got ease %.2f, want 84.80", got)
	}
}
