package clinics

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Keep takes what a reader copies from their own card or bill of a clinic that does not use
// this: its name, then numbers, web and email addresses one at a time.
type Keep struct {
	env   *screen.Env
	keys  keys.Typing
	named bool // the name was given
	input widget.Input
	saved patient.SavedContacts
	busy  bool
	empty bool // nothing was typed that could be saved
	err   error
}

// NewKeep returns the screen at its first question.
func NewKeep(env *screen.Env) *Keep {
	return &Keep{env: env, keys: keys.NewTyping(), input: widget.Input{Max: 200}}
}

type keptMsg struct{ err error }

// Init implements [screen.Screen].
func (m *Keep) Init() tea.Cmd { return nil }

// Typing implements [screen.Typing].
func (m *Keep) Typing() bool { return true }

// Keys implements [screen.Screen].
func (m *Keep) Keys() keys.Map {
	return keys.Map{Short: []keys.Binding{m.keys.Accept, m.keys.Clear, m.keys.Back}}
}

// Update implements [screen.Screen].
func (m *Keep) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case keptMsg:
		m.busy, m.err = false, msg.err
		if msg.err == nil {
			m.env.Send(screen.Toast{Text: m.env.Words.T(words.ClinicsKept)})
			return m.env.Send(screen.Back{})
		}
	case tea.PasteMsg:
		m.err, m.empty = nil, false
		m.input.Update(tea.PasteMsg{Content: strings.TrimSpace(msg.Content)})
	case tea.KeyPressMsg:
		return m.press(msg)
	}
	return nil
}

func (m *Keep) press(k tea.KeyPressMsg) tea.Cmd {
	typed := strings.TrimSpace(m.input.Value())
	switch {
	case m.busy:
	case m.keys.Back.Is(k):
		return m.back()
	case !m.keys.Accept.Is(k):
		m.err, m.empty = nil, false
		m.input.Update(k)
	case !m.named && typed != "":
		m.saved.Clinic, m.named = typed, true
		m.input.Set("")
	case !m.named:
		m.empty = true
	case typed != "":
		if m.err = screen.KeepSaved(&m.saved, typed); m.err == nil {
			m.input.Set("")
		}
	case screen.HasSaved(m.saved):
		m.busy, m.err = true, nil
		device, saved := m.env.Device, m.saved
		return m.env.Do(func(context.Context) tea.Msg { return keptMsg{device.SaveContacts(saved)} })
	default:
		m.empty = true
	}
	return nil
}

// back goes to the name while nothing else was given, and else leaves.
func (m *Keep) back() tea.Cmd {
	if m.named && !screen.HasSaved(m.saved) {
		m.input.Set(m.saved.Clinic)
		m.named, m.err, m.empty = false, nil, false
		return nil
	}
	return m.env.Send(screen.Back{})
}

// View implements [screen.Screen].
func (m *Keep) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	t := widget.NewText(st, width)
	p := widget.Page{Title: w.T(words.KeepTitle), Body: t}
	if m.named {
		t.Para(st.Body, w.T(words.KeepAsk, words.Str("name", widget.Line(m.saved.Clinic))))
		t.Para(st.Muted, w.T(words.KeepDone))
	} else {
		t.Para(st.Body, w.T(words.KeepName))
	}
	t.Gap()
	p.Cursor = m.input.Draw(t)
	p.Focus, p.FocusEnd = p.Cursor.Y, p.Cursor.Y+1
	if m.empty {
		t.Indent(st.Caution, 2, w.T(words.KeepEmpty))
	}
	screen.DrawTrouble(t, w, m.err)
	t.Gap()
	if screen.HasSaved(m.saved) {
		DrawSaved(t, w, m.saved)
		t.Gap()
	}
	if !m.named {
		t.Para(st.Muted, w.T(words.KeepNameWhy))
	}
	t.Para(st.Muted, w.T(words.KeepNever))
	return p
}
