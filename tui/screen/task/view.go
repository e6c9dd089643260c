package task

import (
	"strconv"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// labelColumn is where text beside a label starts.
const labelColumn = 15

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w, st, loc := m.env.Words, m.env.Style, m.env.Locale()
	t := widget.NewText(st, width)
	if m.row == nil {
		t.Para(st.Body, w.T(words.TaskGone))
		return widget.Page{Title: w.T(words.PlanTitle), Body: t}
	}
	item := m.row.Item
	page := widget.Page{
		Title: m.env.Content.Title(loc, item.ID),
		Aside: w.N(words.HomeMinutes, m.row.Minutes),
		Body:  t,
	}
	switch {
	case m.mode == skipping:
		t.Para(st.Body, w.T(words.TaskSkipAsk))
		t.Gap()
		page.Focus, page.FocusEnd = m.pick.Draw(t, m.choices())
		return page
	case m.mode == putting:
		t.Para(st.Body, w.T(words.TaskLaterAsk))
		t.Gap()
		page.Focus, page.FocusEnd = m.pick.Draw(t, m.choices())
		return page
	case !m.open():
		page.Aside = m.finished()
	}
	screen.DrawTrouble(t, w, m.err)
	if m.err != nil {
		page.Focus, page.FocusEnd = 0, t.Len()
	}
	text := m.env.Content.Item(loc, item.ID)
	t.Para(st.Body, text.Why)
	t.Gap()
	m.honesty(t, text)
	m.steps(t, text)
	from, to := m.platforms(t)
	if m.moved && m.err == nil {
		page.Focus, page.FocusEnd = from, to
	}
	if text.DoneWhen != "" {
		t.Gap()
		t.Pair(w.T(words.TaskDoneWhen), st.Accent, st.Body, labelColumn, text.DoneWhen)
	}
	return page
}

func (m *Model) finished() string {
	w := m.env.Words
	switch m.row.Status {
	case checklist.Skipped:
		return w.T(words.StatusSkipped)
	case checklist.NotMine:
		return w.T(words.StatusNotmine)
	}
	return w.T(words.StatusDone)
}

// honesty says what the step stops and, in the same breath, what it does not.
func (m *Model) honesty(t *widget.Text, text checklist.ItemText) {
	w, st := m.env.Words, t.Style
	if s := strings.Join(text.Stops, " "); s != "" {
		t.Pair(w.T(words.TaskStops), st.Accent, st.Body, labelColumn, s)
	}
	if s := strings.Join(text.DoesNotStop, " "); s != "" {
		t.Pair(w.T(words.TaskStopsNot), st.Accent, st.Body, labelColumn, s)
	}
	t.Gap()
}

func (m *Model) steps(t *widget.Text, text checklist.ItemText) {
	region := m.env.Device.State().Answers.Region
	for i, step := range text.Steps {
		t.Hang(strconv.Itoa(i+1)+"  ", t.Style.Accent, t.Style.Body, step.Do)
		if step.Confirm != "" {
			t.Indent(t.Style.Muted, 3, step.Confirm)
		}
		screen.DrawContacts(t, m.env, step.Ref, region, 3)
	}
	t.Gap()
}

// platforms draws the fan-out: each platform with its own status, the chosen one opened.
func (m *Model) platforms(t *widget.Text) (from, to int) {
	w, st := m.env.Words, t.Style
	for i, p := range m.row.Platforms {
		start := t.Len()
		sign, status := st.Signs.Todo, st.Muted
		switch p.Status {
		case checklist.Done:
			sign, status = st.Signs.Done, st.Good
		case checklist.Skipped, checklist.NotMine:
			sign = st.Signs.Bullet
		}
		cursor, name := "  ", st.Body
		chosen := i == m.list.At && m.open()
		if chosen {
			cursor, name = st.Accent.Render(st.Signs.Cursor)+" ", st.Strong
		}
		minutes := ""
		if p.Capability != nil && p.Status != checklist.Done {
			minutes = w.N(words.HomeMin, p.Capability.Minutes)
		}
		lead := cursor + status.Render(sign) + " "
		for j, line := range widget.Spread(name, p.Platform.Name, st.Muted, minutes, t.Width-4-len(sign)/2) {
			if j > 0 {
				lead = "    "
			}
			t.Raw(lead + line)
		}
		if chosen && p.Capability != nil {
			m.path(t, p.Platform)
		}
		if chosen {
			from, to = start, t.Len()
		}
	}
	return from, to
}

// path shows where a setting is. Facts past their review date keep the help link only.
func (m *Model) path(t *widget.Text, p *checklist.Platform) {
	w, st := m.env.Words, t.Style
	how := m.env.Content.How(m.env.Locale(), p, m.row.Item.FanOut)
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
	if how.Caveat != "" {
		t.Indent(st.Muted, 4, how.Caveat)
	}
}

// details says what the step rests on.
func (m *Model) details() screen.Go {
	w := m.env.Words
	var lines []string
	for _, s := range m.env.Content.Sources(m.row.Item.ID) {
		lines = append(lines, strings.Trim(s.Publisher+", "+s.Title, ", "), s.URL)
		lines = append(lines, w.T(words.TaskAsOf, words.Str("date", readOn(w, s.Retrieved))), "")
	}
	if len(lines) == 0 {
		lines = []string{w.T(words.TaskNoSource)}
	}
	sections := []screen.Section{{Title: w.T(words.TaskSources), Lines: lines}}
	if check := m.env.Content.Item(m.env.Locale(), m.row.Item.ID).Verify; check != "" {
		sections = append([]screen.Section{{Title: w.T(words.TaskVerify), Lines: []string{check}}}, sections...)
	}
	return screen.Go{
		To:      screen.Details,
		Title:   m.env.Content.Title(m.env.Locale(), m.row.Item.ID),
		Details: sections,
	}
}

// readOn writes the pack's YYYY-MM-DD in words.
func readOn(w *words.Catalogue, day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return w.Date(t)
}
