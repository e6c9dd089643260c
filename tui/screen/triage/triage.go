// Package triage is the screens for somebody who does not know what has happened: at most
// five short questions, one at a time, and then the steps to take, in order.
//
// It promises that every question can be answered with "I do not know" and left at once, that
// the lines for an emergency stand below each of them, and that nothing is kept or sent: the
// plan changes only when the person says so. It needs no vault and no network.
package triage

import (
	"context"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Model is the screen.
type Model struct {
	env   *screen.Env
	keys  keys.Triage
	walk  checklist.Walk
	list  widget.List // of answers, or of steps
	where screen.RegionChoice
	open  map[int]bool // steps that are opened
	busy  bool
	err   error
}

// New returns the first question.
func New(env *screen.Env) *Model {
	m := &Model{env: env, keys: keys.NewTriage(), open: map[int]bool{}}
	if t := env.Content.Triage(); t != nil {
		m.walk = t.Walk()
	} else {
		m.walk = (&checklist.Triage{}).Walk()
	}
	return m
}

type adoptedMsg struct{ err error }

// Init implements [screen.Screen].
func (m *Model) Init() tea.Cmd { return nil }

func (m *Model) region() string {
	if m.env.Region == "" && m.env.Device != nil {
		return m.env.Device.State().Answers.Region
	}
	return m.env.Region
}

// answers is what the plan would go by if the person said so.
func (m *Model) answers() checklist.Answers {
	var a checklist.Answers
	if m.env.Device != nil {
		a = m.env.Device.State().Answers
	}
	a.Region = m.region()
	return m.walk.Apply(a)
}

// canAdopt reports whether the walk says something that the plan does not go by yet.
func (m *Model) canAdopt() bool {
	if m.env.Device == nil || m.walk.Ending() == nil {
		return false
	}
	now, then := m.env.Device.State().Answers, m.answers()
	return now.Stage != then.Stage || len(now.Exposed) != len(then.Exposed)
}

// rows is the steps of the ending that are for this person.
func (m *Model) rows() []string {
	e := m.walk.Ending()
	if e == nil {
		return nil
	}
	return m.env.Content.Steps(e, m.answers())
}

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	switch {
	case m.where.Open:
		c := keys.NewChoose()
		return keys.Map{Short: []keys.Binding{c.Pick, c.Back}}
	case m.walk.Node() != nil:
		k := keys.Map{Short: []keys.Binding{m.keys.Pick}}
		if m.region() == "" {
			k.Short = append(k.Short, m.keys.Region)
		}
		k.Short = append(k.Short, m.keys.Back)
		return k
	}
	k := keys.Map{Short: []keys.Binding{m.keys.Open}}
	if m.canAdopt() {
		k.Short = append(k.Short, m.keys.Adopt)
	}
	if m.leads() {
		k.Short = append(k.Short, m.keys.Tell)
	}
	k.Short = append(k.Short, m.keys.Back)
	return k
}

// leads reports whether one of the steps leads to the message for people close by.
func (m *Model) leads() bool {
	return slices.ContainsFunc(m.rows(), func(id string) bool {
		return slices.ContainsFunc(m.env.Content.Item(m.env.Locale(), id).Steps, func(s checklist.StepText) bool { return s.Ref == "app:message" })
	})
}

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case adoptedMsg:
		m.busy = false
		if m.err = msg.err; m.err != nil {
			return nil
		}
		m.env.Send(screen.Toast{Text: m.env.Words.T(words.CrisisAdopted)})
		m.env.Send(screen.Go{To: screen.Home})
		if row, ok := m.first(); ok {
			return m.env.Send(screen.Go{To: screen.Task, Row: row})
		}
	case tea.KeyPressMsg:
		switch {
		case m.busy:
		case m.where.Open:
			return m.where.Update(m.env, msg)
		case m.walk.Node() != nil:
			return m.ask(msg)
		default:
			return m.end(msg)
		}
	}
	return nil
}

// first is the first step of the ending that is in the plan and open.
func (m *Model) first() (checklist.RowKey, bool) {
	for _, id := range m.rows() {
		if m.planned(id) {
			return checklist.RowKey{Item: id}, true
		}
	}
	return checklist.RowKey{}, false
}

// planned reports whether a step is an open row of the person's plan.
func (m *Model) planned(id string) bool {
	return m.env.Device != nil && screen.Planned(m.env.Device, id)
}

// unfold opens a step: the row of the plan, when the plan goes by these answers already, or
// else what there is to say about it, in place.
func (m *Model) unfold(at int) {
	m.list.At = at
	if id := m.rows()[at]; !m.canAdopt() && m.planned(id) {
		m.env.Send(screen.Go{To: screen.Task, Row: checklist.RowKey{Item: id}})
		return
	}
	m.open[at] = !m.open[at]
}

func (m *Model) ask(k tea.KeyPressMsg) tea.Cmd {
	n := len(m.walk.Node().Answers)
	at, err := strconv.Atoi(k.String())
	switch {
	case m.list.Update(k, n):
	case err == nil && at >= 1 && at <= n:
		m.take(at - 1)
	case m.keys.Pick.Is(k):
		m.take(m.list.At)
	case m.keys.Region.Is(k):
		m.where.Open = true
	case m.keys.Back.Is(k):
		return m.back()
	}
	return nil
}

