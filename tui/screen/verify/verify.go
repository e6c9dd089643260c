// Package verify checks a message: the reader gives a code, the whole message or the clinic's
// message file, in one field that tells them apart; then, if they like, the text as it reached
// them and who sent it; and sees a verdict with what to do.
//
// It promises that the verdict's words and signs are the same on the screen and on the
// command line ([Card]), that no verdict is told by colour alone, that an error is shown as
// "cannot tell", never as genuine, and that without a code or a file nothing is ever more
// than "cannot tell".
package verify

import (
	"context"
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// stage is what the screen asks or shows.
type stage int

const (
	askFirst stage = iota
	askText
	askSender
	checking
	shown
)

// Model is the screen.
type Model struct {
	env    *screen.Env
	keys   keys.Verify
	stage  stage
	input  widget.Input
	first  string // what was given first, as it was typed
	pasted bool   // it was pasted whole, not typed
	given  screen.Given
	text   string // what was received; "" when not given
	sender string // "" when not given

	checked  patient.Checked
	compared bool  // there was neither code nor file: only Saved counts
	err      error // nothing could be decided; checked then counts for nothing
	failed   bool  // the file could not be read
}

// New returns the screen at its first question.
func New(env *screen.Env) *Model { return &Model{env: env, keys: keys.NewVerify()} }

// With returns the screen checking a message that is at hand already; received is its text as
// it reached the reader, "" when there is none.
func With(env *screen.Env, bundle []byte, received string) *Model {
	m := New(env)
	m.given = screen.Given{Kind: screen.GivenBundle, Bundle: bundle}
	m.text, m.stage = received, checking
	return m
}

// WithCode is [With] for a message that came with a code.
func WithCode(env *screen.Env, code, received string) *Model {
	m := New(env)
	m.given = screen.Given{Kind: screen.GivenCode, Code: code}
	m.text, m.stage, m.pasted = received, checking, true
	return m
}

type readMsg struct {
	data []byte
	err  error
}

type checkedMsg struct {
	checked  patient.Checked
	compared bool
	err      error
}

// Init implements [screen.Screen].
func (m *Model) Init() tea.Cmd {
	if m.stage == checking {
		return m.check()
	}
	return nil
}

// Typing implements [screen.Typing].
func (m *Model) Typing() bool { return m.stage <= askSender }

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	switch {
	case m.stage <= askSender:
		k := keys.NewTyping()
		return keys.Map{Short: []keys.Binding{k.Accept, k.Clear, k.Back}}
	case m.stage == checking:
		return keys.Map{Short: []keys.Binding{m.keys.Back}}
	case m.err != nil && unreadable(m.err):
		return keys.Map{Short: []keys.Binding{m.keys.Again, m.keys.Back}}
	case m.err != nil:
		return keys.Map{Short: []keys.Binding{m.keys.Retry, m.keys.Other, m.keys.Back}}
	case m.compared:
		return keys.Map{Short: []keys.Binding{m.keys.Again, m.keys.Save, m.keys.Back}}
	}
	details := []keys.Binding{m.keys.Details, m.keys.Back}
	switch m.checked.Headline {
	case contact.Mistyped:
		return keys.Map{Short: append([]keys.Binding{m.keys.Correct}, details...), More: []keys.Binding{m.keys.Other}}
	case contact.Unavailable:
		return keys.Map{Short: []keys.Binding{m.keys.Retry, m.keys.Other, m.keys.Back, m.keys.Details}}
	case contact.NoPin:
		if m.addable() {
			return keys.Map{Short: []keys.Binding{m.keys.Add, m.keys.Again, m.keys.Back, m.keys.Details}}
		}
	}
	return keys.Map{Short: append([]keys.Binding{m.keys.Again}, details...)}
}

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case readMsg:
		m.failed = msg.err != nil
		if msg.err == nil {
			m.given = screen.Given{Kind: screen.GivenBundle, Bundle: msg.data}
			m.ask(askText)
		}
	case checkedMsg:
		m.stage, m.checked, m.compared, m.err = shown, msg.checked, msg.compared, msg.err
	case tea.PasteMsg:
		return m.paste(msg)
	case tea.KeyPressMsg:
		return m.press(msg)
	}
	return nil
}

