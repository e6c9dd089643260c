// Package verify checks a message: the reader gives the clinic's message file and, if they
// like, the text as it reached them, and sees a verdict with what to do.
//
// It promises that the verdict's words and signs are the same on the screen and on the
// command line ([Card]), that no verdict is told by colour alone, and that an error is shown
// as "cannot tell", never as genuine.
package verify

import (
	"context"
	"encoding/hex"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// stage is what the screen asks or shows.
type stage int

const (
	askBundle stage = iota
	askText
	checking
	shown
)

// Model is the screen.
type Model struct {
	env     *screen.Env
	keys    keys.Verify
	stage   stage
	input   widget.Input
	bundle  []byte
	text    string // what was received; "" when not given
	verdict contact.Verdict
	failed  bool // the file could not be read
}

// New returns the screen at its first question.
func New(env *screen.Env) *Model { return &Model{env: env, keys: keys.NewVerify()} }

// With returns the screen checking a message that is at hand already; received is its text as
// it reached the reader, "" when there is none.
func With(env *screen.Env, bundle []byte, received string) *Model {
	m := New(env)
	m.bundle, m.text, m.stage = bundle, received, checking
	return m
}

type readMsg struct {
	data []byte
	err  error
}

type verdictMsg struct {
	verdict contact.Verdict
	err     error
}

// Init implements [screen.Screen].
func (m *Model) Init() tea.Cmd {
	if m.stage == checking {
		return m.check()
	}
	return nil
}

// Typing implements [screen.Typing].
func (m *Model) Typing() bool { return m.stage == askBundle || m.stage == askText }

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	k := keys.NewTyping()
	switch m.stage {
	case askBundle, askText:
		return keys.Map{Short: []keys.Binding{k.Accept, k.Clear, k.Back}}
	case shown:
		return keys.Map{Short: []keys.Binding{m.keys.Again, m.keys.Details, m.keys.Back}}
	}
	return keys.Map{Short: []keys.Binding{m.keys.Back}}
}

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case readMsg:
		m.failed = msg.err != nil
		if msg.err == nil {
			m.take(msg.data)
		}
	case verdictMsg:
		m.stage, m.verdict = shown, msg.verdict
		if msg.err != nil {
			m.verdict = contact.Verdict{Headline: contact.Unavailable, Findings: []contact.Finding{contact.Unavailable}}
		}
	case tea.PasteMsg:
		return m.paste(msg)
	case tea.KeyPressMsg:
		return m.press(msg)
	}
	return nil
}

// maxPaste is the most bytes that a paste may hold. Real messages are a few kilobytes.
const maxPaste = 1 << 20

// paste takes a whole message at once. Terminals send pasted line breaks as carriage
// returns, and many readers do not copy the last one.
func (m *Model) paste(msg tea.PasteMsg) tea.Cmd {
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(msg.Content)
	switch {
	case len(text) > maxPaste:
		m.failed = m.stage == askBundle
	case m.stage == askBundle && strings.Contains(strings.TrimSpace(text), "\n"):
		m.take([]byte(strings.TrimLeft(strings.TrimRight(text, "\n "), "\n ") + "\n"))
	case m.stage == askText:
		m.text = text
		return m.check()
	case m.stage == askBundle:
		m.input.Update(msg)
	}
	return nil
}

func (m *Model) take(bundle []byte) {
	m.bundle, m.stage, m.failed = bundle, askText, false
	m.input.Set("")
}

func (m *Model) press(k tea.KeyPressMsg) tea.Cmd {
	typing := keys.NewTyping()
	if m.keys.Back.Is(k) {
		if m.stage == askText {
			m.stage = askBundle
			m.input.Set("")
			return nil
		}
		return m.env.Send(screen.Back{})
	}
	switch m.stage {
	case askBundle:
		if !typing.Accept.Is(k) {
			m.failed = false
			m.input.Update(k)
			return nil
		}
		name, read := filename(m.input.Value()), m.env.ReadFile
		if name == "" {
			return nil
		}
		return m.env.Do(func(context.Context) tea.Msg {
			data, err := read(name)
			return readMsg{data, err}
		})
	case askText:
		if !typing.Accept.Is(k) {
			m.input.Update(k)
			return nil
		}
		m.text = m.input.Value()
		return m.check()
	case shown:
		switch {
		case m.keys.Again.Is(k):
			*m = *New(m.env)
		case m.keys.Details.Is(k):
			return m.env.Send(screen.Go{To: screen.Details, Title: m.env.Words.T(words.VerdictDetails), Details: details(m.env.Words, m.verdict)})
		}
	}
	return nil
}

