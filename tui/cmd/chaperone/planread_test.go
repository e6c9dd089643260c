package main

import (
	"reflect"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/plain"
)

// FuzzReadPlan reads any answers and progress: what is taken is within its vocabulary, gives a
// plan, and gives the same one twice.
func FuzzReadPlan(f *testing.F) {
	f.Add([]byte(`{"stage": "worried", "region": "us", "uses": ["facebook"]}`),
		[]byte(`{"schema": "chaperone.progress.v1", "rows": [{"item": "money.freeze", "status": "done", "rev_done": 1, "done_at": 1796000000}]}`))
	f.Add([]byte(`{"seed": 9007199254740991, "known_at": 1, "events": {"threat_at": 5, "added": {"ssn": 7}}}`),
		[]byte(`{"schema": "chaperone.progress.v1", "rows": [{"item": "social.friends-hide", "platform": "facebook", "status": "later", "due_at": 137438953472}]}`))
	f.Add([]byte(`{"events": {"added": {"": -1}}}`), []byte(`{"schema": "chaperone.progress.v1", "rows": null}`))
	f.Add([]byte(`{"region": "us"}`), []byte(`{"schema": "chaperone.progress.v1", "rows": [{"item": "accounts.email-sessions", "status": "done", "done_at": 137438953472}]}`))
	f.Add([]byte(`{} {}`), []byte(`[]`))
	pack, err := checklist.Embedded()
	if err != nil {
		f.Fatal(err)
	}
	now := time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, answers, progress []byte) {
		a, err := readAnswers(answers, pack)
		if err != nil {
			return
		}
		rows, err := readProgress(progress, pack)
		if err != nil {
			return
		}
		for _, r := range rows {
			if pack.Item(r.Item) == nil || r.DoneAt < 0 || r.DueAt < 0 {
				t.Errorf("took %+v", r)
			}
		}
		w := plain.Writer{Words: words.For("en"), Texts: pack.Text("en"), Pack: pack, Now: now}
		plan := pack.Plan(a, rows, now)
		if len(plan.Rows)+len(plan.Finished)+len(plan.PutOff) == 0 {
			t.Error("got an empty plan")
		}
		if again := pack.Plan(a, rows, now); !reflect.DeepEqual(plan, again) {
			t.Error("got two plans from one input")
		}
		if _, err := planJSON(w, &plan); err != nil {
			t.Errorf("write plan: %v", err)
		}
		checklist.Calendar(plan.Reminders(checklist.Reminding{Now: now}), a.Seed, now, checklist.CalendarText{
			Title: func(checklist.Reminder) string { return "1" },
		})
	})
}

func TestReadMoment(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("", 10*60*60)
	for _, tt := range []struct {
		text string
		want time.Time // zero: refused
	}{
		{"2027-01-15", time.Date(2027, 1, 15, 12, 0, 0, 0, east)},
		{"2027-01-15T09:00:00Z", time.Date(2027, 1, 15, 19, 0, 0, 0, east)},
		{"2027-01-15T09:00:00-05:00", time.Date(2027, 1, 16, 0, 0, 0, 0, east)},
		{"15.1.2027", time.Time{}},
		{"2027-02-30", time.Time{}},
		{"tomorrow", time.Time{}},
	} {
		got, err := readMoment(tt.text, east)
		if tt.want.IsZero() != (err != nil) || (err == nil && !got.Equal(tt.want)) {
			t.Errorf("%s: got %s, %v, want %s", tt.text, got, err, tt.want)
		}
	}
}