func (m *Model) take(answer int) {
	if next, err := m.walk.Answer(answer); err == nil {
		m.walk, m.list, m.err = next, widget.List{}, nil
		clear(m.open)
	}
}

func (m *Model) back() tea.Cmd {
	if m.walk.Answered() == 0 {
		return m.env.Send(screen.Back{})
	}
	m.walk, m.list.At = m.walk.Back()
	m.err = nil
	return nil
}

func (m *Model) end(k tea.KeyPressMsg) tea.Cmd {
	rows := m.rows()
	at, err := strconv.Atoi(k.String())
	switch {
	case m.list.Update(k, len(rows)):
	case err == nil && at >= 1 && at <= len(rows):
		m.unfold(at - 1)
	case m.keys.Open.Is(k) && m.list.At < len(rows):
		m.unfold(m.list.At)
	case m.keys.Adopt.Is(k) && m.canAdopt():
		m.busy, m.err = true, nil
		device, answers, steps := m.env.Device, m.answers(), rows
		return m.env.Do(func(context.Context) tea.Msg { return adoptedMsg{screen.Adopt(device, answers, steps)} })
	case m.keys.Tell.Is(k) && m.leads():
		return m.env.Send(screen.Go{To: screen.Message})
	case m.keys.Back.Is(k):
		return m.back()
	}
	return nil
}

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	t := widget.NewText(st, width)
	page := widget.Page{Body: t}
	if m.where.Open {
		m.where.Draw(m.env, t, &page)
		return page
	}
	if n := m.walk.Node(); n != nil {
		text := m.env.Content.Node(m.env.Locale(), n.ID)
		page.Title, page.Aside = text.Ask, w.N(words.TriageQuestion, m.walk.Answered()+1)
		t.Para(st.Muted, text.Hint)
		t.Gap()
		var rows []widget.Choice
		for _, label := range text.Answers {
			rows = append(rows, widget.Choice{Label: label})
		}
		page.Focus, page.FocusEnd = m.list.Draw(t, rows)
		t.Gap()
		m.safety(t, n.Always)
		return page
	}
	if e := m.walk.Ending(); e != nil {
		m.drawEnding(t, &page, e.ID)
	}
	screen.DrawTrouble(t, w, m.err)
	if m.err != nil {
		page.Focus, page.FocusEnd = 0, 0
	}
	return page
}

// safety is the lines for an emergency. Another country's numbers would be worse than none.
func (m *Model) safety(t *widget.Text, refs []string) {
	st := t.Style
	if m.region() == "" {
		t.Hang(m.keys.Region.Label(m.env.Words)+"  ", st.Key, st.Caution, m.env.Words.T(words.CrisisNoRegion))
		return
	}
	var out []string
	for _, ref := range refs {
		for _, c := range m.env.Content.Contacts(m.env.Locale(), ref, m.region()) {
			if len(c.Phones) > 0 {
				out = append(out, c.Name+" "+c.Phones[0].Number)
			}
		}
	}
	if len(out) > 0 {
		t.Para(st.Caution, strings.Join(out, "   "))
	}
}

func (m *Model) drawEnding(t *widget.Text, page *widget.Page, id string) {
	w, st, loc := m.env.Words, t.Style, m.env.Locale()
	text := m.env.Content.Ending(loc, id)
	page.Title = text.Title
	t.Para(st.Body, text.Say)
	t.Gap()
	t.Para(st.Accent, w.T(words.TriageSteps))
	for i, item := range m.rows() {
		start := t.Len()
		x := m.env.Content.Item(loc, item)
		cursor, s := " ", st.Body
		if i == m.list.At {
			cursor, s = st.Signs.Cursor, st.Strong
		}
		t.Hang(cursor+strconv.Itoa(i+1)+"  ", st.Accent, s, x.Title)
		if m.open[i] {
			t.Indent(st.Muted, 4, x.Why)
			for _, step := range x.Steps {
				t.Indent(st.Body, 4, step.Do)
				screen.DrawContacts(t, m.env, step.Ref, m.region(), 6)
			}
		}
		if i == m.list.At {
			page.Focus, page.FocusEnd = start, t.Len()
			if i == 0 {
				page.Focus = 0 // the first step comes with what it is for
			}
		}
	}
	if m.canAdopt() {
		t.Gap()
		text, then := w.T(words.TriageAdds), m.answers().Stage
		if then != m.env.Device.State().Answers.Stage {
			text = w.T(words.TriageSets, words.Str("text", w.T(stageWords(then))))
		}
		t.Hang(m.keys.Adopt.Label(w)+"  ", st.Key, st.Body, text)
	}
}

// stageWords is how the first of the four questions says a stage.
func stageWords(s checklist.Stage) words.Key {
	switch s {
	case checklist.Threatened:
		return words.QuestionsStageThreatened
	case checklist.Published:
		return words.QuestionsStagePublished
	case checklist.Notified:
		return words.QuestionsStageNotified
	}
	return words.QuestionsStageWorried
}
