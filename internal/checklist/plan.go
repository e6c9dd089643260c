package checklist

import (
	"cmp"
	"math/bits"
	"slices"
	"time"
)

const (
	firstPlan   = 12 // rows of the first plan
	nextRows    = 3  // rows that join when all are settled: "weekly 1-3" of rule R1
	crisisRows  = 7  // rows of the crisis plan, chosen from
	crisisLast  = 8  // the items whose place in rule R4 is not beyond this
	afterCrisis = 5  // rows that join after it
	showFirst   = 5  // rule R3

	day      = 24 * 60 * 60
	urgent   = 7 * day
	soon     = 14 * day
	nightOff = 12 * 60 * 60 // how long money waits after the first steps of a crisis (rule R4)

	// countedApps is how many platforms the minutes of a row count when the person did not
	// say which they use: the row lists all of them, but few people have more.
	countedApps = 3
)

// entry is one item on its way into a plan.
type entry struct {
	row      Row
	applies  bool
	recorded bool // the person touched it
	settled  bool // it was finished once, or set aside: the plan may go on
	in       bool
	due      int64 // Unix seconds; 0: none
	dueNext  int64 // when a done row is due again
	legal    bool  // due comes from a law's clock
}

// planner is the working memory of one Plan.
type planner struct {
	p       *Pack
	a       Answers
	rows    []RowState
	now     int64
	stage   int
	region  uint32
	order   []int // items in the order in which they join the plan
	exposed uint16
	uses    uint64
	given   bool    // the person said which apps they use
	states  []int32 // item*(platforms+1) + 1 + platform, or +0 for the row: index into rows + 1
	shared  []int32 // platform*maxRoots + root: a done state that other items share
	entries []entry
	apps    []PlatformRow // backing of every Row.Platforms
	unmet   []string      // backing of every Row.Unmet that is not the whole of Needs
}

// Plan computes the plan (rules R0 to R7, and the dates of R8). It is pure: the same pack,
// answers, rows and time give the same plan on every device. Rows of items that the pack
// does not know, and answers it does not know, are passed over. The plan points into the
// pack and must not be changed.
func (p *Pack) Plan(a Answers, rows []RowState, now time.Time) Plan {
	w := planner{p: p, a: a, rows: rows, now: now.Unix()}
	w.readAnswers()
	w.readStates()
	w.fill()
	w.relate()
	more := w.choose()
	plan := w.collect()
	plan.More = more
	plan.Stage = stages[w.stage]
	plan.RegionKnown = w.region != otherRegion
	plan.Expired = !now.Before(p.expires)
	return plan
}

func (w *planner) readAnswers() {
	x := &w.p.index
	w.stage = stageOf(w.a.Stage)
	w.region = otherRegion
	if bit, ok := x.regions[w.a.Region]; ok {
		w.region = bit
	}
	w.order = x.order[w.stage][bits.TrailingZeros32(w.region)]
	for _, e := range w.a.Exposed {
		if at := slices.Index(exposures[:], e); at >= 0 {
			w.exposed |= 1 << at
		}
	}
	if w.exposed == 0 {
		w.exposed = 1<<len(exposures) - 1
	}
	w.given = w.a.NoApps || len(w.a.Uses) > 0
	switch {
	case w.a.NoApps:
	case len(w.a.Uses) == 0:
		w.uses = ^uint64(0)
	default:
		for _, id := range w.a.Uses {
			if at, ok := x.platforms[id]; ok {
				w.uses |= 1 << at
			}
		}
	}
}

