package chaperone

import (
	"slices"
	"time"
)

// Where a row stands.
const (
	StatusTodo    = "todo"
	StatusDoing   = "doing"
	StatusDone    = "done"
	StatusSkipped = "skipped"
	StatusNotMine = "na"
	StatusRecheck = "recheck" // done before, due again; never say that it was lost
	StatusLater   = "later"   // put off
)

// Why a row that was finished is open again.
const (
	AgainDue      = "due"      // its time came round, or what was asked for ends soon
	AgainContent  = "content"  // the advice changed
	AgainIncident = "incident" // the patient told of a new incident, or of more that was taken
	AgainThreat   = "threat"   // the patient told of a new threat
)

// Why a row was skipped.
const (
	ReasonNotMine      = "not-mine"
	ReasonDidElsewhere = "did-elsewhere"
	ReasonCannot       = "cannot"
	ReasonNotNow       = "not-now"
)

// Plan is the plan at one moment: the open rows in order. At(0) is what to do next.
type Plan struct {
	stage                                    string
	rows, finished, dueSoon                  []*Row
	lanes                                    []*LaneProgress
	showFirst, done, total, minutes, waiting int
	regionKnown, expired                     bool
}

// Count is the number of open rows.
func (p *Plan) Count() int { return len(p.rows) }

// At returns open row i, or null.
func (p *Plan) At(i int) (row *Row) {
	defer guardValue(&row, nil)
	return at(p.rows, i)
}

// FinishedCount is the number of rows done, skipped or not the patient's.
func (p *Plan) FinishedCount() int { return len(p.finished) }

// FinishedAt returns finished row i, or null.
func (p *Plan) FinishedAt(i int) (row *Row) {
	defer guardValue(&row, nil)
	return at(p.finished, i)
}

// DueSoonCount is the number of rows that were done and are due again within 14 days.
func (p *Plan) DueSoonCount() int { return len(p.dueSoon) }

// DueSoonAt returns row i of those due soon, the soonest first, or null.
func (p *Plan) DueSoonAt(i int) (row *Row) {
	defer guardValue(&row, nil)
	return at(p.dueSoon, i)
}

// ShowFirst is how many open rows to show before "later". Do not show more at once.
func (p *Plan) ShowFirst() int { return p.showFirst }

// Stage is the stage that picked this plan, one of the Stage constants.
func (p *Plan) Stage() string { return p.stage }

// Done is how many rows of Total are finished.
func (p *Plan) Done() int { return p.done }

// Total is the number of rows, open and finished.
func (p *Plan) Total() int { return p.total }

// MinutesLeft is an honest estimate for the open rows.
func (p *Plan) MinutesLeft() int { return p.minutes }

// Waiting is how many more rows join the plan once these are settled.
func (p *Plan) Waiting() int { return p.waiting }

// RegionKnown reports whether there are checked facts for the patient's country. If not,
// the advice is generic: say so.
func (p *Plan) RegionKnown() bool { return p.regionKnown }

// Expired reports whether the content is past its date: say that menus may have moved.
func (p *Plan) Expired() bool { return p.expired }

// LaneCount is the number of lanes that have rows.
func (p *Plan) LaneCount() int { return len(p.lanes) }

// LaneAt returns how far lane i is, or null. Lanes add up to the whole plan.
func (p *Plan) LaneAt(i int) (lane *LaneProgress) {
	defer guardValue(&lane, nil)
	return at(p.lanes, i)
}

// LaneProgress is how far the rows of one lane are.
type LaneProgress struct {
	lane, title          string
	done, total, minutes int
}

// Lane is the strand of the plan, such as "contain" or "money".
func (l *LaneProgress) Lane() string { return l.lane }

// Title is its heading.
func (l *LaneProgress) Title() string { return l.title }

// Done is how many rows of Total are finished. A row that is due again counts.
func (l *LaneProgress) Done() int { return l.done }

// Total is the number of rows, open and finished.
func (l *LaneProgress) Total() int { return l.total }

