package verify

import (
	"slices"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/style"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// savedPage is what can be said of a message without a code and without a file. It is grey
// whatever was found: what was saved is a reason to distrust at most.
func savedPage(m patient.SavedMatch, saved []patient.SavedContacts, w *words.Catalogue, st *style.Set, width int) widget.Page {
	t := widget.NewText(st, width)
	title, text := words.VerdictGrey, words.SavedNoneText
	var steps []string
	switch m.State {
	case patient.SavedKnown:
		text = words.SavedKnownText
	case patient.SavedUnknown:
		title, text = words.SavedUnknown, words.SavedUnknownText
		steps = append(steps, w.T(words.VerdictDoNoreply))
	case patient.SavedLookAlike:
		title, text = words.SavedLookAlike, words.SavedLookAlikeText
		steps = append(steps, w.T(words.VerdictDoNoreply))
	}
	t.Para(st.Body, w.T(text))
	t.Para(st.Body, w.T(words.VerdictUntil))
	if numbers := numbersOf(m.Clinic, saved); len(numbers) > 0 {
		steps = append(steps, w.T(words.SavedDoRing, words.Str("numbers", strings.Join(numbers, ", "))))
	} else {
		steps = append(steps, w.T(words.VerdictDoCard))
	}
	if len(saved) == 0 {
		steps = append(steps, w.T(words.SavedDoSave))
	}
	drawSteps(t, w, steps)
	drawSaved(t, w, m)
	return widget.Page{Title: st.Signs.Unknown + "  " + w.T(title), TitleStyle: st.Unknown, Aside: widget.Line(m.Clinic), Body: t}
}

// numbersOf returns the saved numbers of one clinic, or of all when no clinic is known.
func numbersOf(clinic string, saved []patient.SavedContacts) []string {
	var out []string
	for _, c := range saved {
		if clinic != "" && c.Clinic != clinic {
			continue
		}
		for _, n := range c.Numbers {
			if n = screen.Phones([]string{n}); !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// mostFound is how many numbers and links of a message are listed.
const mostFound = 8

// drawSaved lists how sender and text compare with what was saved, what is wrong first.
func drawSaved(t *widget.Text, w *words.Catalogue, m patient.SavedMatch) {
	if len(m.Found) == 0 {
		return
	}
	t.Gap()
	t.Para(t.Style.Accent, w.T(words.SavedCompared))
	rank := func(f patient.SavedFinding) int {
		return slices.Index([]patient.SavedState{patient.SavedLookAlike, patient.SavedUnknown, patient.SavedKnown}, f.State)
	}
	found := slices.Clone(m.Found)
	slices.SortStableFunc(found, func(a, b patient.SavedFinding) int { return rank(a) - rank(b) })
	for i, f := range found {
		if i == mostFound {
			t.Indent(t.Style.Muted, 2, w.N(words.NoticeMore, len(found)-i))
			break
		}
		sign, tone, key := t.Style.Signs.Bullet, t.Style.Muted, words.SavedIs
		switch f.State {
		case patient.SavedLookAlike:
			sign, tone, key = t.Style.Signs.Bad, t.Style.Danger, words.SavedIsLike
		case patient.SavedUnknown:
			sign, tone, key = t.Style.Signs.Unknown, t.Style.Unknown, words.SavedIsNot
		}
		text := w.T(key, words.Str("text", widget.Line(f.Text)), words.Str("near", widget.Line(f.Near)))
		if f.Sender {
			text = w.T(words.SavedSender, words.Str("what", text))
		}
		t.Hang(sign+" ", tone, t.Style.Body, text)
	}
}
