// Package clinics is the clinics that this device knows: their list, one of them with what must
// be known about it, adding one by its card ([Card]), and keeping the numbers of a clinic that
// has no card ([Keep]).
//
// It promises that nothing is removed without a question, and that a clinic's own name never
// stands without a word of what a name is worth while it is being added. It never confirms
// clinics of another device: that is the screen of package restored.
package clinics

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// mode is what the screen shows.
type mode int

const (
	listing mode = iota
	one
	removing
)

// Model is the list, and one clinic of it.
type Model struct {
	env     *screen.Env
	keys    keys.Clinics
	list    widget.List
	clinics []patient.ClinicInfo
	saved   []patient.SavedContacts
	mode    mode
	busy    bool
	err     error
}

// New returns the screen.
func New(env *screen.Env) *Model { return &Model{env: env, keys: keys.NewClinics()} }

type doneMsg struct{ err error }

// Init reads the clinics anew.
func (m *Model) Init() tea.Cmd {
	m.clinics, m.saved = m.env.Device.Clinics(), m.env.Device.SavedContacts()
	m.list.At = min(m.list.At, m.rows()-1)
	if m.here() == nil && m.kept() == nil {
		m.mode = listing
	}
	return nil
}

// rows is how many lines the list has: the clinics, what was saved, and two ways to add.
func (m *Model) rows() int { return len(m.clinics) + len(m.saved) + 2 }

// here is the clinic under the cursor, or nil.
func (m *Model) here() *patient.ClinicInfo {
	if m.list.At < len(m.clinics) {
		return &m.clinics[m.list.At]
	}
	return nil
}

// kept is what was saved under the cursor, or nil.
func (m *Model) kept() *patient.SavedContacts {
	if i := m.list.At - len(m.clinics); i >= 0 && i < len(m.saved) {
		return &m.saved[i]
	}
	return nil
}

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	switch {
	case m.mode == removing:
		return keys.Map{Short: []keys.Binding{m.keys.Yes, m.keys.Back}}
	case m.mode == one && m.here() != nil && !m.here().Confirmed:
		return keys.Map{Short: []keys.Binding{m.keys.Confirm, m.keys.Remove, m.keys.Back}}
	case m.mode == one:
		return keys.Map{Short: []keys.Binding{m.keys.Remove, m.keys.Back}}
	}
	return keys.Map{Short: []keys.Binding{m.keys.Open, m.keys.Back}, More: []keys.Binding{m.keys.Add, m.keys.Save}}
}

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case doneMsg:
		m.busy, m.err = false, msg.err
		if msg.err == nil {
			m.mode = listing
			m.env.Send(screen.Toast{Text: m.env.Words.T(words.ClinicsRemoved)})
		}
		return m.Init()
	case tea.KeyPressMsg:
		if m.busy {
			return nil
		}
		switch m.mode {
		case listing:
			return m.choose(msg)
		case one:
			return m.look(msg)
		case removing:
			return m.decide(msg)
		}
	}
	return nil
}

func (m *Model) choose(k tea.KeyPressMsg) tea.Cmd {
	if m.list.Update(k, m.rows()) {
		return nil
	}
	last := m.list.At == m.rows()-1
	switch {
	case m.keys.Back.Is(k):
		return m.env.Send(screen.Back{})
	case m.keys.Add.Is(k), m.keys.Open.Is(k) && m.list.At == m.rows()-2:
		return m.env.Send(screen.Go{To: screen.AddClinic})
	case m.keys.Save.Is(k), m.keys.Open.Is(k) && last:
		return m.env.Send(screen.Go{To: screen.SaveNumbers})
	case m.keys.Open.Is(k):
		m.mode, m.err = one, nil
	}
	return nil
}

func (m *Model) look(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case m.keys.Back.Is(k):
		m.mode = listing
	case m.keys.Remove.Is(k):
		m.mode, m.err = removing, nil
	case m.keys.Confirm.Is(k) && m.here() != nil && !m.here().Confirmed:
		return m.env.Send(screen.Go{To: screen.Pins})
	}
	return nil
}

