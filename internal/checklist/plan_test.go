package checklist_test

import (
	order "cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/checklist/compile"
)

func ids(rows []checklist.Row) []string {
	out := make([]string, len(rows))
	for i := range rows {
		out[i] = rows[i].Item.ID
	}
	return out
}

func find(rows []checklist.Row, id string) *checklist.Row {
	for i := range rows {
		if rows[i].Item.ID == id {
			return &rows[i]
		}
	}
	return nil
}

func row(id string, status checklist.Status, at time.Time) checklist.RowState {
	s := checklist.RowState{RowKey: checklist.RowKey{Item: id}, Status: status, Lamport: 1, Device: "a"}
	if status == checklist.Done {
		s.DoneAt, s.DoneRev = at.Unix(), 1
	}
	return s
}

func onApp(s checklist.RowState, platform string) checklist.RowState {
	s.Platform = platform
	return s
}

// The first five of rule R11, in that order, for somebody in the US who answers nothing else.
func TestFirstFive(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	want := []string{"accounts.email-2fa", "social.friends-hide", "money.freeze", "accounts.carrier-lock", "contain.clinic-contact"}
	impact := []int{5, 5, 4, 4, 5}
	for _, stage := range []checklist.Stage{"", checklist.Worried} {
		plan := p.Plan(checklist.Answers{Stage: stage, Region: "us"}, nil, today)
		if plan.ShowFirst != 5 {
			t.Errorf("got %d rows to show first, want 5", plan.ShowFirst)
		}
		if diff := cmp.Diff(want, ids(plan.Rows[:5])); diff != "" {
			t.Errorf("first five (-want +got):\n%s", diff)
		}
		for i := range impact {
			if got := plan.Rows[i].Item.Impact; got != impact[i] {
				t.Errorf("%s: got impact %d, want %d", want[i], got, impact[i])
			}
		}
		if got := plan.Rows[4].Minutes; got != 2 {
			t.Errorf("got %d minutes for %s, want 2", got, want[4])
		}
	}
}

// The order of rule R4.
func TestCrisisOrder(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	seven := []string{"now.safe", "now.no-pay", "now.keep-evidence", "now.check-clinic", "now.close-audience", "now.protect-photos", "now.report"}
	noPhotos := []checklist.Exposure{checklist.Contact}
	tests := []struct {
		name string
		a    checklist.Answers
		want []string
	}{
		{"not sure", checklist.Answers{}, seven},
		{"not sure, abroad", checklist.Answers{Region: "zz"}, seven},
		{"no intimate pictures", checklist.Answers{Exposed: noPhotos}, slices.Concat(seven[:5], seven[6:], []string{"contain.tell-someone"})},
		{"no apps, no pictures", checklist.Answers{Exposed: noPhotos, NoApps: true}, slices.Concat(seven[:4], seven[6:], []string{"contain.tell-someone"})},
	}
	for _, tt := range tests {
		for _, stage := range []checklist.Stage{checklist.Threatened, checklist.Published} {
			t.Run(tt.name+", "+string(stage), func(t *testing.T) {
				t.Parallel()
				a := tt.a
				a.Stage = stage
				plan := p.Plan(a, nil, today)
				if diff := cmp.Diff(tt.want, ids(plan.Rows)); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
				if plan.ShowFirst != len(tt.want) {
					t.Errorf("got %d rows to show, want %d", plan.ShowFirst, len(tt.want))
				}
				for i := range plan.Rows {
					if plan.Rows[i].Lane != checklist.LaneNow {
						t.Errorf("%s: got lane %s, want now", plan.Rows[i].Item.ID, plan.Rows[i].Lane)
					}
				}
			})
		}
	}
}

