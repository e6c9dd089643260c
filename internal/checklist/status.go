package checklist

import (
	"math"
	"math/bits"
	"slices"
	"time"
)

// readStates finds the newest state of each row and platform.
func (w *planner) readStates() {
	x, n := &w.p.index, len(w.p.doc.Platforms)
	if len(w.rows) == 0 {
		return
	}
	all := w.scratch.states
	w.states, w.shared = all[:len(w.p.doc.Items)*(n+1)], all[len(w.p.doc.Items)*(n+1):]
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
	// A thing done on a platform for one item is done for every item that asks for it there,
	// also when the one came round again and was set aside.
	for item := range w.p.doc.Items {
		if !x.rules[item].fanOut {
			continue
		}
		for p := range n {
			if s := w.state(item, 1+p); s != nil && (s.Status == Done || s.DoneAt > 0) && x.caps[item*n+p] != nil {
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

// fill computes where every item that applies stands.
func (w *planner) fill() {
	x, items := &w.p.index, w.p.doc.Items
	w.entries = w.scratch.entries
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
		e.row.Stale = w.now >= x.rules[i].staleFrom
		if d := items[i].Deadline; d != nil && w.a.KnownAt != 0 {
			e.due, e.legal = w.a.KnownAt+int64(d.Days)*day, true
		}
		if x.rules[i].fanOut {
			w.fillPlatforms(i, e)
			continue
		}
		s := w.state(i, 0)
		at := w.stand(i, "", s)
		e.row.Status = at.status
		if s != nil {
			e.recorded = at.status != Todo
			e.note(at)
			e.before = e.done > 0
		}
		if lasts := x.rules[i].clock.lasts; lasts > 0 && e.done > 0 {
			e.row.Ends = date(e.done + lasts*day)
		}
		e.settled = w.settles(i, at)
		if open(e.row.Status) {
			e.row.Minutes = items[i].Minutes
		}
	}
}

func open(s Status) bool  { return s == Todo || s == Doing || s == Recheck }
func ended(s Status) bool { return s == Done || s == Skipped || s == NotMine || s == Recheck }

// settles reports whether a plan may go on past a row that stands so: it was finished once, or
// the person set it aside. In a crisis one that a new threat opened does not count: it is the
// first thing to do.
func (w *planner) settles(item int, at standing) bool {
	switch {
	case at.status == Skipped || at.status == NotMine:
		return true
	case w.stage >= stageThreatened && w.p.index.rules[item].clock.onThreat && at.done < w.a.Events.ThreatAt:
		return false
	}
	return ended(at.status) || at.done > 0
}

// note keeps the soonest date, the last day of finishing and the weightiest reason of a row's
// parts.
func (e *entry) note(at standing) {
	e.done = max(e.done, at.done)
	if weight(at.again) > weight(e.row.Again) {
		e.row.Again = at.again
	}
	switch {
	case at.due == 0:
	case at.status == Done:
		if e.dueNext == 0 || at.due < e.dueNext {
			e.dueNext = at.due
		}
	case e.due == 0 || at.due < e.due:
		e.due, e.legal = at.due, false
	}
}

func weight(a Again) int { return slices.Index(reasons[:], a) }

func (w *planner) fillPlatforms(item int, e *entry) {
	x, n := &w.p.index, len(w.p.doc.Platforms)
	from, counted, all := len(w.apps), 0, true
	var seen [8]int
	var shared RowState
	for set := x.rules[item].capable & w.uses; set != 0; set &= set - 1 {
		p := bits.TrailingZeros64(set)
		c, platform := x.caps[item*n+p], &w.p.doc.Platforms[p]
		s := w.state(item, 1+p)
		e.recorded = e.recorded || (s != nil && s.Status != Todo)
		if s == nil && w.shared != nil {
			if at := w.shared[p*maxRoots+int(x.roots[item*n+p])]; at != 0 {
				shared = w.rows[at-1]
				shared.Status, shared.DueAt = Done, 0
				s = &shared
			}
		}
		at := w.stand(item, platform.ID, s)
		e.settled = e.settled || w.settles(item, at)
		all = all && (at.done > 0 || ended(at.status))
		e.note(at)
		seen[ordinal(at.status)]++
		if open(at.status) && (w.given || counted < countedApps) {
			counted++
			e.row.Minutes += c.Minutes
		}
		w.apps = append(w.apps, PlatformRow{
			Platform: platform, Capability: c, Status: at.status, Again: at.again, Due: date(at.due), DoneAt: date(at.done),
		})
	}
	e.row.Platforms = w.apps[from:len(w.apps):len(w.apps)]
	e.row.Status = joined(&seen, len(e.row.Platforms))
	if e.row.Status != Recheck {
		e.row.Again = AgainNot
	}
	e.before = all && e.done > 0
}

// reasons is every reason to open a row again, the weightiest last.
var reasons = [...]Again{AgainNot, AgainDue, AgainContent, AgainIncident, AgainThreat}

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

// standing is where a row, or one platform of it, stands at a time.
type standing struct {
	status Status
	again  Again
	due    int64 // Unix seconds; 0: no date
	done   int64 // when it was finished last; 0: never
}

// stand reads the state of a row, or of one platform of it, at now: what was done may be due again (rules R8 and R9), what was put
// off may have come round.
func (w *planner) stand(item int, platform string, s *RowState) standing {
	if s == nil {
		return standing{status: Todo}
	}
	switch s.Status {
	case Done:
		return w.standDone(item, platform, s)
	case Later:
		if s.DueAt != 0 && w.now >= s.DueAt {
			return standing{status: Todo, due: s.DueAt, done: s.DoneAt}
		}
		return standing{status: Later, due: s.DueAt, done: s.DoneAt}
	case Recheck, Doing:
		return standing{status: s.Status, due: s.DueAt, done: s.DoneAt}
	case Skipped, NotMine:
		return standing{status: s.Status, done: s.DoneAt}
	default:
		return standing{status: Todo}
	}
}

func (w *planner) standDone(item int, platform string, s *RowState) standing {
	it, c := &w.p.doc.Items[item], &w.p.index.rules[item].clock
	x := standing{status: Done, due: s.DueAt, done: s.DoneAt}
	if x.due == 0 {
		x.due = c.next(it.ID, platform, s.DoneAt, incidentOf(&w.a), w.a.Seed)
	}
	switch {
	case c.onThreat && s.DoneAt < w.a.Events.ThreatAt:
		x.again = AgainThreat
	case c.onChange && s.DoneAt < w.a.Events.IncidentAt, s.DoneAt < w.matchesSince(item):
		x.again = AgainIncident
	case c.onContent && s.Item == it.ID && s.DoneRev > 0 && s.DoneRev < w.p.Rev(s.RowKey):
		x.again = AgainContent
	case x.due != 0 && w.now >= x.due:
		x.again = AgainDue
	default:
		return x
	}
	x.status = Recheck
	if w.now < x.due {
		x.due = 0 // open before its time: the date would only confuse
	}
	return x
}

// matchesSince is since when what was taken makes an item one for the person; 0: always, as
// far as is known.
func (w *planner) matchesSince(item int) int64 {
	set := w.p.index.rules[item].exposed & w.exposed
	if set == 0 || w.added == nil {
		return 0
	}
	since := int64(math.MaxInt64)
	for ; set != 0; set &= set - 1 {
		since = min(since, w.added[exposures[bits.TrailingZeros16(set)]])
	}
	return since
}

func date(unix int64) time.Time {
	if unix == 0 {
		return time.Time{}
	}
	return time.Unix(unix, 0).UTC()
}
