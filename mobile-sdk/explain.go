package chaperone

import (
	"strings"
	"unicode"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

// saying is what a finding is called and what it means, in the words of a first screen.
type saying struct{ title, text words.Key }

// sayingOf returns the words of a headline. The terminal program says the same.
func sayingOf(f contact.Finding) (saying, bool) {
	switch f {
	case contact.LogForked:
		return saying{words.VerdictRed, words.VerdictLogForked}, true
	case contact.KeyStolen:
		return saying{words.VerdictRed, words.VerdictKeyStolen}, true
	case contact.Forged:
		return saying{words.VerdictRed, words.VerdictForged}, true
	case contact.Disowned:
		return saying{words.VerdictRed, words.VerdictDisowned}, true
	case contact.NotForYou:
		return saying{words.VerdictRed, words.VerdictNotForYou}, true
	case contact.Altered:
		return saying{words.VerdictAltered, words.VerdictAlteredText}, true
	case contact.Unknown:
		return saying{words.VerdictRed, words.VerdictUnknown}, true
	case contact.Mistyped:
		return saying{words.VerdictGrey, words.VerdictMistyped}, true
	case contact.NoPin:
		return saying{words.VerdictGrey, words.VerdictNoPin}, true
	case contact.Unavailable:
		return saying{words.VerdictGrey, words.VerdictUnavailable}, true
	case contact.Unproven:
		return saying{words.VerdictGrey, words.VerdictUnproven}, true
	case contact.Clock:
		return saying{words.VerdictGrey, words.VerdictClock}, true
	case contact.Stale:
		return saying{words.VerdictGrey, words.VerdictStale}, true
	case contact.Withdrawn:
		return saying{words.VerdictNotnow, words.VerdictWithdrawn}, true
	case contact.NotYet:
		return saying{words.VerdictNotnow, words.VerdictNotYet}, true
	case contact.Expired:
		return saying{words.VerdictNotnow, words.VerdictExpired}, true
	case contact.GenuineRemote:
		return saying{words.VerdictSigned, words.VerdictRemote}, true
	case contact.GenuineOneKey:
		return saying{words.VerdictSigned, words.VerdictOneKey}, true
	case contact.GenuineForAnyone:
		return saying{words.VerdictAnyone, words.VerdictAnyoneText}, true
	case contact.Genuine:
		return saying{words.VerdictGenuine, words.VerdictGenuineText}, true
	}
	return saying{words.VerdictGrey, words.VerdictUnavailable}, false
}

// newVerdict puts a verdict into words. A finding that this version does not know is grey.
func newVerdict(w *words.Catalogue, v contact.Verdict) *Verdict {
	s, known := sayingOf(v.Headline)
	class := contact.Grey
	if known {
		class = v.Headline.Class()
	}
	out := &Verdict{
		class:    string(class),
		headline: string(v.Headline),
		sign:     signOf(v.Headline, class),
		title:    w.T(s.title),
		clinic:   safe(v.Clinic),
		calls:    safe(v.CallsItself),
		kind:     safe(v.Kind),
		level:    string(v.Level),
		issued:   unix(v.Issued),
		expires:  unix(v.Expires),
		logged:   unix(v.LoggedAt),
		status:   unix(v.StatusAt),
	}
	if class == contact.Amber || class == contact.Green {
		out.signer, out.body = safe(v.Signer), safe(v.Body)
	}
	text := s.text
	if v.Headline == contact.Stale && v.StatusAt.IsZero() {
		text = words.VerdictStaleNever
	}
	out.text = w.T(text,
		words.Str("clinic", out.clinic), words.Str("signer", safe(v.Signer)),
		words.Str("status", w.Date(v.StatusAt)), words.Str("issued", w.Date(v.Issued)), words.Str("expires", w.Date(v.Expires)))
	if class == contact.Grey {
		out.text += " " + w.T(words.VerdictUntil)
	}
	for _, k := range stepsOf(v.Headline, class) {
		out.steps = append(out.steps, w.T(k))
	}
	for _, f := range v.Findings {
		out.findings = append(out.findings, string(f))
	}
	for _, r := range v.Remarks {
		if text := remark(w, v, r); text != "" {
			out.remarks = append(out.remarks, text)
		}
	}
	if v.Headline == contact.Altered && v.Diff != nil {
		for _, c := range v.Diff.Changes {
			out.changes = append(out.changes, &Change{kind: c.Kind, signed: safe(c.Signed), received: safe(c.Received)})
		}
	}
	return out
}

// signOf is one character beside the title: a colour never stands alone.
func signOf(f contact.Finding, class contact.Class) string {
	switch class {
	case contact.Green:
		return "✓"
	case contact.Amber:
		if f == contact.Withdrawn || f == contact.NotYet || f == contact.Expired {
			return "⊘"
		}
		return "▭"
	case contact.Red:
		return "✗"
	}
	return "?"
}

// stepsOf is what to do, in order.
func stepsOf(f contact.Finding, class contact.Class) []words.Key {
	switch {
	case class == contact.Red:
		return []words.Key{words.VerdictDoNoreply, words.VerdictDoCard, words.VerdictDoKeep}
	case f == contact.Clock:
		return []words.Key{words.VerdictDoClock, words.VerdictDoCard}
	case f == contact.Mistyped:
		return []words.Key{words.VerdictDoRetype, words.VerdictDoCard}
	case class == contact.Green:
		return []words.Key{words.VerdictDoOnlytext}
	case f == contact.Withdrawn, f == contact.NotYet, f == contact.Expired:
		return []words.Key{words.VerdictDoNotnow, words.VerdictDoCard}
	case class == contact.Amber:
		return []words.Key{words.VerdictDoOnlytext, words.VerdictDoCard}
	}
	return []words.Key{words.VerdictDoCard}
}

func remark(w *words.Catalogue, v contact.Verdict, r contact.Remark) string {
	switch r {
	case contact.RemarkSeenBefore:
		return w.T(words.RemarkSeenBefore)
	case contact.RemarkPinnedOn:
		if v.PinnedAt.IsZero() {
			return ""
		}
		return w.T(words.RemarkPinned, words.Str("date", w.Date(v.PinnedAt)))
	case contact.RemarkDemoWitness:
		return w.T(words.RemarkDemoWitness)
	case contact.RemarkOtherChannel:
		return w.T(words.RemarkOtherChannel)
	case contact.RemarkHiddenCharacter:
		return w.T(words.RemarkHidden)
	case contact.RemarkMixedScripts:
		return w.T(words.RemarkScripts)
	case contact.RemarkBearerRequest:
		return w.T(words.RemarkBearer)
	case contact.RemarkWithExtras:
		return w.T(words.RemarkExtras)
	case contact.RemarkIncident:
		return w.T(words.RemarkIncident)
	case contact.RemarkIncidentMissing:
		return w.T(words.RemarkIncidentMissing)
	case contact.RemarkChangeAnnounced:
		return w.T(words.RemarkChange)
	case contact.RemarkTwoHeads:
		return w.T(words.RemarkTwoHeads)
	}
	return ""
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
