package checklist

import (
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
	ending   = 30 * day     // how long before its end a clock of the law need not wait its turn
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
	resting  bool // money that waits until tomorrow
	in       bool
	before   bool  // finished once, every part of it
	done     int64 // when a part of it was finished last
	due      int64 // Unix seconds; 0: none
	dueNext  int64 // when a done row is due again
	legal    bool  // due comes from a law's clock
}

// planner is the working memory of one Plan.
type planner struct {
	p       *Pack
	a       Answers
	rows    []RowState
	scratch *scratch
	now     int64
	stage   int
	region  uint32
	order   []int // items in the order in which they join the plan
	exposed uint16
	uses    uint64
	added   map[Exposure]int64 // when each was added; nil: the person was not sure, or added none
	given   bool               // the person said which apps they use
	states  []int32            // item*(platforms+1) + 1 + platform, or +0 for the row: index into rows + 1
	shared  []int32            // platform*maxRoots + root: a done state that other items share
	entries []entry
	apps    []PlatformRow // backing of every Row.Platforms
	unmet   []string      // backing of every Row.Unmet that is not the whole of Needs
}

// scratch is memory that a plan needs while it is made and nobody sees afterwards.
type scratch struct {
	entries []entry
	states  []int32
	keys    []uint64
}

// borrow takes scratch memory for a plan; all of it is zero.
func (p *Pack) borrow() *scratch {
	if s, ok := p.scratch.Get().(*scratch); ok {
		return s
	}
	n, apps := len(p.doc.Items), len(p.doc.Platforms)
	return &scratch{make([]entry, n), make([]int32, n*(apps+1)+apps*maxRoots), make([]uint64, 0, n)}
}

// giveBack forgets what scratch memory holds and keeps it for the next plan.
func (p *Pack) giveBack(s *scratch) {
	clear(s.entries)
	clear(s.states)
	p.scratch.Put(s)
}

// Plan computes the plan (rules R0 to R11). It is pure: the same pack,
// answers, rows and time give the same plan on every device. Rows of items that the pack
// does not know, and answers it does not know, are passed over. The plan points into the
// pack and must not be changed.
func (p *Pack) Plan(a Answers, rows []RowState, now time.Time) Plan {
	w := planner{p: p, a: a, rows: rows, now: now.Unix(), scratch: p.borrow()}
	defer p.giveBack(w.scratch)
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
	if w.exposed != 0 && len(w.a.Events.Added) > 0 {
		w.added = w.a.Events.Added
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