func (w *planner) readStates() {
	x, n := &w.p.index, len(w.p.doc.Platforms)
	if len(w.rows) == 0 {
		return
	}
	w.states = make([]int32, len(w.p.doc.Items)*(n+1)+n*maxRoots)
	w.states, w.shared = w.states[:len(w.p.doc.Items)*(n+1)], w.states[len(w.p.doc.Items)*(n+1):]
	for i := range w.rows {
		r := &w.rows[i]
		item, ok := x.items[r.Item]
		if !ok {
			continue
		}
		slot, platform := item*(n+1), 0
		if r.Platform != "" {
			if platform, ok = x.platforms[r.Platform]; !ok || !x.rules[item].fanOut {
				continue
			}
			slot += 1 + platform
		}
		if old := w.states[slot]; old == 0 || compareStates(r, &w.rows[old-1]) > 0 {
			w.states[slot] = int32(i + 1)
		}
	}
	// A thing done on a platform for one item is done for every item that asks for it there.
	for item := range w.p.doc.Items {
		if !x.rules[item].fanOut {
			continue
		}
		for p := range n {
			if s := w.state(item, 1+p); s != nil && s.Status == Done && x.caps[item*n+p] != nil {
				slot := p*maxRoots + int(x.roots[item*n+p])
				if old := w.shared[slot]; old == 0 || s.DoneAt > w.rows[old-1].DoneAt {
					w.shared[slot] = w.stateIndex(item, 1+p)
				}
			}
		}
	}
}

// stateIndex finds what the person did with a row (slot 0) or with one of its platforms,
// where whatever was said last counts.
func (w *planner) stateIndex(item, slot int) int32 {
	if w.states == nil {
		return 0
	}
	base := item * (len(w.p.doc.Platforms) + 1)
	row, own := w.states[base], w.states[base+slot]
	if own == 0 || (row != 0 && compareStates(&w.rows[row-1], &w.rows[own-1]) > 0) {
		return row
	}
	return own
}

func (w *planner) state(item, slot int) *RowState {
	if i := w.stateIndex(item, slot); i != 0 {
		return &w.rows[i-1]
	}
	return nil
}

// applies decides rules R1, R6 and R7 for one item.
func (w *planner) applies(r *rule) bool {
	switch {
	case r.stages&(1<<w.stage) == 0,
		r.regions&w.region == 0,
		r.exposed != 0 && r.exposed&w.exposed == 0,
		r.uses != 0 && r.uses&w.uses == 0,
		r.noAppsNever && w.a.NoApps,
		r.fanOut && r.capable&w.uses == 0:
		return false
	}
	return true
}

// fill computes where every item that applies stands.
func (w *planner) fill() {
	x, items := &w.p.index, w.p.doc.Items
	w.entries = make([]entry, len(items))
	apps, unmet := 0, 0
	for i := range items {
		if w.entries[i].applies = w.applies(&x.rules[i]); w.entries[i].applies {
			apps += bits.OnesCount64(x.rules[i].capable & w.uses)
			unmet += len(x.rules[i].needs)
		}
	}
	w.apps = make([]PlatformRow, 0, apps)
	if w.rows != nil && unmet > 0 {
		w.unmet = make([]string, 0, unmet)
	}
	for i := range items {
		e := &w.entries[i]
		if !e.applies {
			continue
		}
		e.row.Item, e.row.Lane = &items[i], items[i].Lane
		if d := items[i].Deadline; d != nil && w.a.KnownAt != 0 {
			e.due, e.legal = w.a.KnownAt+int64(d.Days)*day, true
		}
		if x.rules[i].fanOut {
			w.fillPlatforms(i, e)
			continue
		}
		var due int64
		s := w.state(i, 0)
		e.row.Status, due = w.status(&items[i], "", s)
		if s != nil {
			e.recorded = e.row.Status != Todo
			e.note(e.row.Status, due)
		}
		e.settled = ended(e.row.Status)
		if open(e.row.Status) {
			e.row.Minutes = items[i].Minutes
		}
	}
}

func open(s Status) bool  { return s == Todo || s == Doing || s == Recheck }
func ended(s Status) bool { return s == Done || s == Skipped || s == NotMine || s == Recheck }

// note keeps the soonest date of a row's parts.
func (e *entry) note(s Status, due int64) {
	switch {
	case due == 0:
	case s == Done:
		if e.dueNext == 0 || due < e.dueNext {
			e.dueNext = due
		}
	case e.due == 0 || due < e.due:
		e.due, e.legal = due, false
	}
}

