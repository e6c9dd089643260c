// Package home is the first screen of an open vault: what to do next, four more, what is due
// soon, and which clinic this device knows.
package home

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Model is the screen.
type Model struct {
	env     *screen.Env
	keys    keys.Home
	list    widget.List
	plan    checklist.Plan
	turned  []patient.Notice
	clinics []patient.ClinicInfo
	saved   bool // the recovery code was retyped
}

// New returns the screen.
func New(env *screen.Env) *Model { return &Model{env: env, keys: keys.NewHome()} }

// Init reads plan and state anew.
func (m *Model) Init() tea.Cmd {
	m.plan, m.saved = m.env.Device.Plan(), m.env.Device.RecoveryConfirmed()
	m.turned, m.clinics = m.env.Device.Notices(), m.env.Device.Clinics()
	return nil
}

// shown is how many rows stand on the screen: the next and four more.
func (m *Model) shown() int {
	n := m.plan.ShowFirst
	if n <= 0 || n > len(m.plan.Rows) {
		n = len(m.plan.Rows)
	}
	return n
}

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	k := keys.Map{
		Short: []keys.Binding{m.keys.Verify, m.keys.Plan, m.keys.Passwords},
		More:  []keys.Binding{m.keys.Clinics, m.keys.Settings, m.keys.Questions, m.keys.Decide},
	}
	if m.shown() > 0 {
		k.Short = append([]keys.Binding{m.keys.Start}, k.Short...)
	}
	if len(m.turned) > 0 {
		k.More = append(k.More, m.keys.Notice)
	}
	if !m.saved {
		k.More = append(k.More, m.keys.Recovery)
	}
	if m.unconfirmed() {
		k.More = append(k.More, m.keys.Pins)
	}
	return k
}

// unconfirmed reports whether a clinic came with a restore and still waits for a yes.
func (m *Model) unconfirmed() bool {
	return slices.ContainsFunc(m.clinics, func(c patient.ClinicInfo) bool { return !c.Confirmed })
}

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	if _, ok := msg.(screen.Changed); ok {
		return m.Init()
	}
	k, ok := msg.(tea.KeyPressMsg)
	if !ok || m.list.Update(k, m.shown()) {
		return nil
	}
	switch {
	case m.keys.Start.Is(k):
		if m.list.At < m.shown() {
			return m.env.Send(screen.Go{To: screen.Task, Row: checklist.RowKey{Item: m.plan.Rows[m.list.At].Item.ID}})
		}
	case m.keys.Verify.Is(k):
		return m.env.Send(screen.Go{To: screen.Verify})
	case m.keys.Plan.Is(k):
		return m.env.Send(screen.Go{To: screen.Plan})
	case m.keys.Passwords.Is(k):
		return m.env.Send(screen.Go{To: screen.Passwords})
	case m.keys.Settings.Is(k):
		return m.env.Send(screen.Go{To: screen.Settings})
	case m.keys.Questions.Is(k):
		return m.env.Send(screen.Go{To: screen.Questions})
	case m.keys.Decide.Is(k):
		return m.env.Send(screen.Go{To: screen.Triage})
	case m.keys.Clinics.Is(k):
		return m.env.Send(screen.Go{To: screen.Clinics})
	case m.keys.Notice.Is(k) && len(m.turned) > 0:
		return m.env.Send(screen.Go{To: screen.Notices})
	case m.keys.Pins.Is(k) && m.unconfirmed():
		return m.env.Send(screen.Go{To: screen.Pins})
	case m.keys.Recovery.Is(k) && !m.saved:
		return m.env.Send(screen.Go{To: screen.Recovery})
	}
	return nil
}

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	t := widget.NewText(st, width)
	always := keys.NewAlways()
	page := widget.Page{
		Title: w.T(words.AppName),
		Aside: always.Crisis.Label(w) + "  " + w.T(words.KeyCrisis),
		Body:  t, AsideStyle: st.Accent,
	}
	m.first(t)
	page.Focus, page.FocusEnd = m.drawPlan(t)
	m.drawDue(t)
	m.drawClinic(t)
	return page
}

// first is the lines that come before the plan: a message that turned out to be false, and at
// most one other thing.
func (m *Model) first(t *widget.Text) {
	w, st := m.env.Words, t.Style
	if len(m.turned) > 0 {
		t.Hang(m.keys.Notice.Label(w)+"  ", st.Key, st.Danger, st.Signs.Bad+" "+screen.NoticeLine(m.env, m.turned[0]))
		t.Gap()
	}
	switch {
	case m.plan.Expired:
		t.Para(st.Caution, w.T(words.HomeExpired))
	case !m.saved:
		t.Hang(m.keys.Recovery.Label(w)+"  ", st.Key, st.Caution, w.T(words.HomeUnsaved))
	case m.unconfirmed():
		t.Hang(m.keys.Pins.Label(w)+"  ", st.Key, st.Caution, w.T(words.HomePins))
	case !m.plan.RegionKnown:
		t.Para(st.Muted, w.T(words.HomeRegion))
	}
	t.Gap()
}

