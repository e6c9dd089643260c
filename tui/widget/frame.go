package widget

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/style"
)

// Page is what a screen shows. The frame adds margin, rule, footer and scrolling.
type Page struct {
	Title      string
	TitleStyle style.Style // zero: Title
	Aside      string      // at the right of the title
	AsideStyle style.Style // zero: Muted
	Body       *Text
	// Focus is the first line of the body that must be seen, and FocusEnd the line after the
	// last. Without a focus (both zero) the reader scrolls.
	Focus, FocusEnd int
	// Cursor is where typed text goes, as a column and a line of the body; nil for none.
	Cursor *Point
}

// Point is a place in the body.
type Point struct{ X, Y int }

// Frame is the window around a page.
type Frame struct {
	Style  *style.Set
	Words  *words.Catalogue
	Width  int
	Height int
	Toast  string // in place of the empty line above the footer
	Offset int    // first line of the body to show, when the page has no focus
}

// Render returns exactly the lines of a page, at most Height, none wider than Width, the
// offset that was used, and where the cursor is on the screen (nil for none).
func (f Frame) Render(p Page, footer []keys.Binding) (string, int, *Point) {
	st := f.Style
	wide := Wide(f.Width)
	titleStyle, asideStyle := p.TitleStyle, p.AsideStyle
	if titleStyle == (style.Style{}) {
		titleStyle = st.Title
	}
	if asideStyle == (style.Style{}) {
		asideStyle = st.Muted
	}
	head := Head(titleStyle, p.Title, asideStyle, p.Aside, wide)
	head = append(head, st.Rule.Render(strings.Repeat(st.Signs.Rule, wide)))
	foot := f.footer(footer, wide)

	body := p.Body.Lines()
	for len(body) > 0 && body[len(body)-1] == "" {
		body = body[:len(body)-1]
	}
	room := max(1, f.Height-len(head)-len(foot)-1)
	offset := max(0, min(f.Offset, len(body)-room))
	if p.FocusEnd > p.Focus {
		offset = follow(offset, room, p.Focus, p.FocusEnd, len(body))
	}
	end := min(len(body), offset+room)

	lines := make([]string, 0, f.Height)
	lines = append(lines, head...)
	lines = append(lines, body[offset:end]...)
	for len(lines) < len(head)+room {
		lines = append(lines, "")
	}
	lines = append(lines, f.status(offset, end, len(body)))
	lines = append(lines, foot...)
	if len(lines) > f.Height {
		lines = lines[:max(1, f.Height)]
	}
	var cursor *Point
	if p.Cursor != nil && p.Cursor.Y >= offset && p.Cursor.Y < end {
		cursor = &Point{min(p.Cursor.X+Margin, max(0, f.Width-1)), p.Cursor.Y - offset + len(head)}
	}

	pad := strings.Repeat(" ", Margin)
	var b strings.Builder
	b.Grow(len(lines) * 96)
	for i, line := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		if line != "" {
			b.WriteString(ansi.Truncate(pad+line, f.Width, ""))
		}
	}
	return b.String(), offset, cursor
}

// follow moves offset as little as needed to show lines from..to; when they do not fit, their
// beginning is shown. The start of the body stays in sight as long as it can.
func follow(offset, room, from, to, total int) int {
	if to <= room {
		return 0
	}
	if to > offset+room {
		offset = to - room
	}
	if from < offset {
		offset = from
	}
	return max(0, min(offset, total-room))
}

// status is the line above the footer: a toast, or how much lies above and below.
func (f Frame) status(offset, end, total int) string {
	if f.Toast != "" {
		return f.Style.Good.Render(ansi.Truncate(f.Toast, max(8, f.Width-2*Margin), "…"))
	}
	var parts []string
	if offset > 0 {
		parts = append(parts, f.Style.Signs.Up+" "+f.Words.N(words.FrameAbove, offset))
	}
	if end < total {
		parts = append(parts, f.Style.Signs.Down+" "+f.Words.N(words.FrameBelow, total-end))
	}
	return f.Style.Muted.Render(strings.Join(parts, "   "))
}

// footer lays the keys out on one line, or on two where the terminal is narrow. The last two
// always stay; of the others the least important go first when there is no room.
func (f Frame) footer(bindings []keys.Binding, wide int) []string {
	var lines []string
	for _, row := range FooterKeys(f.Words, bindings, wide) {
		parts := make([]string, len(row))
		for i, b := range row {
			parts[i] = f.Style.Key.Render(b.Label(f.Words)) + " " + f.Style.Muted.Render(f.Words.T(b.Help))
		}
		lines = append(lines, strings.Join(parts, strings.Repeat(" ", keyGap)))
	}
	return lines
}

const (
	keyGap   = 3  // columns between two keys
	mostKeys = 6  // in a footer
	keptKeys = 2  // at the end of it, whatever the width
	narrow   = 60 // below this many columns a footer has two lines
)

// FooterKeys returns the bindings that the footer shows at a width, line by line.
func FooterKeys(w *words.Catalogue, bindings []keys.Binding, wide int) [][]keys.Binding {
	lines := 1
	if wide < narrow {
		lines = 2
	}
	for {
		rows := pack(w, bindings, wide)
		if len(bindings) <= keptKeys || len(bindings) <= mostKeys && len(rows) <= lines {
			return rows
		}
		drop := len(bindings) - keptKeys - 1
		bindings = append(append([]keys.Binding(nil), bindings[:drop]...), bindings[drop+1:]...)
	}
}

// pack breaks bindings into lines.
func pack(w *words.Catalogue, bindings []keys.Binding, wide int) [][]keys.Binding {
	var rows [][]keys.Binding
	used := 0
	for _, b := range bindings {
		width := ansi.StringWidth(b.Label(w)) + 1 + ansi.StringWidth(w.T(b.Help))
		if len(rows) == 0 || used+keyGap+width > wide {
			rows, used = append(rows, nil), -keyGap
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], b)
		used += keyGap + width
	}
	return rows
}
