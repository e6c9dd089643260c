// Package restored is shown after a vault came back from a recovery code: when and on which
// device it was last saved, and the clinics in it, which count only once they are confirmed.
package restored

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/screen/home"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Model is the screen.
type Model struct {
	env      *screen.Env
	keys     keys.Restored
	restored patient.Restored
	busy     bool
	err      error
}

// New returns the screen for a vault that was just restored, or, when SavedAt is zero, for the
// clinics of an earlier restore that still wait for a yes.
func New(env *screen.Env, r patient.Restored) *Model {
	return &Model{env: env, keys: keys.NewRestored(), restored: r}
}

type doneMsg struct{ err error }

// Init implements [screen.Screen].
func (m *Model) Init() tea.Cmd { return nil }

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	if len(m.restored.Pins) == 0 {
		return keys.Map{Short: []keys.Binding{keys.NewTyping().Accept}}
	}
	return keys.Map{Short: []keys.Binding{m.keys.Yes, m.keys.NotNow}}
}

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	home := func() tea.Cmd { return m.env.Send(screen.Go{To: screen.Home, Replace: true}) }
	switch msg := msg.(type) {
	case doneMsg:
		m.busy, m.err = false, msg.err
		if msg.err == nil {
			return home()
		}
	case tea.KeyPressMsg:
		switch {
		case m.busy:
		case m.keys.Yes.Is(msg) && len(m.restored.Pins) > 0:
			m.busy = true
			device := m.env.Device
			return m.env.Do(func(context.Context) tea.Msg { return doneMsg{device.ConfirmPins()} })
		case m.keys.Yes.Is(msg), m.keys.NotNow.Is(msg):
			return home()
		}
	}
	return nil
}

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	t := widget.NewText(st, width)
	title := words.RestoredPinsTitle
	if !m.restored.SavedAt.IsZero() {
		title = words.RestoredTitle
		t.Para(st.Body, w.T(words.RestoredSaved,
			words.Str("date", w.Date(m.restored.SavedAt.In(m.env.Now().Location()))), words.Str("device", widget.Line(m.restored.SavedOn))))
		t.Para(st.Muted, w.T(words.RestoredOlder))
		t.Gap()
	}
	if len(m.restored.Pins) > 0 {
		t.Para(st.Strong, w.T(words.RestoredPins))
		for _, p := range m.restored.Pins {
			p.Confirmed = true // the sentence says how it was set up; this screen asks the rest
			t.Hang(st.Signs.Bullet+" ", st.Accent, st.Body, home.Pin(m.env, p))
		}
		t.Gap()
		t.Para(st.Muted, w.T(words.RestoredPinsWhy))
	}
	screen.DrawTrouble(t, w, m.err)
	return widget.Page{Title: w.T(title), Body: t}
}
