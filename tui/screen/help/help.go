// Package help lists the keys of the screen it was asked on. It is made from the bindings
// themselves.
package help

import (
	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Model is the screen.
type Model struct {
	env  *screen.Env
	here keys.Map
}

// New returns help for a screen with the given keys.
func New(env *screen.Env, here keys.Map) *Model { return &Model{env, here} }

// Init implements [screen.Screen].
func (m *Model) Init() tea.Cmd { return nil }

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyPressMsg); ok && keys.NewChoose().Back.Is(k) {
		return m.env.Send(screen.Back{})
	}
	return nil
}

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map { return keys.Map{Short: []keys.Binding{keys.NewChoose().Back}} }

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	t := widget.NewText(st, width)
	say := func(b keys.Binding, help words.Key) {
		label := b.Label(w)
		for n := len([]rune(label)); n < 8; n++ {
			label += " "
		}
		t.Hang(label+" ", st.Key, st.Body, w.T(help))
	}
	row := func(b keys.Binding) { say(b, b.Help) }
	t.Para(st.Strong, w.T(words.HelpHere))
	for _, b := range append(append([]keys.Binding(nil), m.here.Short...), m.here.More...) {
		row(b)
	}
	t.Gap()
	t.Para(st.Strong, w.T(words.HelpAlways))
	a := keys.NewAlways()
	row(a.Leave)
	row(a.Crisis)
	say(a.CrisisTyping, words.HelpTyping)
	for _, b := range []keys.Binding{a.Back, a.Up, a.Down, a.PageUp, a.PageDown} {
		row(b)
	}
	t.Gap()
	t.Para(st.Strong, w.T(words.HelpLeaveTitle))
	t.Para(st.Body, w.T(words.HelpLeave))
	t.Gap()
	t.Para(st.Strong, w.T(words.HelpStaysTitle))
	t.Para(st.Body, w.T(words.HelpStays))
	return widget.Page{Title: w.T(words.HelpTitle), Body: t}
}
