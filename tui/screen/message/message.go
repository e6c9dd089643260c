// Package message is a message to people close by, in three tones: who hears it from the
// person first cannot be frightened with it by a stranger.
//
// It promises that the program sends nothing, and that the text reaches the clipboard only
// when the person asks for that. It needs no vault and no network.
package message

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Model is the screen.
type Model struct {
	env  *screen.Env
	keys keys.Message
	tone int
}

// New returns the screen.
func New(env *screen.Env) *Model { return &Model{env: env, keys: keys.NewMessage()} }

// Init implements [screen.Screen].
func (m *Model) Init() tea.Cmd { return nil }

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	return keys.Map{Short: []keys.Binding{m.keys.Tone, m.keys.Copy, m.keys.Back}}
}

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	tones := m.env.Content.Message(m.env.Locale())
	switch {
	case m.keys.Back.Is(k):
		return m.env.Send(screen.Back{})
	case len(tones) == 0:
	case m.keys.Tone.Is(k):
		m.tone = (m.tone + 1) % len(tones)
	case m.keys.Copy.Is(k):
		m.env.Send(screen.Toast{Text: m.env.Words.T(words.MessageCopied)})
		return tea.SetClipboard(strings.TrimSpace(tones[m.tone].Text))
	}
	return nil
}

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	t := widget.NewText(st, width)
	page := widget.Page{Title: w.T(words.MessageTitle), Body: t}
	tones := m.env.Content.Message(m.env.Locale())
	if m.tone >= len(tones) {
		return page
	}
	page.Aside = w.T(words.QuestionsOf, words.Int("at", m.tone+1), words.Int("of", len(tones)))
	t.Para(st.Muted, w.T(words.MessageWhy))
	t.Gap()
	t.Para(st.Accent, tones[m.tone].Label)
	t.Gap()
	// At the margin, so that a terminal's own selection takes nothing else along.
	for para := range strings.SplitSeq(strings.TrimSpace(tones[m.tone].Text), "\n") {
		if para == "" {
			t.Gap()
			continue
		}
		t.Para(st.Body, para)
	}
	return page
}
