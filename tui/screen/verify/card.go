package verify

import (
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/verdict"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/style"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Card renders a verdict for line mode and the command line: the same words in the same order
// as the screen, without a footer, no line wider than width. It ends with a line break.
func Card(v contact.Verdict, w *words.Catalogue, st *style.Set, width int) string {
	p := page(v, "", w, st, width)
	wide := widget.Wide(width)
	lines := widget.Head(p.TitleStyle, p.Title, st.Muted, p.Aside, wide)
	lines = append(lines, st.Rule.Render(strings.Repeat(st.Signs.Rule, wide)))
	lines = append(lines, p.Body.Lines()...)
	var b strings.Builder
	for _, line := range lines {
		if line != "" {
			b.WriteString(strings.Repeat(" ", widget.Margin) + line)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// page is the verdict's first screen: what is so, what it means, what to do, and below it what
// else was found.
func page(v contact.Verdict, server string, w *words.Catalogue, st *style.Set, width int) widget.Page {
	t := widget.NewText(st, width)
	card := verdict.New(w, v, server, widget.Line)
	sign, tone := look(card.Sign, st)
	p := widget.Page{Title: sign + "  " + card.Title, TitleStyle: tone, Aside: widget.Line(v.Clinic), Body: t}

	t.Para(st.Body, card.Text)
	if card.Until != "" {
		t.Para(st.Body, card.Until)
	}
	if v.Headline == contact.Altered && v.Diff != nil {
		drawDiff(t, w, v.Diff)
	}
	if body := widget.Safe(v.Body); body != "" && card.Shows() {
		t.Gap()
		t.Para(st.Accent, w.T(words.VerdictWrote))
		for _, line := range strings.Split(strings.TrimRight(body, "\n"), "\n") {
			t.Indent(st.Body, 3, line)
		}
	}
	drawSteps(t, w, card.Steps)
	if len(card.Also) > 0 {
		t.Gap()
		t.Para(st.Accent, w.T(words.VerdictAlso))
		for _, also := range card.Also {
			t.Hang(st.Signs.Bullet+" ", st.Muted, st.Body, also)
		}
	}
	for _, note := range card.Notes {
		t.Gap()
		t.Hang(st.Signs.Bullet+" ", st.Muted, st.Muted, note)
	}
	return p
}

// drawSteps writes what to do, in order.
func drawSteps(t *widget.Text, w *words.Catalogue, steps []string) {
	t.Gap()
	label := w.T(words.VerdictDo)
	for _, step := range steps {
		t.Pair(label, t.Style.Accent, t.Style.Body, 12, step)
		label = ""
	}
}

// look returns sign and colour: the colour never stands alone.
func look(s verdict.Sign, st *style.Set) (string, style.Style) {
	switch s {
	case verdict.Good:
		return st.Signs.Good, st.Good
	case verdict.Open:
		return st.Signs.Open, st.Caution
	case verdict.Crossed:
		return st.Signs.Crossed, st.Caution
	case verdict.Bad:
		return st.Signs.Bad, st.Danger
	case verdict.Silent:
		return st.Signs.Silent, st.Unknown
	}
	return st.Signs.Unknown, st.Unknown
}