// After the first seven: tell somebody, the email account, the number. Money waits until the
// next day, unless it is in the thief's reach.
func TestAfterCrisis(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	a := checklist.Answers{Stage: checklist.Threatened, Region: "us"}
	plan := p.Plan(a, nil, today)
	rows := settle(&plan, today)
	plan = p.Plan(a, rows, today.Add(time.Minute))
	for _, id := range []string{"contain.tell-someone", "accounts.email-password", "accounts.email-2fa", "accounts.email-sessions", "accounts.carrier-lock"} {
		if find(plan.Rows, id) == nil {
			t.Errorf("got %v, want %s among them", ids(plan.Rows), id)
		}
	}
	// Finish whatever comes, and see when money comes in.
	money := func(a checklist.Answers, at time.Time) bool {
		rows := slices.Clone(rows)
		for range 20 {
			plan := p.Plan(a, rows, at)
			for i := range plan.Rows {
				if plan.Rows[i].Lane == checklist.LaneMoney {
					return true
				}
			}
			rows = checklist.MergeRows(rows, settle(&plan, today))
		}
		return false
	}
	if money(a, today.Add(time.Hour)) {
		t.Error("got a money row within the hour, want it to wait")
	}
	if !money(a, today.Add(24*time.Hour)) {
		t.Error("got no money row the next day, want one")
	}
	a.Exposed = []checklist.Exposure{checklist.SSN, checklist.PhotoIntimate}
	if !money(a, today.Add(time.Hour)) {
		t.Error("got no money row with the social security number taken, want one")
	}
}

func TestRegions(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	// Rule R7: each country has exactly one of these, and never another's.
	credit := map[string]string{
		"us": "money.freeze", "gb": "money.cifas", "ca": "money.alerts-ca", "au": "money.credit-ban",
		"nz": "money.suppress-nz", "": "money.protect-elsewhere", "zz": "money.protect-elsewhere",
	}
	for region, want := range credit {
		t.Run("region "+region, func(t *testing.T) {
			t.Parallel()
			a := checklist.Answers{Stage: checklist.Notified, Region: region}
			seen := everything(p, a)
			for _, id := range credit {
				if _, ok := seen[id]; ok != (id == want) {
					t.Errorf("%s: got %v, want %v", id, ok, id == want)
				}
			}
			plan := p.Plan(a, nil, today)
			if known := region != "" && region != "zz"; plan.RegionKnown != known {
				t.Errorf("got region known %v, want %v", plan.RegionKnown, known)
			}
		})
	}
}

// everything collects the ids of all rows that ever come up, by finishing each plan.
func everything(p *checklist.Pack, a checklist.Answers) map[string]bool {
	seen := map[string]bool{}
	var rows []checklist.RowState
	at := today
	for {
		plan := p.Plan(a, rows, at)
		if len(plan.Rows) == 0 {
			return seen
		}
		for i := range plan.Rows {
			seen[plan.Rows[i].Item.ID] = true
		}
		rows = checklist.MergeRows(rows, settle(&plan, at))
	}
}

// No agency of one country is ever named in another.
func TestContactsStayInTheirCountry(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	for _, region := range append([]string{"", "zz"}, p.Regions()...) {
		for _, stage := range checklist.Stages() {
			for id := range everything(p, checklist.Answers{Stage: stage, Region: region}) {
				for _, s := range p.Item(id).Steps {
					for _, c := range p.Text("en").Contacts(s.Ref, region, today) {
						if c.Agency == "" {
							continue
						}
						i := slices.IndexFunc(p.Agencies(), func(a checklist.Agency) bool { return a.ID == c.Agency })
						if r := p.Agencies()[i].Regions; !slices.Contains(r, "any") && !slices.Contains(r, region) {
							t.Errorf("%s in %q names %s of %v", id, region, c.Agency, r)
						}
					}
				}
			}
		}
	}
}