func (w *planner) fillPlatforms(item int, e *entry) {
	x, n := &w.p.index, len(w.p.doc.Platforms)
	from, counted := len(w.apps), 0
	var seen [8]int
	for set := x.rules[item].capable & w.uses; set != 0; set &= set - 1 {
		p := bits.TrailingZeros64(set)
		c, platform := x.caps[item*n+p], &w.p.doc.Platforms[p]
		s := w.state(item, 1+p)
		e.recorded = e.recorded || (s != nil && s.Status != Todo)
		if s == nil && w.shared != nil {
			if at := w.shared[p*maxRoots+int(x.roots[item*n+p])]; at != 0 {
				s = &w.rows[at-1]
			}
		}
		status, due := w.status(e.row.Item, platform.ID, s)
		e.settled = e.settled || ended(status)
		e.note(status, due)
		seen[ordinal(status)]++
		if open(status) && (w.given || counted < countedApps) {
			counted++
			e.row.Minutes += c.Minutes
		}
		w.apps = append(w.apps, PlatformRow{Platform: platform, Capability: c, Status: status, Due: date(due)})
	}
	e.row.Platforms = w.apps[from:len(w.apps):len(w.apps)]
	e.row.Status = joined(&seen, len(e.row.Platforms))
}

var statuses = [...]Status{Todo, Doing, Done, Skipped, NotMine, Recheck, Later}

func ordinal(s Status) int { return max(0, slices.Index(statuses[:], s)) }

// joined is the status of a row from how many of its platforms have each status.
func joined(seen *[8]int, n int) Status {
	count := func(s Status) int { return seen[ordinal(s)] }
	switch {
	case count(Todo) == n:
		return Todo
	case count(Todo)+count(Doing) > 0:
		return Doing
	case count(Recheck) > 0:
		return Recheck
	case count(Later) > 0:
		return Later
	case count(Done) > 0:
		return Done
	case count(Skipped) > 0:
		return Skipped
	default:
		return NotMine
	}
}

// status reads a state at now: what was done may be due again (rule R8), what was put off
// may have come round. The date is when it is due, in Unix seconds, or 0.
func (w *planner) status(it *Item, platform string, s *RowState) (Status, int64) {
	if s == nil {
		return Todo, 0
	}
	switch s.Status {
	case Done:
		due := s.DueAt
		if due == 0 && it.Recur != nil && it.Recur.Days > 0 && s.DoneAt > 0 {
			due = s.DoneAt + int64(it.Recur.Days)*day + jitter(it, platform)
		}
		if due != 0 && w.now >= due {
			return Recheck, due
		}
		if it.Recur != nil && s.Item == it.ID && s.DoneRev > 0 && s.DoneRev < it.Rev && slices.Contains(it.Recur.AlsoOn, "content.rev") {
			return Recheck, 0
		}
		return Done, due
	case Later:
		if s.DueAt != 0 && w.now >= s.DueAt {
			return Todo, s.DueAt
		}
		return Later, s.DueAt
	case Recheck, Doing:
		return s.Status, s.DueAt
	case Skipped, NotMine:
		return s.Status, 0
	default:
		return Todo, 0
	}
}

// jitter spreads rechecks over six days, by a hash of the row, so that they do not all come
// on one day and every device gets the same one. Short clocks get none.
func jitter(it *Item, platform string) int64 {
	if it.Recur.Days < 60 {
		return 0
	}
	h := uint32(2166136261) // FNV-1a
	for _, s := range [2]string{it.ID, platform} {
		for i := range len(s) {
			h = (h ^ uint32(s[i])) * 16777619
		}
	}
	return (int64(h%7) - 3) * day
}

func date(unix int64) time.Time {
	if unix == 0 {
		return time.Time{}
	}
	return time.Unix(unix, 0).UTC()
}

