package checklist_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

const oneDay = 24 * time.Hour

// after is in how many days, rounded down, a row is due again when it is finished at done.
func after(p *checklist.Pack, item string, a checklist.Answers, done time.Time) int {
	due := p.DueAgain(checklist.RowKey{Item: item}, a, done)
	if due.IsZero() {
		return 0
	}
	return int(due.Sub(done) / oneDay)
}

// The content has the clocks of rule R8.
func TestContentClocks(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	for _, tt := range []struct {
		item        string
		incident    bool
		least, most int
	}{
		{"social.remove-strangers", false, 87, 93},
		{"social.friends-hide", false, 177, 183},
		{"social.private", false, 177, 183},
		{"accounts.email-sessions", false, 87, 93},
		{"money.credit-report", false, 117, 123},
		{"money.credit-report", true, 29, 31},
		{"medical.statements", false, 87, 93},
		{"footprint.brokers", false, 90, 120},
		{"money.fraud-alert", false, 332, 338},
		{"money.credit-ban", false, 16, 18},
	} {
		for seed := range uint64(20) {
			a := checklist.Answers{Seed: seed}
			if tt.incident {
				a.Events.IncidentAt = today.Unix() - 1
			}
			if n := after(p, tt.item, a, today); n < tt.least || n > tt.most {
				t.Errorf("%s, seed %d, incident %v: got day %d, want %d to %d", tt.item, seed, tt.incident, n, tt.least, tt.most)
			}
		}
	}
	if due := p.DueAgain(checklist.RowKey{Item: "money.tax-pin"}, checklist.Answers{}, today); due.Month() != time.January || due.Day() < 15 {
		t.Errorf("money.tax-pin: got %s, want the middle of January", due)
	}
	for _, it := range p.Items() {
		if it.Lane == checklist.LaneNow && (it.Recur == nil || !slices.Contains(it.Recur.AlsoOn, "threat.new")) {
			t.Errorf("%s does not come back with a new threat", it.ID)
		}
	}
}

// Each clock of rule R8 stays within its days for every seed, and uses all of them.
func TestClocks(t *testing.T) {
	t.Parallel()
	const item = "money.bank-alerts"
	half := []checklist.Phase{{Days: 30, For: 182}}
	tests := []struct {
		name        string
		recur       checklist.Recur
		incident    int // days before it was finished; below 0: none
		least, most int
	}{
		{"sessions, 90 days", checklist.Recur{Days: 90}, -1, 87, 93},
		{"settings, 180 days", checklist.Recur{Days: 180}, -1, 177, 183},
		{"fraud alert, a month before the year is over", checklist.Recur{Days: 335, Lasts: 365}, -1, 332, 338},
		{"a ban of 21 days, on day 16 to 18", checklist.Recur{Days: 17, Lasts: 21}, -1, 16, 18},
		{"statements, 30 days", checklist.Recur{Days: 30}, -1, 29, 31},
		{"a week is not moved", checklist.Recur{Days: 7}, -1, 7, 7},
		{"reports without an incident", checklist.Recur{Days: 120, Phases: half}, -1, 117, 123},
		{"reports soon after an incident", checklist.Recur{Days: 120, Phases: half}, 10, 29, 31},
		{"reports at the end of the half year", checklist.Recur{Days: 120, Phases: half}, 181, 29, 31},
		{"reports after the half year", checklist.Recur{Days: 120, Phases: half}, 183, 117, 123},
		{"on events alone", checklist.Recur{AlsoOn: []string{"threat.new"}}, 10, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := recurring(t, map[string]*checklist.Recur{item: &tt.recur})
			seen := map[int]bool{}
			for seed := range uint64(256) {
				a := checklist.Answers{Region: "us", Seed: seed}
				if tt.incident >= 0 {
					a.KnownAt = today.AddDate(0, 0, -tt.incident).Unix()
				}
				n := after(p, item, a, today)
				if n < tt.least || n > tt.most {
					t.Fatalf("seed %d: got day %d, want %d to %d", seed, n, tt.least, tt.most)
				}
				seen[n] = true
			}
			if len(seen) != tt.most-tt.least+1 {
				t.Errorf("got %d different days among 256 seeds, want %d", len(seen), tt.most-tt.least+1)
			}
		})
	}
}

