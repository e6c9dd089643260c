package app

import (
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// Footer returns the keys that the footer may show.
func (m *Model) Footer() []keys.Binding { return m.footer() }

// Screen returns the screen that is shown.
func (m *Model) Screen() screen.Screen { return m.top() }

// Typing reports whether letters are text now.
func (m *Model) Typing() bool {
	t, ok := m.top().(screen.Typing)
	return ok && t.Typing()
}

// Device returns the open device, or nil.
func (m *Model) Device() screen.Device { return m.env.Device }