// relate applies prerequisites (rule R5) and domination (rule R6).
func (w *planner) relate() {
	x := &w.p.index
	for i := range w.entries {
		e, r := &w.entries[i], &x.rules[i]
		if !e.applies {
			continue
		}
		missing := 0
		for _, n := range r.needs {
			if w.entries[n].applies && !w.entries[n].settled {
				missing++
			}
		}
		switch {
		case missing == 0:
		case missing == len(r.needs):
			e.row.Unmet = e.row.Item.Needs
		default:
			from := len(w.unmet)
			for _, n := range r.needs {
				if w.entries[n].applies && !w.entries[n].settled {
					w.unmet = append(w.unmet, w.p.doc.Items[n].ID)
				}
			}
			e.row.Unmet = w.unmet[from:len(w.unmet):len(w.unmet)]
		}
		if r.defers && w.a.BorrowSoon && e.row.Status == Todo {
			e.row.Status, e.recorded = Later, true
		}
	}
	for i := range w.entries {
		e := &w.entries[i]
		if !e.applies {
			continue
		}
		for _, by := range x.rules[i].supersededBy {
			s := &w.entries[by]
			if s.applies && !w.a.BorrowSoon && s.row.Status != Skipped && s.row.Status != NotMine {
				e.row.Optional = true
			}
		}
	}
}

// choose decides which rows are in the plan, and counts those that wait (rules R1, R3, R4).
func (w *planner) choose() (more int) {
	crisis := w.stage >= stageThreatened
	limit, step := firstPlan, nextRows
	if crisis {
		limit, step = w.crisisRows(), afterCrisis
	}
	taken, settled, full := 0, true, false
	for _, i := range w.order {
		e := &w.entries[i]
		if !e.applies {
			continue
		}
		if len(w.p.index.rules[i].supersededBy) > 0 || (crisis && w.waits(e)) {
			// These do not count, so that a row that comes in never pushes another one out.
			continue
		}
		if taken == limit && !full {
			if full = !settled; !full {
				limit += step
			}
		}
		if full {
			e.in = e.recorded
			continue
		}
		e.in = true
		taken++
		settled = settled && (e.settled || e.row.Status == Later)
	}
	started := !crisis || limit > w.crisisRows()
	for i := range w.entries {
		e := &w.entries[i]
		if !e.applies {
			continue
		}
		if len(w.p.index.rules[i].supersededBy) > 0 {
			e.in = e.recorded || (!e.row.Optional && started && !(crisis && w.waits(e)))
		}
		if crisis && w.waits(e) {
			e.in = e.recorded
		}
		if !e.in && !e.row.Optional {
			more++
		}
	}
	return more
}

// crisisRows marks the rows of the crisis plan and returns how many there are (rule R4).
func (w *planner) crisisRows() int {
	n := 0
	for _, i := range w.order {
		if e := &w.entries[i]; e.applies && e.row.Item.Crisis > 0 && e.row.Item.Crisis <= crisisLast && n < crisisRows {
			e.row.Lane = LaneNow
			n++
		}
	}
	return n
}

// waits reports whether a row of the money lane waits until tomorrow (rule R4): unless the
// person said that money is in reach of the thief, rest comes first.
func (w *planner) waits(e *entry) bool {
	if e.row.Lane != LaneMoney || e.recorded {
		return false
	}
	for _, x := range w.a.Exposed {
		if x == SSN || x == Bank || x == Card {
			return false
		}
	}
	first := int64(0)
	for i := range w.entries {
		n := &w.entries[i]
		if !n.applies || n.row.Item.Lane != LaneNow || n.row.Item.Recur != nil {
			continue
		}
		if s := w.state(i, 0); s != nil && s.DoneAt > 0 && (first == 0 || s.DoneAt < first) {
			first = s.DoneAt
		}
	}
	return first != 0 && w.now < first+nightOff
}