func TestFreezeDominatesAlert(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	a := checklist.Answers{Stage: checklist.Notified, Region: "us", Exposed: []checklist.Exposure{checklist.SSN}}
	const freeze, alert = "money.freeze", "money.fraud-alert"

	plan := p.Plan(a, nil, today)
	if find(plan.Rows, freeze) == nil || find(plan.Rows, alert) != nil {
		t.Errorf("got %v, want the freeze alone", ids(plan.Rows))
	}
	plan = p.Plan(a, []checklist.RowState{row(freeze, checklist.Done, today)}, today)
	if find(plan.Finished, freeze) == nil || find(plan.Rows, alert) != nil {
		t.Errorf("got %v, want no alert after the freeze", ids(plan.Rows))
	}
	plan = p.Plan(a, []checklist.RowState{row(freeze, checklist.Skipped, today)}, today)
	if r := find(plan.Rows, alert); r == nil || r.Optional {
		t.Errorf("got %v, want the alert once the freeze is skipped", ids(plan.Rows))
	}
	borrow := a
	borrow.BorrowSoon = true
	plan = p.Plan(borrow, nil, today)
	if find(plan.Rows, alert) == nil || find(plan.Rows, freeze) != nil || find(plan.PutOff, freeze) == nil {
		t.Errorf("got %v and later %v, want the alert now and the freeze later", ids(plan.Rows), ids(plan.PutOff))
	}
	card := a
	card.Exposed = []checklist.Exposure{checklist.Card}
	if seen := everything(p, card); seen[freeze] || seen[alert] {
		t.Error("got a freeze or alert with only a card taken, want neither")
	}
}