// A report that was read before the incident is due when the incident becomes known.
func TestPhaseBeginsWithTheIncident(t *testing.T) {
	t.Parallel()
	const item = "money.credit-report"
	p := recurring(t, map[string]*checklist.Recur{item: {Days: 120, Phases: []checklist.Phase{{Days: 30, For: 182}}}})
	for _, tt := range []struct {
		name        string
		incident    int // days after it was read
		least, most int
	}{
		{"two months later", 60, 60, 60},
		{"ten days later", 10, 29, 31},
		{"long after it was due anyway", 200, 117, 123},
	} {
		a := checklist.Answers{Stage: checklist.Notified, Region: "us", KnownAt: today.AddDate(0, 0, tt.incident).Unix()}
		if n := after(p, item, a, today); n < tt.least || n > tt.most {
			t.Errorf("%s: got day %d, want %d to %d", tt.name, n, tt.least, tt.most)
		}
	}
}

// The tax PIN of a year is there from the middle of January, so never before.
func TestSeason(t *testing.T) {
	t.Parallel()
	const item = "money.tax-pin"
	p := recurring(t, map[string]*checklist.Recur{item: {Season: "01-15"}})
	tests := []struct {
		name string
		done time.Time
		year int
	}{
		{"in autumn", time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC), 2027},
		{"just before", time.Date(2027, 1, 14, 23, 0, 0, 0, time.UTC), 2027},
		{"on the day", time.Date(2027, 1, 15, 9, 0, 0, 0, time.UTC), 2028},
		{"within its week", time.Date(2027, 1, 16, 9, 0, 0, 0, time.UTC), 2028},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(256) {
				due := p.DueAgain(checklist.RowKey{Item: item}, checklist.Answers{Region: "us", Seed: seed}, tt.done)
				if due.Year() != tt.year || due.Month() != time.January || due.Day() < 15 || due.Day() > 21 {
					t.Fatalf("seed %d: got %s, want 15 to 21 January %d", seed, due, tt.year)
				}
			}
		})
	}
}

// The same seed gives the same days; of a seed only the low byte counts; and rows and people
// are spread.
func TestSpread(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	days := func(seed uint64) []int {
		var out []int
		for _, it := range p.Items() {
			out = append(out, after(p, it.ID, checklist.Answers{Seed: seed}, today))
		}
		return out
	}
	none := days(0)
	if !slices.Equal(none, days(0)) || !slices.Equal(days(77), days(77|77<<13|1<<52)) {
		t.Error("got other days for seeds with one low byte")
	}
	differ := 0
	for seed := range uint64(255) {
		if !slices.Equal(none, days(seed+1)) {
			differ++
		}
	}
	if differ < 250 {
		t.Errorf("got %d of 255 seeds that differ from none, want nearly all", differ)
	}
}

func TestEndsAndReason(t *testing.T) {
	t.Parallel()
	const item = "money.credit-ban"
	p := recurring(t, map[string]*checklist.Recur{item: {Days: 17, Lasts: 21}})
	a := checklist.Answers{Stage: checklist.Notified, Region: "au", Seed: 5}
	rows := []checklist.RowState{row(item, checklist.Done, today)}
	ends := time.Unix(today.AddDate(0, 0, 21).Unix(), 0)
	for _, n := range []int{1, 19, 30} {
		plan := p.Plan(a, rows, today.AddDate(0, 0, n))
		r := find(slices.Concat(plan.Rows, plan.Finished), item)
		wantStatus, wantAgain := checklist.Done, checklist.AgainNot
		if n > 1 {
			wantStatus, wantAgain = checklist.Recheck, checklist.AgainDue
		}
		if r == nil || r.Status != wantStatus || r.Again != wantAgain || !r.Ends.Equal(ends) || !r.DoneAt.Equal(today) {
			t.Errorf("day %d: got %+v, want %s %q, ends on day 21", n, r, wantStatus, wantAgain)
		}
	}
}

