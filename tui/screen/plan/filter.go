package plan

import (
	"slices"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// filter is what the plan is narrowed to: at most one of the three.
type filter struct {
	lane     checklist.Lane
	platform string // id
	query    string // as typed
}

// none reports whether everything is shown.
func (f filter) none() bool {
	return f.lane == "" && f.platform == "" && strings.TrimSpace(f.query) == ""
}

// matching returns the rows of the plan that the filter lets through.
func (m *Model) matching() []checklist.Row {
	return slices.DeleteFunc(m.all(), func(r checklist.Row) bool { return !m.matches(&r) })
}

func (m *Model) matches(r *checklist.Row) bool {
	switch {
	case m.filter.lane != "":
		return r.Lane == m.filter.lane
	case m.filter.platform != "":
		return on(r, m.filter.platform) != nil
	}
	texts := []string{m.env.Content.Title(m.env.Locale(), r.Item.ID)}
	for i := range r.Platforms {
		texts = append(texts, r.Platforms[i].Platform.Name)
	}
	return widget.Finds(m.filter.query, texts...)
}

// on returns the part of a row that belongs to a platform, or nil.
func on(r *checklist.Row, platform string) *checklist.PlatformRow {
	for i := range r.Platforms {
		if r.Platforms[i].Platform.ID == platform {
			return &r.Platforms[i]
		}
	}
	return nil
}

// part is what the plan can be narrowed to, and how far it is.
type part struct {
	filter      filter
	name        string
	done, total int // rows
	minutes     int // what is left
}

// lanes returns the parts of the plan that have rows, in the order in which they come up.
func (m *Model) lanes() []part {
	var out []part
	for _, lane := range checklist.Lanes() {
		p := part{filter: filter{lane: lane}, name: m.env.Content.Lane(m.env.Locale(), lane)}
		for _, r := range m.all() {
			if r.Lane == lane {
				p.count(r.Status, r.Minutes)
			}
		}
		if p.total > 0 {
			out = append(out, p)
		}
	}
	return out
}

// platforms returns the apps that rows are about, in reading order.
func (m *Model) platforms() []part {
	var out []part
	rows := m.all()
	for _, platform := range m.env.Content.Platforms() {
		p := part{filter: filter{platform: platform.ID}, name: platform.Name}
		for i := range rows {
			if r := on(&rows[i], platform.ID); r != nil {
				minutes := 0
				if r.Capability != nil {
					minutes = r.Capability.Minutes
				}
				p.count(settled(rows[i].Status, r.Status), minutes)
			}
		}
		if p.total > 0 {
			out = append(out, p)
		}
	}
	return out
}

// settled is where a platform stands: a row that is set aside settles all of its platforms.
func settled(row, platform checklist.Status) checklist.Status {
	if row == checklist.Skipped || row == checklist.NotMine {
		return row
	}
	return platform
}

func (p *part) count(status checklist.Status, minutes int) {
	p.total++
	switch status {
	case checklist.Done, checklist.Skipped, checklist.NotMine, checklist.Recheck:
		p.done++
	default:
		p.minutes += minutes
	}
}

// filters returns what the plan can be narrowed to: parts, then apps.
func (m *Model) filters() []part { return append(m.lanes(), m.platforms()...) }

// current returns the part that is shown; nil when everything is, or what a search found.
func (m *Model) current() *part {
	for _, p := range m.filters() {
		if p.filter == m.filter && !m.filter.none() {
			return &p
		}
	}
	return nil
}

// howFar says how far a part is.
func (m *Model) howFar(p *part) string {
	done := m.env.Words.T(words.PlanDone, words.Int("done", p.done), words.Int("total", p.total))
	if p.minutes == 0 {
		return done
	}
	return done + ", " + m.env.Words.N(words.HomeMinutes, p.minutes)
}
