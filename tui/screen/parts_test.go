package screen_test

import (
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/tui/app/apptest"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// TestLanes wants the parts to add up to the plan, whatever was done.
func TestLanes(t *testing.T) {
	t.Parallel()
	d := apptest.New()
	content := apptest.Content{}
	for _, item := range []string{"", "social.friends", "money.freeze", "medical.copy"} {
		if item != "" {
			if err := d.Mark(checklist.RowKey{Item: item}, checklist.Skipped, checklist.ReasonCannot, time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
		plan := d.Plan()
		done, total, minutes := 0, 0, 0
		for _, p := range screen.Lanes(&plan, func(l checklist.Lane) string { return content.Lane("en", l) }) {
			if p.Name == "" || p.Platform != "" {
				t.Errorf("got part %+v, want a lane with a name", p)
			}
			done, total, minutes = done+p.Done, total+p.Total, minutes+p.Minutes
		}
		if done != plan.Done || total != plan.Total || minutes != plan.MinutesLeft {
			t.Errorf("after %q: got %d of %d, %d minutes; the plan has %d of %d, %d", item, done, total, minutes, plan.Done, plan.Total, plan.MinutesLeft)
		}
	}
}

func TestApps(t *testing.T) {
	t.Parallel()
	d := apptest.New()
	apps := func() map[string]screen.Part {
		plan := d.Plan()
		out := map[string]screen.Part{}
		for _, p := range screen.Apps(&plan, apptest.Content{}.Platforms()) {
			out[p.Platform] = p
		}
		return out
	}
	mark := func(item, platform string, status checklist.Status) {
		t.Helper()
		if err := d.Mark(checklist.RowKey{Item: item, Platform: platform}, status, "", time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name                 string
		do                   func()
		platform             string
		done, total, minutes int
	}{
		{"nothing done", func() {}, "instagram", 0, 2, 10},
		{"one step there", func() { mark("social.friends", "instagram", checklist.Done) }, "instagram", 1, 2, 6},
		{"another app stays", func() {}, "facebook", 0, 2, 9},
		{"a step set aside", func() { mark("social.private", "", checklist.NotMine) }, "facebook", 0, 1, 3},
		{"an app with one step", func() {}, "linkedin", 0, 1, 3},
	}
	for _, tt := range tests {
		tt.do()
		p := apps()[tt.platform]
		if p.Done != tt.done || p.Total != tt.total || p.Minutes != tt.minutes {
			t.Errorf("%s: got %d of %d, %d minutes; want %d of %d, %d", tt.name, p.Done, p.Total, p.Minutes, tt.done, tt.total, tt.minutes)
		}
	}
}

// TestRowsAreACopy changes what Rows returned for a plan of open rows only.
func TestRowsAreACopy(t *testing.T) {
	t.Parallel()
	plan := checklist.Plan{Rows: make([]checklist.Row, 3)}
	screen.Rows(&plan)[0].Minutes = 7
	if plan.Rows[0].Minutes != 0 {
		t.Error("a change of the slice changed the plan")
	}
}
