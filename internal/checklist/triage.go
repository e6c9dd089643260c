package checklist

import (
	"errors"
	"slices"
)

// ErrAnswer: the question was not asked, or has no such answer.
var ErrAnswer = errors.New("no such answer")

// Triage is the questions for somebody who does not know what has happened: a graph of short
// questions without a circle, at most [MaxQuestions] on any way through it. Whatever is
// answered, it ends with steps to take, in order. It needs no network and keeps nothing.
type Triage struct {
	Start   string   `json:"start"`
	Nodes   []Node   `json:"nodes"`   // by id
	Endings []Ending `json:"endings"` // by id
}

// MaxQuestions bounds the questions on one way through a [Triage].
const MaxQuestions = 5

// Node is one question. Its words are in [Texts.Node].
type Node struct {
	ID      string   `json:"id"`
	Answers []Choice `json:"answers"` // the last one is "I do not know"
	// Always is what stands below the question whatever it is, as in [Step.Ref]: whom to reach
	// in danger. Every question can also be left at once; that is the program's promise.
	Always []string `json:"always"`
}

// Choice is one answer to a question. It leads to another question or to an ending.
type Choice struct {
	ID      string     `json:"id"`
	Goto    string     `json:"goto,omitempty"`
	Ending  string     `json:"ending,omitempty"`
	Stage   Stage      `json:"stage,omitempty"`   // what it says about the threat; "" nothing
	Exposed []Exposure `json:"exposed,omitempty"` // what it says may have been taken
	Only    bool       `json:"only,omitempty"`    // and that it was nothing else
	Unsure  bool       `json:"unsure,omitempty"`  // "I do not know"
}

// Ending is where the questions lead: steps of the checklist in order. Its words are in
// [Texts.Ending].
type Ending struct {
	ID    string   `json:"id"`
	Items []string `json:"items"`
}

// Node returns the question with the id, or nil.
func (t *Triage) Node(id string) *Node {
	for i := range t.Nodes {
		if t.Nodes[i].ID == id {
			return &t.Nodes[i]
		}
	}
	return nil
}

// Ending returns the ending with the id, or nil.
func (t *Triage) Ending(id string) *Ending {
	for i := range t.Endings {
		if t.Endings[i].ID == id {
			return &t.Endings[i]
		}
	}
	return nil
}

// Walk is somebody's way through a triage. It is a value: answering returns a further walk
// and leaves the one before as it was.
type Walk struct {
	triage *Triage
	given  []given
}

// given is one answer on the way.
type given struct {
	node   *Node
	answer int
}

// Walk begins at the first question.
func (t *Triage) Walk() Walk { return Walk{triage: t} }

// Node is the question to answer next, or nil at the end.
func (w Walk) Node() *Node {
	if len(w.given) == 0 {
		return w.triage.Node(w.triage.Start)
	}
	return w.triage.Node(w.last().Goto)
}

// Ending is where the walk has led, or nil while there is a question.
func (w Walk) Ending() *Ending {
	if len(w.given) == 0 {
		return nil
	}
	return w.triage.Ending(w.last().Ending)
}

func (w Walk) last() *Choice {
	g := w.given[len(w.given)-1]
	return &g.node.Answers[g.answer]
}

// Answered is how many questions were answered.
func (w Walk) Answered() int { return len(w.given) }

// Answer takes an answer to the question, by its place. The error is [ErrAnswer].
func (w Walk) Answer(i int) (Walk, error) {
	n := w.Node()
	if n == nil || i < 0 || i >= len(n.Answers) {
		return w, ErrAnswer
	}
	w.given = append(slices.Clip(w.given), given{n, i})
	return w, nil
}

// Back is the walk before the last answer, and that answer's place; the first question has
// nothing before it.
func (w Walk) Back() (Walk, int) {
	if len(w.given) == 0 {
		return w, 0
	}
	at := w.given[len(w.given)-1].answer
	w.given = slices.Clip(w.given[:len(w.given)-1])
	return w, at
}

// Apply returns the answers with what the walk has found out. The stage is raised and never
// lowered, and exposures are added. Somebody who is not sure what was taken stays so, since
// that plans for everything, until they say that it was this and nothing else.
func (w Walk) Apply(a Answers) Answers {
	for _, g := range w.given {
		c := &g.node.Answers[g.answer]
		if rank(c.Stage) > rank(a.Stage) {
			a.Stage = c.Stage
		}
		if len(a.Exposed) == 0 && !c.Only {
			continue
		}
		for _, e := range c.Exposed {
			if !slices.Contains(a.Exposed, e) {
				a.Exposed = append(slices.Clip(a.Exposed), e)
			}
		}
	}
	return a
}

// Stage is how near the threat is by the answers so far; "" when they say nothing.
func (w Walk) Stage() Stage {
	var s Stage
	for _, g := range w.given {
		if c := &g.node.Answers[g.answer]; c.Stage != "" && rank(c.Stage) >= rank(s) {
			s = c.Stage
		}
	}
	return s
}

// rank orders the stages; one that was not given counts as [Worried].
func rank(s Stage) int { return max(0, slices.Index(Stages(), s)) }

// Triage returns the questions of the pack, or nil when it has none.
func (p *Pack) Triage() *Triage { return p.doc.Triage }

// Steps returns the items of an ending that are for somebody with these answers, in the order
// of the ending.
func (p *Pack) Steps(e *Ending, a Answers) []string {
	w := planner{p: p, a: a}
	w.readAnswers()
	var out []string
	for _, id := range e.Items {
		if i, ok := p.index.items[id]; ok && w.applies(&p.index.rules[i]) {
			out = append(out, id)
		}
	}
	return out
}

// NodeText is the words of a question.
type NodeText struct {
	Ask, Hint string
	Answers   []string // in the order of [Node.Answers]
}

// Node returns the words of a question; the zero value for an id the pack does not have.
func (t *Texts) Node(id string) NodeText {
	if t.pack.doc.Triage == nil {
		return NodeText{}
	}
	n := t.pack.doc.Triage.Node(id)
	if n == nil {
		return NodeText{}
	}
	key := "triage." + id
	x := NodeText{Ask: t.Get(key + ".ask"), Hint: t.Get(key + ".hint")}
	for i := range n.Answers {
		x.Answers = append(x.Answers, t.Get(key+".answer."+n.Answers[i].ID))
	}
	return x
}

// EndingText is the words of an ending.
type EndingText struct {
	Title string // what the answers point to
	Say   string // what that means, and what it does not
}

// Ending returns the words of an ending.
func (t *Texts) Ending(id string) EndingText {
	return EndingText{Title: t.Get("ending." + id + ".title"), Say: t.Get("ending." + id + ".say")}
}
