package checklist_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

func sampleTriage() *checklist.Triage {
	return &checklist.Triage{
		Start: "a",
		Nodes: []checklist.Node{
			{ID: "a", Answers: []checklist.Choice{
				{ID: "yes", Goto: "b", Stage: checklist.Threatened},
				{ID: "told", Ending: "calm", Stage: checklist.Notified, Exposed: []checklist.Exposure{checklist.SSN}, Only: true},
				{ID: "unsure", Ending: "calm", Unsure: true},
			}},
			{ID: "b", Answers: []checklist.Choice{
				{ID: "shown", Ending: "bad", Stage: checklist.Published, Exposed: []checklist.Exposure{checklist.PhotoFace, checklist.Contact}},
				{ID: "unsure", Ending: "bad", Unsure: true},
			}},
		},
		Endings: []checklist.Ending{{ID: "bad", Items: []string{"x.y"}}, {ID: "calm", Items: []string{"x.z"}}},
	}
}

func take(t *testing.T, w checklist.Walk, answers ...int) checklist.Walk {
	t.Helper()
	for _, i := range answers {
		next, err := w.Answer(i)
		if err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
		w = next
	}
	return w
}

func TestWalk(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		answers  []int
		from     checklist.Answers
		node     string // "" at the end
		ending   string
		stage    checklist.Stage
		stageNow checklist.Stage // of the answers afterwards
		exposed  []checklist.Exposure
	}{
		{name: "beginning", node: "a"},
		{name: "on the way", answers: []int{0}, node: "b", stage: checklist.Threatened, stageNow: checklist.Threatened},
		{name: "raised twice", answers: []int{0, 0}, ending: "bad", stage: checklist.Published, stageNow: checklist.Published},
		{name: "never lowered", answers: []int{1}, from: checklist.Answers{Stage: checklist.Published}, ending: "calm",
			stage: checklist.Notified, stageNow: checklist.Published, exposed: []checklist.Exposure{checklist.SSN}},
		{name: "this and nothing else takes nothing away", answers: []int{1}, from: checklist.Answers{Exposed: []checklist.Exposure{checklist.Bank}}, ending: "calm",
			stage: checklist.Notified, stageNow: checklist.Notified, exposed: []checklist.Exposure{checklist.Bank, checklist.SSN}},
		{name: "not sure stays not sure", answers: []int{0, 0}, ending: "bad", stage: checklist.Published, stageNow: checklist.Published},
		{name: "exposures are added once", answers: []int{0, 0}, from: checklist.Answers{Exposed: []checklist.Exposure{checklist.Contact}}, ending: "bad",
			stage: checklist.Published, stageNow: checklist.Published, exposed: []checklist.Exposure{checklist.Contact, checklist.PhotoFace}},
		{name: "nothing said", answers: []int{2}, from: checklist.Answers{Stage: checklist.Notified}, ending: "calm", stageNow: checklist.Notified},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := take(t, sampleTriage().Walk(), tt.answers...)
			node, ending := "", ""
			if n := w.Node(); n != nil {
				node = n.ID
			}
			if e := w.Ending(); e != nil {
				ending = e.ID
			}
			if node != tt.node || ending != tt.ending || w.Answered() != len(tt.answers) {
				t.Errorf("got question %q, ending %q after %d, want %q, %q after %d", node, ending, w.Answered(), tt.node, tt.ending, len(tt.answers))
			}
			if got := w.Stage(); got != tt.stage {
				t.Errorf("stage: got %q, want %q", got, tt.stage)
			}
			before := slices.Clone(tt.from.Exposed)
			got := w.Apply(tt.from)
			if got.Stage != tt.stageNow {
				t.Errorf("stage of the answers: got %q, want %q", got.Stage, tt.stageNow)
			}
			if diff := cmp.Diff(tt.exposed, got.Exposed); diff != "" {
				t.Errorf("exposed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, tt.from.Exposed); diff != "" {
				t.Errorf("the answers given were changed:\n%s", diff)
			}
		})
	}
}

func TestWalkRefuses(t *testing.T) {
	t.Parallel()
	w := sampleTriage().Walk()
	for _, i := range []int{-1, 3} {
		if _, err := w.Answer(i); !errors.Is(err, checklist.ErrAnswer) {
			t.Errorf("answer %d: got %v, want ErrAnswer", i, err)
		}
	}
	if _, err := take(t, w, 2).Answer(0); !errors.Is(err, checklist.ErrAnswer) {
		t.Errorf("after the end: got %v, want ErrAnswer", err)
	}
}

// A walk is a value: another answer does not disturb the walk it was taken from.
func TestWalkBack(t *testing.T) {
	t.Parallel()
	first := take(t, sampleTriage().Walk(), 0)
	one, other := take(t, first, 0), take(t, first, 1)
	if one.Stage() != checklist.Published || other.Stage() != checklist.Threatened {
		t.Errorf("got %q and %q, want published and threatened", one.Stage(), other.Stage())
	}
	back, at := one.Back()
	if back.Node() == nil || back.Node().ID != "b" || at != 0 {
		t.Errorf("back: got %v at %d, want question b at 0", back.Node(), at)
	}
	back, at = back.Back()
	if back.Node().ID != "a" || at != 0 {
		t.Errorf("back again: got %v at %d, want question a at 0", back.Node(), at)
	}
	if back, _ = back.Back(); back.Node().ID != "a" {
		t.Errorf("before the first question: got %v, want it again", back.Node())
	}
}

// Every way through the questions of the pack ends within five, with words in both languages,
// and its ending names a step that is in the plan that the answers make.
func TestPackTriage(t *testing.T) {
	t.Parallel()
	p, err := checklist.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	ways := 0
	var walk func(w checklist.Walk)
	walk = func(w checklist.Walk) {
		if e := w.Ending(); e != nil {
			ways++
			for _, l := range p.Locales() {
				if x := p.Text(l).Ending(e.ID); x.Title == "" || x.Say == "" {
					t.Errorf("ending %s has no words in %s", e.ID, l)
				}
			}
			return
		}
		if w.Answered() >= checklist.MaxQuestions {
			t.Fatalf("question %s is the sixth", w.Node().ID)
		}
		n := w.Node()
		for _, l := range p.Locales() {
			x := p.Text(l).Node(n.ID)
			if x.Ask == "" || x.Hint == "" || len(x.Answers) != len(n.Answers) || slices.Contains(x.Answers, "") {
				t.Errorf("question %s lacks words in %s: %+v", n.ID, l, x)
			}
		}
		if !n.Answers[len(n.Answers)-1].Unsure {
			t.Errorf("question %s has no way for somebody who does not know", n.ID)
		}
		for i := range n.Answers {
			walk(take(t, w, i))
		}
	}
	walk(p.Triage().Walk())
	if ways < 20 {
		t.Errorf("got %d ways through the questions, want at least 20", ways)
	}
}

func TestMessage(t *testing.T) {
	t.Parallel()
	p, err := checklist.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range p.Locales() {
		tones := p.Text(l).Message(checklist.CloseMessage)
		if len(tones) != 3 {
			t.Fatalf("%s: got %d tones, want 3", l, len(tones))
		}
		for _, tone := range tones {
			if tone.Label == "" || tone.Text == "" {
				t.Errorf("%s: tone %s has no words", l, tone.ID)
			}
		}
	}
	if got := p.Text("en").Message("nobody"); got != nil {
		t.Errorf("unknown message: got %v, want none", got)
	}
}
