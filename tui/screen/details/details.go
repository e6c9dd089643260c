// Package details shows the exact terms behind a screen: sources, dates, findings.
package details

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Model is the screen.
type Model struct {
	env      *screen.Env
	title    string
	sections []screen.Section
}

// New returns the details of something. The text in them must be safe already.
func New(env *screen.Env, title string, sections []screen.Section) *Model {
	return &Model{env, title, sections}
}

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
	st := m.env.Style
	t := widget.NewText(st, width)
	for _, s := range m.sections {
		t.Gap()
		t.Para(st.Strong, s.Title)
		for _, line := range s.Lines {
			if strings.HasPrefix(line, "https://") {
				t.Link(st.Body, 2, line)
				continue
			}
			t.Indent(st.Body, 2, line)
		}
	}
	return widget.Page{Title: m.title, Body: t}
}
