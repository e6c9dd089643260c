package checklist_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// dated makes rows of a plan that are due in so many days.
func dated(tb testing.TB, days ...int) *checklist.Plan {
	tb.Helper()
	plan := &checklist.Plan{}
	items := embedded(tb).Items()
	for i, n := range days {
		plan.Finished = append(plan.Finished, checklist.Row{Item: &items[i], Status: checklist.Done, Due: today.AddDate(0, 0, n)})
	}
	return plan
}

func daysOf(list []checklist.Reminder) []int {
	var out []int
	for _, r := range list {
		out = append(out, int(r.At.Sub(today.Truncate(oneDay))/oneDay))
	}
	return out
}

func TestReminders(t *testing.T) {
	t.Parallel()
	morning := checklist.Reminding{Now: today} // nine o'clock in UTC
	items := embedded(t).Items()
	open := func(r checklist.Row) *checklist.Plan {
		r.Item = &items[0]
		return &checklist.Plan{Rows: []checklist.Row{r}}
	}
	ending := dated(t, 10, 11, 12)
	ending.Finished[2].Ends = today.AddDate(0, 0, 15)
	deadline := embedded(t).Item("medical.complaint")
	tests := []struct {
		name string
		plan *checklist.Plan
		with checklist.Reminding
		want []int
	}{
		{"nothing", &checklist.Plan{}, morning, nil},
		{"one row", dated(t, 5), morning, []int{5}},
		{"two on one day are one", dated(t, 5, 5), morning, []int{5}},
		{"the third of a week waits", dated(t, 5, 6, 7), morning, []int{5, 6, 12}},
		{"the fourth joins the third", dated(t, 5, 6, 7, 11), morning, []int{5, 6, 12}},
		{"one with an end does not wait", ending, morning, []int{10, 11}},
		{"overdue, before the hour", open(checklist.Row{Status: checklist.Recheck, Due: today.AddDate(0, 0, -9)}), morning, []int{0}},
		{"overdue, after the hour", open(checklist.Row{Status: checklist.Recheck}), checklist.Reminding{Now: today.Add(3 * time.Hour)}, []int{1}},
		{"two were sent this week", open(checklist.Row{Status: checklist.Recheck}),
			checklist.Reminding{Now: today, Sent: []time.Time{today.AddDate(0, 0, -1), today.AddDate(0, 0, -4)}}, []int{3}},
		{"begun and never reminded of", open(checklist.Row{Status: checklist.Doing}), morning, nil},
		{"put off, and its day came", open(checklist.Row{Status: checklist.Todo, Due: today.AddDate(0, 0, -1)}), morning, []int{0}},
		{"put off", &checklist.Plan{PutOff: []checklist.Row{{Item: &items[0], Status: checklist.Later, Due: today.AddDate(0, 0, 3)}}}, morning, []int{3}},
		{"a clock of the law", &checklist.Plan{Rows: []checklist.Row{{Item: deadline, Status: checklist.Todo, Due: today.AddDate(0, 0, 60)}}}, morning, []int{30, 53}},
		{"a clock that ran out", &checklist.Plan{Rows: []checklist.Row{{Item: deadline, Status: checklist.Todo, Due: today.AddDate(0, 0, -1)}}}, morning, nil},
		{"beyond the year", dated(t, 400), morning, nil},
		{"not beyond until", dated(t, 5, 20), checklist.Reminding{Now: today, Until: today.AddDate(0, 0, 10)}, []int{5}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := daysOf(tt.plan.Reminders(tt.with)); !slices.Equal(got, tt.want) {
				t.Errorf("got days %v, want %v", got, tt.want)
			}
		})
	}
	if got := ending.Reminders(morning)[1].Rows; len(got) != 2 {
		t.Errorf("got %v in the second reminder, want the row with an end in it", got)
	}
}

