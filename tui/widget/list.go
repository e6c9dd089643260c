package widget

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/charmbracelet/x/ansi"

	"github.com/chaperone-privacy/chaperone/tui/keys"
)

// Choice is one row of a list.
type Choice struct {
	Label string
	Aside string // at the right, muted
	Note  string // below, muted
	Mark  string // before the label, such as a box to tick; may be ""
}

// List is a list with a cursor. The zero value stands on the first row.
type List struct{ At int }

// Update moves the cursor; it reports whether the key was for the list.
func (l *List) Update(k tea.KeyPressMsg, rows int) bool {
	always := keys.NewAlways()
	switch {
	case always.Up.Is(k):
		l.At = max(0, l.At-1)
	case always.Down.Is(k):
		l.At = max(0, min(rows-1, l.At+1))
	case k.String() == "home":
		l.At = 0
	case k.String() == "end":
		l.At = max(0, rows-1)
	default:
		return false
	}
	return true
}

// Draw adds the rows to a body and returns the lines of the chosen one, for [Page.Focus].
func (l *List) Draw(t *Text, rows []Choice) (from, to int) {
	l.At = max(0, min(l.At, len(rows)-1))
	st := t.Style
	lead := ansi.StringWidth(st.Signs.Cursor) + 1
	for i, row := range rows {
		start := t.Len()
		s, cursor := st.Body, strings.Repeat(" ", lead)
		if i == l.At {
			s, cursor = st.Strong, st.Accent.Render(st.Signs.Cursor)+" "
		}
		mark := ""
		if row.Mark != "" {
			mark = row.Mark + " "
		}
		by := lead + ansi.StringWidth(mark)
		for j, line := range Spread(s, row.Label, st.Muted, row.Aside, t.Width-by) {
			if j == 0 {
				t.Raw(cursor + mark + line)
			} else {
				t.Raw(strings.Repeat(" ", by) + line)
			}
		}
		if row.Note != "" {
			t.Indent(st.Muted, by, row.Note)
		}
		if i == l.At {
			from, to = start, t.Len()
		}
	}
	return from, to
}

// DrawPlain adds the rows without a cursor.
func (l *List) DrawPlain(t *Text, rows []Choice) {
	st := t.Style
	lead := ansi.StringWidth(st.Signs.Cursor) + 1
	pad := strings.Repeat(" ", lead)
	for _, row := range rows {
		for _, line := range Spread(st.Body, row.Label, st.Muted, row.Aside, t.Width-lead) {
			t.Raw(pad + line)
		}
	}
}
