// Package widget is the few pieces that screens are made of: the frame with its rule and
// footer, wrapped text, a progress bar with words, a list of choices and a text field.
//
// It promises that no line it returns is wider than it was told, and that [Safe] leaves
// nothing in a text that a terminal would obey. It never reads keys or words of its own
// accord.
package widget

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/chaperone-privacy/chaperone/tui/style"
)

// The layout, in columns.
const (
	Margin  = 2  // left of everything
	Measure = 72 // the longest line of running text
	Widest  = 78 // everything else
)

// Wide returns how many columns a screen uses on a terminal of the given width.
func Wide(width int) int { return max(8, min(width-Margin, Widest)) }

// Text builds the body of a screen line by line. Width is what lies right of the margin.
type Text struct {
	Style *style.Set
	Width int
	lines []string
}

// NewText returns an empty body for a terminal of the given width.
func NewText(st *style.Set, width int) *Text {
	return &Text{Style: st, Width: Wide(width)}
}

// Lines returns the lines so far, without the margin.
func (t *Text) Lines() []string { return t.lines }

// Len returns the number of lines so far.
func (t *Text) Len() int { return len(t.lines) }

// Gap adds an empty line, unless one stands there already.
func (t *Text) Gap() {
	if n := len(t.lines); n > 0 && t.lines[n-1] != "" {
		t.lines = append(t.lines, "")
	}
}

// Raw adds lines as they are; the caller has seen to their width.
func (t *Text) Raw(lines ...string) { t.lines = append(t.lines, lines...) }

// Para adds wrapped text.
func (t *Text) Para(s style.Style, text string) { t.Indent(s, 0, text) }

// Indent adds wrapped text further to the right.
func (t *Text) Indent(s style.Style, by int, text string) {
	pad := strings.Repeat(" ", by)
	for _, line := range Wrap(text, min(Measure, t.Width)-by) {
		if line == "" {
			t.lines = append(t.lines, "")
			continue
		}
		t.lines = append(t.lines, pad+s.Render(line))
	}
}

// Hang adds text whose first line starts with a mark, such as "1  "; the lines after it stand
// under the text.
func (t *Text) Hang(mark string, markStyle, s style.Style, text string) {
	by := ansi.StringWidth(mark)
	for i, line := range Wrap(text, min(Measure, t.Width)-by) {
		if i == 0 {
			t.lines = append(t.lines, markStyle.Render(mark)+s.Render(line))
		} else {
			t.lines = append(t.lines, strings.Repeat(" ", by)+s.Render(line))
		}
	}
}

// Pair adds a label and a text beside it; on a narrow terminal the text stands below.
func (t *Text) Pair(label string, labelStyle, s style.Style, column int, text string) {
	if t.Width < 56 || ansi.StringWidth(label) >= column {
		if label != "" {
			t.Para(labelStyle, label)
		}
		t.Indent(s, 2, text)
		return
	}
	for i, line := range Wrap(text, min(Measure, t.Width-column)) {
		left := strings.Repeat(" ", column)
		if i == 0 {
			left = labelStyle.Render(label) + strings.Repeat(" ", column-ansi.StringWidth(label))
		}
		t.lines = append(t.lines, left+s.Render(line))
	}
}

// Aside adds a line with something at its right end, which drops below when there is no room.
func (t *Text) Aside(s style.Style, text string, asideStyle style.Style, aside string) {
	t.lines = append(t.lines, Spread(s, text, asideStyle, aside, t.Width)...)
}

// Spread lays text and aside out on one line of width columns: the aside at the right end of
// the first line, the text wrapped beside it. Where that leaves too little room for the text,
// the aside stands below.
func Spread(s style.Style, text string, asideStyle style.Style, aside string, width int) []string {
	const least = 18 // columns that text needs beside an aside
	var lines []string
	room := width
	beside := aside != "" && width-ansi.StringWidth(aside)-2 >= least
	if beside {
		room = width - ansi.StringWidth(aside) - 2
	}
	for i, line := range Wrap(text, room) {
		if i == 0 && beside {
			space := width - ansi.StringWidth(line) - ansi.StringWidth(aside)
			lines = append(lines, s.Render(line)+strings.Repeat(" ", space)+asideStyle.Render(aside))
		} else {
			lines = append(lines, s.Render(line))
		}
	}
	if aside != "" && !beside {
		for _, line := range Wrap(aside, width-2) {
			lines = append(lines, "  "+asideStyle.Render(line))
		}
	}
	return lines
}

// Head lays out a title and its aside: on one line if both fit whole, one below the other if
// they do not.
func Head(s style.Style, title string, asideStyle style.Style, aside string, width int) []string {
	if ansi.StringWidth(title)+2+ansi.StringWidth(aside) <= width {
		return Spread(s, title, asideStyle, aside, width)
	}
	lines := Spread(s, title, s, "", width)
	for _, line := range Wrap(aside, width) {
		if line != "" {
			lines = append(lines, asideStyle.Render(line))
		}
	}
	return lines
}

// Wrap breaks text at spaces into lines of at most width columns, and within a word that is
// longer. It keeps line breaks of the text.
func Wrap(text string, width int) []string {
	width = max(1, width)
	lines := strings.Split(ansi.Wrap(text, width, ""), "\n")
	for i := 0; i < len(lines); i++ {
		// ansi.Wrap lets a line that starts with a space be one column too wide.
		if ansi.StringWidth(lines[i]) > width {
			head := ansi.Truncate(lines[i], width, "")
			if rest := lines[i][len(head):]; head != "" && rest != "" {
				lines = slices.Insert(lines, i+1, rest)
			}
			lines[i] = head
		}
	}
	return lines
}

// Progress is a thin bar of cells columns.
func Progress(st *style.Set, done, total, cells int) string {
	full := 0
	if total > 0 {
		full = min(cells, max(0, done*cells/total))
		if done > 0 && full == 0 {
			full = 1
		}
	}
	return st.Accent.Render(strings.Repeat(st.Signs.Full, full)) +
		st.Rule.Render(strings.Repeat(st.Signs.Empty, cells-full))
}
