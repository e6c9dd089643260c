package compile

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

// refLeave says that a question can be left at once, by the keys of the whole program.
const refLeave = "app:leave"

// The closed lists of the guides.
var (
	letterFields = []string{
		"name", "address", "old-address", "reach", "clinic", "clinic-address", "from", "platform", "links", "content", "for",
	}
	placeholder = regexp.MustCompile(`\{([^{}]*)\}`)
	guideKey    = regexp.MustCompile(`^(triage|ending|letter|message)\.`)
)

// maxTones is how many ways of saying a message there are.
const maxTones = 3

func (s *source) lintGuides(f *Findings, ids map[string]*sourceSource) {
	s.lintTriage(f)
	for i := range s.letters {
		s.lintLetter(f, &s.letters[i], ids)
	}
	for i := range s.messages {
		m := &s.messages[i]
		need(f, m.file, "id", plain.MatchString(m.ID))
		if len(m.Tones) != maxTones {
			f.add(m.file, "got %d tones, want %d", len(m.Tones), maxTones)
		}
		seen := map[string]bool{}
		for _, t := range m.Tones {
			if !plain.MatchString(t.ID) || seen[t.ID] {
				f.add(m.file, "tone %q is no id or written twice", t.ID)
			}
			seen[t.ID] = true
			need(f, m.file, "tone "+t.ID+": label and text", t.Label != "" && t.Text != "")
		}
		lintCited(f, m.file, m.Sources, ids)
		s.dates(f, m.file, m.AsOf, m.ReviewBy, reviewItem)
	}
	for i := range s.items {
		x := &s.items[i]
		for _, l := range x.Letters {
			if !slices.ContainsFunc(s.letters, func(y letterSource) bool { return y.ID == l }) {
				f.add(x.file, "letter %q is not in letters/", l)
			}
		}
		for _, step := range x.Steps {
			if step.Link.Ref == "app:message" && !slices.ContainsFunc(s.messages, func(m messageSource) bool { return m.ID == checklist.CloseMessage }) {
				f.add(x.file, "app:message leads to messages/%s.yaml, which is missing", checklist.CloseMessage)
			}
		}
	}
}

func (s *source) lintLetter(f *Findings, l *letterSource, ids map[string]*sourceSource) {
	file := l.file
	need(f, file, "id", plain.MatchString(l.ID))
	need(f, file, "order", l.Order > 0)
	need(f, file, "title", l.Title != "")
	need(f, file, "about", l.About != "")
	need(f, file, "send", l.Send != "")
	need(f, file, "never_enter with ssn", slices.Contains(l.NeverEnter, "ssn"))
	allOf(f, file, "never_enter", l.NeverEnter, neverEnter)
	s.lintRegions(f, file, l.Regions)
	fields := map[string]bool{}
	for _, x := range l.Fields {
		oneOf(f, file, "field", x.ID, letterFields)
		if fields[x.ID] {
			f.add(file, "field %q is written twice", x.ID)
		}
		fields[x.ID] = true
		need(f, file, "label of "+x.ID, x.Label != "")
	}
	for _, ref := range append(slices.Clone(l.To), l.SendRef) {
		if ref == "" {
			continue
		}
		kind, role, _ := strings.Cut(ref, ":")
		if kind != "role" || !slices.Contains(roles, role) {
			f.add(file, "ref %q is not a role", ref)
		}
	}
	for _, ref := range l.To {
		if !slices.ContainsFunc(s.agencies, func(a agencySource) bool {
			return len(a.Mail) > 0 && slices.Contains(a.Roles, strings.TrimPrefix(ref, "role:"))
		}) {
			f.add(file, "nobody with %s has an address that may ship", ref)
		}
	}
	used, seen := map[string]bool{}, map[string]bool{}
	for _, p := range l.Parts {
		if !plain.MatchString(p.ID) || seen[p.ID] {
			f.add(file, "part %q is no id or written twice", p.ID)
		}
		seen[p.ID] = true
		need(f, file, "text of part "+p.ID, p.Text != "")
		allOf(f, file, "part "+p.ID, p.Regions, s.pack.Regions)
		for _, m := range placeholder.FindAllStringSubmatch(p.Text, -1) {
			switch name := m[1]; {
			case name == "date" || name == "blank" || name == "to" && len(l.To) > 0:
			case fields[name]:
				used[name] = true
			default:
				f.add(file, "part %s: nothing fills {%s} in", p.ID, name)
			}
		}
	}
	for _, x := range l.Fields {
		if !used[x.ID] {
			f.add(file, "field %q stands in no part", x.ID)
		}
	}
	need(f, file, "a line to sign", strings.Contains(partText(l, "sign"), "{blank}"))
	lintCited(f, file, l.Sources, ids)
	s.dates(f, file, l.AsOf, l.ReviewBy, reviewItem)
}

func partText(l *letterSource, id string) string {
	for _, p := range l.Parts {
		if p.ID == id {
			return p.Text
		}
	}
	return ""
}

// lintGuideTexts wants a translation to have the same placeholders, and every language to
// have every text: half a letter helps nobody.
func (s *source) lintGuideTexts(f *Findings, english map[string]string) {
	marks := func(text string) []string {
		all := placeholder.FindAllString(text, -1)
		slices.Sort(all)
		return all
	}
	for _, l := range s.pack.Locales {
		if l == "en" {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(english)) {
			if !guideKey.MatchString(key) {
				continue
			}
			text, ok := s.locales[l][key]
			if !ok {
				f.add("i18n/"+l, "%s is missing", key)
			} else if got, want := marks(text), marks(english[key]); !slices.Equal(got, want) {
				f.add("i18n/"+l, "%s: has %v to fill in, English has %v", key, got, want)
			}
		}
	}
}

