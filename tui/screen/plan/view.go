package plan

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w := m.env.Words
	t := widget.NewText(m.env.Style, width)
	page := widget.Page{
		Title: w.T(words.PlanTitle),
		Aside: w.T(words.PlanDone, words.Int("done", m.plan.Done), words.Int("total", m.plan.Total)),
		Body:  t,
	}
	switch {
	case m.mode == narrowing:
		m.viewParts(t, &page)
	case m.mode == searching:
		t.Para(t.Style.Body, w.T(words.PlanSearch))
		page.Cursor = m.input.Draw(t)
		page.FocusEnd = t.Len()
		t.Gap()
		m.viewFound(t, &page)
		page.Focus, page.FocusEnd = page.Cursor.Y, page.Cursor.Y+1
	case !m.filter.none():
		m.viewFiltered(t, &page)
	default:
		m.viewAll(t, &page)
	}
	return page
}

// viewParts lists parts and apps, each with how far it is.
func (m *Model) viewParts(t *widget.Text, page *widget.Page) {
	w, st := m.env.Words, t.Style
	group := func(head words.Key, parts []screen.Part, from int) {
		if len(parts) == 0 {
			return
		}
		t.Para(st.Accent, w.T(head))
		choices := make([]widget.Choice, len(parts))
		for i := range parts {
			choices[i] = widget.Choice{Label: parts[i].Name, Aside: parts[i].HowFar(w)}
		}
		if at := m.pick.At - from; at >= 0 && at < len(parts) {
			list := widget.List{At: at}
			page.Focus, page.FocusEnd = list.Draw(t, choices)
		} else {
			(&widget.List{}).DrawPlain(t, choices)
		}
		t.Gap()
	}
	lanes, platforms := m.lanes(), screen.Apps(&m.plan, m.env.Content.Platforms())
	group(words.PlanParts, lanes, 0)
	group(words.PlanApps, platforms, len(lanes))
	if page.Focus == firstRow {
		page.Focus = 0
	}
}

// viewFiltered shows one part, everything for one app, or what was found.
func (m *Model) viewFiltered(t *widget.Text, page *widget.Page) {
	w, st := m.env.Words, t.Style
	if m.err != nil {
		screen.DrawTrouble(t, w, m.err)
	}
	switch p := m.current(); {
	case p == nil:
		t.Para(st.Accent, w.T(words.PlanFound, words.Str("query", widget.Line(m.filter.query))))
	case m.filter.platform != "":
		t.Para(st.Accent, w.T(words.PlanApp, words.Str("name", p.Name)))
		t.Raw(widget.Progress(st, p.Done, p.Total, barCells))
		t.Para(st.Muted, p.HowFar(w))
	default:
		t.Para(st.Accent, p.Name)
		t.Raw(widget.Progress(st, p.Done, p.Total, barCells))
		t.Para(st.Muted, p.HowFar(w))
	}
	t.Gap()
	m.viewFound(t, page)
}

const barCells = 12

// viewFound lists the rows that the filter lets through.
func (m *Model) viewFound(t *widget.Text, page *widget.Page) {
	rows := m.visible()
	if len(rows) == 0 {
		t.Para(t.Style.Body, m.env.Words.T(words.PlanNotFound))
		return
	}
	choices := make([]widget.Choice, len(rows))
	for i, row := range rows {
		choices[i] = m.choice(row)
		if p := screen.On(&row, m.filter.platform); p != nil {
			choices[i].Mark = t.Style.Muted.Render(t.Style.Signs.Todo)
			if p.Status == checklist.Done {
				choices[i].Mark, choices[i].Aside = t.Style.Good.Render(t.Style.Signs.Done), m.env.Words.T(words.StatusDone)
			} else if p.Capability != nil && row.Status != checklist.Skipped && row.Status != checklist.NotMine {
				choices[i].Aside = m.env.Words.N(words.HomeMin, p.Capability.Minutes)
			}
		}
	}
	page.Focus, page.FocusEnd = m.list.Draw(t, choices)
	if m.list.At == 0 {
		page.Focus = 0 // keep what stands above in sight
	}
}

// viewAll shows the whole plan.
func (m *Model) viewAll(t *widget.Text, page *widget.Page) {
	w, st := m.env.Words, m.env.Style
	m.viewLanes(t)
	top := t.Len()
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
	if page.Focus == top+firstRow && page.FocusEnd > 0 {
		page.Focus = 0 // keep the parts and the heading in sight with the first row
	}
}

// firstRow is the line of the first row, below its heading.
const firstRow = 1

// viewLanes says how far each part is, in a line or two.
func (m *Model) viewLanes(t *widget.Text) {
	lanes := m.lanes()
	if len(lanes) < 2 {
		return
	}
	line := ""
	for i, p := range lanes {
		name := m.env.Words.T(words.PlanLane, words.Str("name", p.Name), words.Int("done", p.Done), words.Int("total", p.Total))
		if i < len(lanes)-1 {
			name += ","
		}
		// A line breaks between parts only, so that a name stays with its count.
		if line != "" && ansi.StringWidth(line)+1+ansi.StringWidth(name) > min(widget.Measure, t.Width) {
			t.Para(t.Style.Muted, line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + name)
	}
	t.Para(t.Style.Muted, line)
	t.Gap()
}

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
