// Package notices tells of messages that were shown as trusted and have turned out to be
// false, with what to do now. One is put away with one key once it was read; nothing else
// makes it go.
package notices

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Model is the screen. It shows one notice at a time, the newest first.
type Model struct {
	env     *screen.Env
	keys    keys.Notices
	notices []patient.Notice
	busy    bool
	err     error
}

// New returns the screen.
func New(env *screen.Env) *Model { return &Model{env: env, keys: keys.NewNotices()} }

type awayMsg struct{ err error }

// Init reads the notices anew.
func (m *Model) Init() tea.Cmd {
	m.notices = m.env.Device.Notices()
	return nil
}

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	if len(m.notices) == 0 {
		return keys.Map{Short: []keys.Binding{m.keys.Back}}
	}
	return keys.Map{Short: []keys.Binding{m.keys.Away, m.keys.Back}}
}

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case awayMsg:
		m.busy, m.err = false, msg.err
		m.Init()
		if msg.err == nil && len(m.notices) == 0 {
			m.env.Send(screen.Toast{Text: m.env.Words.T(words.NoticeGone)})
			return m.env.Send(screen.Back{})
		}
	case tea.KeyPressMsg:
		switch {
		case m.keys.Back.Is(msg):
			return m.env.Send(screen.Back{})
		case m.keys.Away.Is(msg) && !m.busy && len(m.notices) > 0:
			m.busy = true
			device, id := m.env.Device, m.notices[0].ID
			return m.env.Do(func(context.Context) tea.Msg { return awayMsg{device.DismissNotice(id)} })
		}
	}
	return nil
}

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	t := widget.NewText(st, width)
	if len(m.notices) == 0 {
		t.Para(st.Body, w.T(words.NoticeNone))
		return widget.Page{Title: w.T(words.NoticeTitle), Body: t}
	}
	n := m.notices[0]
	p := widget.Page{Title: st.Signs.Bad + "  " + w.T(words.NoticeTitle), TitleStyle: st.Danger, Aside: widget.Line(n.Clinic), Body: t}
	for i, line := range screen.NoticeLines(m.env, n) {
		if i == 0 {
			t.Para(st.Strong, line)
			continue
		}
		t.Para(st.Body, line)
	}
	t.Gap()
	t.Para(st.Accent, w.T(words.NoticeSteps))
	for _, step := range screen.NoticeSteps(w) {
		t.Hang(st.Signs.Bullet+" ", st.Muted, st.Body, step)
	}
	screen.DrawTrouble(t, w, m.err)
	if more := len(m.notices) - 1; more > 0 {
		t.Gap()
		t.Para(st.Muted, w.N(words.NoticeMore, more))
	}
	return p
}
