package app_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/app"
	"github.com/chaperone-privacy/chaperone/tui/app/apptest"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// TestHelperSeesTasksOnly presses every key from every page of a helper, in both languages,
// and reads what comes up: nothing says why there are tasks.
func TestHelperSeesTasksOnly(t *testing.T) {
	t.Parallel()
	keys := []string{"n", "ctrl+n", "?", "v", "s", "p", "l", "a", "c", "y", "w", "x", "f", "b", "/", "g", "m", "esc", "up", "end", "tab", "f1"}
	starts := [][]string{nil, {"enter"}, {"down", "enter"}, {"o"}}
	for _, locale := range words.Locales() {
		for _, device := range []func() *apptest.Device{helping, helpingLocked} {
			for _, start := range starts {
				for _, key := range keys {
					s := state{device: device, do: press(append(slices.Clone(start), key)...)}
					r, d := s.with(t, app.Config{Locale: locale, Theme: "dark", Profile: colorprofile.NoTTY})
					if !d.Helping() || r.Quit {
						t.Fatalf("%s: got out of helper mode", key)
					}
					view := strings.ToLower(r.View())
					for _, never := range []string{
						"threat", "amenaz", "clinic", "clínica", "blackmail", "chantaj", "fault", "recovery", "recuperación",
						"example aesthetics", "stranger", "extrañ", "password", "contraseña", "fewer", "frighten",
					} {
						if strings.Contains(view, never) {
							t.Errorf("%s %v %s: got %q on\n%s", locale, start, key, never, view)
						}
					}
				}
			}
		}
	}
}

// TestHelperOfRealPack makes every plan that somebody may be helped with, from the real
// content, and reads all of what a helper would.
func TestHelperOfRealPack(t *testing.T) {
	t.Parallel()
	pack, err := checklist.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, locale := range words.Locales() {
		w, texts := words.For(locale), pack.Text(locale)
		for _, stage := range checklist.Stages() {
			for _, region := range append(pack.Regions(), "", "zz") {
				// Finish everything again and again, so that every row comes up once.
				var done []checklist.RowState
				for range 12 {
					plan := pack.Plan(checklist.Answers{Stage: stage, Region: region}, done, apptest.Now)
					rows := screen.HelperRows(w, texts.Item, &plan)
					total += len(rows)
					for i := range rows {
						helperRow(t, texts, &rows[i])
					}
					for i := range plan.Rows {
						done = append(done, checklist.RowState{RowKey: checklist.RowKey{Item: plan.Rows[i].Item.ID}, Status: checklist.Done, DoneAt: apptest.Now.Unix()})
					}
				}
			}
		}
	}
	if total < 100 {
		t.Errorf("got %d rows for helpers in all plans, want many more", total)
	}
}

func helperRow(t *testing.T, texts *checklist.Texts, r *checklist.Row) {
	t.Helper()
	if !r.Item.HelperOK || r.Item.Lane == checklist.LaneNow || r.Item.Lane == checklist.LaneMedical {
		t.Errorf("%s is shown to a helper", r.Item.ID)
	}
	x := texts.Item(r.Item.ID)
	read := x.Title
	for _, s := range x.Steps {
		read += "\n" + s.Do + "\n" + s.Confirm
	}
	read = strings.ToLower(read)
	for _, never := range []string{"clinic", "clínic", "surg", "cirug", "threat", "amenaz", "blackmail", "chantaj", "photo", "foto", "breach", "stolen", "robad"} {
		if strings.Contains(read, never) {
			t.Errorf("%s tells a helper of %q: %s", r.Item.ID, never, read)
		}
	}
}
