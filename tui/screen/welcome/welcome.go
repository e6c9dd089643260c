// Package welcome is the first screen on a device without a vault: what this is, the
// language, and whether to start anew or to come back with a recovery code.
package welcome

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Language asks the root for the other language before there are settings to keep it in.
type Language struct{ Locale string }

// Model is the screen.
type Model struct {
	env    *screen.Env
	list   widget.List
	input  widget.Input
	asking ask
	server string
	busy   bool
	err    error
}

// ask is what is being typed, if anything.
type ask int

const (
	nothing ask = iota
	forServer
	forCode
)

// New returns the first screen.
func New(env *screen.Env) *Model {
	return &Model{env: env, input: widget.Input{Max: 128}}
}

type createdMsg struct {
	device screen.Device
	err    error
}

type restoredMsg struct {
	device   screen.Device
	restored patient.Restored
	err      error
}

// Init implements [screen.Screen].
func (m *Model) Init() tea.Cmd { return nil }

// Typing implements [screen.Typing].
func (m *Model) Typing() bool { return m.asking != nothing }

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	if m.asking != nothing {
		k := keys.NewTyping()
		return keys.Map{Short: []keys.Binding{k.Accept, k.Clear, k.Back}}
	}
	return keys.Map{Short: []keys.Binding{keys.NewChoose().Pick, keys.NewAlways().Crisis}}
}

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case createdMsg:
		m.busy, m.err = false, msg.err
		if msg.err == nil {
			return m.env.Send(screen.Opened{Device: msg.device})
		}
	case restoredMsg:
		m.busy, m.err = false, msg.err
		if msg.err == nil {
			return m.env.Send(screen.Opened{Device: msg.device, Restored: &msg.restored})
		}
	case tea.PasteMsg:
		if m.asking != nothing {
			m.input.Update(msg)
		}
	case tea.KeyPressMsg:
		if !m.busy {
			return m.key(msg)
		}
	}
	return nil
}

func (m *Model) key(k tea.KeyPressMsg) tea.Cmd {
	if m.asking != nothing {
		return m.typed(k)
	}
	if m.list.Update(k, 3) || !keys.NewChoose().Pick.Is(k) {
		return nil
	}
	m.err = nil
	switch m.list.At {
	case 0:
		m.busy = true
		create := m.env.Opener.Create
		return m.env.Do(func(ctx context.Context) tea.Msg {
			d, err := create(ctx)
			return createdMsg{d, err}
		})
	case 1:
		m.asking = forServer
		m.input.Set(m.env.Opener.Server)
		return nil
	}
	other := "es"
	if m.env.Locale() == "es" {
		other = "en"
	}
	return m.env.Send(Language{other})
}

// typed takes the server's address, then the recovery code.
func (m *Model) typed(k tea.KeyPressMsg) tea.Cmd {
	typing := keys.NewTyping()
	switch {
	case typing.Back.Is(k):
		m.asking, m.err = nothing, nil
		m.input.Set("")
	case !typing.Accept.Is(k):
		m.err = nil
		m.input.Update(k)
	case m.asking == forServer:
		m.server = strings.TrimSpace(m.input.Value())
		if m.server == "" {
			m.err = patient.ErrNoServer
			return nil
		}
		m.asking, m.err = forCode, nil
		m.input.Set("")
	default:
		code, err := humancode.Parse(m.input.Value(), humancode.RecoveryLen)
		if m.err = err; err != nil {
			return nil
		}
		m.busy = true
		restore, server := m.env.Opener.Restore, m.server
		return m.env.Do(func(ctx context.Context) tea.Msg {
			d, r, err := restore(ctx, server, code)
			return restoredMsg{d, r, err}
		})
	}
	return nil
}

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	t := widget.NewText(st, width)
	page := widget.Page{Title: w.T(words.AppName), Body: t}
	if m.asking != nothing {
		page.Title = w.T(words.WelcomeRestoreTitle)
		text := words.WelcomeRestoreText
		if m.asking == forServer {
			text = words.WelcomeServerText
		}
		t.Para(st.Body, w.T(text))
		t.Gap()
		page.Cursor = m.input.Draw(t)
		page.Focus, page.FocusEnd = page.Cursor.Y, page.Cursor.Y+1
		if m.busy {
			t.Para(st.Muted, w.T(words.WelcomeRestoring))
		}
		screen.DrawTrouble(t, w, m.err)
		return page
	}
	t.Para(st.Body, w.T(words.WelcomeWhat))
	t.Gap()
	t.Para(st.Muted, w.T(words.WelcomePrivate))
	t.Gap()
	page.Focus, page.FocusEnd = m.list.Draw(t, []widget.Choice{
		{Label: w.T(words.WelcomeCreate)},
		{Label: w.T(words.WelcomeRestore)},
		{Label: w.T(words.WelcomeLanguage)},
	})
	t.Gap()
	if m.busy {
		t.Para(st.Muted, w.T(words.WelcomeCreating))
	}
	screen.DrawTrouble(t, w, m.err)
	if m.err != nil {
		page.Focus, page.FocusEnd = t.Len()-1, t.Len()
	}
	return page
}