func (m *Model) drawPlan(t *widget.Text) (from, to int) {
	w, st, loc := m.env.Words, t.Style, m.env.Locale()
	next := m.plan.Next()
	if next == nil {
		t.Para(st.Strong, w.T(words.HomeNothing))
		t.Para(st.Body, w.T(words.HomeNothingText))
		t.Gap()
		return 0, 0
	}
	m.list.At = min(m.list.At, m.shown()-1)
	t.Aside(st.Accent, w.T(words.HomeNext), st.Muted, w.N(words.HomeMinutes, next.Minutes))
	title := m.env.Content.Title(loc, next.Item.ID)
	if m.list.At == 0 {
		t.Hang(st.Signs.Cursor+" ", st.Accent, st.Strong, title)
	} else {
		t.Hang("  ", st.Body, st.Strong, title)
	}
	t.Indent(st.Body, 2, m.env.Content.Item(loc, next.Item.ID).Why)
	to = t.Len()
	t.Gap()
	progress := w.T(words.HomeProgress, words.Int("done", m.plan.Done), words.Int("total", m.plan.Total), words.Int("minutes", m.plan.MinutesLeft))
	bar := widget.Progress(st, m.plan.Done, m.plan.Total, 12)
	if t.Width >= 56 {
		t.Raw(bar + "  " + st.Muted.Render(progress))
	} else {
		t.Raw(bar)
		t.Para(st.Muted, progress)
	}
	t.Gap()
	if m.shown() > 1 {
		t.Para(st.Accent, w.T(words.HomeThen))
		var rows []widget.Choice
		for _, row := range m.plan.Rows[1:m.shown()] {
			rows = append(rows, widget.Choice{
				Label: m.env.Content.Title(loc, row.Item.ID),
				Aside: w.N(words.HomeMin, row.Minutes),
			})
		}
		list := widget.List{At: m.list.At - 1}
		if m.list.At > 0 {
			from, to = list.Draw(t, rows)
		} else {
			list.DrawPlain(t, rows)
		}
	}
	if more := len(m.plan.Rows) - m.shown(); more > 0 {
		t.Indent(st.Muted, 2, w.N(words.HomeLater, more))
	}
	t.Gap()
	return from, to
}

// dueShown is how many rows that come due again stand on the screen.
const dueShown = 2

func (m *Model) drawDue(t *widget.Text) {
	w, st := m.env.Words, t.Style
	if len(m.plan.DueSoon) == 0 {
		return
	}
	shown := min(len(m.plan.DueSoon), dueShown)
	label := w.T(words.HomeDue)
	for _, row := range m.plan.DueSoon[:shown] {
		t.Pair(label, st.Accent, st.Body, 13, w.T(words.HomeDueRow,
			words.Str("title", m.env.Content.Title(m.env.Locale(), row.Item.ID)),
			words.Str("when", w.In(row.Due, m.env.Now()))))
		label = ""
	}
	if more := len(m.plan.DueSoon) - shown; more > 0 {
		t.Pair("", st.Accent, st.Muted, 13, w.N(words.HomeLater, more))
	}
	t.Gap()
}

func (m *Model) drawClinic(t *widget.Text) {
	w, st := m.env.Words, t.Style
	if len(m.clinics) == 0 {
		t.Pair(w.T(words.HomeClinic), st.Accent, st.Muted, 13, w.T(words.HomeNoClinic, words.Str("key", m.keys.Clinics.Label(w))))
	}
	for _, c := range m.clinics {
		t.Pair(w.T(words.HomeClinic), st.Accent, st.Body, 13, widget.Line(c.Name)+". "+screen.HowSetUp(m.env, c))
		for _, b := range screen.Banners(m.env, c) {
			t.Pair("", st.Accent, st.Caution, 13, b)
		}
	}
	if m.env.Content.Development() {
		t.Gap()
		t.Para(st.Muted, w.T(words.HomeDevelopment))
	}
}

// Pin says in a sentence which clinic a pin is for and how it came here.
func Pin(env *screen.Env, p contact.Pin) string {
	how := map[contact.Level]words.Key{
		contact.InPerson: words.PinInperson,
		contact.Letter:   words.PinLetter,
		contact.Card:     words.PinCard,
		contact.Remote:   words.PinRemote,
	}[p.Level]
	if !p.Confirmed {
		how = words.PinUnconfirmed
	}
	day := env.Words.Day(time.Unix(p.FirstSeen, 0).In(env.Now().Location()), env.Now())
	return env.Words.T(how, words.Str("name", widget.Line(p.Name)), words.Str("day", day))
}
