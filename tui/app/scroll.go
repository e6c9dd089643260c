package app

import (
	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// scroll moves pages that have no cursor of their own, and any page by whole pages. A key
// that cannot scroll any further is the screen's.
func (m *Model) scroll(k tea.KeyPressMsg) bool {
	step := m.step(k)
	if step == 0 {
		return false
	}
	p := m.top().View(m.width)
	if p.Cursor != nil || p.FocusEnd > p.Focus && step*step == 1 {
		return false
	}
	return m.scrollBy(p, step)
}

// step returns how many lines a key scrolls by; 0 when it does not scroll.
func (m *Model) step(k tea.KeyPressMsg) int {
	switch {
	case m.always.PageUp.Is(k):
		return -max(2, m.height-6)
	case m.always.PageDown.Is(k):
		return max(2, m.height-6)
	case m.always.Up.Is(k):
		return -1
	case m.always.Down.Is(k):
		return 1
	}
	return 0
}

// scrollBy moves the page without regard to its cursor; it reports whether it moved.
func (m *Model) scrollBy(p widget.Page, step int) bool {
	at := len(m.stack) - 1
	p.Focus, p.FocusEnd = 0, 0
	before := m.offsets[at]
	f := m.frame()
	f.Offset = max(0, before+step)
	_, m.offsets[at], _ = f.Render(p, m.footer())
	moved := m.offsets[at] != before
	m.free = m.free || moved
	return moved
}