// Whatever the plan, the clock and the zone: at most two in any seven days, none in the quiet
// hours, none before now, in order, and nothing that is dated within the year is forgotten.
func TestReminderLimits(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	rng := rand.New(rand.NewPCG(7, 8))
	zones := []*time.Location{time.UTC, zone(t, "America/Los_Angeles"), zone(t, "Australia/Lord_Howe"), zone(t, "Pacific/Auckland"), zone(t, "Asia/Kathmandu")}
	for range sampled(2000) {
		a := randomAnswers(rng, p)
		a.Seed = rng.Uint64N(checklist.MaxSeed)
		now := today.Add(time.Duration(rng.IntN(365*24*60)) * time.Minute).In(zones[rng.IntN(len(zones))])
		var rows []checklist.RowState
		for _, it := range p.Items() {
			s := row(it.ID, checklist.Done, now.AddDate(0, 0, -rng.IntN(200)))
			if rng.IntN(4) == 0 {
				s = row(it.ID, checklist.Later, now)
				s.DueAt = now.AddDate(0, 0, rng.IntN(60)).Unix()
			}
			rows = append(rows, s)
		}
		c := checklist.Reminding{Now: now, Hour: rng.IntN(26), QuietFrom: rng.IntN(24), QuietTo: rng.IntN(24)}
		for range rng.IntN(3) {
			c.Sent = append(c.Sent, now.Add(-time.Duration(rng.IntN(7*24))*time.Hour))
		}
		plan := p.Plan(a, rows, now)
		got := plan.Reminders(c)
		if again := plan.Reminders(c); !reflect.DeepEqual(got, again) {
			t.Fatal("the same plan gives other reminders")
		}
		checkReminders(t, &plan, c, got)
	}
}

func checkReminders(t *testing.T, plan *checklist.Plan, c checklist.Reminding, got []checklist.Reminder) {
	t.Helper()
	number := func(at time.Time) int {
		y, m, d := at.In(c.Now.Location()).Date()
		return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	}
	var days []int
	for _, at := range c.Sent {
		days = append(days, number(at))
	}
	slices.Sort(days)
	told := map[string]bool{}
	for i, r := range got {
		if r.At.Before(c.Now) || (i > 0 && !r.At.After(got[i-1].At)) || len(r.Rows) == 0 {
			t.Fatalf("reminder %d at %s: before now, out of order or empty", i, r.At)
		}
		from, to := c.QuietFrom, c.QuietTo
		if from == to {
			from, to = 21, 9
		}
		if h := r.At.In(c.Now.Location()).Hour(); (from < to && h >= from && h < to) || (from > to && (h >= from || h < to)) {
			t.Fatalf("got a reminder at %s, within the quiet hours %d to %d", r.At, from, to)
		}
		days = append(days, number(r.At))
		if n := len(days); n > 2 && days[n-1]-days[n-3] < 7 {
			t.Fatalf("got three reminders in a week: days %v", days[n-3:])
		}
		for _, k := range r.Rows {
			told[k.Item] = true
		}
	}
	for _, rows := range [][]checklist.Row{plan.PutOff, plan.Finished} {
		for i := range rows {
			if r := &rows[i]; !r.Due.IsZero() && r.Due.Before(c.Now.AddDate(0, 10, 0)) && !told[r.Item.ID] && (r.Status == checklist.Done || r.Status == checklist.Later) {
				t.Fatalf("%s is due on %s and nobody is reminded", r.Item.ID, r.Due)
			}
		}
	}
}

func neutral(r checklist.Reminder) string { return fmt.Sprintf("You have %d tasks", len(r.Rows)) }

