// Package questions asks the four questions. Each can be left open with "not sure"; none asks
// for a name, a procedure or a number.
package questions

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Model is the screen. The answers are kept only when the last question is answered.
type Model struct {
	env     *screen.Env
	keys    keys.Questions
	at      int // which question
	list    widget.List
	answers checklist.Answers
	picked  map[string]bool // of the question on the screen, where several may be picked
	busy    bool
	err     error
}

// questions is how many there are.
const questions = 4

// New returns the first question.
func New(env *screen.Env) *Model {
	m := &Model{env: env, keys: keys.NewQuestions()}
	if env.Device != nil {
		m.answers = env.Device.State().Answers
	}
	if m.answers.Region == "" {
		m.answers.Region = env.Region // chosen on the crisis screen
	}
	m.enter(0)
	return m
}

type savedMsg struct{ err error }

// option is one answer; an empty id is "not sure".
type option struct{ id, label string }

// Init implements [screen.Screen].
func (m *Model) Init() tea.Cmd { return nil }

func (m *Model) several() bool { return m.at >= 2 }

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	if m.several() {
		return keys.Map{Short: []keys.Binding{m.keys.Next, m.keys.Toggle, m.keys.Skip, m.keys.Back}}
	}
	return keys.Map{Short: []keys.Binding{m.keys.Pick, m.keys.Skip, m.keys.Back}}
}

// options returns the answers of the question on the screen.
func (m *Model) options() []option {
	w := m.env.Words
	switch m.at {
	case 0:
		return []option{
			{string(checklist.Threatened), w.T(words.QuestionsStageThreatened)},
			{string(checklist.Published), w.T(words.QuestionsStagePublished)},
			{string(checklist.Notified), w.T(words.QuestionsStageNotified)},
			{string(checklist.Worried), w.T(words.QuestionsStageWorried)},
		}
	case 1:
		var out []option
		for _, id := range m.env.Content.Regions() {
			out = append(out, option{id, screen.RegionName(w, id)})
		}
		return append(out, option{otherRegion, w.T(words.QuestionsRegionOther)})
	case 2:
		return []option{
			{string(checklist.Contact), w.T(words.QuestionsExposedContact)},
			{string(checklist.Address), w.T(words.QuestionsExposedAddress)},
			{string(checklist.BirthDate), w.T(words.QuestionsExposedDob)},
			{string(checklist.SSN), w.T(words.QuestionsExposedSsn)},
			{string(checklist.GovID), w.T(words.QuestionsExposedGovid)},
			{string(checklist.Login), w.T(words.QuestionsExposedLogin)},
			{string(checklist.Card), w.T(words.QuestionsExposedCard)},
			{string(checklist.Bank), w.T(words.QuestionsExposedBank)},
			{string(checklist.Insurance), w.T(words.QuestionsExposedInsurance)},
			{string(checklist.Records), w.T(words.QuestionsExposedRecords)},
			{string(checklist.PhotoFace), w.T(words.QuestionsExposedPhotoface)},
			{string(checklist.PhotoIntimate), w.T(words.QuestionsExposedPhotointimate)},
		}
	}
	var out []option
	for _, p := range m.env.Content.Platforms() {
		out = append(out, option{p.ID, p.Name})
	}
	return append(out, option{noApps, w.T(words.QuestionsAppsNone)})
}

// Answers that are not ids of the engine.
const (
	otherRegion = "other"
	noApps      = "none"
)

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case savedMsg:
		m.busy, m.err = false, msg.err
		if msg.err != nil {
			return nil
		}
		next := screen.Go{To: screen.Home, Replace: true}
		if !m.env.Device.RecoveryConfirmed() {
			next.To = screen.Recovery
		}
		m.env.Send(screen.Changed{})
		return m.env.Send(next)
	case tea.KeyPressMsg:
		if !m.busy {
			return m.key(msg)
		}
	}
	return nil
}

