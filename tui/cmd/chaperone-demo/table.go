package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/style"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// table is the root of the demo: what lies on the table, or the phone that was picked up.
type table struct {
	town  *town
	dir   string
	words *words.Catalogue
	pack  *checklist.Pack
	now   func() time.Time
	leave func()
	keys  keys.Demo

	profile       colorprofile.Profile
	style         *style.Set
	dark          bool
	width, height int

	phones  [2]*phone
	list    widget.List
	reading *letter // the letter in hand; nil for none
	shown   *phone  // nil: the table
	say     string  // a line above the footer

	ctx     context.Context //nolint:containedctx // of the demo's life; background work alone uses it
	program *tea.Program    // set before it runs
	work    sync.WaitGroup  // everything in the background

	settled bool  // the letters are there
	finding bool  // the clinic is finding out
	failed  error // why the demo cannot go on

	// paper is the recovery code, as the patient wrote it down; phones write it from commands.
	paper atomic.Pointer[string]
}

func newTable(ctx context.Context, t *town, dir string, w *words.Catalogue, leave func()) *table {
	m := &table{
		ctx: ctx, town: t, dir: dir, words: w, now: time.Now, leave: leave, keys: keys.NewDemo(), dark: true, width: 80, height: 24,
		profile: style.FromEnv(os.Environ(), os.Getenv),
		phones: [2]*phone{
			{name: w.T(words.DemoPhone), home: "phone"},
			{name: w.T(words.DemoOther), home: "other-phone"},
		},
	}
	m.pack, _ = checklist.Embedded() // the opener of a phone reports what is wrong with it
	m.dress()
	return m
}

func (m *table) dress() {
	m.style = style.New(style.Options{
		Dark: m.dark, Profile: m.profile, ASCII: !words.UTF8(os.Getenv),
	})
}

func (m *table) theme() string {
	if m.dark {
		return "dark"
	}
	return "light"
}

// close ends the programs on both phones.
func (m *table) close() {
	for _, p := range m.phones {
		if d := p.device.Load(); d != nil {
			_ = d.Close() // whatever was said to be saved is on disk
		}
	}
	m.work.Wait()
	if err := m.town.close(); m.failed == nil && !errors.Is(m.town.err, context.Canceled) {
		m.failed = err
	}
}

// settledMsg says that the letters are there, or why not.
type settledMsg struct{ err error }

// foundMsg says how the clinic found out.
type foundMsg struct{ err error }

// Init implements [tea.Model]. What takes longer than a blink is done behind the first frame.
func (m *table) Init() tea.Cmd {
	text := func(name string) string { return m.words.T(bodies()[name]) }
	m.work.Go(func() {
		m.town.settle(m.ctx, text)
		m.program.Send(settledMsg{m.town.err})
		if m.town.err == nil {
			m.town.watch(m.ctx)
		}
	})
	return tea.RequestBackgroundColor
}

// findOut has the clinic find out, and the phones hear of it.
func (m *table) findOut() {
	m.finding = true
	m.work.Go(func() {
		err := m.town.findOut(m.ctx, m.words.T(words.DemoBody))
		for _, p := range m.phones {
			if d := p.device.Load(); d != nil && err == nil {
				// A phone that hears nothing now asks again within the hour.
				_ = d.RefreshClinics(m.ctx)
				m.program.Send(to{p, screen.Changed{}})
			}
		}
		m.program.Send(foundMsg{err})
	})
}

// Update implements [tea.Model].
func (m *table) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case to:
		_, cmd := msg.phone.model.Update(msg.msg)
		return m, msg.phone.tag(cmd)
	case settledMsg:
		if m.settled = msg.err == nil; !m.settled {
			m.failed = msg.err
			return m, tea.Quit
		}
		return m, nil
	case foundMsg:
		if m.finding = false; msg.err != nil {
			m.say = m.words.T(words.DemoNotFoundOut)
		}
		return m, nil
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
		m.dress()
	case tea.KeyPressMsg:
		if m.keys.Table.Is(msg) {
			m.shown, m.reading, m.say = nil, nil, ""
			return m, nil
		}
		if m.shown == nil {
			return m, m.press(msg)
		}
	}
	if m.shown == nil {
		return m, nil
	}
	_, cmd := m.shown.model.Update(msg)
	return m, m.shown.tag(cmd)
}

