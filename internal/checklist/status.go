package checklist

import (
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