func (m *Model) key(k tea.KeyPressMsg) tea.Cmd {
	opts := m.options()
	switch {
	case m.list.Update(k, len(opts)):
	case m.keys.Back.Is(k):
		if m.at == 0 {
			return m.env.Send(screen.Back{})
		}
		m.enter(m.at - 1)
	case m.keys.Skip.Is(k):
		m.answer(nil)
		return m.next()
	case m.several() && m.keys.Toggle.Is(k):
		m.toggle(opts[m.list.At].id)
	case m.keys.Pick.Is(k):
		if !m.several() {
			m.answer([]string{opts[m.list.At].id})
			return m.next()
		}
		var ids []string
		for _, o := range opts {
			if m.picked[o.id] {
				ids = append(ids, o.id)
			}
		}
		m.answer(ids)
		return m.next()
	}
	return nil
}

// toggle picks or unpicks an answer. "None of these" and the apps exclude each other.
func (m *Model) toggle(id string) {
	on := !m.picked[id]
	if on && id == noApps {
		clear(m.picked)
	}
	if on && id != noApps {
		delete(m.picked, noApps)
	}
	m.picked[id] = on
}

// answer keeps the answer to the question on the screen; nil is "not sure".
func (m *Model) answer(ids []string) {
	first := ""
	if len(ids) > 0 {
		first = ids[0]
	}
	switch m.at {
	case 0:
		m.answers.Stage = checklist.Stage(first)
	case 1:
		if first == otherRegion {
			first = ""
		}
		m.answers.Region = first
	case 2:
		m.answers.Exposed = nil
		for _, id := range ids {
			m.answers.Exposed = append(m.answers.Exposed, checklist.Exposure(id))
		}
	case 3:
		m.answers.NoApps = first == noApps
		m.answers.Uses = ids
		if m.answers.NoApps {
			m.answers.Uses = nil
		}
	}
}

// next goes on, and saves after the last question.
func (m *Model) next() tea.Cmd {
	if m.at < questions-1 {
		m.enter(m.at + 1)
		return nil
	}
	m.busy = true
	device, answers := m.env.Device, m.answers
	return m.env.Do(func(context.Context) tea.Msg { return savedMsg{device.SetAnswers(answers)} })
}

// enter shows a question with the answer that was given before.
func (m *Model) enter(at int) {
	m.at, m.list, m.picked, m.err = at, widget.List{}, map[string]bool{}, nil
	given := []string{string(m.answers.Stage)}
	switch at {
	case 1:
		given = []string{m.answers.Region}
	case 2:
		given = nil
		for _, e := range m.answers.Exposed {
			given = append(given, string(e))
		}
	case 3:
		given = m.answers.Uses
		if m.answers.NoApps {
			given = []string{noApps}
		}
	}
	for i, o := range m.options() {
		if slices.Contains(given, o.id) {
			if m.several() {
				m.picked[o.id] = true
			} else {
				m.list.At = i
			}
		}
	}
}

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	t := widget.NewText(st, width)
	ask := [questions]words.Key{words.QuestionsStage, words.QuestionsRegion, words.QuestionsExposed, words.QuestionsApps}
	why := [questions]words.Key{words.QuestionsStageWhy, words.QuestionsRegionWhy, words.QuestionsExposedWhy, words.QuestionsAppsWhy}
	t.Para(st.Muted, w.T(why[m.at]))
	t.Gap()
	var rows []widget.Choice
	for _, o := range m.options() {
		c := widget.Choice{Label: o.label}
		if m.several() {
			c.Mark = st.Signs.Off
			if m.picked[o.id] {
				c.Mark = st.Signs.On
			}
		}
		rows = append(rows, c)
	}
	page := widget.Page{
		Title: w.T(ask[m.at]),
		Aside: w.T(words.QuestionsOf, words.Int("at", m.at+1), words.Int("of", questions)),
		Body:  t,
	}
	page.Focus, page.FocusEnd = m.list.Draw(t, rows)
	screen.DrawTrouble(t, w, m.err)
	return page
}
