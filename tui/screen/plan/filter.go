package plan

import (
	"slices"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/tui/screen"
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
	part := screen.Part{Lane: m.filter.lane, Platform: m.filter.platform}
	return slices.DeleteFunc(screen.Rows(&m.plan), func(r checklist.Row) bool {
		if m.filter.query != "" {
			return !screen.Finds(m.filter.query, m.env.Content.Title(m.env.Locale(), r.Item.ID), &r)
		}
		return !part.Holds(&r)
	})
}

func (m *Model) lanes() []screen.Part {
	return screen.Lanes(&m.plan, func(l checklist.Lane) string { return m.env.Content.Lane(m.env.Locale(), l) })
}

// parts returns what the plan can be narrowed to: lanes, then platforms.
func (m *Model) parts() []screen.Part {
	return append(m.lanes(), screen.Apps(&m.plan, m.env.Content.Platforms())...)
}

// current returns the part that is shown; nil when everything is, or what a search found.
func (m *Model) current() *screen.Part {
	for _, p := range m.parts() {
		if (filter{lane: p.Lane, platform: p.Platform}) == m.filter {
			return &p
		}
	}
	return nil
}