// collect sorts the chosen rows into the plan by rule R2.
func (w *planner) collect() Plan {
	var plan Plan
	var nOpen, nEnd, nOff, nSoon, nNow int
	for i := range w.entries {
		e := &w.entries[i]
		if !e.in {
			continue
		}
		switch s := e.row.Status; {
		case s == Later:
			nOff++
		case open(s):
			nOpen++
			if e.row.Lane == LaneNow {
				nNow++
			}
		default:
			nEnd++
		}
		if e.dueSoon(w.now) {
			nSoon++
		}
	}
	keys := make([]uint64, 0, nOpen+nEnd)
	all := make([]Row, 0, nOpen+nEnd+nOff+nSoon)
	for i := range w.entries {
		if e := &w.entries[i]; e.in && e.row.Status != Later {
			e.row.Due = date(e.due)
			if e.row.Status == Done {
				e.row.Due = date(e.dueNext)
			}
			keys = append(keys, w.key(i))
		}
	}
	slices.Sort(keys)
	for _, wantOpen := range [2]bool{true, false} {
		from := len(all)
		for _, k := range keys {
			if e := &w.entries[k&(maxItems-1)]; open(e.row.Status) == wantOpen {
				all = append(all, e.row)
			}
		}
		if part := all[from:len(all):len(all)]; wantOpen {
			plan.Rows = part
		} else {
			plan.Finished = part
		}
	}
	plan.PutOff = w.byDate(&all, nOff, func(e *entry) bool { e.row.Due = date(e.due); return e.row.Status == Later })
	plan.DueSoon = w.byDate(&all, nSoon, func(e *entry) bool { return e.dueSoon(w.now) })
	w.count(&plan)
	plan.ShowFirst = min(showFirst, len(plan.Rows))
	if nNow > 0 {
		plan.ShowFirst = nNow
	}
	return plan
}

func (w *planner) byDate(all *[]Row, n int, want func(*entry) bool) []Row {
	if n == 0 {
		return nil
	}
	from := len(*all)
	for i := range w.entries {
		if e := &w.entries[i]; e.in && want(e) {
			*all = append(*all, e.row)
			if e.dueNext != 0 {
				(*all)[len(*all)-1].Due = date(e.dueNext)
			}
		}
	}
	part := (*all)[from:len(*all):len(*all)]
	slices.SortFunc(part, func(a, b Row) int {
		if a.Due.IsZero() != b.Due.IsZero() {
			if a.Due.IsZero() {
				return 1
			}
			return -1
		}
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Item.ID, b.Item.ID))
	})
	return part
}

func (e *entry) dueSoon(now int64) bool {
	return e.dueNext != 0 && e.dueNext <= now+soon && ended(e.row.Status) && e.row.Status != Recheck
}

func (w *planner) count(plan *Plan) {
	for i := range w.entries {
		e := &w.entries[i]
		if !e.in {
			continue
		}
		switch e.row.Status {
		case Skipped, NotMine:
			continue
		case Done, Recheck: // due again is not lost
			plan.Done++
		}
		plan.Total++
		if open(e.row.Status) {
			plan.MinutesLeft += e.row.Minutes
		}
	}
}

// key is the sort key of rule R2 as one number, the item's place (by id) in its low bits.
func (w *planner) key(i int) uint64 {
	e := &w.entries[i]
	it := e.row.Item
	var first, place, calm, unmet uint64
	if w.stage == stageWorried {
		first = 6
		if it.First > 0 && e.row.Status != Recheck {
			first = uint64(it.First)
		}
	}
	if e.row.Lane == LaneNow {
		place = uint64(it.Crisis)
	}
	calm = 1
	if e.due != 0 && e.due <= w.now+urgent && (e.due >= w.now || !e.legal) {
		calm = 0
	}
	if len(e.row.Unmet) > 0 {
		unmet = 1
	}
	lane := laneOrder[w.stage][slices.Index(lanes[:], e.row.Lane)]
	key := first
	key = key<<3 | lane
	key = key<<4 | place
	key = key<<1 | calm
	key = key<<1 | unmet
	key = key<<3 | uint64(5-it.Impact)
	key = key<<12 | uint64(it.Minutes)
	return key<<12 | uint64(i)
}