// filename undoes what terminals add to the name of a file that was dropped on them.
func filename(s string) string {
	s = strings.TrimSpace(s)
	for _, q := range []string{"'", `"`} {
		if len(s) > 1 && strings.HasPrefix(s, q) && strings.HasSuffix(s, q) {
			return s[1 : len(s)-1]
		}
	}
	return strings.ReplaceAll(s, `\ `, " ")
}

func (m *Model) check() tea.Cmd {
	m.stage = checking
	device, bundle, text := m.env.Device, m.bundle, m.text
	m.input.Set("")
	return m.env.Do(func(ctx context.Context) tea.Msg {
		var received *string
		if strings.TrimSpace(text) != "" {
			received = &text
		}
		v, err := device.Verify(ctx, bundle, received)
		return verdictMsg{v, err}
	})
}

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	if m.stage == shown {
		return page(m.verdict, "", w, st, width)
	}
	t := widget.NewText(st, width)
	p := widget.Page{Title: w.T(words.VerifyTitle), Body: t}
	switch m.stage {
	case askBundle:
		t.Para(st.Body, w.T(words.VerifyAskFile))
		t.Gap()
		p.Cursor = m.input.Draw(t)
		if m.failed {
			t.Gap()
			t.Para(st.Danger, w.T(words.VerifyNofile))
		}
		t.Gap()
		t.Para(st.Muted, w.T(words.VerifyWithout))
	case askText:
		t.Para(st.Body, w.T(words.VerifyAskText))
		t.Gap()
		p.Cursor = m.input.Draw(t)
		t.Gap()
		t.Para(st.Muted, w.T(words.VerifyAskTextWhy))
	case checking:
		t.Para(st.Muted, w.T(words.VerifyChecking))
	}
	if p.Cursor != nil {
		p.Focus, p.FocusEnd = p.Cursor.Y, p.Cursor.Y+1
	}
	return p
}

// details is the exact terms: every finding by its name, the keys, the times.
func details(w *words.Catalogue, v contact.Verdict) []screen.Section {
	var findings, facts []string
	for _, f := range v.Findings {
		findings = append(findings, string(f))
	}
	if len(findings) == 0 {
		findings = []string{string(v.Headline)}
	}
	add := func(k words.Key, value string) {
		if value != "" {
			facts = append(facts, w.T(k, words.Str("value", value)))
		}
	}
	add(words.DetailClinic, widget.Line(v.Clinic))
	if v.ClinicID != ([32]byte{}) {
		add(words.DetailClinicId, hex.EncodeToString(v.ClinicID[:8]))
	}
	add(words.DetailSigner, widget.Line(v.Signer))
	add(words.DetailKind, widget.Line(v.Kind))
	add(words.DetailIssued, w.Moment(v.Issued))
	add(words.DetailLogged, w.Moment(v.LoggedAt))
	add(words.DetailExpires, w.Moment(v.Expires))
	add(words.DetailStatus, w.Moment(v.StatusAt))
	add(words.DetailLevel, string(v.Level))
	add(words.DetailPinned, w.Date(v.PinnedAt))
	var remarks []string
	for _, r := range v.Remarks {
		remarks = append(remarks, string(r))
	}
	out := []screen.Section{{Title: w.T(words.DetailFindings), Lines: findings}}
	if len(facts) > 0 {
		out = append(out, screen.Section{Title: w.T(words.DetailFacts), Lines: facts})
	}
	if len(remarks) > 0 {
		out = append(out, screen.Section{Title: w.T(words.DetailRemarks), Lines: remarks})
	}
	return out
}