// press handles a key at the table.
func (m *table) press(k tea.KeyPressMsg) tea.Cmd {
	m.say = ""
	always := keys.NewAlways()
	switch {
	case always.Leave.Is(k):
		m.leave()
		return tea.Quit
	case m.reading != nil && m.keys.Back.Is(k):
		m.reading = nil
	case m.reading != nil && m.keys.Check.Is(k):
		return m.check()
	case m.reading != nil:
	case m.list.Update(k, len(m.choices())):
	case m.keys.Open.Is(k):
		return m.take(m.list.At)
	}
	return nil
}

// take takes what lies at a place of the table.
func (m *table) take(at int) tea.Cmd {
	if at < len(m.phones) {
		return m.pickUp(m.phones[at])
	}
	switch at -= len(m.phones); {
	case at < len(m.letters()):
		m.reading = &m.letters()[at]
	case !m.finding && !m.town.Found:
		m.findOut()
	}
	return nil
}

// letters are what lies on the table so far.
func (m *table) letters() []letter {
	if !m.settled {
		return nil
	}
	return m.town.Letters
}

// check shows the letter in hand to the phone that is set up.
func (m *table) check() tea.Cmd {
	for _, p := range m.phones {
		if !p.ready() {
			continue
		}
		l := m.reading
		m.reading = nil
		check := screen.Go{To: screen.Verify, Bundle: l.Bundle, Code: l.Code, Received: l.Text, Replace: true}
		return tea.Batch(m.pickUp(p), p.tag(screen.Send(check)))
	}
	m.reading, m.say = nil, m.words.T(words.DemoNoVault)
	m.list.At = 0
	return nil
}

// View implements [tea.Model].
func (m *table) View() tea.View {
	if m.shown != nil {
		return m.shown.model.View()
	}
	w, st := m.words, m.style
	t := widget.NewText(st, m.width)
	page := widget.Page{Title: w.T(words.DemoTitle), Body: t}
	foot := []keys.Binding{m.keys.Open}
	if m.reading != nil {
		page.Title = w.T(words.DemoReading)
		for _, line := range strings.Split(strings.TrimRight(m.reading.Text, "\n"), "\n") {
			if line == "" {
				t.Gap()
				continue
			}
			t.Para(st.Body, widget.Line(line))
		}
		t.Gap()
		if m.reading.Code != "" {
			t.Para(st.Accent, m.reading.Code)
			t.Gap()
			t.Para(st.Muted, w.T(words.DemoReadingCode))
		} else {
			t.Para(st.Muted, w.T(words.DemoReadingCheck))
		}
		foot = []keys.Binding{m.keys.Check, m.keys.Back}
	} else {
		t.Para(st.Body, w.T(words.DemoWhat))
		t.Gap()
		page.Focus, page.FocusEnd = m.list.Draw(t, m.choices())
		t.Gap()
		if !m.settled {
			t.Para(st.Muted, w.T(words.DemoOnTheWay))
			t.Gap()
		}
		t.Para(st.Muted, w.T(words.DemoBack))
	}
	frame := widget.Frame{Style: st, Words: w, Width: m.width, Height: m.height, Toast: m.say}
	text, _, _ := frame.Render(page, append(foot, keys.NewAlways().Leave))
	v := tea.NewView(text)
	v.AltScreen = true
	v.WindowTitle = w.T(words.AppWindow)
	return v
}

func (m *table) choices() []widget.Choice {
	w := m.words
	rows := []widget.Choice{
		{Label: m.phones[0].name, Note: w.T(words.DemoPhoneNote)},
		{Label: m.phones[1].name, Note: w.T(words.DemoOtherNote)},
	}
	if code := m.paper.Load(); code != nil {
		rows[1].Note = w.T(words.DemoPaper, words.Str("code", *code))
	}
	if !m.settled {
		return rows
	}
	for _, st := range stories() {
		rows = append(rows, widget.Choice{Label: w.T(st.label), Note: w.T(st.note)})
	}
	last := widget.Choice{Label: w.T(words.DemoFindOut), Note: w.T(words.DemoFindOutNote)}
	switch {
	case m.finding:
		last.Note = w.T(words.DemoFindingOut)
	case m.town.Found:
		last.Note = w.T(words.DemoFoundOut)
	}
	rows = append(rows, last)
	return rows
}
