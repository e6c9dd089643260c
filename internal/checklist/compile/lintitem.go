package compile

import (
	"maps"
	"slices"
	"strings"
)

// How many days after as_of a fact must be read again.
const (
	reviewPlatform = 90
	reviewAgency   = 180
	reviewItem     = 365
)

func (s *source) lintItem(f *Findings, x *itemSource, ids map[string]*sourceSource) {
	file := x.file
	if !itemID.MatchString(x.ID) {
		f.add(file, "id %q does not match %s", x.ID, itemID)
	}
	if slices.Contains(s.pack.Tombstones, x.ID) {
		f.add(file, "id %q was retired", x.ID)
	}
	need(f, file, "rev", x.Rev > 0)
	oneOf(f, file, "kind", x.Kind, kinds)
	need(f, file, "title", x.Title != "")
	need(f, file, "why", x.Why != "")
	need(f, file, "done_when", x.DoneWhen != "")
	need(f, file, "discreet.title", x.Discreet.Title != "")
	need(f, file, "discreet.notify", x.Discreet.Notify != "")
	need(f, file, "helper_ok", x.HelperOK != nil)
	need(f, file, "reversible", x.Reversible != nil)
	need(f, file, "minutes", x.Minutes > 0)
	need(f, file, "stops", len(x.Stops) > 0)
	need(f, file, "does_not_stop", len(x.DoesNotStop) > 0 || x.Kind == "read")
	need(f, file, "steps", len(x.Steps) > 0)
	allOf(f, file, "stops", x.Stops, threatIDs)
	allOf(f, file, "does_not_stop", x.DoesNotStop, threatIDs)
	oneOf(f, file, "lane", x.Lane, laneNames)
	if x.Lane == "now" && (x.Crisis == 0 || x.Crisis > 8 || len(x.AppliesWhen.Stages) == 0 || slices.Contains(x.AppliesWhen.Stages, "worried") || slices.Contains(x.AppliesWhen.Stages, "notified")) {
		f.add(file, "lane now is for threatened and published alone, and needs a place in the crisis")
	}
	if x.Impact < 1 || x.Impact > 5 {
		f.add(file, "impact is not 1 to 5")
	}
	if x.First < 0 || x.First > 5 || x.Crisis < 0 || x.Crisis > 15 {
		f.add(file, "first is not 0 to 5, or crisis not 0 to 15")
	}
	oneOf(f, file, "effort", x.Effort, efforts)
	oneOf(f, file, "cost", x.Cost, costs)
	oneOf(f, file, "confidence", x.Confidence, confidences)
	need(f, file, "skip_reasons", len(x.SkipReasons) > 0)
	allOf(f, file, "skip_reasons", x.SkipReasons, skipReasons)
	allOf(f, file, "never_enter", x.NeverEnter, neverEnter)
	allOf(f, file, "stage_any", x.AppliesWhen.Stages, stageNames)
	allOf(f, file, "exposed_any", x.AppliesWhen.Exposed, exposed)
	allOf(f, file, "not_if", x.AppliesWhen.NotIf, []string{"no-social-accounts"})
	s.lintRegions(f, file, x.Regions)
	if x.FanOut != nil {
		oneOf(f, file, "fan_out.over", x.FanOut.Over, []string{"platforms"})
		oneOf(f, file, "fan_out.capability", x.FanOut.Capability, capability)
	}
	if x.Recur != nil {
		s.lintRecur(f, x)
	}
	if x.Deadline != nil {
		oneOf(f, file, "deadline.from", x.Deadline.From, []string{"incident.known_at"})
		if n, err := parseDays(x.Deadline.Within); err != nil || n == 0 {
			f.add(file, "deadline.within is not a duration such as P180D")
		}
		lintCited(f, file, []string{x.Deadline.Source}, ids)
	}
	if x.Wait != nil {
		if n, err := parseDays(x.Wait.For); err != nil || n == 0 {
			f.add(file, "wait.for is not a duration such as P2D")
		}
		if !slices.Contains(x.Needs, x.Wait.After) || x.FanOut != nil {
			f.add(file, "wait.after is not one of needs, or the item fans out")
		}
	}
	s.lintSteps(f, x, ids)
	lintCited(f, file, x.Sources, ids)
	s.dates(f, file, x.AsOf, x.ReviewBy, reviewItem)
}

func (s *source) lintSteps(f *Findings, x *itemSource, ids map[string]*sourceSource) {
	seen := map[string]bool{}
	for _, step := range x.Steps {
		file := x.file + ": step " + step.ID
		if !plain.MatchString(step.ID) || seen[step.ID] {
			f.add(file, "id is missing or written twice")
		}
		seen[step.ID] = true
		need(f, file, "do", step.Do != "")
		kind, name, _ := strings.Cut(step.Link.Ref, ":")
		switch kind {
		case "":
		case "agency":
			if !slices.ContainsFunc(s.agencies, func(a agencySource) bool { return a.ID == name }) {
				f.add(file, "no agency %q", name)
			}
		case "role":
			oneOf(f, file, "role", name, roles)
			s.lintRole(f, file, x, name)
		case "source":
			if ids[name] == nil || ids[name].URL == "" {
				f.add(file, "source %q has no page", name)
			}
		case "platform":
			if name != "self" || x.FanOut == nil {
				f.add(file, "platform:self is for items that fan out")
			}
		case "app":
			oneOf(f, file, "app", name, screens)
		default:
			f.add(file, "ref %q is none of agency, role, source, platform, app", step.Link.Ref)
		}
	}
}

// lintRole wants somebody behind a role in every country the item names one by one.
func (s *source) lintRole(f *Findings, file string, x *itemSource, role string) {
	for _, r := range s.pack.Regions {
		if !slices.Contains(x.Regions, r) {
			continue
		}
		if !slices.ContainsFunc(s.agencies, func(a agencySource) bool {
			return slices.Contains(a.Roles, role) && (slices.Contains(a.Regions, r) || slices.Contains(a.Regions, "any"))
		}) {
			f.add(file, "nobody has role %s in %s", role, r)
		}
	}
}

// lintRelations checks that items point at items, and that prerequisites do not go round.
func (s *source) lintRelations(f *Findings) {
	byID := map[string]*itemSource{}
	for i := range s.items {
		byID[s.items[i].ID] = &s.items[i]
	}
	for i := range s.items {
		x := &s.items[i]
		for _, id := range slices.Concat(x.Needs, x.Supersedes) {
			if byID[id] == nil {
				f.add(x.file, "no item %q", id)
			}
		}
	}
	state := map[string]int{} // 1 on the way, 2 done
	var visit func(id string) bool
	visit = func(id string) bool {
		if state[id] != 0 || byID[id] == nil {
			return state[id] != 1
		}
		state[id] = 1
		for _, n := range byID[id].Needs {
			if !visit(n) {
				return false
			}
		}
		state[id] = 2
		return true
	}
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		if !visit(id) {
			f.add(byID[id].file, "needs go round in a circle")
			return
		}
	}
}
