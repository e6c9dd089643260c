package plain_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/plain"
)

// The crisis sheet is one page, whatever the country and the language, and leaves none of the
// steps, contacts and parts out.
func TestCrisisSheet(t *testing.T) {
	t.Parallel()
	pack, err := checklist.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	released, err := time.Parse(time.DateOnly, pack.Released())
	if err != nil {
		t.Fatal(err)
	}
	for _, now := range []time.Time{released, pack.Expires().AddDate(1, 0, 0)} {
		for _, region := range append([]string{"", "zz"}, pack.Regions()...) {
			for _, locale := range pack.Locales() {
				w := plain.Writer{Words: words.For(locale), Texts: pack.Text(locale), Pack: pack, Region: region, Now: now}
				rows := pack.Plan(plain.CrisisAnswers(region), nil, now).Rows
				for _, most := range []int{plain.LinesA4, plain.LinesLetter} {
					sheet := w.CrisisSheet(rows, most)
					where := region + " " + locale + " " + now.Format(time.DateOnly)
					if n := strings.Count(sheet, "\n"); n > most {
						t.Errorf("%s: got %d lines, want at most %d:\n%s", where, n, most, sheet)
					}
					for line := range strings.Lines(sheet) {
						if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
							t.Errorf("%s: a line of %d columns: %s", where, n, line)
						}
					}
					flat := strings.Join(strings.Fields(sheet), " ")
					for i := range rows {
						if title := strings.TrimRight(w.Texts.Title(rows[i].Item.ID), "."); !strings.Contains(flat, title) {
							t.Errorf("%s: step %q is missing in\n%s", where, title, sheet)
						}
						for _, step := range rows[i].Item.Steps {
							for _, c := range w.Texts.Contacts(step.Ref, region, now) {
								if !strings.Contains(flat, c.Name) || !strings.Contains(flat, c.Web) {
									t.Errorf("%s: %s is missing in\n%s", where, c.Name, sheet)
								}
								for _, p := range c.Phones {
									if !strings.Contains(flat, p.Number) {
										t.Errorf("%s: number %s of %s is missing", where, p.Number, c.Name)
									}
								}
							}
						}
					}
					tones := w.Texts.Message(checklist.CloseMessage)
					if short := strings.Join(strings.Fields(tones[len(tones)-1].Text), " "); !strings.Contains(flat, short) {
						t.Errorf("%s: the message is missing in\n%s", where, sheet)
					}
					if got := strings.Count(sheet, "[ ] "); got != 4 {
						t.Errorf("%s: got %d things to keep, want 4", where, got)
					}
				}
			}
		}
	}
}