// maxPaste is the most bytes that a paste may hold. Real messages are a few kilobytes.
const maxPaste = 1 << 20

// paste takes a whole message at once. Terminals send pasted line breaks as carriage returns.
// A paste of one line goes into the field, where it can still be seen and changed.
func (m *Model) paste(msg tea.PasteMsg) tea.Cmd {
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(msg.Content)
	lines := strings.Contains(strings.TrimSpace(text), "\n")
	switch {
	case len(text) > maxPaste:
		m.failed = m.stage == askFirst
	case m.stage == askFirst && lines:
		m.first, m.pasted = "", true
		return m.take(screen.ReadGiven(text))
	case m.stage == askFirst:
		m.pasted = m.input.Value() == ""
		m.input.Update(tea.PasteMsg{Content: strings.TrimSpace(text)})
	case m.stage == askText:
		m.text = text
		return m.askWho()
	case m.stage == askSender:
		m.input.Update(msg)
	}
	return nil
}

// ask goes to a question with an empty field.
func (m *Model) ask(s stage) {
	m.stage, m.failed = s, false
	m.input.Set("")
}

// take goes on with what was given first.
func (m *Model) take(g screen.Given) tea.Cmd {
	m.given, m.text, m.sender = g, g.Text, g.Sender
	switch g.Kind {
	case screen.GivenNothing:
	case screen.GivenFile:
		read := m.env.ReadFile
		return m.env.Do(func(context.Context) tea.Msg {
			data, err := read(g.File)
			return readMsg{data, err}
		})
	case screen.GivenCode, screen.GivenBundle:
		if m.text != "" {
			return m.askWho()
		}
		m.ask(askText)
	case screen.GivenSender:
		m.ask(askText)
	case screen.GivenText:
		return m.askWho()
	}
	return nil
}

// askWho asks for the sender where that can tell something: when numbers were saved, and the
// sender was not what was given first.
func (m *Model) askWho() tea.Cmd {
	if m.sender == "" && len(m.env.Device.SavedContacts()) > 0 {
		m.ask(askSender)
		return nil
	}
	return m.check()
}

func (m *Model) press(k tea.KeyPressMsg) tea.Cmd {
	if m.keys.Back.Is(k) {
		return m.back()
	}
	accept := keys.NewTyping().Accept.Is(k)
	switch {
	case m.stage == checking:
	case m.stage == shown:
		return m.next(k)
	case !accept:
		m.failed = false
		before := m.input.Value()
		if m.input.Update(k); m.stage == askFirst && m.input.Value() != before {
			m.pasted = false
		}
	case m.stage == askFirst:
		m.first = m.input.Value()
		return m.take(screen.ReadGiven(m.first))
	case m.stage == askText:
		m.text = strings.TrimSpace(m.input.Value())
		return m.askWho()
	case m.stage == askSender:
		m.sender = strings.TrimSpace(m.input.Value())
		return m.check()
	}
	return nil
}

// back goes to the question before; from the first one and from a verdict it leaves.
func (m *Model) back() tea.Cmd {
	switch {
	case m.stage == askText:
		m.ask(askFirst)
		m.input.Set(m.first)
	case m.stage == askSender && m.given.Text == "":
		m.ask(askText)
		if !strings.Contains(m.text, "\n") {
			m.input.Set(m.text)
		}
	case m.stage == askSender:
		m.ask(askFirst)
		m.input.Set(m.first)
	default:
		return m.env.Send(screen.Back{})
	}
	return nil
}

