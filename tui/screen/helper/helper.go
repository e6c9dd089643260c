// Package helper is all that somebody trusted sees who does steps for the patient: what to do
// and how, and nothing of why.
//
// While it is shown nothing else is: no reasons, no stage, no clinic, no messages, no settings,
// no page for people under threat, and no key that leads to one of them. The way back takes
// the passphrase of the vault, if there is one. Leaving at once works as everywhere.
package helper

import (
	"context"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// mode is what the screen shows.
type mode int

const (
	listing mode = iota
	reading      // one row
	closing      // the way back, with a passphrase if there is one
)

// Model is the screen.
type Model struct {
	env   *screen.Env
	keys  keys.Helper
	mode  mode
	rows  []checklist.Row
	list  widget.List
	apps  widget.List // platforms of the row that is read
	moved bool
	input widget.Input
	busy  bool
	err   error
}

// New returns the screen.
func New(env *screen.Env) *Model { return &Model{env: env, keys: keys.NewHelper()} }

type markedMsg struct {
	err  error
	stay bool
}

type stoppedMsg struct{ err error }

// Init reads the rows anew.
func (m *Model) Init() tea.Cmd {
	plan := m.env.Device.Plan()
	m.rows = screen.HelperRows(m.env.Words, func(item string) checklist.ItemText {
		return m.env.Content.Item(m.env.Locale(), item)
	}, &plan)
	m.list.At = max(0, min(m.list.At, len(m.rows)-1))
	if len(m.rows) == 0 && m.mode == reading {
		m.mode = listing
	}
	return nil
}

// Typing implements [screen.Typing].
func (m *Model) Typing() bool { return m.mode == closing && m.env.Device.HasPassphrase() }

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	switch m.mode {
	case reading:
		if len(m.row().Platforms) > 0 {
			return keys.Map{Short: []keys.Binding{m.keys.One, m.keys.All, m.keys.Back}}
		}
		return keys.Map{Short: []keys.Binding{m.keys.Done, m.keys.Back}}
	case closing:
		if m.Typing() {
			typing := keys.NewTyping()
			return keys.Map{Short: []keys.Binding{typing.Accept, typing.Clear, typing.Back}}
		}
		return keys.Map{Short: []keys.Binding{m.keys.Return, m.keys.Back}}
	}
	if len(m.rows) == 0 {
		return keys.Map{Short: []keys.Binding{m.keys.Owner}}
	}
	return keys.Map{Short: []keys.Binding{m.keys.Open, m.keys.Owner}}
}

func (m *Model) row() *checklist.Row { return &m.rows[m.list.At] }

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case markedMsg:
		m.busy, m.err = false, msg.err
		if msg.err == nil && !msg.stay {
			m.mode = listing
			m.env.Send(screen.Toast{Text: m.env.Words.T(words.HelperSaved)})
		}
		return m.reread()
	case stoppedMsg:
		m.busy, m.err = false, msg.err
		if msg.err != nil {
			return nil
		}
		return m.env.Send(screen.Go{To: screen.Home})
	case screen.Changed:
		return m.reread()
	case tea.PasteMsg:
		if m.Typing() {
			m.input.Update(msg)
		}
	case tea.KeyPressMsg:
		switch {
		case m.busy:
		case m.mode == reading:
			return m.read(msg)
		case m.mode == closing:
			return m.close(msg)
		default:
			m.press(msg)
		}
	}
	return nil
}

// reread reads the rows anew and stays at the row that is open, if it is still there.
func (m *Model) reread() tea.Cmd {
	item := ""
	if m.mode == reading {
		item = m.row().Item.ID
	}
	m.Init()
	if item == "" {
		return nil
	}
	for i := range m.rows {
		if m.rows[i].Item.ID == item {
			m.list.At = i
			return nil
		}
	}
	m.mode = listing
	return nil
}

func (m *Model) press(k tea.KeyPressMsg) {
	m.err = nil
	switch {
	case m.list.Update(k, len(m.rows)):
	case m.keys.Open.Is(k) && len(m.rows) > 0:
		m.mode, m.apps, m.moved = reading, widget.List{}, false
	case m.keys.Owner.Is(k):
		m.mode, m.input = closing, widget.Input{Hidden: true, Max: 1024}
	}
}

func (m *Model) read(k tea.KeyPressMsg) tea.Cmd {
	row := m.row()
	if n := len(row.Platforms); n > 0 && m.apps.Update(k, n) {
		m.moved = true
		return nil
	}
	switch {
	case m.keys.Back.Is(k):
		m.mode = listing
	case m.keys.Done.Is(k):
		return m.mark("", checklist.Done, false)
	case m.keys.One.Is(k) && len(row.Platforms) > 0:
		p := row.Platforms[m.apps.At]
		status := checklist.Done
		if p.Status == checklist.Done {
			status = checklist.Todo
		}
		return m.mark(p.Platform.ID, status, true)
	}
	return nil
}