// lintTriage checks that every way through the questions is short and ends somewhere.
func (s *source) lintTriage(f *Findings) {
	nodes, endings, reached := map[string]*nodeSource{}, map[string]bool{}, map[string]bool{}
	start := ""
	for i := range s.nodes {
		n := &s.nodes[i]
		nodes[n.ID] = n
		if n.Start && start != "" {
			f.add(n.file, "two questions are the first")
		}
		if n.Start {
			start = n.ID
		}
		s.lintNode(f, n)
	}
	for _, e := range s.endings {
		endings[e.ID] = true
		need(f, e.file, "id", plain.MatchString(e.ID))
		need(f, e.file, "title", e.Title != "")
		need(f, e.file, "say", e.Say != "")
		need(f, e.file, "items", len(e.Items) > 0)
		for i, id := range e.Items {
			if !slices.ContainsFunc(s.items, func(x itemSource) bool { return x.ID == id }) {
				f.add(e.file, "no item %q", id)
			}
			if slices.Contains(e.Items[:i], id) {
				f.add(e.file, "item %q is listed twice", id)
			}
		}
	}
	if len(s.nodes) == 0 {
		return
	}
	if start == "" {
		f.add("triage", "no question is the first")
		return
	}
	var walk func(id string, way []string)
	walk = func(id string, way []string) {
		n := nodes[id]
		if slices.Contains(way, id) {
			f.add(n.file, "questions go round in a circle: %s", strings.Join(append(way, id), ", "))
			return
		}
		if way = append(slices.Clip(way), id); len(way) > checklist.MaxQuestions {
			f.add(n.file, "more than %d questions: %s", checklist.MaxQuestions, strings.Join(way, ", "))
			return
		}
		reached[id] = true
		for _, a := range n.Answers {
			switch {
			case (a.Goto == "") == (a.Ending == ""):
				f.add(n.file, "answer %s: want one of goto and ending", a.ID)
			case a.Ending != "" && !endings[a.Ending]:
				f.add(n.file, "answer %s: no ending %q", a.ID, a.Ending)
			case a.Ending != "":
				reached["ending "+a.Ending] = true
			case nodes[a.Goto] == nil:
				f.add(n.file, "answer %s: no question %q", a.ID, a.Goto)
			default:
				walk(a.Goto, way)
			}
		}
	}
	walk(start, nil)
	for _, n := range s.nodes {
		if !reached[n.ID] {
			f.add(n.file, "no answer leads here")
		}
	}
	for _, e := range s.endings {
		if !reached["ending "+e.ID] {
			f.add(e.file, "no answer leads here")
		}
	}
}

func (s *source) lintNode(f *Findings, n *nodeSource) {
	need(f, n.file, "id", plain.MatchString(n.ID))
	need(f, n.file, "ask", n.Ask != "")
	need(f, n.file, "hint", n.Hint != "")
	for _, ref := range []string{"role:emergency", "role:crisis-line", refLeave} {
		if !slices.Contains(n.Always, ref) {
			f.add(n.file, "always has no %s", ref)
		}
	}
	if len(n.Always) != 3 {
		f.add(n.file, "always holds more than the emergency line, the crisis line and leaving")
	}
	if len(n.Answers) < 2 || len(n.Answers) > 6 {
		f.add(n.file, "got %d answers, want 2 to 6", len(n.Answers))
	}
	seen := map[string]bool{}
	for i, a := range n.Answers {
		if !plain.MatchString(a.ID) || seen[a.ID] {
			f.add(n.file, "answer %q is no id or written twice", a.ID)
		}
		seen[a.ID] = true
		need(f, n.file, "label of "+a.ID, a.Label != "")
		if a.Unsure != (i == len(n.Answers)-1) {
			f.add(n.file, "the last answer, and no other, is unsure: the way of somebody who does not know")
		}
		if a.Sets.Stage != "" {
			oneOf(f, n.file, "stage", a.Sets.Stage, stageNames)
		}
		allOf(f, n.file, "exposed", a.Sets.Exposed, exposed)
		if a.Sets.Only && len(a.Sets.Exposed) == 0 {
			f.add(n.file, "answer %s: only, but nothing is exposed", a.ID)
		}
	}
}

// lintWalks walks every way through the questions, in every country, and wants the plan made
// of the answers to hold the step that the ending puts first: it is opened then.
func lintWalks(p *checklist.Pack) Findings {
	var f Findings
	if p.Triage() == nil {
		return nil
	}
	for _, region := range append([]string{"", "zz"}, p.Regions()...) {
		var walk func(w checklist.Walk)
		walk = func(w checklist.Walk) {
			if e := w.Ending(); e != nil {
				a := w.Apply(checklist.Answers{Region: region})
				steps := p.Steps(e, a)
				if len(steps) < 2 {
					f.add("ending "+e.ID, "got %v of its items for %s, region %q, want at least two", steps, a.Stage, region)
					return
				}
				// Programs mark it as begun where the plan has no room for it.
				begun := []checklist.RowState{{RowKey: checklist.RowKey{Item: steps[0]}, Status: checklist.Doing}}
				plan := p.Plan(a, begun, day(p.Released()))
				if !slices.ContainsFunc(plan.Rows, func(r checklist.Row) bool { return r.Item.ID == steps[0] }) {
					f.add("ending "+e.ID, "%s comes first, and is not in the plan for %s, region %q, though it was begun", steps[0], plan.Stage, region)
				}
				return
			}
			for i := range w.Node().Answers {
				next, err := w.Answer(i)
				if err != nil {
					f.add(fmt.Sprintf("question %s", w.Node().ID), "answer %d: %v", i, err)
					continue
				}
				walk(next)
			}
		}
		walk(p.Triage().Walk())
	}
	return f
}
