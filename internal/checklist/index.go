package checklist

import (
	"fmt"
	"slices"
	"strings"
)

// index is what the engine needs from a pack, computed once when the pack is opened.
type index struct {
	items     map[string]int
	platforms map[string]int
	regions   map[string]uint32 // the bit of each region the pack knows
	rules     []rule            // one for each item
	caps      []*Capability     // item*platforms + platform; nil: cannot
	roots     []uint8           // beside caps: which capability does it, for sharing between items
	order     [4][][]int        // for each stage and region, items in the order in which they join a plan
	nRoots    int
}

// rule is an item's applies_when, regions and relations as sets.
type rule struct {
	stages       uint8
	exposed      uint16
	uses         uint64
	noAppsNever  bool
	regions      uint32
	fanOut       bool
	capable      uint64 // platforms that can
	needs        []int
	supersededBy []int
	defers       bool  // supersedes something: waits while the person is about to borrow (rule R6)
	waitsFor     int   // an item; meant only when wait is not 0
	wait         int64 // seconds after that one was finished
	clock        clock
	staleFrom    int64 // Unix seconds from which the facts are past their review date
}

// otherRegion is the bit of a region that was not given or is not in the pack.
const otherRegion uint32 = 1

const (
	maxItems     = 1 << 12
	maxPlatforms = 64
	maxRoots     = 32
)

var (
	stages    = [4]Stage{Worried, Notified, Threatened, Published}
	exposures = [12]Exposure{Contact, Address, BirthDate, GovID, SSN, Login, Card, Bank, Insurance, Records, PhotoFace, PhotoIntimate}
	lanes     = [7]Lane{LaneNow, LaneContain, LaneAccounts, LaneMoney, LaneMedical, LaneFootprint, LaneMaintain}
	// laneOrder is the place of each of lanes in each of stages (rule R2).
	laneOrder = [4][7]uint64{
		{0, 2, 1, 3, 5, 4, 6},
		{0, 1, 2, 3, 4, 5, 6},
		{0, 1, 2, 3, 4, 5, 6},
		{0, 1, 2, 3, 4, 5, 6},
	}
)

// Stages lists the stages, the calmest first.
func Stages() []Stage { return slices.Clone(stages[:]) }

// Exposures lists the exposures in the order in which they are asked.
func Exposures() []Exposure { return slices.Clone(exposures[:]) }

// Statuses lists the statuses.
func Statuses() []Status { return slices.Clone(statuses[:]) }

// SkipReasons lists the reasons for skipping.
func SkipReasons() []SkipReason {
	return []SkipReason{ReasonNotMine, ReasonDidElsewhere, ReasonCannot, ReasonNotNow}
}

// Lanes lists the lanes.
func Lanes() []Lane { return slices.Clone(lanes[:]) }

const (
	stageWorried = iota
	stageNotified
	stageThreatened
	stagePublished
)

func stageOf(s Stage) int {
	if i := slices.Index(stages[:], s); i >= 0 {
		return i
	}
	return stageWorried
}

func (x *index) build(d *Document) error {
	if len(d.Items) == 0 || len(d.Items) > maxItems || len(d.Platforms) > maxPlatforms || len(d.Regions) > 30 {
		return fmt.Errorf("%w: too few or too many objects", ErrMalformed)
	}
	x.items = make(map[string]int, len(d.Items))
	for i := range d.Items {
		if i > 0 && d.Items[i-1].ID >= d.Items[i].ID {
			return fmt.Errorf("%w: items out of order", ErrMalformed)
		}
		x.items[d.Items[i].ID] = i
	}
	x.platforms = make(map[string]int, len(d.Platforms))
	for i := range d.Platforms {
		x.platforms[d.Platforms[i].ID] = i
	}
	x.regions = make(map[string]uint32, len(d.Regions))
	for i, r := range d.Regions {
		x.regions[r] = 2 << i
	}
	x.buildCapabilities(d)
	x.rules = make([]rule, len(d.Items))
	for i := range d.Items {
		if err := x.buildRule(d, i); err != nil {
			return fmt.Errorf("%w: item %s: %w", ErrMalformed, d.Items[i].ID, err)
		}
	}
	for i := range d.Items {
		for _, id := range d.Items[i].Supersedes {
			x.rules[x.items[id]].supersededBy = append(x.rules[x.items[id]].supersededBy, i)
		}
	}
	x.buildOrder(d)
	return nil
}

func (x *index) buildCapabilities(d *Document) {
	n := len(d.Platforms)
	x.caps = make([]*Capability, len(d.Items)*n)
	x.roots = make([]uint8, len(d.Items)*n)
	names := map[string]uint8{}
	for i := range d.Items {
		if d.Items[i].FanOut == "" {
			continue
		}
		for p := range d.Platforms {
			c := d.Platforms[p].Capabilities[d.Items[i].FanOut]
			if c == nil {
				continue
			}
			root := c.SameAs
			if root == "" {
				root = d.Items[i].FanOut
			}
			if _, ok := names[root]; !ok {
				names[root] = uint8(min(len(names), maxRoots-1))
			}
			x.caps[i*n+p], x.roots[i*n+p] = c, names[root]
		}
	}
	x.nRoots = len(names)
}

