// Package crisis is the screen for somebody who is being threatened right now: at most seven
// lines, in order, each opening in place. It needs no vault, no network and no answers.
package crisis

import (
	"context"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Model is the screen.
type Model struct {
	env   *screen.Env
	keys  keys.Crisis
	list  widget.List
	where screen.RegionChoice
	open  map[int]bool // rows that are opened
	moved bool
	err   error
}

// New returns the screen.
func New(env *screen.Env) *Model {
	return &Model{env: env, keys: keys.NewCrisis(), open: map[int]bool{}}
}

// Init implements [screen.Screen].
func (m *Model) Init() tea.Cmd { return nil }

func (m *Model) region() string {
	if m.env.Region == "" && m.env.Device != nil {
		return m.env.Device.State().Answers.Region
	}
	return m.env.Region
}

// rows returns the crisis plan; the regions' choice is kept apart from the answers.
func (m *Model) rows() []checklist.Row { return m.env.Content.Crisis(m.region()) }

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	if m.where.Open {
		c := keys.NewChoose()
		return keys.Map{Short: []keys.Binding{c.Pick, c.Back}}
	}
	k := keys.Map{Short: []keys.Binding{m.keys.Pick}, More: []keys.Binding{m.keys.Region}}
	if m.region() == "" {
		k.Short, k.More = append(k.Short, m.keys.Region), nil
	}
	if m.canAdopt() {
		k.Short = append(k.Short, m.keys.Adopt)
	}
	if m.env.Device != nil {
		k.Short = append(k.Short, m.keys.Verify)
	}
	// The page itself names the other two.
	k.Short = append(k.Short, m.keys.Back, m.keys.Tell, m.keys.Decide)
	return k
}

// canAdopt reports whether the reader's own plan is another one than this.
func (m *Model) canAdopt() bool {
	if m.env.Device == nil {
		return false
	}
	stage := m.env.Device.State().Answers.Stage
	return stage != checklist.Threatened && stage != checklist.Published
}

type adoptedMsg struct{ err error }

// adopt makes this the reader's plan, so that each row can be ticked off.
func (m *Model) adopt() tea.Cmd {
	device := m.env.Device
	answers := device.State().Answers
	answers.Stage = checklist.Threatened
	answers.Region = m.region()
	return m.env.Do(func(context.Context) tea.Msg { return adoptedMsg{device.SetAnswers(answers)} })
}

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	if done, ok := msg.(adoptedMsg); ok {
		if m.err = done.err; m.err != nil {
			return nil
		}
		m.env.Send(screen.Toast{Text: m.env.Words.T(words.CrisisAdopted)})
		return m.env.Send(screen.Go{To: screen.Home})
	}
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	if m.where.Open {
		return m.where.Update(m.env, k)
	}
	rows := m.rows()
	if m.list.Update(k, len(rows)) {
		m.moved = true
		return nil
	}
	if n, err := strconv.Atoi(k.String()); err == nil && n >= 1 && n <= len(rows) {
		m.list.At, m.moved = n-1, true
		m.open[n-1] = !m.open[n-1]
		return nil
	}
	switch {
	case m.keys.Pick.Is(k):
		m.moved = true
		m.open[m.list.At] = !m.open[m.list.At]
	case m.keys.Verify.Is(k) && m.env.Device != nil:
		return m.env.Send(screen.Go{To: screen.Verify})
	case m.keys.Tell.Is(k):
		return m.env.Send(screen.Go{To: screen.Message})
	case m.keys.Decide.Is(k):
		return m.env.Send(screen.Go{To: screen.Triage})
	case m.keys.Adopt.Is(k) && m.canAdopt():
		return m.adopt()
	case m.keys.Region.Is(k):
		m.where.Open = true
	case m.keys.Back.Is(k):
		return m.env.Send(screen.Back{})
	}
	return nil
}

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	t := widget.NewText(st, width)
	page := widget.Page{Title: w.T(words.CrisisTitle), Body: t}
	if m.where.Open {
		m.where.Draw(m.env, t, &page)
		return page
	}
	region := m.region()
	for i, row := range m.rows() {
		start := t.Len()
		text := m.env.Content.Item(m.env.Locale(), row.Item.ID)
		m.draw(t, i, text, region)
		if m.open[i] {
			m.more(t, text, region)
		}
		if i == m.list.At && m.moved {
			page.Focus, page.FocusEnd = start, t.Len()
		}
	}
	m.ways(t)
	screen.DrawTrouble(t, w, m.err)
	return page
}