// MinutesLeft is an honest estimate for the open rows.
func (l *LaneProgress) MinutesLeft() int { return l.minutes }

// Row is one thing to do. A row that concerns several platforms lists them.
type Row struct {
	id, title, why, lane, status, doneWhen, discreet string
	minutes                                          int
	again                                            string
	due, doneAt, ends                                int64
	optional, blocked, helperOK, stale               bool
	remains                                          []string
	steps                                            []*Step
	platforms                                        []*PlatformRow
}

// ID is the item's id, for [Client.Mark].
func (r *Row) ID() string { return r.id }

// Title says what to do, in one line.
func (r *Row) Title() string { return r.title }

// Why says why.
func (r *Row) Why() string { return r.why }

// RemainsCount is the number of things that this row does not do. Say them beside Why.
func (r *Row) RemainsCount() int { return len(r.remains) }

// RemainsAt returns thing i that this row does not do, a sentence, or "".
func (r *Row) RemainsAt(i int) (sentence string) {
	defer guardValue(&sentence, "")
	return at(r.remains, i)
}

// Discreet is all of this row that a lock screen or a calendar may show.
func (r *Row) Discreet() string { return r.discreet }

// DoneWhen says how the patient sees that it is done.
func (r *Row) DoneWhen() string { return r.doneWhen }

// Lane is the strand of the plan, such as "contain" or "money".
func (r *Row) Lane() string { return r.lane }

// Status is one of the Status constants.
func (r *Row) Status() string { return r.status }

// Minutes is how long the rest of the row takes.
func (r *Row) Minutes() int { return r.minutes }

// DueUnix is when it is due, in Unix seconds; 0 without a date.
func (r *Row) DueUnix() int64 { return r.due }

// Again is one of the Again constants when the row was finished and is open again, and "" when
// it is not. It is never progress lost.
func (r *Row) Again() string { return r.again }

// DoneUnix is when it was finished last, also when it is open again, in Unix seconds; 0 for
// never.
func (r *Row) DoneUnix() int64 { return r.doneAt }

// EndsUnix is when what was asked for runs out, in Unix seconds; 0 when it does not.
func (r *Row) EndsUnix() int64 { return r.ends }

// Stale reports that the facts of the row may be out of date: say so.
func (r *Row) Stale() bool { return r.stale }

// Optional reports whether another row that is done makes this one unnecessary.
func (r *Row) Optional() bool { return r.optional }

// Blocked reports whether something else should be done first.
func (r *Row) Blocked() bool { return r.blocked }

// HelperOK reports whether somebody the patient trusts may do it for them.
func (r *Row) HelperOK() bool { return r.helperOK }

// StepCount is the number of steps.
func (r *Row) StepCount() int { return len(r.steps) }

// StepAt returns step i, or null.
func (r *Row) StepAt(i int) (step *Step) {
	defer guardValue(&step, nil)
	return at(r.steps, i)
}

// PlatformCount is the number of platforms; 0 for a row without.
func (r *Row) PlatformCount() int { return len(r.platforms) }

// PlatformAt returns platform i, or null.
func (r *Row) PlatformAt(i int) (platform *PlatformRow) {
	defer guardValue(&platform, nil)
	return at(r.platforms, i)
}

// at returns list[i], or the zero value when there is none.
func at[T any](list []T, i int) (zero T) {
	if i < 0 || i >= len(list) {
		return zero
	}
	return list[i]
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// validMark reports whether status, reason and until fit each other.
func validMark(status, reason string, untilUnix int64) bool {
	switch status {
	case StatusTodo, StatusDoing, StatusDone, StatusNotMine:
		return reason == "" && untilUnix == 0
	case StatusLater:
		return reason == "" && untilUnix > 0
	case StatusSkipped:
		return untilUnix == 0 && slices.Contains([]string{ReasonNotMine, ReasonDidElsewhere, ReasonCannot, ReasonNotNow}, reason)
	}
	return false
}
