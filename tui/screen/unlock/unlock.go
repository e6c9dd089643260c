// Package unlock is shown while the vault is opened: a calm wait, a passphrase if it needs
// one, or what went wrong and what to try.
package unlock

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// NoVault tells the root that this device has no vault yet.
type NoVault struct{}

// Model is the screen.
type Model struct {
	env   *screen.Env
	input widget.Input
	busy  bool
	ask   bool // for the passphrase
	err   error
}

// New returns the screen; its Init opens the vault.
func New(env *screen.Env) *Model {
	return &Model{env: env, input: widget.Input{Hidden: true, Max: 1024}}
}

type openedMsg struct {
	device screen.Device
	err    error
}

// Init implements [screen.Screen].
func (m *Model) Init() tea.Cmd {
	if m.busy || m.ask || m.err != nil {
		return nil
	}
	return m.open(nil)
}

func (m *Model) open(passphrase []byte) tea.Cmd {
	m.busy, m.err = true, nil
	open := m.env.Opener.Open
	return m.env.Do(func(ctx context.Context) tea.Msg {
		d, err := open(ctx, passphrase)
		clear(passphrase)
		return openedMsg{d, err}
	})
}

// Typing implements [screen.Typing].
func (m *Model) Typing() bool { return m.ask }

// Err returns why the vault could not be opened, or nil.
func (m *Model) Err() error { return m.err }

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	if m.ask {
		k := keys.NewTyping()
		return keys.Map{Short: []keys.Binding{k.Accept, k.Clear}}
	}
	if m.err != nil {
		return keys.Map{Short: []keys.Binding{keys.NewUnlock().Again, keys.NewAlways().Crisis}}
	}
	return keys.Map{Short: []keys.Binding{keys.NewAlways().Crisis}}
}

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case openedMsg:
		m.busy = false
		switch {
		case msg.err == nil:
			return m.env.Send(screen.Opened{Device: msg.device})
		case errors.Is(msg.err, patient.ErrNoVault):
			return m.env.Send(NoVault{})
		case errors.Is(msg.err, patient.ErrNeedPassphrase), errors.Is(msg.err, patient.ErrWrongPassphrase):
			m.ask = true
			if errors.Is(msg.err, patient.ErrWrongPassphrase) {
				m.err = msg.err
			}
		default:
			m.ask, m.err = false, msg.err
		}
	case tea.PasteMsg:
		if m.ask && !m.busy {
			m.input.Update(msg)
		}
	case tea.KeyPressMsg:
		if m.busy {
			return nil
		}
		if m.ask {
			if keys.NewTyping().Accept.Is(msg) {
				passphrase := []byte(m.input.Value())
				m.input.Set("")
				return m.open(passphrase)
			}
			m.err = nil
			m.input.Update(msg)
			return nil
		}
		if m.err != nil && keys.NewUnlock().Again.Is(msg) {
			return m.open(nil)
		}
	}
	return nil
}

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	t := widget.NewText(st, width)
	page := widget.Page{Title: w.T(words.AppName), Body: t}
	switch {
	case m.ask:
		t.Para(st.Body, w.T(words.UnlockAsk))
		t.Gap()
		page.Cursor = m.input.Draw(t)
		page.Focus, page.FocusEnd = page.Cursor.Y, page.Cursor.Y+1
		if m.busy {
			t.Para(st.Muted, w.T(words.UnlockOpening))
		}
		screen.DrawTrouble(t, w, m.err)
	case m.err != nil:
		screen.DrawTrouble(t, w, m.err)
	default:
		t.Para(st.Muted, w.T(words.UnlockOpening))
	}
	return page
}
