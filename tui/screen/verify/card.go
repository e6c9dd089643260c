package verify

import (
	"encoding/hex"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/verdict"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/style"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Card renders a verdict for line mode and the command line: the same words in the same order
// as the screen, without a footer, no line wider than width. It ends with a line break.
func Card(v contact.Verdict, w *words.Catalogue, st *style.Set, width int) string {
	return CheckedCard(patient.Checked{Verdict: v}, w, st, width)
}

// CheckedCard is [Card] with what the device says beside the verdict.
func CheckedCard(c patient.Checked, w *words.Catalogue, st *style.Set, width int) string {
	return write(checkedPage(c, w, st, width), st, width)
}

// SavedCard is the same for a message without a code and without a file, that was only compared
// with what was saved.
func SavedCard(m patient.SavedMatch, saved []patient.SavedContacts, w *words.Catalogue, st *style.Set, width int) string {
	return write(savedPage(m, saved, w, st, width), st, width)
}

func write(p widget.Page, st *style.Set, width int) string {
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

// page is the answer that is shown.
func (m *Model) page(width int) widget.Page {
	if m.err != nil {
		return troublePage(m.err, m.env.Words, m.env.Style, width)
	}
	if m.compared {
		return savedPage(m.checked.Saved, m.env.Device.SavedContacts(), m.env.Words, m.env.Style, width)
	}
	return checkedPage(m.checked, m.env.Words, m.env.Style, width)
}

// checkedPage is the verdict's first screen: what is so, what it means, what to do, and below
// it what else was found.
func checkedPage(c patient.Checked, w *words.Catalogue, st *style.Set, width int) widget.Page {
	t, v := widget.NewText(st, width), c.Verdict
	card := verdict.New(w, v, c.Server, widget.Line)
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
	drawSaved(t, w, c.Saved)
	if c.Saved.State == patient.SavedKnown {
		t.Para(st.Muted, w.T(words.SavedFake))
	}
	for _, note := range card.Notes {
		t.Gap()
		t.Hang(st.Signs.Bullet+" ", st.Muted, st.Muted, note)
	}
	return p
}

// troublePage is for a message about which nothing could be decided: grey, and what to try.
func troublePage(err error, w *words.Catalogue, st *style.Set, width int) widget.Page {
	t := widget.NewText(st, width)
	what, hint := screen.Trouble(w, err)
	if !unreadable(err) {
		t.Para(st.Body, w.T(words.TroubleNotChecked))
	}
	t.Para(st.Body, what)
	t.Para(st.Body, w.T(words.VerdictUntil))
	drawSteps(t, w, []string{hint, w.T(words.VerdictDoCard)})
	return widget.Page{Title: st.Signs.Unknown + "  " + w.T(words.VerdictGrey), TitleStyle: st.Unknown, Body: t}
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

// details is the exact terms: every finding by its name, the keys, the times.
func details(w *words.Catalogue, c patient.Checked) []screen.Section {
	v := c.Verdict
	var findings, facts []string
	for _, f := range v.Findings {
		findings = append(findings, string(f))
	}
	if len(findings) == 0 {
		findings = []string{string(v.Headline)}
	}
	add := func(k words.Key, value string) {
		if value != "" {
			facts = append(facts, w.T(k, words.Str("value", value)))
		}
	}
	add(words.DetailClinic, widget.Line(v.Clinic))
	add(words.DetailCalls, widget.Line(v.CallsItself))
	if v.ClinicID != ([32]byte{}) {
		add(words.DetailClinicId, hex.EncodeToString(v.ClinicID[:8]))
	}
	add(words.DetailSigner, widget.Line(v.Signer))
	add(words.DetailKind, widget.Line(v.Kind))
	add(words.DetailIssued, w.Moment(v.Issued))
	add(words.DetailLogged, w.Moment(v.LoggedAt))
	add(words.DetailExpires, w.Moment(v.Expires))
	add(words.DetailStatus, w.Moment(v.StatusAt))
	add(words.DetailLevel, string(v.Level))
	add(words.DetailPinned, w.Date(v.PinnedAt))
	add(words.DetailServer, widget.Line(c.Server))
	var remarks []string
	for _, r := range v.Remarks {
		remarks = append(remarks, string(r))
	}
	out := []screen.Section{{Title: w.T(words.DetailFindings), Lines: findings}}
	if len(facts) > 0 {
		out = append(out, screen.Section{Title: w.T(words.DetailFacts), Lines: facts})
	}
	if len(remarks) > 0 {
		out = append(out, screen.Section{Title: w.T(words.DetailRemarks), Lines: remarks})
	}
	return out
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
