// Package passwords is the screen that suggests passwords, and says how strong one is that
// the reader made up.
//
// It keeps nothing: suggestions are overwritten when others come or the reader goes, and are
// covered until the reader asks to see them, since somebody may look on. What is typed is
// covered too. It writes nothing to the clipboard, where every other program could read it.
package passwords

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/passphrase"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/style"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

const (
	howMany = 3 // suggestions
	step    = 5 // characters longer or shorter; words go one by one

	coveredLength = 24
)

// Model is the screen.
type Model struct {
	env    *screen.Env
	keys   keys.Passwords
	drawn  []passphrase.Suggestion
	signs  bool // characters instead of words
	words  int
	length int
	shown  bool
	typing bool
	input  widget.Input
	judged passphrase.Strength
	err    error
}

// New returns the screen.
func New(env *screen.Env) *Model {
	return &Model{env: env, keys: keys.NewPasswords(), words: passphrase.DefaultWords, length: passphrase.DefaultLength}
}

// Init draws suggestions, covered. Drawing takes well under a millisecond.
func (m *Model) Init() tea.Cmd {
	m.shown = false
	m.draw()
	return nil
}

// draw replaces the suggestions.
func (m *Model) draw() {
	m.clear()
	g := passphrase.Generator{Rand: m.env.Rand}
	for range howMany {
		s, err := g.Words(m.words)
		if m.signs {
			s, err = g.Characters(m.length)
		}
		if m.err = err; err != nil {
			m.clear()
			return
		}
		m.drawn = append(m.drawn, s)
	}
}

func (m *Model) clear() {
	for i := range m.drawn {
		m.drawn[i].Clear()
	}
	m.drawn = m.drawn[:0]
}

// Typing implements [screen.Typing].
func (m *Model) Typing() bool { return m.typing }

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	k := m.keys
	if m.typing {
		see := k.See
		if !m.input.Hidden {
			see = k.Cover
		}
		return keys.Map{Short: []keys.Binding{see, k.Clear, k.TypedBack}}
	}
	show, kind := k.Show, k.Signs
	if m.shown {
		show = k.Hide
	}
	if m.signs {
		kind = k.Words
	}
	more := []keys.Binding{kind}
	if m.canGrow() {
		more = append(more, k.Longer)
	}
	if m.canShrink() {
		more = append(more, k.Shorter)
	}
	if !m.shown {
		return keys.Map{Short: []keys.Binding{show, k.Try, kind, k.Back}, More: more[1:]}
	}
	return keys.Map{Short: []keys.Binding{show, k.Others, k.Try, k.Back}, More: more}
}

func (m *Model) canGrow() bool {
	return m.signs && m.length+step <= passphrase.MaxLength || !m.signs && m.words < passphrase.MaxWords
}

func (m *Model) canShrink() bool {
	return m.signs && m.length-step >= passphrase.MinLength || !m.signs && m.words > passphrase.MinWords
}

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		if m.typing && m.input.Update(msg) {
			m.judge()
		}
	case tea.KeyPressMsg:
		if m.typing {
			m.typed(msg)
			return nil
		}
		return m.press(msg)
	}
	return nil
}

func (m *Model) press(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case m.keys.Back.Is(k):
		m.clear()
		return m.env.Send(screen.Back{})
	case m.keys.Show.Is(k):
		m.shown = !m.shown
	case m.keys.Others.Is(k) && m.shown:
		m.draw()
	case m.keys.Signs.Is(k):
		m.signs = !m.signs
		m.draw()
	case m.keys.Longer.Is(k) && m.canGrow():
		m.resize(1)
	case m.keys.Shorter.Is(k) && m.canShrink():
		m.resize(-1)
	case m.keys.Try.Is(k):
		m.typing, m.input, m.judged = true, widget.Input{Hidden: true, Max: 256}, passphrase.Strength{}
	}
	return nil
}

func (m *Model) resize(by int) {
	if m.signs {
		m.length += by * step
	} else {
		m.words += by
	}
	m.draw()
}

// typed takes a key for the reader's own password.
func (m *Model) typed(k tea.KeyPressMsg) {
	switch {
	case m.keys.TypedBack.Is(k):
		m.typing, m.input, m.judged = false, widget.Input{}, passphrase.Strength{}
	case m.keys.See.Is(k):
		m.input.Hidden = !m.input.Hidden
	case m.input.Update(k):
		m.judge()
	}
}

// judge looks at what is typed so far, which takes less than a key press can be felt.
func (m *Model) judge() {
	value := []byte(m.input.Value())
	defer clear(value)
	m.judged = passphrase.Judge(value, screen.Near(m.env)...)
}

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w := m.env.Words
	t := widget.NewText(m.env.Style, width)
	p := widget.Page{Title: w.T(words.PasswordsTitle), Body: t}
	if m.typing {
		m.viewTyped(t, &p)
		return p
	}
	st := t.Style
	t.Para(st.Body, w.T(words.PasswordsWhat))
	t.Gap()
	if m.signs {
		t.Para(st.Accent, w.T(words.PasswordsSigns, words.Int("count", m.length)))
	} else {
		t.Para(st.Accent, w.T(words.PasswordsWords, words.Int("count", m.words)))
	}
	if m.err != nil {
		t.Para(st.Danger, w.T(words.PasswordsTrouble))
	}
	for i := range m.drawn {
		m.viewSuggestion(t, i+1, &m.drawn[i])
	}
	t.Gap()
	if m.shown {
		t.Para(st.Muted, w.T(words.PasswordsKeep))
	} else {
		t.Hang(m.keys.Show.Label(w)+"  ", st.Key, st.Muted, w.T(words.PasswordsCovered))
	}
	if !m.signs {
		t.Gap()
		t.Para(st.Muted, w.T(words.PasswordsEnglish))
	}
	return p
}

// viewSuggestion draws a suggestion, whole. A long one is broken at hyphens, which stay at the
// ends of the lines, or wherever there is room.
func (m *Model) viewSuggestion(t *widget.Text, n int, s *passphrase.Suggestion) {
	mark := strconv.Itoa(n) + "  "
	if !m.shown {
		// Always as many, so that a look says nothing of the length.
		t.Hang(mark, t.Style.Muted, t.Style.Muted, strings.Repeat("*", coveredLength))
		return
	}
	var b strings.Builder
	room, used := min(widget.Measure, t.Width)-len(mark), 0
	for _, part := range strings.SplitAfter(string(s.Text), "-") {
		if used > 0 && used+len(part) > room {
			b.WriteByte('\n')
			used = 0
		}
		b.WriteString(part)
		used += len(part)
	}
	t.Hang(mark, t.Style.Muted, t.Style.Strong, b.String())
}

func (m *Model) viewTyped(t *widget.Text, p *widget.Page) {
	w, st := m.env.Words, t.Style
	t.Para(st.Body, w.T(words.PasswordsAsk))
	t.Gap()
	p.Cursor = m.input.Draw(t)
	t.Gap()
	if m.judged.Level != "" {
		sign, tone := level(st, m.judged.Level)
		head, reason := screen.Strength(w, m.judged)
		t.Hang(sign+" ", tone, tone, head)
		t.Para(st.Body, reason)
	}
	p.Focus, p.FocusEnd = p.Cursor.Y, t.Len()
}

func level(st *style.Set, l passphrase.Level) (string, style.Style) {
	switch l {
	case passphrase.Strong:
		return st.Signs.Good, st.Good
	case passphrase.Fair:
		return st.Signs.Open, st.Caution
	}
	return st.Signs.Bad, st.Danger
}
