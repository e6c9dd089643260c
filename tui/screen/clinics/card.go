package clinics

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/contact/card"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// cardStage is what the screen asks or shows.
type cardStage int

const (
	askWords cardStage = iota
	askHow
	asking
	offered
	adding
)

// Card adds a clinic by the six words of its card.
type Card struct {
	env   *screen.Env
	keys  keys.Card
	stage cardStage
	input widget.Input
	list  widget.List
	how   patient.Source
	offer patient.ClinicOffer
	stuck bool // there was nothing to go on with, and nothing to finish
	err   error
}

// NewCard returns the screen at its first question.
func NewCard(env *screen.Env) *Card {
	return &Card{env: env, keys: keys.NewCard(), input: widget.Input{Max: 200}}
}

type offerMsg struct {
	offer patient.ClinicOffer
	err   error
}

type addedMsg struct{ err error }

// Init implements [screen.Screen].
func (m *Card) Init() tea.Cmd { return nil }

// Typing implements [screen.Typing].
func (m *Card) Typing() bool { return m.stage == askWords }

// Keys implements [screen.Screen].
func (m *Card) Keys() keys.Map {
	switch m.stage {
	case askWords:
		return keys.Map{Short: []keys.Binding{m.keys.Accept, m.keys.Complete, m.keys.Back, m.keys.Clear}}
	case askHow:
		return keys.Map{Short: []keys.Binding{m.keys.Pick, m.keys.Back}}
	case offered:
		return keys.Map{Short: []keys.Binding{m.keys.Yes, m.keys.Back}}
	}
	return keys.Map{Short: []keys.Binding{m.keys.Back}}
}

// Update implements [screen.Screen].
func (m *Card) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case offerMsg:
		if m.stage != asking {
			return nil // it was called off
		}
		m.stage, m.offer, m.err = offered, msg.offer, msg.err
		if msg.err != nil {
			m.stage = askWords
		}
	case addedMsg:
		m.stage, m.err = offered, msg.err
		if msg.err == nil {
			m.env.Send(screen.Toast{Text: m.env.Words.T(words.ClinicsAdded)})
			return m.env.Send(screen.Back{})
		}
	case tea.PasteMsg:
		if m.stage == askWords {
			m.err = nil
			m.input.Update(tea.PasteMsg{Content: strings.Join(strings.Fields(msg.Content), " ")})
		}
	case tea.KeyPressMsg:
		return m.press(msg)
	}
	return nil
}

func (m *Card) press(k tea.KeyPressMsg) tea.Cmd {
	if m.keys.Back.Is(k) {
		return m.back()
	}
	switch m.stage {
	case askWords:
		m.typeWords(k)
	case askHow:
		sources := screen.Sources()
		if !m.list.Update(k, len(sources)) && m.keys.Pick.Is(k) {
			m.how, m.stage = sources[m.list.At], asking
			device, typed, how := m.env.Device, m.input.Value(), m.how
			return m.env.Do(func(ctx context.Context) tea.Msg {
				offer, err := device.PrepareClinic(ctx, typed, how)
				return offerMsg{offer, err}
			})
		}
	case offered:
		if m.keys.Yes.Is(k) {
			m.stage, m.err = adding, nil
			device, offer := m.env.Device, m.offer
			return m.env.Do(func(ctx context.Context) tea.Msg { return addedMsg{device.AddClinic(ctx, offer)} })
		}
	}
	return nil
}

// typeWords takes a key while words are typed.
func (m *Card) typeWords(k tea.KeyPressMsg) {
	switch {
	case m.keys.Accept.Is(k):
		if _, err := card.Parse(m.input.Value()); err == nil {
			m.stage, m.err = askHow, nil
			m.list = widget.List{}
			return
		}
		m.stuck = !m.complete()
	case m.keys.Complete.Is(k):
		m.stuck = !m.complete()
	default:
		m.err, m.stuck = nil, false
		m.input.Update(k)
	}
}

// complete finishes the word that is being typed by the first that it can become, and reports
// whether there was one.
func (m *Card) complete() bool {
	typed, typing := card.Split(m.input.Value())
	if !typing {
		return false
	}
	last := typed[len(typed)-1]
	if found, _ := card.Complete(last, 1); len(found) == 1 {
		m.input.Set(strings.Join(append(typed[:len(typed)-1], found[0]), " ") + " ")
		return true
	}
	return false
}

// back goes to the question before. While the server is asked it calls that off; while the
// clinic is being added it waits.
func (m *Card) back() tea.Cmd {
	switch m.stage {
	case askWords:
		return m.env.Send(screen.Back{})
	case askHow:
		m.stage = askWords
	case asking, offered:
		m.stage, m.err = askHow, nil
	}
	return nil
}

// View implements [screen.Screen].
func (m *Card) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	t := widget.NewText(st, width)
	p := widget.Page{Title: w.T(words.CardTitle), Body: t}
	switch m.stage {
	case askWords:
		t.Para(st.Body, w.T(words.CardAsk))
		t.Gap()
		p.Cursor = m.input.Draw(t)
		p.Focus, p.FocusEnd = p.Cursor.Y, p.Cursor.Y+1
		m.drawSoFar(t)
		if m.stuck {
			t.Indent(st.Caution, 2, w.T(words.CardStuck))
		}
		screen.DrawTrouble(t, w, m.err)
		t.Gap()
		t.Para(st.Muted, w.T(words.CardOnly))
		if w.Locale() != "en" {
			t.Para(st.Muted, w.T(words.CardEnglish))
		}
	case askHow:
		t.Para(st.Body, w.T(words.CardHow))
		t.Gap()
		var rows []widget.Choice
		for _, s := range screen.Sources() {
			rows = append(rows, widget.Choice{Label: screen.SourceName(w, s)})
		}
		p.Focus, p.FocusEnd = m.list.Draw(t, rows)
		t.Gap()
		t.Para(st.Muted, w.T(words.CardHowWhy))
	case asking:
		t.Para(st.Muted, w.T(words.CardAsking))
	case offered, adding:
		p.Title = w.T(words.CardFound)
		DrawOffer(m.env, t, m.offer)
		screen.DrawTrouble(t, w, m.err)
	}
	return p
}

func (m *Card) drawSoFar(t *widget.Text) {
	s := screen.ReadCardSoFar(m.input.Value())
	tone := t.Style.Muted
	switch {
	case s.Wrong != "" || s.TooMany:
		tone = t.Style.Caution
	case s.Whole:
		tone = t.Style.Good
	}
	t.Indent(tone, 2, screen.CardHint(m.env.Words, s))
}

// DrawOffer says what was found for a card, and what to look at before it is added.
func DrawOffer(env *screen.Env, t *widget.Text, o patient.ClinicOffer) {
	st := t.Style
	for i, line := range screen.OfferLines(env, o) {
		switch {
		case line.Warn:
			t.Hang(st.Signs.Open+" ", st.Caution, st.Caution, line.Text)
		case i == 0:
			t.Para(st.Strong, line.Text)
		default:
			t.Para(st.Body, line.Text)
		}
		t.Gap()
	}
}
