package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/app"
	"github.com/chaperone-privacy/chaperone/tui/app/apptest"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// packed is the device of the tests with the engine and the content of the real pack.
type packed struct {
	*apptest.Device
	pack *checklist.Pack
}

func (p packed) Plan() checklist.Plan {
	s := p.State()
	return p.pack.Plan(s.Answers, s.Rows, apptest.Now)
}

// TestRealPack shows every step of the embedded pack, for every stage and country, in both
// languages, on the smallest terminal and on a common one.
func TestRealPack(t *testing.T) {
	t.Parallel()
	pack, err := checklist.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return apptest.Now }
	content := app.PackContent(func() *checklist.Pack { return pack }, now)
	for _, region := range pack.Regions() {
		if name := screen.RegionName(words.For("en"), region); strings.ToLower(name) == region {
			t.Errorf("region %q has no name in the catalogue", region)
		}
	}
	seen := map[string]bool{}
	for _, stage := range []checklist.Stage{checklist.Worried, checklist.Notified, checklist.Threatened, checklist.Published} {
		for _, region := range append([]string{""}, pack.Regions()...) {
			for _, locale := range pack.Locales() {
				for _, at := range []size{{40, 20}, {80, 24}} {
					d := packed{apptest.New(), pack}
					d.Vault.Rows, d.Vault.Answers = nil, checklist.Answers{Stage: stage, Region: region}
					open := func() *apptest.Robot {
						return apptest.Start(t, app.New(app.Config{
							Content: content, Device: d, Locale: locale, Theme: "dark", Profile: colorprofile.NoTTY,
							Width: at.w, Height: at.h, Now: now,
						}))
					}
					fits(t, open().View(), at)
					fits(t, open().Press("n").View(), at)
					fits(t, open().Press("l", "l").View(), at)
					for _, row := range d.Plan().Rows {
						r := open()
						r.Send(screen.Go{To: screen.Task, Row: checklist.RowKey{Item: row.Item.ID}})
						fits(t, r.View(), at)
						title := content.Title(locale, row.Item.ID)
						if first := strings.Fields(title)[0]; !strings.Contains(r.View(), first) {
							t.Errorf("%s in %s: the title %q is not on\n%s", row.Item.ID, locale, title, r.View())
						}
						r.Press("w")
						fits(t, r.View(), at)
						if strings.Contains(r.View(), "\n  ,") {
							t.Errorf("%s: a source without a name on\n%s", row.Item.ID, r.View())
						}
						seen[row.Item.ID] = true
					}
				}
			}
		}
	}
	if len(seen) < 12 {
		t.Errorf("got %d different steps, want at least 12", len(seen))
	}
}

// TestRealCrisis holds the crisis list of the real pack to one small screen, numbers included.
func TestRealCrisis(t *testing.T) {
	t.Parallel()
	pack, err := checklist.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	content := app.PackContent(func() *checklist.Pack { return pack }, func() time.Time { return apptest.Now })
	r := apptest.Start(t, app.New(app.Config{
		Content: content, Opener: apptest.Opener(nil), Theme: "dark", Profile: colorprofile.NoTTY, Width: 40, Height: 20,
	}))
	r.Press("n", "g", "enter")
	if got := len(content.Crisis("us")); got < 1 || got > 7 {
		t.Errorf("crisis list: got %d rows, want 1 to 7", got)
	}
	r.Saw("911").Saw("988")
	if strings.Contains(r.View(), "more line") {
		t.Errorf("got\n%s\nwant the whole list on a screen of 40x20", r.View())
	}
}

// TestRealGuides walks every way through the questions of the real pack, and fills in every
// letter, in both languages, on the smallest terminal and on a common one.
func TestRealGuides(t *testing.T) {
	t.Parallel()
	pack, err := checklist.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return apptest.Now }
	content := app.PackContent(func() *checklist.Pack { return pack }, now)
	for _, locale := range pack.Locales() {
		for _, at := range []size{{40, 20}, {80, 24}} {
			for _, region := range []string{"us", "gb"} {
				open := func(to screen.Go) *apptest.Robot {
					d := packed{apptest.New(), pack}
					d.Vault.Rows, d.Vault.Answers = nil, checklist.Answers{Stage: checklist.Worried, Region: region}
					return apptest.Start(t, app.New(app.Config{
						Content: content, Device: d, Locale: locale, Theme: "dark", Profile: colorprofile.NoTTY,
						Width: at.w, Height: at.h, Now: now, SaveFile: apptest.SaveFile(),
					})).Send(to)
				}
				var walk func(w checklist.Walk, keys []string)
				walk = func(w checklist.Walk, keys []string) {
					r := open(screen.Go{To: screen.Triage}).Press(keys...)
					fits(t, r.View(), at)
					if e := w.Ending(); e != nil {
						title := strings.Fields(content.Ending(locale, e.ID).Title)[0]
						r.Saw(title).Press("1")
						fits(t, r.View(), at)
						return
					}
					if strings.Contains(r.View(), "more line") && at.h > 20 {
						t.Errorf("got\n%s\nwant the whole question on one screen", r.View())
					}
					for i := range w.Node().Answers {
						next, err := w.Answer(i)
						if err != nil {
							t.Fatal(err)
						}
						walk(next, append(keys[:len(keys):len(keys)], string(rune('1'+i))))
					}
				}
				walk(content.Triage().Walk(), nil)
				for _, l := range content.Letters(region) {
					r := open(screen.Go{To: screen.Letter, Letters: []string{l.ID}})
					fits(t, r.View(), at)
					if len(l.To) > 0 {
						r.Press("enter")
						fits(t, r.View(), at)
					}
					for _, f := range l.Fields {
						r.Type("value of " + f.ID).Press("enter")
						fits(t, r.View(), at)
						if f.Lines {
							r.Press("enter")
						}
					}
					fits(t, r.View(), at)
					r.Press("s", "enter")
					r.Saw("letter.txt")
				}
				r := open(screen.Go{To: screen.Message})
				for range 3 {
					fits(t, r.Press("t").View(), at)
				}
			}
		}
	}
}