func TestRecurrenceOutOfRangeIsRefused(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]checklist.Recur{
		"below zero":                 {Days: -1},
		"due after it ran out":       {Days: 21, Lasts: 21},
		"no such day":                {Season: "13-01"},
		"a season and days":          {Days: 3, Season: "01-15"},
		"an unknown event":           {AlsoOn: []string{"moon.full"}},
		"a phase that is slower":     {Days: 30, Phases: []checklist.Phase{{Days: 60, For: 90}}},
		"phases that end before":     {Days: 30, Phases: []checklist.Phase{{Days: 7, For: 90}, {Days: 14, For: 90}}},
		"a phase that never happens": {Days: 30, Phases: []checklist.Phase{{Days: 7}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := edited(t, func(doc *checklist.Document) { doc.Items[0].Recur = &r })
			if !errors.Is(err, checklist.ErrMalformed) {
				t.Errorf("got %v, want %v", err, checklist.ErrMalformed)
			}
		})
	}
}

func TestWaitForNothingIsRefused(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]checklist.Wait{
		"an unknown item": {After: "money.nothing", Days: 2},
		"not needed":      {After: "money.freeze", Days: 2},
		"no time":         {After: "contain.takedown"},
	} {
		_, err := edited(t, func(doc *checklist.Document) {
			for i := range doc.Items {
				if doc.Items[i].ID == "contain.takedown-complaint" {
					doc.Items[i].Wait = &w
				}
			}
		})
		if !errors.Is(err, checklist.ErrMalformed) {
			t.Errorf("%s: got %v, want %v", name, err, checklist.ErrMalformed)
		}
	}
}

// A platform's own revision opens its part again, and nothing else.
func TestPlatformRevision(t *testing.T) {
	t.Parallel()
	const item = "social.friends-hide"
	p := recurring(t, map[string]*checklist.Recur{item: {Days: 180, AlsoOn: []string{"content.rev"}}})
	a := checklist.Answers{Region: "us", Uses: []string{"facebook", "linkedin"}}
	var rows []checklist.RowState
	for _, app := range a.Uses {
		s := onApp(row(item, checklist.Done, today), app)
		s.DoneRev = p.Rev(s.RowKey)
		rows = append(rows, s)
	}
	q, err := edited(t, func(doc *checklist.Document) {
		for i := range doc.Items {
			if doc.Items[i].ID == item {
				doc.Items[i].Recur = &checklist.Recur{Days: 180, AlsoOn: []string{"content.rev"}}
			}
		}
		for i := range doc.Platforms {
			if doc.Platforms[i].ID == "facebook" {
				doc.Platforms[i].Capabilities["hide-friends"].Rev = 1
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	before, then := p.Plan(a, rows, today), q.Plan(a, rows, today)
	if find(before.Finished, item) == nil {
		t.Fatalf("got %v, want it finished before the change", ids(before.Rows))
	}
	r := find(then.Rows, item)
	if r == nil || r.Again != checklist.AgainContent {
		t.Fatalf("got %+v, want it open again for its content", r)
	}
	for _, part := range r.Platforms {
		if again := part.Again == checklist.AgainContent; again != (part.Platform.ID == "facebook") {
			t.Errorf("%s: got %q", part.Platform.ID, part.Again)
		}
	}
}

func TestNewSeed(t *testing.T) {
	t.Parallel()
	rng := rand.NewChaCha8([32]byte{1})
	seen := map[uint64]bool{}
	for range 100 {
		seed, err := checklist.NewSeed(rng)
		if err != nil || seed == 0 || seed > checklist.MaxSeed || seen[seed] {
			t.Fatalf("got %d, %v, want another seed of 53 bits", seed, err)
		}
		seen[seed] = true
	}
	if seed, err := checklist.NewSeed(zeros{}); err != nil || seed == 0 {
		t.Errorf("got %d, %v from zeros, want a seed: 0 says that there is none", seed, err)
	}
	if _, err := checklist.NewSeed(broken{}); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want the error of the source", err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }
