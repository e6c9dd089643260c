package letter

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	t := widget.NewText(st, width)
	page := widget.Page{Body: t}
	switch m.mode {
	case choosing:
		page.Title = w.T(words.LetterWhich)
		var rows []widget.Choice
		for _, l := range m.letters() {
			x := m.env.Content.Letter(m.env.Locale(), l.ID, m.region())
			rows = append(rows, widget.Choice{Label: x.Title, Note: x.About})
		}
		page.Focus, page.FocusEnd = m.list.Draw(t, rows)
		return page
	case addressing:
		page.Title = w.T(words.LetterTo)
		t.Para(st.Muted, m.text().About)
		t.Gap()
		var rows []widget.Choice
		for _, c := range m.addresses() {
			rows = append(rows, widget.Choice{Label: c.Name, Note: strings.Join(c.Mail, ", ")})
		}
		page.Focus, page.FocusEnd = m.list.Draw(t, rows)
		return page
	case filling:
		m.drawField(t, &page)
	case reading:
		m.drawLetter(t, &page)
	case naming:
		page.Title = w.T(words.LetterSaveTitle)
		t.Para(st.Body, w.T(words.LetterFileAsk))
		t.Gap()
		page.Cursor = m.input.Draw(t)
	}
	if m.drawTrouble(t); m.err != nil {
		page.FocusEnd = t.Len()
	}
	return page
}

func (m *Model) drawField(t *widget.Text, page *widget.Page) {
	w, st := m.env.Words, t.Style
	x := m.text()
	f := x.Fields[m.field]
	page.Title, page.Aside = x.Title, w.T(words.QuestionsOf, words.Int("at", m.field+1), words.Int("of", len(x.Fields)))
	if m.field == 0 {
		t.Para(st.Muted, x.About+" "+w.T(words.LetterNotKept))
		t.Gap()
	}
	t.Para(st.Strong, f.Label)
	if f.Hint != "" {
		t.Para(st.Body, f.Hint)
	}
	empty := words.LetterLeftOut
	if f.Required {
		empty = words.LetterByHandEmpty
	}
	t.Para(st.Muted, w.T(empty))
	if f.Lines {
		t.Para(st.Muted, w.T(words.LetterLines))
	}
	t.Gap()
	for _, line := range m.lines {
		t.Indent(st.Body, 2, widget.Line(line))
	}
	page.Cursor = m.input.Draw(t)
	page.Focus, page.FocusEnd = max(0, t.Len()-2), t.Len()
}

func (m *Model) drawLetter(t *widget.Text, page *widget.Page) {
	w, st := m.env.Words, t.Style
	x := m.text()
	page.Title = w.T(words.LetterYours)
	page.Aside = m.fileName()
	text, byHand := m.write()
	t.Para(st.Muted, x.Send)
	if m.language() != m.env.Locale() {
		t.Hang(m.keys.Language.Label(w)+"  ", st.Key, st.Body, w.T(words.LetterForReader))
	}
	if past, err := time.Parse(time.DateOnly, m.letter.ReviewBy); err == nil && m.env.Now().After(past.Add(36*time.Hour)) {
		t.Para(st.Caution, w.T(words.LetterStale))
	}
	var labels []string
	for _, f := range x.Fields {
		if slices.Contains(byHand, f.ID) {
			labels = append(labels, f.Label)
		}
	}
	if len(labels) > 0 {
		t.Para(st.Caution, w.T(words.LetterByHand, words.Str("fields", strings.Join(labels, ", "))))
	}
	t.Gap()
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		if line = strings.TrimRight(line, "\n"); line == "" {
			t.Gap()
			continue
		}
		t.Para(st.Body, widget.Safe(line))
	}
	t.Gap()
	m.drawSend(t)
	t.Para(st.Muted, w.T(words.LetterNotKept))
}

// drawSend names the pages where such a letter can be sent.
func (m *Model) drawSend(t *widget.Text) {
	if m.letter.Send == "" {
		return
	}
	before := t.Len()
	t.Para(t.Style.Accent, m.env.Words.T(words.LetterSendTo))
	head := t.Len()
	screen.DrawContacts(t, m.env, m.letter.Send, m.region(), 2)
	if t.Len() > head && before < head {
		t.Gap()
	}
}

func (m *Model) drawTrouble(t *widget.Text) {
	w, st := m.env.Words, t.Style
	var what, hint string
	switch {
	case m.err == nil:
		return
	case errors.Is(m.err, checklist.ErrNeverEnter):
		what = w.T(words.LetterNever)
	case errors.Is(m.err, checklist.ErrValueSize):
		what = w.T(words.LetterTooLong)
	case errors.Is(m.err, screen.ErrFileExists):
		what, hint = w.T(words.LetterFileExists), w.T(words.LetterFileExistsHint)
	default:
		what, hint = w.T(words.LetterFileFailed), w.T(words.LetterFileExistsHint)
	}
	t.Gap()
	t.Para(st.Danger, what)
	if hint != "" {
		t.Para(st.Body, hint)
	}
}
