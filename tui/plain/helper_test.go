package plain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/plain"
)

// TestHelperSheet writes the sheet of a frightened person's plan, and reads what it hands over.
func TestHelperSheet(t *testing.T) {
	t.Parallel()
	pack, err := checklist.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, time.November, 24, 9, 30, 0, 0, time.UTC)
	for _, locale := range words.Locales() {
		for _, stage := range checklist.Stages() {
			w := plain.Writer{Words: words.For(locale), Texts: pack.Text(locale), Pack: pack, Region: "us", Now: now}
			plan := pack.Plan(checklist.Answers{Stage: stage, Region: "us", Uses: []string{"facebook"}}, nil, now)
			sheet := w.HelperSheet(&plan, 72)
			if stage == checklist.Worried && strings.Count(sheet, "[ ] ") < 3 {
				t.Errorf("%s: got\n%s\nwant some tasks", locale, sheet)
			}
			lower := strings.ToLower(sheet)
			for _, never := range []string{
				"clinic", "clínic", "threat", "amenaz", "photo", "foto", "blackmail", "chantaj", "stolen", "robad",
				strings.ToLower(w.Texts.Item("social.friends-hide").Why),
			} {
				if strings.Contains(lower, never) {
					t.Errorf("%s %s: got %q in\n%s", locale, stage, never, sheet)
				}
			}
			for line := range strings.Lines(sheet) {
				if len([]rune(line)) > 73 && !strings.Contains(line, "https://") {
					t.Errorf("got a line of %d columns: %q", len([]rune(line)), line)
				}
			}
		}
	}
}