func TestCalendar(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	a := checklist.Answers{Stage: checklist.Threatened, Region: "us"}
	var rows []checklist.RowState
	for _, it := range p.Items() {
		rows = append(rows, row(it.ID, checklist.Done, today))
	}
	plan := p.Plan(a, rows, today)
	list := plan.Reminders(checklist.Reminding{Now: today})
	if len(list) < 4 {
		t.Fatalf("got %d reminders, want some", len(list))
	}
	text := checklist.CalendarText{Name: "Tasks", Title: neutral}
	out := checklist.Calendar(list, 99, today, text)
	if again := checklist.Calendar(list, 99, today.Add(3*time.Hour), text); !bytes.Equal(out, again) {
		t.Error("got other bytes on the same day")
	}
	names := func(b []byte) []string {
		var out []string
		for line := range strings.SplitSeq(string(b), "\r\n") {
			if name, ok := strings.CutPrefix(line, "UID:"); ok && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
		return out
	}
	mine, other := names(out), names(checklist.Calendar(list, 98, today, text))
	if len(mine) != len(list) {
		t.Errorf("got %d names of entries, want %d that differ", len(mine), len(list))
	}
	for _, n := range mine {
		if slices.Contains(other, n) {
			t.Errorf("%s: got it for two seeds", n)
		}
	}
	if later := names(checklist.Calendar(list, 99, today.AddDate(0, 0, 20), text)); !slices.Equal(mine, later) {
		t.Error("got other names for the same reminders on a later day")
	}
	// Nothing of the plan is in it.
	low := strings.ToLower(string(out))
	for _, it := range p.Items() {
		for _, word := range []string{it.ID, p.Text("en").Title(it.ID)} {
			if strings.Contains(low, strings.ToLower(word)) {
				t.Errorf("the calendar says %q", word)
			}
		}
	}
	for _, word := range []string{"chaperone", "clinic", "privacy", "threat", "money", "incident", "photo", "due"} {
		if strings.Contains(low, word) {
			t.Errorf("the calendar says %q", word)
		}
	}
}

// FuzzCalendar writes any title: every line stays within 75 octets of whole characters, and no
// title can end its line.
func FuzzCalendar(f *testing.F) {
	f.Add("You have 2 tasks", uint64(1))
	f.Add(strings.Repeat("Tiene señales; así, \\n ", 20), uint64(2))
	f.Add("x\r\nATTENDEE:mailto:a@example.com", uint64(3))
	f.Add("\xff\x00\u2028", uint64(4))
	list := []checklist.Reminder{{At: today}, {At: today.AddDate(-70, 0, 0)}}
	lines := func(title string, seed uint64) []string {
		out := checklist.Calendar(list, seed, today, checklist.CalendarText{Name: title, Title: func(checklist.Reminder) string { return title }})
		return strings.Split(string(out), "\r\n")
	}
	f.Fuzz(func(t *testing.T, title string, seed uint64) {
		var unfolded []string
		for _, line := range lines(title, seed) {
			if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n") {
				t.Errorf("got line %q", line)
			}
			if rest, ok := strings.CutPrefix(line, " "); ok && len(unfolded) > 0 {
				unfolded[len(unfolded)-1] += rest
			} else {
				unfolded = append(unfolded, line)
			}
		}
		if want := len(lines("x", seed)); title != "" && len(unfolded) != want {
			t.Errorf("got %d lines, want %d", len(unfolded), want)
		}
	})
}

// A reader of calendars that is not ours finds what was written.
func TestCalendarIsRead(t *testing.T) {
	t.Parallel()
	title := "Tiene 2 tareas; mañana, o el día que más le convenga — sin prisa, y sin que nadie lo note"
	list := []checklist.Reminder{{At: today}, {At: today.AddDate(0, 0, 1)}, {At: today.AddDate(0, 3, 0)}}
	out := checklist.Calendar(list, 7, today, checklist.CalendarText{Name: "Tareas", Title: func(checklist.Reminder) string { return title }})
	cal, err := ics.ParseCalendar(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	events := cal.Events()
	if len(events) != len(list) {
		t.Fatalf("got %d entries, want %d", len(events), len(list))
	}
	for i, e := range events {
		at, err := e.GetStartAt()
		if err != nil || !at.Equal(list[i].At) {
			t.Errorf("entry %d: got %s, %v, want %s", i, at, err, list[i].At)
		}
		if got := e.GetProperty(ics.ComponentPropertySummary).Value; got != title {
			t.Errorf("entry %d: got %q, want %q", i, got, title)
		}
		if got := e.Id(); len(got) != 32 {
			t.Errorf("entry %d: got name %q", i, got)
		}
		if n := len(e.Alarms()); n != 1 {
			t.Errorf("entry %d: got %d alarms, want one", i, n)
		}
	}
}
