package checklist

import (
	"cmp"
	"slices"
)

// collect sorts the chosen rows into the plan by rule R2.
func (w *planner) collect() Plan {
	var plan Plan
	var nOpen, nEnd, nOff, nSoon, nNow int
	for i := range w.entries {
		e := &w.entries[i]
		if !e.in {
			continue
		}
		if e.before {
			e.row.DoneAt = date(e.done)
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
	keys := w.scratch.keys[:0]
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

// count adds up the plan and its lanes. What was finished once and is open again is not lost.
func (w *planner) count(plan *Plan) {
	var by [len(lanes)]LaneProgress
	used := 0
	for i := range w.entries {
		e := &w.entries[i]
		if !e.in || e.row.Status == Skipped || e.row.Status == NotMine {
			continue
		}
		lane := &by[laneOrder[w.stage][slices.Index(lanes[:], e.row.Lane)]]
		if lane.Total == 0 {
			lane.Lane = e.row.Lane
			used++
		}
		lane.Total++
		if e.row.Status == Done || e.row.Status == Recheck || e.before {
			lane.Done++
		}
		if open(e.row.Status) {
			lane.Minutes += e.row.Minutes
		}
	}
	plan.Lanes = make([]LaneProgress, 0, used)
	for _, lane := range by {
		if lane.Total > 0 {
			plan.Lanes = append(plan.Lanes, lane)
			plan.Done, plan.Total, plan.MinutesLeft = plan.Done+lane.Done, plan.Total+lane.Total, plan.MinutesLeft+lane.Minutes
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
