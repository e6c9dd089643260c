package checklist_test

import (
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

func TestRenew(t *testing.T) {
	t.Parallel()
	const now = int64(1_900_000_000)
	stage := func(s checklist.Stage) checklist.Answers { return checklist.Answers{Stage: s} }
	exposed := func(list ...checklist.Exposure) checklist.Answers { return checklist.Answers{Exposed: list} }
	known := func(at int64) checklist.Answers { return checklist.Answers{KnownAt: at} }
	incident := checklist.Events{IncidentAt: now}
	threat := checklist.Events{ThreatAt: now}
	both := checklist.Events{IncidentAt: now, ThreatAt: now}
	tests := []struct {
		name      string
		old, next checklist.Answers
		want      checklist.Events
	}{
		{"the first answers, nothing happened", checklist.Answers{}, stage(checklist.Worried), checklist.Events{}},
		{"a breach", stage(checklist.Worried), stage(checklist.Notified), incident},
		{"a threat after a breach", stage(checklist.Notified), stage(checklist.Threatened), threat},
		{"a threat out of nothing", checklist.Answers{}, stage(checklist.Threatened), both},
		{"shown after a threat", stage(checklist.Threatened), stage(checklist.Published), threat},
		{"calmer", stage(checklist.Published), stage(checklist.Worried), checklist.Events{}},
		{"the same", stage(checklist.Threatened), stage(checklist.Threatened), checklist.Events{}},
		{"more was taken", exposed(checklist.Contact), exposed(checklist.Contact, checklist.SSN),
			checklist.Events{IncidentAt: now, Added: map[checklist.Exposure]int64{checklist.SSN: now}}},
		{"less was taken", exposed(checklist.Contact, checklist.SSN), exposed(checklist.Contact), checklist.Events{}},
		{"from not sure to something", exposed(), exposed(checklist.SSN), checklist.Events{}},
		{"from something to not sure", exposed(checklist.SSN), exposed(), checklist.Events{}},
		{"an unknown class", exposed(checklist.SSN), exposed("shoe-size"), checklist.Events{}},
		{"the first day of the incident", known(0), known(5), checklist.Events{}},
		{"a later day", known(5), known(6), incident},
		{"an earlier day", known(6), known(5), checklist.Events{}},
		{"only other apps", checklist.Answers{Uses: []string{"x"}}, checklist.Answers{NoApps: true}, checklist.Events{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.old.Seed, tt.next.Seed = 7, 9
			tt.next.Events = checklist.Events{ThreatAt: 99} // a face does not decide that
			got := checklist.Renew(tt.old, tt.next, time.Unix(now, 0))
			if diff := cmp.Diff(tt.want, got.Events); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if got.Seed != 7 {
				t.Errorf("got seed %d, want the old one", got.Seed)
			}
			// An older event stays, and a clock that was set back does not undo it.
			tt.old.Events = checklist.Events{ThreatAt: now + 50, IncidentAt: now + 50, Added: map[checklist.Exposure]int64{checklist.Card: 3}}
			before := maps.Clone(tt.old.Events.Added)
			got = checklist.Renew(tt.old, tt.next, time.Unix(now, 0))
			if got.Events.ThreatAt != now+50 || got.Events.IncidentAt != now+50 || got.Events.Added[checklist.Card] != 3 {
				t.Errorf("got %+v, want the older events in it", got.Events)
			}
			if !maps.Equal(before, tt.old.Events.Added) {
				t.Error("the old answers were changed")
			}
		})
	}
}

// Rule R9: what is told opens only the rows that it concerns, and keeps the day on which they
// were finished.
func TestReopen(t *testing.T) {
	t.Parallel()
	const onThreat, onIncident, onCard, plain = "social.friends-hide", "accounts.email-forwarding", "money.new-card", "accounts.password-manager"
	p := recurring(t, map[string]*checklist.Recur{
		onThreat: {Days: 180, AlsoOn: []string{"threat.new"}}, onIncident: {Days: 90, AlsoOn: []string{"incident.new"}}, onCard: nil, plain: nil,
	})
	old := checklist.Answers{Stage: checklist.Notified, Region: "us", Uses: []string{"facebook"}, Exposed: []checklist.Exposure{checklist.Contact, checklist.Card}}
	var rows []checklist.RowState
	for _, it := range p.Items() {
		rows = append(rows, row(it.ID, checklist.Done, today))
	}
	later := today.AddDate(0, 0, 10)
	change := func(f func(*checklist.Answers)) checklist.Answers {
		a := old
		f(&a)
		return checklist.Renew(old, a, later)
	}
	tests := []struct {
		name string
		a    checklist.Answers
		want map[string]checklist.Again // of the four
	}{
		{"nothing new", old, map[string]checklist.Again{}},
		{"a threat", change(func(a *checklist.Answers) { a.Stage = checklist.Threatened }), map[string]checklist.Again{onThreat: checklist.AgainThreat}},
		{"more taken", change(func(a *checklist.Answers) { a.Exposed = append(slices.Clone(a.Exposed), checklist.SSN) }),
			map[string]checklist.Again{onIncident: checklist.AgainIncident, "money.tax-pin": checklist.AgainIncident}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plan := p.Plan(tt.a, rows, later)
			all := slices.Concat(plan.Rows, plan.Finished)
			for _, id := range []string{onThreat, onIncident, onCard, plain, "money.tax-pin"} {
				r := find(all, id)
				if r == nil {
					if tt.want[id] != "" {
						t.Errorf("%s: got no row", id)
					}
					continue
				}
				want := checklist.Done
				if tt.want[id] != "" {
					want = checklist.Recheck
				}
				if r.Status != want || r.Again != tt.want[id] || !r.DoneAt.Equal(today) {
					t.Errorf("%s: got %s %q, finished %s; want %s %q, finished %s", id, r.Status, r.Again, r.DoneAt, want, tt.want[id], today)
				}
			}
			if plan.Done != plan.Total {
				t.Errorf("got %d of %d done, want all: due again is not lost", plan.Done, plan.Total)
			}
			// Looking at it again settles it.
			again := slices.Clone(rows)
			for i := range again {
				again[i].DoneAt, again[i].Lamport = later.Unix(), 2
			}
			if plan := p.Plan(tt.a, again, later); len(plan.Rows) != 0 {
				t.Errorf("got %v open after all was looked at again, want none", ids(plan.Rows))
			}
		})
	}
}

