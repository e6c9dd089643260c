package chaperone

import (
	"strings"
	"unicode"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/verdict"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

// newVerdict puts a verdict into words. A finding that this version does not know is grey.
func newVerdict(w *words.Catalogue, v contact.Verdict) *Verdict {
	card := verdict.New(w, v, "", safe)
	out := &Verdict{
		class:    string(card.Class),
		headline: string(v.Headline),
		sign:     card.Sign.String(),
		title:    card.Title,
		text:     card.Text,
		steps:    card.Steps,
		remarks:  card.Notes,
		clinic:   safe(v.Clinic),
		calls:    safe(v.CallsItself),
		kind:     safe(v.Kind),
		level:    string(v.Level),
		issued:   unix(v.Issued),
		expires:  unix(v.Expires),
		logged:   unix(v.LoggedAt),
		status:   unix(v.StatusAt),
	}
	if card.Until != "" {
		out.text += " " + card.Until
	}
	if card.Shows() {
		out.signer, out.body = safe(v.Signer), safe(v.Body)
	}
	for _, f := range v.Findings {
		out.findings = append(out.findings, string(f))
	}
	if v.Headline == contact.Altered && v.Diff != nil {
		for _, c := range v.Diff.Changes {
			out.changes = append(out.changes, &Change{kind: c.Kind, signed: safe(c.Signed), received: safe(c.Received)})
		}
	}
	return out
}

// safe makes text that came from elsewhere harmless to show: control characters are taken
// out, and characters that steer text or cannot be seen become a visible dot. Line breaks
// stay.
func safe(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r):
			return -1
		case r == '\u2028', r == '\u2029', unicode.Is(unicode.Cf, r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
			return '·'
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