func (m *Model) decide(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case m.keys.Back.Is(k):
		m.mode = one
	case m.keys.Yes.Is(k):
		m.busy = true
		device := m.env.Device
		if c := m.here(); c != nil {
			id := c.ID
			return m.env.Do(func(ctx context.Context) tea.Msg { return doneMsg{device.RemoveClinic(ctx, id)} })
		}
		id := m.kept().ID
		return m.env.Do(func(context.Context) tea.Msg { return doneMsg{device.RemoveSaved(id)} })
	}
	return nil
}

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	t := widget.NewText(st, width)
	p := widget.Page{Title: w.T(words.ClinicsTitle), Body: t}
	if m.mode == listing {
		m.drawList(t, &p)
		return p
	}
	name := ""
	if c := m.here(); c != nil {
		name = widget.Line(c.Name)
	} else if c := m.kept(); c != nil {
		name = widget.Line(c.Clinic)
	}
	p.Title = name
	if m.mode == removing {
		ask := words.ClinicsRemove
		if m.here() == nil {
			ask = words.ClinicsRemoveSaved
		}
		t.Para(st.Body, w.T(ask, words.Str("name", name)))
		screen.DrawTrouble(t, w, m.err)
		return p
	}
	if c := m.here(); c != nil {
		m.drawClinic(t, *c)
	} else if c := m.kept(); c != nil {
		DrawSaved(t, w, *c)
		t.Gap()
		t.Para(st.Muted, w.T(words.KeepNever))
	}
	return p
}

func (m *Model) drawList(t *widget.Text, p *widget.Page) {
	w, st := m.env.Words, m.env.Style
	if len(m.clinics) == 0 {
		t.Para(st.Body, w.T(words.ClinicsNone))
		t.Para(st.Muted, w.T(words.ClinicsNoneText))
		t.Gap()
	}
	rows := make([]widget.Choice, 0, m.rows())
	for _, c := range m.clinics {
		note := append([]string{screen.HowSetUp(m.env, c)}, screen.Banners(m.env, c)...)
		rows = append(rows, widget.Choice{Label: widget.Line(c.Name), Note: strings.Join(note, " ")})
	}
	for _, c := range m.saved {
		rows = append(rows, widget.Choice{Label: widget.Line(c.Clinic), Aside: w.T(words.ClinicsSavedAs)})
	}
	rows = append(rows, widget.Choice{Label: w.T(words.ClinicsAdd)}, widget.Choice{Label: w.T(words.ClinicsSave)})
	p.Focus, p.FocusEnd = m.list.Draw(t, rows)
	screen.DrawTrouble(t, w, m.err)
}

// column is where the text beside a label begins.
const column = 14

func (m *Model) drawClinic(t *widget.Text, c patient.ClinicInfo) {
	w, st := m.env.Words, m.env.Style
	local := m.env.Now().Location()
	if !c.Closed.IsZero() {
		t.Para(st.Caution, w.T(words.ClinicsClosed, words.Str("date", w.Date(c.Closed.In(local)))))
	}
	if c.Pending {
		t.Para(st.Caution, w.T(words.ClinicsChangeText))
	}
	t.Gap()
	if phones := screen.Phones(c.Phones); phones != "" {
		t.Pair(w.T(words.ClinicsPhones), st.Accent, st.Strong, column, phones)
	}
	t.Pair(w.T(words.ClinicsSince), st.Accent, st.Body, column, screen.HowSetUp(m.env, c))
	heard := w.T(words.ClinicsHeardNever)
	if !c.StatusAt.IsZero() {
		heard = w.T(words.ClinicsHeardText, words.Str("date", w.Moment(c.StatusAt.In(local))))
	}
	t.Pair(w.T(words.ClinicsHeard), st.Accent, st.Body, column, heard)
	if c.Incident != nil {
		t.Gap()
		t.Para(st.Caution, w.T(words.ClinicsIncidentTitle))
		for _, line := range strings.Split(strings.TrimRight(widget.Safe(c.Incident.Body), "\n"), "\n") {
			t.Indent(st.Body, 2, line)
		}
		t.Indent(st.Muted, 2, w.T(words.ClinicsIncidentFrom, words.Str("from", w.Date(unix(c.Incident.From, local))), words.Str("to", w.Date(unix(c.Incident.To, local)))))
	}
}

// DrawSaved lists what was saved of a clinic.
func DrawSaved(t *widget.Text, w *words.Catalogue, c patient.SavedContacts) {
	for _, part := range []struct {
		label words.Key
		list  []string
	}{{words.KeepNumbers, c.Numbers}, {words.KeepDomains, c.Domains}, {words.KeepAddresses, c.Addresses}} {
		for i, v := range part.list {
			label := ""
			if i == 0 {
				label = w.T(part.label)
			}
			if part.label == words.KeepNumbers {
				v = screen.Phones([]string{v})
			}
			t.Pair(label, t.Style.Accent, t.Style.Body, column, widget.Line(v))
		}
	}
}

func unix(seconds int64, local *time.Location) time.Time { return time.Unix(seconds, 0).In(local) }