func (m *Model) mark(platform string, status checklist.Status, stay bool) tea.Cmd {
	m.busy, m.err = true, nil
	device, key := m.env.Device, checklist.RowKey{Item: m.row().Item.ID, Platform: platform}
	return m.env.Do(func(context.Context) tea.Msg {
		return markedMsg{device.Mark(key, status, "", time.Time{}), stay}
	})
}

// close takes a key on the way back.
func (m *Model) close(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case m.keys.Back.Is(k):
		m.mode, m.input, m.err = listing, widget.Input{}, nil
	case m.keys.Return.Is(k):
		passphrase := []byte(m.input.Value())
		m.input.Set("")
		m.busy, m.err = true, nil
		device := m.env.Device
		return m.env.Do(func(context.Context) tea.Msg {
			defer clear(passphrase)
			return stoppedMsg{device.StopHelping(passphrase)}
		})
	case m.Typing():
		m.err = nil
		m.input.Update(k)
	}
	return nil
}

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	t := widget.NewText(st, width)
	p := widget.Page{Title: w.T(words.HelperTitle), Body: t}
	switch m.mode {
	case reading:
		m.viewRow(t, &p)
	case closing:
		m.viewClosing(t, &p)
	default:
		m.viewRows(t, &p)
	}
	return p
}

func (m *Model) viewRows(t *widget.Text, p *widget.Page) {
	w, st := m.env.Words, t.Style
	if len(m.rows) == 0 {
		t.Para(st.Body, w.T(words.HelperNothing))
		return
	}
	t.Para(st.Body, w.T(words.HelperWhat))
	t.Gap()
	choices := make([]widget.Choice, len(m.rows))
	for i := range m.rows {
		choices[i] = widget.Choice{
			Label: m.env.Content.Title(m.env.Locale(), m.rows[i].Item.ID),
			Aside: w.N(words.HomeMin, m.rows[i].Minutes),
		}
	}
	p.Focus, p.FocusEnd = m.list.Draw(t, choices)
	if m.list.At == 0 {
		p.Focus = 0
	}
}

func (m *Model) viewRow(t *widget.Text, p *widget.Page) {
	w, st, row := m.env.Words, t.Style, m.row()
	text := m.env.Content.Item(m.env.Locale(), row.Item.ID)
	p.Title, p.Aside = text.Title, w.N(words.HomeMinutes, row.Minutes)
	if m.err != nil {
		screen.DrawTrouble(t, w, m.err)
	}
	for i, step := range text.Steps {
		t.Hang(strconv.Itoa(i+1)+"  ", st.Accent, st.Body, step.Do)
		if step.Confirm != "" {
			t.Indent(st.Muted, 3, step.Confirm)
		}
		screen.DrawContacts(t, m.env, step.Ref, m.env.Device.State().Answers.Region, 3)
	}
	t.Gap()
	for i := range row.Platforms {
		from := t.Len()
		m.viewApp(t, row, i)
		if i == m.apps.At && m.moved {
			p.Focus, p.FocusEnd = from, t.Len()
		}
	}
}

// viewApp draws one platform of a row; the chosen one with where the setting is.
func (m *Model) viewApp(t *widget.Text, row *checklist.Row, i int) {
	w, st, r := m.env.Words, t.Style, &row.Platforms[i]
	sign, tone, name, cursor := st.Signs.Todo, st.Muted, st.Body, "  "
	if r.Status == checklist.Done {
		sign, tone = st.Signs.Done, st.Good
	}
	if i == m.apps.At {
		name, cursor = st.Strong, st.Accent.Render(st.Signs.Cursor)+" "
	}
	t.Raw(cursor + tone.Render(sign) + " " + name.Render(widget.Line(r.Platform.Name)))
	if i != m.apps.At {
		return
	}
	how := m.env.Content.How(m.env.Locale(), r.Platform, row.Item.FanOut)
	for _, where := range []struct {
		label words.Key
		path  []string
	}{{words.TaskWeb, how.Web}, {words.TaskIphone, how.IOS}, {words.TaskAndroid, how.Android}} {
		if len(where.path) > 0 {
			t.Indent(st.Body, 4, w.T(where.label)+": "+strings.Join(where.path, " > "))
		}
	}
	if how.Moved {
		t.Indent(st.Caution, 4, w.T(words.TaskMoved))
	}
	for _, link := range []string{how.Link, how.HelpURL} {
		if link != "" {
			t.Link(st.Muted, 4, link)
		}
	}
}

func (m *Model) viewClosing(t *widget.Text, p *widget.Page) {
	w, st := m.env.Words, t.Style
	if !m.Typing() {
		t.Para(st.Body, w.T(words.HelperReturn))
	} else {
		t.Para(st.Body, w.T(words.HelperPassphrase))
		t.Gap()
		p.Cursor = m.input.Draw(t)
		p.Focus, p.FocusEnd = p.Cursor.Y, p.Cursor.Y+1
	}
	if m.busy {
		t.Gap()
		t.Para(st.Muted, w.T(words.SettingsBusy))
	}
	if m.err != nil {
		screen.DrawTrouble(t, w, m.err)
		p.FocusEnd = t.Len()
	}
}
