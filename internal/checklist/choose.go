package checklist

import (
	"slices"
)

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
		w.hold(e, r)
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

// hold puts a row off until others have had their time, and dates it.
func (w *planner) hold(e *entry, r *rule) {
	if r.wait == 0 || e.row.Status != Todo {
		return
	}
	other := &w.entries[r.waitsFor]
	if !other.applies || other.done == 0 {
		return
	}
	e.due, e.legal, e.recorded = other.done+r.wait, false, true
	if w.now < e.due {
		e.row.Status = Later
	}
}

// choose decides which rows are in the plan, and counts those that wait (rules R1, R3, R4).
func (w *planner) choose() (more int) {
	crisis := w.stage >= stageThreatened
	limit, step := firstPlan, nextRows
	if crisis {
		limit, step = w.markNow(), afterCrisis
	}
	first := limit
	w.rest(crisis)
	taken, settled, full := 0, true, false
	for _, i := range w.order {
		e := &w.entries[i]
		// These kinds, and clocks of the law that end soon, come in uncounted, below, so that they never push a row out.
		if !e.applies || w.p.index.rules[i].supersededBy != nil || e.resting {
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
	for i := range w.entries {
		e := &w.entries[i]
		switch {
		case !e.applies:
			continue
		case e.resting:
		case w.p.index.rules[i].supersededBy != nil:
			e.in = e.recorded || (!e.row.Optional && (!crisis || limit > first))
		case e.legal && w.now <= e.due && e.due <= w.now+ending && (!crisis || limit > first):
			e.in = true
		}
		if !e.in && !e.row.Optional {
			more++
		}
	}
	return more
}

// markNow puts the rows of the crisis plan into lane now and returns how many there are
// (rule R4).
func (w *planner) markNow() int {
	n := 0
	for _, i := range w.order {
		e := &w.entries[i]
		if e.applies && e.row.Item.Crisis > 0 && e.row.Item.Crisis <= crisisLast && n < crisisRows {
			e.row.Lane = LaneNow
			n++
		}
	}
	return n
}

// rest lets the money lane of a crisis wait until tomorrow (rule R4), unless the person said
// that money is in the thief's reach: sleep comes first. The wait counts from the first step
// that was finished in this crisis, and begun rows do not wait.
func (w *planner) rest(crisis bool) {
	if !crisis || slices.ContainsFunc(w.a.Exposed, func(x Exposure) bool { return x == SSN || x == Bank || x == Card }) {
		return
	}
	begun := int64(0)
	for i := range w.entries {
		// A row that comes round again would move the beginning.
		if e := &w.entries[i]; !e.applies || e.row.Item.Lane != LaneNow || w.p.index.rules[i].clock.comes() {
			continue
		}
		if s := w.state(i, 0); s != nil && s.DoneAt > 0 && s.DoneAt >= w.a.Events.ThreatAt && (begun == 0 || s.DoneAt < begun) {
			begun = s.DoneAt
		}
	}
	if begun == 0 || w.now >= begun+nightOff {
		return
	}
	for i := range w.entries {
		e := &w.entries[i]
		e.resting = e.applies && e.row.Lane == LaneMoney && !e.recorded
	}
}
