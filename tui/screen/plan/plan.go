// Package plan is the whole plan: the rows to do now, the rest behind "later" with a count,
// and what is finished.
package plan

import (
	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Model is the screen.
type Model struct {
	env             *screen.Env
	keys            keys.Plan
	list            widget.List
	plan            checklist.Plan
	later, finished bool // unfolded
}

// New returns the screen.
func New(env *screen.Env) *Model { return &Model{env: env, keys: keys.NewPlan()} }

// Init reads the plan anew.
func (m *Model) Init() tea.Cmd {
	m.plan = m.env.Device.Plan()
	return nil
}

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	k := keys.Map{}
	if len(m.visible()) > 0 {
		k.Short = append(k.Short, m.keys.Open)
	}
	if len(m.plan.Rows) > m.first() {
		k.Short = append(k.Short, m.keys.Later)
	}
	if len(m.plan.Finished) > 0 {
		k.Short = append(k.Short, m.keys.Finished)
	}
	k.Short = append(k.Short, m.keys.Back)
	return k
}

func (m *Model) first() int {
	if n := m.plan.ShowFirst; n > 0 && n < len(m.plan.Rows) {
		return n
	}
	return len(m.plan.Rows)
}

// visible returns the rows on the screen, in order.
func (m *Model) visible() []checklist.Row {
	rows := m.plan.Rows[:m.first():m.first()]
	if m.later {
		rows = m.plan.Rows[:len(m.plan.Rows):len(m.plan.Rows)]
	}
	rows = append(rows, m.plan.PutOff...)
	if m.finished {
		rows = append(rows, m.plan.Finished...)
	}
	return rows
}

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	if _, ok := msg.(screen.Changed); ok {
		return m.Init()
	}
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	rows := m.visible()
	switch {
	case m.list.Update(k, len(rows)):
	case m.keys.Open.Is(k):
		if m.list.At < len(rows) {
			return m.env.Send(screen.Go{To: screen.Task, Row: checklist.RowKey{Item: rows[m.list.At].Item.ID}})
		}
	case m.keys.Later.Is(k):
		m.later = !m.later
	case m.keys.Finished.Is(k):
		m.finished = !m.finished
		if m.finished {
			m.list.At = len(rows)
		}
	case m.keys.Back.Is(k):
		return m.env.Send(screen.Back{})
	}
	m.list.At = max(0, min(m.list.At, len(m.visible())-1))
	return nil
}

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	t := widget.NewText(st, width)
	page := widget.Page{
		Title: w.T(words.PlanTitle),
		Aside: w.T(words.PlanDone, words.Int("done", m.plan.Done), words.Int("total", m.plan.Total)),
		Body:  t,
	}
	at := 0
	group := func(rows []checklist.Row) {
		choices := make([]widget.Choice, len(rows))
		for i, row := range rows {
			choices[i] = m.choice(row)
		}
		if m.list.At >= at && m.list.At < at+len(rows) {
			list := widget.List{At: m.list.At - at}
			page.Focus, page.FocusEnd = list.Draw(t, choices)
		} else {
			(&widget.List{}).DrawPlain(t, choices)
		}
		at += len(rows)
		t.Gap()
	}
	if len(m.plan.Rows) == 0 {
		t.Para(st.Body, w.T(words.HomeNothing))
		t.Gap()
	} else {
		t.Para(st.Accent, w.T(words.PlanNow))
		group(m.plan.Rows[:m.first()])
	}
	if more := m.plan.Rows[m.first():]; len(more) > 0 {
		t.Para(st.Accent, w.N(words.PlanLater, len(more)))
		if m.later {
			group(more)
		} else {
			t.Indent(st.Muted, 2, w.T(words.PlanLaterText))
			t.Gap()
		}
	}
	if m.plan.More > 0 {
		t.Indent(st.Muted, 2, w.N(words.PlanMore, m.plan.More))
		t.Gap()
	}
	if len(m.plan.PutOff) > 0 {
		t.Para(st.Accent, w.T(words.PlanPutoff))
		group(m.plan.PutOff)
	}
	if len(m.plan.Finished) > 0 {
		t.Para(st.Accent, w.N(words.PlanFinished, len(m.plan.Finished)))
		if m.finished {
			group(m.plan.Finished)
		}
	}
	if page.Focus == firstRow && page.FocusEnd > 0 {
		page.Focus = 0 // keep the heading in sight with the first row
	}
	return page
}

// firstRow is the line of the first row, below its heading.
const firstRow = 1

func (m *Model) choice(row checklist.Row) widget.Choice {
	w, loc := m.env.Words, m.env.Locale()
	c := widget.Choice{Label: m.env.Content.Title(loc, row.Item.ID)}
	switch row.Status {
	case checklist.Done:
		c.Aside = w.T(words.StatusDone)
	case checklist.Skipped:
		c.Aside = w.T(words.StatusSkipped)
	case checklist.NotMine:
		c.Aside = w.T(words.StatusNotmine)
	case checklist.Recheck:
		c.Aside = w.T(words.StatusRecheck)
	case checklist.Later:
		c.Aside = w.T(words.StatusLater, words.Str("when", w.In(row.Due, m.env.Now())))
	default:
		c.Aside = w.N(words.HomeMin, row.Minutes)
	}
	if len(row.Unmet) > 0 && row.Status != checklist.Done {
		if title := m.env.Content.Title(loc, row.Unmet[0]); title != "" {
			c.Note = w.T(words.PlanAfter, words.Str("title", title))
		}
	}
	if row.Optional {
		c.Note = w.T(words.PlanOptional)
	}
	return c
}