// next takes a key at a verdict.
func (m *Model) next(k tea.KeyPressMsg) tea.Cmd {
	w, headline := m.env.Words, m.checked.Headline
	verdict := m.err == nil && !m.compared
	switch {
	case m.compared && m.keys.Save.Is(k):
		return m.env.Send(screen.Go{To: screen.SaveNumbers})
	case verdict && m.keys.Details.Is(k):
		return m.env.Send(screen.Go{To: screen.Details, Title: w.T(words.VerdictDetails), Details: details(w, m.checked)})
	case verdict && m.addable() && m.keys.Add.Is(k):
		return m.env.Send(screen.Go{To: screen.AddClinic})
	case verdict && headline == contact.Mistyped && m.keys.Correct.Is(k):
		m.ask(askFirst)
		m.input.Set(m.given.Code)
	case (m.err != nil && !unreadable(m.err) || verdict && headline == contact.Unavailable) && m.keys.Retry.Is(k):
		return m.check()
	case m.keys.Again.Is(k), m.keys.Other.Is(k) && !m.compared:
		*m = *New(m.env)
	}
	return nil
}

// addable reports whether the verdict is about a clinic that could be set up here. A message for
// one person's app names none.
func (m *Model) addable() bool {
	return m.checked.Headline == contact.NoPin && m.checked.ClinicID != [32]byte{}
}

// unreadable reports whether an error says that a file is no message: asking again is no use.
func unreadable(err error) bool {
	return errors.Is(err, contact.ErrMalformed) || errors.Is(err, contact.ErrTooLarge)
}

func (m *Model) check() tea.Cmd {
	m.stage = checking
	m.input.Set("")
	device, given, text, sender, typed := m.env.Device, m.given, m.text, m.sender, !m.pasted
	return m.env.Do(func(ctx context.Context) tea.Msg {
		var received *string
		if strings.TrimSpace(text) != "" {
			received = &text
		}
		switch given.Kind {
		case screen.GivenCode:
			c, err := device.CheckCode(ctx, patient.CodeCheck{
				Code: given.Code, Typed: typed && given.Text == "", Text: received, Channel: screen.Channel(sender), Sender: sender,
			})
			return checkedMsg{checked: c, err: err}
		case screen.GivenBundle:
			c, err := device.CheckBundle(ctx, given.Bundle, received, sender)
			return checkedMsg{checked: c, err: err}
		}
		return checkedMsg{checked: patient.Checked{Saved: device.CompareSaved(text, sender)}, compared: true}
	})
}

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	if m.stage == shown {
		return m.page(width)
	}
	t := widget.NewText(st, width)
	p := widget.Page{Title: w.T(words.VerifyTitle), Body: t}
	field := func(question words.Key) {
		t.Para(st.Body, w.T(question))
		t.Gap()
		p.Cursor = m.input.Draw(t)
		p.Focus, p.FocusEnd = p.Cursor.Y, p.Cursor.Y+1
	}
	switch m.stage {
	case askFirst:
		field(words.VerifyAskFirst)
		m.drawHint(t)
		if m.failed {
			t.Gap()
			t.Para(st.Danger, w.T(words.VerifyNofile))
		}
		t.Gap()
		t.Para(st.Muted, w.T(words.VerifyWithout))
	case askText:
		field(words.VerifyAskText)
		t.Gap()
		t.Para(st.Muted, w.T(words.VerifyAskTextWhy))
	case askSender:
		if m.given.Kind == screen.GivenCode && m.given.Text != "" {
			t.Para(st.Muted, w.T(words.VerifyCodeFound))
			t.Gap()
		}
		field(words.VerifyAskSender)
		t.Gap()
		t.Para(st.Muted, w.T(words.VerifyAskSenderWhy))
	case checking:
		t.Para(st.Muted, w.T(words.VerifyChecking))
	}
	return p
}

// drawHint says what the field holds so far, and at once when a code cannot be right. It
// always takes a line, so that nothing below it jumps.
func (m *Model) drawHint(t *widget.Text) {
	text, wrong, whole := screen.Hint(m.env.Words, screen.ReadGiven(m.input.Value()))
	tone := t.Style.Muted
	switch {
	case text == "":
		t.Raw("")
		return
	case wrong:
		tone = t.Style.Caution
	case whole:
		tone = t.Style.Good
	}
	t.Indent(tone, 2, text)
}