func TestFanOut(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	const item = "social.friends-hide"
	a := checklist.Answers{Region: "us", Uses: []string{"facebook", "linkedin", "bluesky", "mastodon"}}
	status := func(rows ...checklist.RowState) string {
		plan := p.Plan(a, rows, today)
		r := find(slices.Concat(plan.Rows, plan.Finished, plan.PutOff), item)
		if r == nil {
			return "none"
		}
		out := string(r.Status)
		for _, x := range r.Platforms {
			out += " " + x.Platform.ID + "=" + string(x.Status)
		}
		return fmt.Sprintf("%s, %d min", out, r.Minutes)
	}
	later := func(s checklist.RowState) checklist.RowState { s.Lamport = 2; return s }
	done, skip := row(item, checklist.Done, today), row(item, checklist.Skipped, today)
	tests := []struct {
		name string
		rows []checklist.RowState
		want string
	}{
		{"nothing done", nil, "todo facebook=todo linkedin=todo, 6 min"},
		{"one app done", []checklist.RowState{onApp(done, "facebook")}, "doing facebook=done linkedin=todo, 3 min"},
		{"one done, one skipped", []checklist.RowState{onApp(done, "facebook"), onApp(skip, "linkedin")}, "done facebook=done linkedin=skipped, 0 min"},
		{"the whole row at once", []checklist.RowState{done}, "done facebook=done linkedin=done, 0 min"},
		{"what was said last counts", []checklist.RowState{skip, later(onApp(done, "linkedin"))}, "done facebook=skipped linkedin=done, 0 min"},
		{"an app the pack does not know", []checklist.RowState{onApp(done, "mastodon")}, "todo facebook=todo linkedin=todo, 6 min"},
		{"done for another item", []checklist.RowState{onApp(row("now.close-audience", checklist.Done, today), "facebook")}, "doing facebook=done linkedin=todo, 3 min"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := status(tt.rows...); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	a.Uses = []string{"bluesky"}
	if got := status(); got != "none" {
		t.Errorf("got %q on an app that cannot, want none", got)
	}
	a = checklist.Answers{Region: "us", NoApps: true}
	if got := status(); got != "none" {
		t.Errorf("got %q without apps, want none", got)
	}
}

func TestRecurrence(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	const item = "contain.clinic-contact" // every 365 days, three days either way
	a := checklist.Answers{Region: "us"}
	rows := []checklist.RowState{row(item, checklist.Done, today)}
	day := func(n int) time.Time { return today.AddDate(0, 0, n) }

	plan := p.Plan(a, rows, day(30))
	if find(plan.Finished, item) == nil || len(plan.DueSoon) != 0 {
		t.Error("got it due after a month, want it finished")
	}
	plan = p.Plan(a, rows, day(360))
	if find(plan.DueSoon, item) == nil || find(plan.Finished, item) == nil {
		t.Error("got it not due soon five days before the year is over, want due soon and still finished")
	}
	plan = p.Plan(a, rows, day(369))
	if r := find(plan.Rows, item); r == nil || r.Status != checklist.Recheck || r.Due.IsZero() {
		t.Errorf("got %v, want it due again", ids(plan.Rows))
	}
	if plan.Done != 1 {
		t.Errorf("got %d done, want 1: due again is not lost", plan.Done)
	}
}

func TestLater(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	const item = "accounts.carrier-lock"
	s := row(item, checklist.Later, today)
	s.DueAt = today.AddDate(0, 0, 3).Unix()
	plan := p.Plan(checklist.Answers{Region: "us"}, []checklist.RowState{s}, today)
	if find(plan.Rows, item) != nil || find(plan.PutOff, item) == nil {
		t.Errorf("got %v, want it put off", ids(plan.Rows))
	}
	plan = p.Plan(checklist.Answers{Region: "us"}, []checklist.RowState{s}, today.AddDate(0, 0, 3))
	if find(plan.Rows, item) == nil || len(plan.PutOff) != 0 {
		t.Errorf("got put off %v on the day, want it back", ids(plan.PutOff))
	}
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	a := checklist.Answers{Stage: checklist.Notified, Region: "us", KnownAt: today.Unix()}
	s := row("medical.complaint", checklist.Doing, today) // so that it is in the plan
	plan := p.Plan(a, []checklist.RowState{s}, today)
	if r := find(plan.Rows, "medical.complaint"); r == nil || !r.Due.Equal(time.Unix(today.Unix(), 0).AddDate(0, 0, 180)) {
		t.Errorf("got %+v, want it due 180 days on", r)
	}
}

// The 48 hours that a site has start when the request is sent; the complaint waits for them.
func TestWait(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	const request, complaint = "contain.takedown", "contain.takedown-complaint"
	a := checklist.Answers{Stage: checklist.Published, Region: "us", Exposed: []checklist.Exposure{checklist.PhotoIntimate}}
	sent := []checklist.RowState{row(request, checklist.Done, today)}
	due := today.Add(48 * time.Hour)

	plan := p.Plan(a, sent, today.Add(47*time.Hour))
	r := find(plan.PutOff, complaint)
	if r == nil || r.Status != checklist.Later || !r.Due.Equal(due) || find(plan.Rows, complaint) != nil {
		t.Errorf("within the 48 hours: got %+v, want it put off until %s", r, due)
	}
	if list := plan.Reminders(checklist.Reminding{Now: today.Add(47 * time.Hour)}); len(list) == 0 || list[0].At.Sub(due) > oneDay {
		t.Errorf("got reminders %v, want one when the 48 hours are over", list)
	}
	plan = p.Plan(a, sent, due)
	if r := find(plan.Rows, complaint); r == nil || r.Status != checklist.Todo || !r.Due.Equal(due) {
		t.Errorf("after the 48 hours: got %+v, want it open", r)
	}
	plan = p.Plan(a, append(sent, row(complaint, checklist.Skipped, today)), today.Add(time.Hour))
	if find(plan.Finished, complaint) == nil {
		t.Error("got a skipped complaint put off, want it settled")
	}
	if plan = p.Plan(a, nil, today); find(plan.PutOff, complaint) != nil {
		t.Error("got it put off before anything was sent")
	}
}

// A clock of the law does not run out while its row waits behind others.
func TestDeadlineDoesNotWait(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	for _, tt := range []struct {
		stage checklist.Stage
		known int // days ago
		want  bool
	}{
		{checklist.Notified, 0, false},
		{checklist.Notified, 149, false},
		{checklist.Notified, 151, true},
		{checklist.Notified, 181, false},
		{checklist.Threatened, 151, false}, // first things first
	} {
		a := checklist.Answers{Stage: tt.stage, Region: "us", KnownAt: today.AddDate(0, 0, -tt.known).Unix()}
		plan := p.Plan(a, nil, today)
		if got := find(plan.Rows, "medical.complaint") != nil; got != tt.want {
			t.Errorf("%s, known for %d days: got it in the plan %v, want %v", tt.stage, tt.known, got, tt.want)
		}
		if n := len(plan.Rows); n > 13 || (plan.Crisis() && n > 7) {
			t.Errorf("%s, known for %d days: got %d rows", tt.stage, tt.known, n)
		}
	}
}

func TestUnknownInputIsPassedOver(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	want := p.Plan(checklist.Answers{Region: "us"}, nil, today)
	got := p.Plan(checklist.Answers{Stage: "panicked", Region: "us", Exposed: []checklist.Exposure{"shoe-size"}},
		[]checklist.RowState{row("social.myspace", checklist.Done, today), {}, row("", "odd", today)}, today)
	if diff := cmp.Diff(ids(want.Rows), ids(got.Rows)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// Every stage, region and set of exposures, with no app named and with all of them, gives a
// plan that is neither empty nor too long.
func TestEveryPlan(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	var all []string
	for _, pl := range p.Platforms() {
		all = append(all, pl.ID)
	}
	step := 1
	if raceEnabled {
		step = 37 // odd, so that every exposure is still met with and without
	}
	exposures := checklist.Exposures()
	for _, stage := range checklist.Stages() {
		t.Run(string(stage), func(t *testing.T) {
			t.Parallel()
			for _, region := range append([]string{""}, p.Regions()...) {
				for set := 0; set < 1<<len(exposures); set += step {
					a := checklist.Answers{Stage: stage, Region: region}
					for i, e := range exposures {
						if set&(1<<i) != 0 {
							a.Exposed = append(a.Exposed, e)
						}
					}
					for _, uses := range [][]string{nil, all} {
						a.Uses, a.NoApps = uses, uses == nil
						plan := p.Plan(a, nil, today)
						if err := compile.CheckFresh(&plan); err != nil {
							t.Fatalf("%+v: %v", a, err)
						}
					}
				}
			}
		})
	}
}

// One pack may plan for several people at once, as a server does.
func TestPlanAtOnce(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	rng := rand.New(rand.NewPCG(11, 12))
	var group sync.WaitGroup
	for range 8 {
		a := randomAnswers(rng, p)
		want := p.Plan(a, nil, today)
		rows := settle(&want, today)
		wantNext := p.Plan(a, rows, today)
		group.Go(func() {
			for range sampled(200) {
				if got := p.Plan(a, nil, today); !reflect.DeepEqual(got, want) {
					t.Errorf("%+v: got another plan beside others", a)
				}
				if got := p.Plan(a, rows, today); !reflect.DeepEqual(got, wantNext) {
					t.Errorf("%+v: got another next plan beside others", a)
				}
			}
		})
	}
	group.Wait()
}

// Whatever a person does and tells over months, the same input gives the same plan in any
// order of the rows, no row that stood open leaves the plan because another was finished, no
// progress is lost but by the person's own hand, the plan never has more than 12 open rows
// that were never settled, and never more than 7 in front in a crisis.
func TestWalks(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	rng := rand.New(rand.NewPCG(1, 2))
	for range sampled(300) {
		a := randomAnswers(rng, p)
		var rows []checklist.RowState
		at := today
		clock := uint64(0)
		for range 60 {
			if rng.IntN(12) == 0 { // something new is told; the plan may change with it
				b := randomAnswers(rng, p)
				b.Region, b.Uses, b.NoApps = a.Region, a.Uses, a.NoApps
				a = checklist.Renew(a, b, at)
			}
			plan := p.Plan(a, rows, at)
			shuffled := slices.Clone(rows)
			rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			again := p.Plan(a, shuffled, at)
			if !reflect.DeepEqual(plan, again) {
				t.Fatalf("%+v: the order of rows matters:\n%v\n%v", a, ids(plan.Rows), ids(again.Rows))
			}
			if len(plan.Rows) == 0 {
				break
			}
			checkLimits(t, &plan)
			checkLanes(t, &plan)
			checkOrder(t, &plan, at)
			i := rng.IntN(len(plan.Rows))
			if rng.IntN(2) == 0 {
				i = 0
			}
			pick := &plan.Rows[i]
			clock++
			s := checklist.RowState{
				RowKey: checklist.RowKey{Item: pick.Item.ID}, Status: checklist.Done, DoneAt: at.Unix(), DoneRev: pick.Item.Rev,
				Lamport: clock, Device: "a",
			}
			if rng.IntN(4) == 0 {
				s.Status, s.DoneAt, s.DoneRev = checklist.Skipped, 0, 0
			}
			parts := []checklist.RowState{s}
			if len(pick.Platforms) > 0 && (s.Status != checklist.Done || rng.IntN(4) > 0) { // as a device marks a row: platform by platform
				parts = nil
				for _, pl := range pick.Platforms {
					parts = append(parts, onApp(s, pl.Platform.ID))
				}
				if rng.IntN(2) == 0 {
					parts = []checklist.RowState{parts[rng.IntN(len(parts))]}
				}
			}
			for k := range parts { // the day on which it was finished before stays
				for _, old := range rows {
					if old.Item == parts[k].Item && (old.Platform == parts[k].Platform || old.Platform == "") &&
						parts[k].Status != checklist.Done && old.DoneAt > parts[k].DoneAt {
						parts[k].DoneAt, parts[k].DoneRev = old.DoneAt, old.DoneRev
					}
				}
			}
			rows = checklist.MergeRows(rows, parts)
			next := p.Plan(a, rows, at)
			if next.Done < plan.Done-1 || (s.Status == checklist.Done && next.Done < plan.Done) {
				t.Fatalf("%+v: got %d done after %d, when %s was %s", a, next.Done, plan.Done, pick.Item.ID, s.Status)
			}
			for j := range plan.Rows {
				id := plan.Rows[j].Item.ID
				if j != i && find(slices.Concat(next.Rows, next.Finished, next.PutOff), id) == nil {
					t.Fatalf("%+v: %s vanished when %s was %s", a, id, pick.Item.ID, s.Status)
				}
			}
			at = at.Add(time.Duration(rng.IntN(48)) * time.Hour)
		}
	}
}

func checkLimits(t *testing.T, plan *checklist.Plan) {
	t.Helper()
	fresh := 0
	for i := range plan.Rows {
		if r := &plan.Rows[i]; r.Again == checklist.AgainNot && r.Status == checklist.Todo {
			fresh++
		}
	}
	if fresh > 13 || // one clock of the law besides
		(plan.Crisis() && plan.ShowFirst > 7) || (!plan.Crisis() && plan.ShowFirst > 5) {
		t.Fatalf("%s: got %d rows that were never settled, %d in front", plan.Stage, fresh, plan.ShowFirst)
	}
}

// checkLanes wants lanes to add up to the plan.
func checkLanes(t *testing.T, plan *checklist.Plan) {
	t.Helper()
	var done, total, minutes int
	seen := map[checklist.Lane]bool{}
	for _, l := range plan.Lanes {
		if seen[l.Lane] || l.Total == 0 || l.Done > l.Total {
			t.Fatalf("lanes: got %+v", plan.Lanes)
		}
		seen[l.Lane] = true
		done, total, minutes = done+l.Done, total+l.Total, minutes+l.Minutes
	}
	left := 0
	for i := range plan.Rows {
		left += plan.Rows[i].Minutes
	}
	if done != plan.Done || total != plan.Total || minutes != plan.MinutesLeft || minutes != left {
		t.Fatalf("lanes add up to %d of %d, %d min; want %d of %d, %d and %d min", done, total, minutes, plan.Done, plan.Total, plan.MinutesLeft, left)
	}
}

// laneOrder is rule R2's, written down a second time.
var laneOrder = map[checklist.Stage][]checklist.Lane{
	checklist.Worried:    {"accounts", "contain", "money", "footprint", "medical", "maintain"},
	checklist.Notified:   {"contain", "accounts", "money", "medical", "footprint", "maintain"},
	checklist.Threatened: {"now", "contain", "accounts", "money", "medical", "footprint", "maintain"},
	checklist.Published:  {"now", "contain", "accounts", "money", "medical", "footprint", "maintain"},
}

// checkOrder compares each two neighbours by rule R2, part by part.
func checkOrder(t *testing.T, plan *checklist.Plan, now time.Time) {
	t.Helper()
	bit := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	for i := 1; i < len(plan.Rows); i++ {
		a, b := &plan.Rows[i-1], &plan.Rows[i]
		first := func(r *checklist.Row) int {
			if plan.Stage == checklist.Worried && r.Item.First > 0 && r.Status != checklist.Recheck {
				return r.Item.First
			}
			return 6
		}
		lane := func(r *checklist.Row) int { return slices.Index(laneOrder[plan.Stage], r.Lane) }
		place := func(r *checklist.Row) int { return bit(r.Lane == checklist.LaneNow) * r.Item.Crisis }
		calm := func(r *checklist.Row) int {
			over := r.Item.Deadline != nil && r.Due.Before(now) // a law's clock that ran out is no hurry
			return bit(r.Due.IsZero() || over || r.Due.After(now.AddDate(0, 0, 7)))
		}
		got := order.Or(
			order.Compare(first(a), first(b)), order.Compare(lane(a), lane(b)), order.Compare(place(a), place(b)),
			order.Compare(calm(a), calm(b)), order.Compare(bit(len(a.Unmet) > 0), bit(len(b.Unmet) > 0)),
			order.Compare(b.Item.Impact, a.Item.Impact), order.Compare(a.Item.Minutes, b.Item.Minutes), order.Compare(a.Item.ID, b.Item.ID),
		)
		if got >= 0 {
			t.Fatalf("%s: %s stands before %s", plan.Stage, a.Item.ID, b.Item.ID)
		}
	}
}

// sampled is n, or a tenth of it where the race detector makes everything slow.
func sampled(n int) int {
	if raceEnabled {
		return n / 10
	}
	return n
}

func randomAnswers(rng *rand.Rand, p *checklist.Pack) checklist.Answers {
	a := checklist.Answers{Stage: checklist.Stages()[rng.IntN(4)]}
	if n := rng.IntN(len(p.Regions()) + 1); n > 0 {
		a.Region = p.Regions()[n-1]
	}
	for _, e := range checklist.Exposures() {
		if rng.IntN(3) == 0 {
			a.Exposed = append(a.Exposed, e)
		}
	}
	for _, pl := range p.Platforms() {
		if rng.IntN(3) == 0 {
			a.Uses = append(a.Uses, pl.ID)
		}
	}
	a.NoApps = len(a.Uses) == 0 && rng.IntN(2) == 0
	a.BorrowSoon = rng.IntN(5) == 0
	if rng.IntN(3) == 0 {
		a.KnownAt = today.AddDate(0, 0, -rng.IntN(200)).Unix()
	}
	return a
}

func TestMergeRows(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	some := func() []checklist.RowState {
		var out []checklist.RowState
		for range rng.IntN(12) {
			out = append(out, checklist.RowState{
				RowKey:  checklist.RowKey{Item: fmt.Sprint("item.", rng.IntN(4)), Platform: []string{"", "x"}[rng.IntN(2)]},
				Status:  []checklist.Status{checklist.Done, checklist.Todo, checklist.Skipped}[rng.IntN(3)],
				DoneAt:  int64(rng.IntN(2)),
				Lamport: uint64(rng.IntN(4)), Device: []string{"a", "b"}[rng.IntN(2)],
			})
		}
		return out
	}
	merge := checklist.MergeRows
	for range sampled(1500) {
		a, b, c := some(), some(), some()
		if diff := cmp.Diff(merge(a, b), merge(b, a)); diff != "" {
			t.Fatalf("not commutative:\n%s", diff)
		}
		if diff := cmp.Diff(merge(merge(a, b), c), merge(a, merge(b, c))); diff != "" {
			t.Fatalf("not associative:\n%s", diff)
		}
		if diff := cmp.Diff(merge(a, b), merge(merge(a, b), b)); diff != "" {
			t.Fatalf("not idempotent:\n%s", diff)
		}
	}
	got := merge(
		[]checklist.RowState{{RowKey: checklist.RowKey{Item: "i"}, Status: checklist.Done, Lamport: 7, Device: "a"}},
		[]checklist.RowState{{RowKey: checklist.RowKey{Item: "i"}, Status: checklist.Todo, Lamport: 7, Device: "b"}},
	)
	if len(got) != 1 || got[0].Device != "b" {
		t.Errorf("got %+v, want the state of the greater device at equal clocks", got)
	}
}

// A plan costs at most one allocation a row, however much came round again.
func TestPlanAllocations(t *testing.T) {
	p := embedded(t)
	a := checklist.Answers{Stage: checklist.Notified, Region: "us", Seed: 7, KnownAt: today.Unix()}
	a = checklist.Renew(a, checklist.Answers{Stage: checklist.Threatened, Region: "us"}, today.AddDate(0, 1, 0))
	var rows []checklist.RowState
	for _, it := range p.Items() {
		rows = append(rows, row(it.ID, checklist.Done, today))
	}
	for _, tt := range []struct {
		name string
		rows []checklist.RowState
		at   time.Time
	}{
		{"nothing done", nil, today},
		{"all done", rows, today},
		{"all due again", rows, today.AddDate(2, 0, 0)},
	} {
		plan := p.Plan(a, tt.rows, tt.at)
		n := len(plan.Rows) + len(plan.Finished) + len(plan.PutOff)
		if got := testing.AllocsPerRun(20, func() { p.Plan(a, tt.rows, tt.at) }); got > float64(n) {
			t.Errorf("%s: got %.0f allocations for %d rows", tt.name, got, n)
		}
	}
}

// Two devices go their own ways from one vault. Whichever hears of the other first, both have
// the same plan, and nothing that the later mark finished is open.
func TestTwoDevices(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	rng := rand.New(rand.NewPCG(9, 10))
	for range sampled(300) {
		a := randomAnswers(rng, p)
		clock, at := uint64(0), today
		walk := func(rows []checklist.RowState, device string, steps int) []checklist.RowState {
			for range steps {
				at = at.Add(time.Duration(rng.IntN(72)) * time.Hour)
				plan := p.Plan(a, rows, at)
				if len(plan.Rows) == 0 {
					break
				}
				pick := plan.Rows[rng.IntN(len(plan.Rows))]
				clock++
				s := row(pick.Item.ID, []checklist.Status{checklist.Done, checklist.Done, checklist.Skipped, checklist.Doing}[rng.IntN(4)], at)
				s.Lamport, s.Device = clock, device
				if len(pick.Platforms) > 0 {
					s.Platform = pick.Platforms[rng.IntN(len(pick.Platforms))].Platform.ID
				}
				rows = checklist.MergeRows(rows, []checklist.RowState{s})
			}
			return rows
		}
		past := walk(nil, "a", rng.IntN(8))
		before := clock
		phone := walk(past, "a", rng.IntN(8))
		after := clock
		clock = before // they do not know of each other
		laptop := walk(past, "b", rng.IntN(8))
		clock = max(clock, after)
		one, other := checklist.MergeRows(phone, laptop), checklist.MergeRows(laptop, phone)
		planOne, planOther := p.Plan(a, one, at), p.Plan(a, other, at)
		if !reflect.DeepEqual(planOne, planOther) {
			t.Fatalf("%+v: the plans differ:\n%v\n%v", a, ids(planOne.Rows), ids(planOther.Rows))
		}
		for _, s := range one {
			r := find(planOne.Rows, s.Item)
			if s.Status == checklist.Done && s.Platform == "" && r != nil && r.Again == checklist.AgainNot {
				t.Fatalf("%s was finished and is open without a reason", s.Item)
			}
		}
	}
}