// ways names what lies beyond the seven rows: the message for people close by, and the
// questions for somebody who does not know what happened. On a narrow terminal the rows fill
// the screen, and one line has to do.
func (m *Model) ways(t *widget.Text) {
	w, st := m.env.Words, t.Style
	tell, decide := w.T(m.keys.Tell.Help), w.T(m.keys.Decide.Help)
	const signs, gap = 3, "   "
	switch {
	case t.Width >= roomy:
		t.Gap()
		tell, decide = w.T(words.CrisisTell), w.T(words.CrisisDecide)
	case 2*signs+len(gap)+ansi.StringWidth(tell)+ansi.StringWidth(decide) <= t.Width:
		t.Raw(st.Key.Render(m.keys.Tell.Label(w)+"  ") + st.Body.Render(tell) + gap +
			st.Key.Render(m.keys.Decide.Label(w)+"  ") + st.Body.Render(decide))
		return
	}
	t.Hang(m.keys.Tell.Label(w)+"  ", st.Key, st.Body, tell)
	t.Hang(m.keys.Decide.Label(w)+"  ", st.Key, st.Body, decide)
}

// roomy is how many columns the two need in full.
const roomy = 56

// column is where the second column starts on a wide terminal.
const column = 37

// draw adds the line of a row: what to do and, beside or below it, what must be seen without
// opening it.
func (m *Model) draw(t *widget.Text, i int, text checklist.ItemText, region string) {
	st := t.Style
	cursor, s := " ", st.Body
	if i == m.list.At {
		cursor, s = st.Signs.Cursor, st.Strong
	}
	mark := cursor + strconv.Itoa(i+1) + "  "
	numbers := m.numbers(text, region)
	beside, tone := numbers, st.Caution
	if beside == "" {
		beside, tone = text.Why, st.Muted
	}
	indent := ansi.StringWidth(mark)
	pad := column - indent - ansi.StringWidth(text.Title)
	if pad >= 2 && !(i == 0 && region == "") && column+ansi.StringWidth(beside) <= t.Width && !m.open[i] {
		t.Raw(st.Accent.Render(mark) + s.Render(text.Title) + strings.Repeat(" ", pad) + tone.Render(beside))
		return
	}
	t.Hang(mark, st.Accent, s, text.Title)
	if numbers != "" && !m.open[i] {
		t.Indent(tone, indent, numbers)
	}
	if i == 0 && region == "" {
		// Numbers of another country would be worse than none.
		t.Hang("    "+m.keys.Region.Label(m.env.Words)+"  ", st.Key, st.Caution, m.env.Words.T(words.CrisisNoRegion))
	}
}

// numbers is the emergency and crisis lines of a row.
func (m *Model) numbers(text checklist.ItemText, region string) string {
	var out []string
	for _, step := range text.Steps {
		for _, c := range m.env.Content.Contacts(m.env.Locale(), step.Ref, region) {
			if (c.Kind == "emergency" || c.Kind == "crisis-line") && len(c.Phones) > 0 {
				out = append(out, c.Name+" "+c.Phones[0].Number)
			}
		}
	}
	return strings.Join(out, "   ")
}

// more opens a row: why, and its steps.
func (m *Model) more(t *widget.Text, text checklist.ItemText, region string) {
	t.Indent(t.Style.Muted, 4, text.Why)
	for _, step := range text.Steps {
		t.Indent(t.Style.Body, 4, step.Do)
		screen.DrawContacts(t, m.env, step.Ref, region, 6)
	}
	t.Gap()
}
