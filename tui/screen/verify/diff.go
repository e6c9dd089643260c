package verify

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// place is one pair of lines that differ, with every change in it.
type place struct {
	signed, received           string
	signedMarks, receivedMarks [][2]int
	notes                      []string
}

// places puts changes of the same two lines together, in the order of the first one in each:
// the reader sees a line once, however many things in it were changed. Where a number or a
// link was changed, that is what is marked, not the words around it.
func places(w *words.Catalogue, d *contact.Diff) []*place {
	kinds := map[string]words.Key{
		"phone": words.DiffPhone, "link": words.DiffLink, "amount": words.DiffAmount,
		"wallet": words.DiffWallet, "number": words.DiffNumber, "date": words.DiffDate, "text": words.DiffText,
	}
	var all []*place
	for _, c := range d.Changes {
		i := slices.IndexFunc(all, func(p *place) bool { return p.signed == c.Signed && p.received == c.Received })
		if i < 0 {
			i = len(all)
			all = append(all, &place{signed: c.Signed, received: c.Received})
		}
		p := all[i]
		if c.Kind == "text" && len(p.notes) > 0 {
			continue // the dangerous kinds come first
		}
		p.signedMarks = append(p.signedMarks, c.SignedMark)
		p.receivedMarks = append(p.receivedMarks, c.ReceivedMark)
		kind, ok := kinds[c.Kind]
		if !ok {
			kind = words.DiffText
		}
		if note := w.T(kind); !slices.Contains(p.notes, note) {
			p.notes = append(p.notes, note)
		}
	}
	return all
}

// drawDiff shows each place: what the clinic wrote, what came, and marks under what differs.
func drawDiff(t *widget.Text, w *words.Catalogue, d *contact.Diff) {
	for _, p := range places(w, d) {
		t.Gap()
		side(t, w.T(words.DiffWrote), p.signed, p.signedMarks, "", w.T(words.DiffNothing))
		side(t, w.T(words.DiffReceived), p.received, p.receivedMarks, strings.Join(p.notes, ", "), w.T(words.DiffNothing))
	}
	t.Gap()
}

// side draws one side of a place. With a note, marks stand under the columns of what differs,
// on every line that a long text breaks into, and the note follows the last.
func side(t *widget.Text, label, text string, marks [][2]int, note, nothing string) {
	st := t.Style
	column := 20
	if t.Width < 56 {
		t.Para(st.Accent, label)
		label, column = "", 2
	}
	if text == "" {
		t.Pair(label, st.Accent, st.Muted, column, nothing)
		return
	}
	lines := markLines(text, marks, t.Width-column)
	last := -1
	for i, l := range lines {
		if len(l.spans) > 0 {
			last = i
		}
	}
	for i, l := range lines {
		lead := strings.Repeat(" ", column)
		if i == 0 {
			lead = st.Accent.Render(label) + strings.Repeat(" ", max(0, column-ansi.StringWidth(label)))
		}
		t.Raw(lead + st.Body.Render(l.text))
		if note == "" || len(l.spans) == 0 {
			continue
		}
		under := l.under(st.Signs.Mark)
		if rest := " " + note; i == last && ansi.StringWidth(under+rest) <= t.Width-column {
			under, note = under+rest, ""
		}
		t.Raw(strings.Repeat(" ", column) + st.Danger.Render(under))
	}
	if note != "" {
		t.Indent(st.Danger, column, note)
	}
}

// markedLine is a line of text and the columns of it that are marked.
type markedLine struct {
	text  string
	spans [][2]int
}

// under returns the line that stands below, with the mark under each span.
func (l markedLine) under(mark string) string {
	var b strings.Builder
	column := 0
	for _, s := range l.spans {
		b.WriteString(strings.Repeat(" ", s[0]-column) + strings.Repeat(mark, s[1]-s[0]))
		column = s[1]
	}
	return b.String()
}

// cell is one sign of a text.
type cell struct {
	r      rune
	marked bool
}

// The ends of the marks travel through widget.Safe as signs of their own, because Safe must
// see the text whole. A mark that ended inside an escape sequence goes with it.
const begin, end = '\ue000', '\ue001'

// cells makes a text safe and says of each sign whether it is marked. Marks are byte ranges.
func cells(text string, marks [][2]int) []cell {
	clean := strings.NewReplacer(string(begin), "", string(end), "")
	marks = slices.Clone(marks)
	slices.SortFunc(marks, func(a, b [2]int) int { return a[0] - b[0] })
	var b strings.Builder
	at := 0
	for _, m := range marks {
		from := max(at, clamp(m[0], len(text)))
		to := max(from, clamp(m[1], len(text)))
		if from == to {
			continue
		}
		b.WriteString(clean.Replace(text[at:from]) + string(begin) + clean.Replace(text[from:to]) + string(end))
		at = to
	}
	b.WriteString(clean.Replace(text[at:]))
	var out []cell
	marked := false
	for _, r := range strings.ReplaceAll(widget.Safe(b.String()), "\n", " ") {
		switch r {
		case begin, end:
			marked = r == begin
		default:
			out = append(out, cell{r, marked})
		}
	}
	return out
}

// markLines breaks text into lines of at most width columns, at spaces where there are any,
// and finds the marked bytes again in each.
func markLines(text string, marks [][2]int, width int) []markedLine {
	var out []markedLine
	for rest := cells(text, marks); len(rest) > 0; {
		n := fit(rest, width)
		out = append(out, lineOf(rest[:n]))
		for rest = rest[n:]; len(rest) > 0 && rest[0].r == ' ' && !rest[0].marked; rest = rest[1:] {
		}
	}
	return out
}

// fit returns how many cells go on a line.
func fit(cells []cell, width int) int {
	n, used, space := 0, 0, -1
	for n < len(cells) {
		w := ansi.StringWidth(string(cells[n].r))
		if used+w > width && n > 0 {
			break
		}
		if cells[n].r == ' ' {
			space = n
		}
		used += w
		n++
	}
	if n < len(cells) && cells[n].r != ' ' && space > 0 {
		n = space + 1
	}
	return n
}

func lineOf(cells []cell) markedLine {
	var (
		l      markedLine
		b      strings.Builder
		column int
	)
	for i, c := range cells {
		w := ansi.StringWidth(string(c.r))
		if c.marked {
			if i == 0 || !cells[i-1].marked {
				l.spans = append(l.spans, [2]int{column, column})
			}
			l.spans[len(l.spans)-1][1] = column + w
		}
		b.WriteRune(c.r)
		column += w
	}
	l.text = strings.TrimRight(b.String(), " ")
	return l
}

func clamp(i, n int) int { return max(0, min(i, n)) }