func (x *index) buildRule(d *Document, i int) error {
	it, r := &d.Items[i], &x.rules[i]
	for _, s := range it.When.Stages {
		at := slices.Index(stages[:], s)
		if at < 0 {
			return fmt.Errorf("unknown stage %q", s)
		}
		r.stages |= 1 << at
	}
	if r.stages == 0 {
		r.stages = 1<<len(stages) - 1
	}
	for _, e := range it.When.Exposed {
		at := slices.Index(exposures[:], e)
		if at < 0 {
			return fmt.Errorf("unknown exposure %q", e)
		}
		r.exposed |= 1 << at
	}
	for _, id := range it.When.Uses {
		p, ok := x.platforms[id]
		if !ok {
			return fmt.Errorf("unknown platform %q", id)
		}
		r.uses |= 1 << p
	}
	r.noAppsNever = slices.Contains(it.When.NotIf, "no-social-accounts")
	r.regions = x.regionSet(it.Regions)
	r.fanOut = it.FanOut != ""
	for p := range d.Platforms {
		if x.caps[i*len(d.Platforms)+p] != nil {
			r.capable |= 1 << p
		}
	}
	for _, id := range it.Needs {
		at, ok := x.items[id]
		if !ok {
			return fmt.Errorf("unknown need %q", id)
		}
		r.needs = append(r.needs, at)
	}
	if it.Wait != nil {
		at, ok := x.items[it.Wait.After]
		if !ok || it.Wait.Days < 1 || r.fanOut || !slices.Contains(it.Needs, it.Wait.After) {
			return fmt.Errorf("waits for nothing")
		}
		r.waitsFor, r.wait = at, int64(it.Wait.Days)*day
	}
	for _, id := range it.Supersedes {
		if _, ok := x.items[id]; !ok {
			return fmt.Errorf("supersedes unknown %q", id)
		}
		r.defers = true
	}
	var err error
	if r.clock, err = newClock(it.Recur); err != nil {
		return err
	}
	r.staleFrom = pastFrom(it.ReviewBy)
	if slices.Index(lanes[:], it.Lane) < 0 || it.Impact < 1 || it.Impact > 5 || it.Minutes < 0 || it.Minutes >= 1<<12 {
		return fmt.Errorf("lane, impact or minutes out of range")
	}
	return nil
}

// regionSet turns a list of regions, "any" and exclusions into a set.
func (x *index) regionSet(list []string) uint32 {
	var in, out uint32
	any := len(list) == 0
	for _, r := range list {
		switch {
		case r == "any":
			any = true
		case strings.HasPrefix(r, "-"):
			any = true
			out |= x.regions[r[1:]]
		default:
			in |= x.regions[r]
		}
	}
	if any {
		in = ^uint32(0)
	}
	return in &^ out
}

// buildOrder computes, for each stage and region, the order in which items join a plan (rules
// R1, R4 and R11): what the stage is about first, then impact, and lanes of one impact by
// turns, so that no lane starves another. How a plan is shown is rule R2 alone.
func (x *index) buildOrder(d *Document) {
	for s := range stages {
		x.order[s] = make([][]int, len(d.Regions)+1)
		for r := range x.order[s] {
			x.order[s][r] = x.buildOneOrder(d, s, 1<<r)
		}
	}
}

func (x *index) buildOneOrder(d *Document, stage int, region uint32) []int {
	const laneShift, rankShift, impactShift, groupShift = 24, 27, 39, 42
	keys := make([]uint64, 0, len(d.Items))
	for i := range d.Items {
		if x.rules[i].stages&(1<<stage) == 0 || x.rules[i].regions&region == 0 {
			continue
		}
		it := &d.Items[i]
		lane := laneOrder[stage][slices.Index(lanes[:], it.Lane)]
		keys = append(keys, group(it, stage)<<groupShift|uint64(5-it.Impact)<<impactShift|lane<<laneShift|uint64(it.Minutes)<<12|uint64(i))
	}
	slices.Sort(keys)
	rank := map[uint64]uint64{}
	for n, k := range keys {
		kind := k >> laneShift
		keys[n] |= rank[kind] << rankShift
		rank[kind]++
	}
	slices.Sort(keys)
	var order []int
	seen := make([]bool, len(d.Items))
	for _, k := range keys {
		order = x.follow(order, stage, region, int(k&(maxItems-1)), seen)
	}
	return order
}

// group is the part of a stage's order that an item belongs to; the lowest joins first.
func group(it *Item, stage int) uint64 {
	main := it.Lane == LaneContain || it.Lane == LaneAccounts || it.Lane == LaneMoney
	switch {
	case stage == stageWorried && it.First > 0:
		return uint64(it.First)
	case stage == stageWorried:
		return 16
	case stage >= stageThreatened && it.Crisis > 0:
		return uint64(it.Crisis)
	case main:
		return 16
	default:
		return 17
	}
}

// follow appends an item to an order, behind whatever it needs, so that no row joins a plan
// before its prerequisites.
func (x *index) follow(order []int, stage int, region uint32, item int, seen []bool) []int {
	r := &x.rules[item]
	if seen[item] || r.stages&(1<<stage) == 0 || r.regions&region == 0 {
		return order
	}
	seen[item] = true
	for _, n := range r.needs {
		order = x.follow(order, stage, region, n, seen)
	}
	return append(order, item)
}