// A class that was named, taken back and named again is new; one that stood all along is not.
func TestNewlyMatching(t *testing.T) {
	t.Parallel()
	p := recurring(t, map[string]*checklist.Recur{"money.freeze": nil})
	at := func(n int) time.Time { return today.AddDate(0, 0, n) }
	with := func(a checklist.Answers, n int, list ...checklist.Exposure) checklist.Answers {
		next := a
		next.Exposed = list
		return checklist.Renew(a, next, at(n))
	}
	rows := []checklist.RowState{row("money.freeze", checklist.Done, at(5))}
	status := func(a checklist.Answers) checklist.Again {
		plan := p.Plan(a, rows, at(30))
		return find(slices.Concat(plan.Rows, plan.Finished), "money.freeze").Again
	}
	a := checklist.Answers{Stage: checklist.Notified, Region: "us", Exposed: []checklist.Exposure{checklist.Contact, checklist.BirthDate}}
	if got := status(with(a, 10, checklist.BirthDate, checklist.SSN)); got != checklist.AgainNot {
		t.Errorf("got %q when it matched before, want it left alone", got)
	}
	gone := with(a, 6, checklist.Contact)
	if got := status(with(gone, 10, checklist.Contact, checklist.SSN)); got != checklist.AgainIncident {
		t.Errorf("got %q when it matches anew, want it open again", got)
	}
	if got := status(with(gone, 4, checklist.Contact, checklist.SSN)); got != checklist.AgainNot {
		t.Errorf("got %q when it was finished after that, want it left alone", got)
	}
}

// A second threat brings the whole crisis plan back, money waits again, and nothing counts as
// lost.
func TestSecondThreat(t *testing.T) {
	t.Parallel()
	again := map[string]*checklist.Recur{}
	for _, it := range embedded(t).Items() {
		if it.Lane == checklist.LaneNow {
			again[it.ID] = &checklist.Recur{AlsoOn: []string{"threat.new"}}
		}
	}
	p := recurring(t, again)
	a := checklist.Renew(checklist.Answers{}, checklist.Answers{Stage: checklist.Threatened, Region: "us"}, today)
	first := p.Plan(a, nil, today)
	rows := settle(&first, today.Add(time.Hour))
	calm := a
	calm.Stage = checklist.Notified
	a = checklist.Renew(checklist.Renew(a, calm, today.AddDate(0, 1, 0)), a, today.AddDate(0, 6, 0))
	plan := p.Plan(a, rows, today.AddDate(0, 6, 0))
	if diff := cmp.Diff(ids(first.Rows), ids(plan.Rows)); diff != "" {
		t.Errorf("rows of the second crisis (-first +second):\n%s", diff)
	}
	if plan.ShowFirst != first.ShowFirst || plan.Done != plan.Total {
		t.Errorf("got %d shown, %d of %d done, want %d shown and nothing lost", plan.ShowFirst, plan.Done, plan.Total, first.ShowFirst)
	}
	for i := range plan.Rows {
		if r := &plan.Rows[i]; r.Again != checklist.AgainThreat || r.DoneAt.IsZero() {
			t.Errorf("%s: got again %q, finished %s", r.Item.ID, r.Again, r.DoneAt)
		}
	}
	// Half-way through: what is begun anew still counts, and nothing else comes in yet.
	begun := slices.Clone(rows)
	for i := range begun {
		begun[i].Status, begun[i].Lamport = checklist.Doing, 2
	}
	if plan := p.Plan(a, begun, today.AddDate(0, 6, 0)); plan.Done != plan.Total || len(plan.Rows) != len(first.Rows) {
		t.Errorf("got %d rows, %d of %d done after beginning again", len(plan.Rows), plan.Done, plan.Total)
	}
}

// Two devices that were told different things agree on the plan, in whatever order they meet.
func TestMergeEvents(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	some := func() checklist.Events {
		e := checklist.Events{IncidentAt: int64(rng.IntN(3)), ThreatAt: int64(rng.IntN(3))}
		for range rng.IntN(4) {
			if e.Added == nil {
				e.Added = map[checklist.Exposure]int64{}
			}
			e.Added[checklist.Exposures()[rng.IntN(3)]] = int64(rng.IntN(3))
		}
		return e
	}
	merge := checklist.MergeEvents
	for range 500 {
		a, b, c := some(), some(), some()
		if !reflect.DeepEqual(merge(a, b), merge(b, a)) {
			t.Fatalf("not commutative: %+v %+v", a, b)
		}
		if !reflect.DeepEqual(merge(merge(a, b), c), merge(a, merge(b, c))) {
			t.Fatalf("not associative: %+v %+v %+v", a, b, c)
		}
		if !reflect.DeepEqual(merge(a, b), merge(merge(a, b), b)) {
			t.Fatalf("not idempotent: %+v %+v", a, b)
		}
	}
}
