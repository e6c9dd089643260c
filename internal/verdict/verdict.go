package verdict

import (
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

// Sign is what stands before a title, so that no verdict is told by colour alone.
type Sign int

// The signs. The zero value promises nothing.
const (
	Unknown Sign = iota // cannot tell
	Silent              // nobody answered
	Bad                 // not from your clinic
	Crossed             // not valid now: a crossed-out sheet
	Open                // signed, with less behind it: an open sheet
	Good                // genuine
)

// String returns the sign as one character.
func (s Sign) String() string {
	switch s {
	case Silent:
		return "…"
	case Bad:
		return "✗"
	case Crossed:
		return "⊘"
	case Open:
		return "▭"
	case Good:
		return "✓"
	}
	return "?"
}

// Card is a verdict's first screen, in the order in which it is read: title, text, until, the
// steps, and below them what else was found.
type Card struct {
	Class contact.Class
	Sign  Sign
	Title string
	Text  string
	Until string   // what to do while nobody can tell; only if grey
	Steps []string // in order; the first is what to do next
	Also  []string // the findings beside the headline, worst first
	Notes []string // the remarks
}

// Shows reports whether the class lets the signed text be shown.
func (c Card) Shows() bool { return c.Class == contact.Green || c.Class == contact.Amber }

// Clean makes a text that came from elsewhere harmless to show on one line.
type Clean func(string) string

// New puts a verdict into words. Every text in v that came from elsewhere goes through clean.
// server is the one server that was asked, when no clinic said which; "" otherwise.
func New(w *words.Catalogue, v contact.Verdict, server string, clean Clean) Card {
	s := of(v)
	args := append(arguments(w, v, clean), words.Str("server", clean(server)))
	if v.Headline == contact.Unknown && server != "" {
		s.text = words.VerdictUnknownServer
	}
	c := Card{Class: s.class, Sign: s.sign, Title: w.T(s.title), Text: w.T(s.text, args...)}
	if c.Class == contact.Grey {
		c.Until = w.T(words.VerdictUntil)
	}
	for _, k := range s.steps {
		c.Steps = append(c.Steps, w.T(k))
	}
	for _, f := range v.Findings {
		if k, ok := short(f); ok && f != v.Headline {
			c.Also = append(c.Also, w.T(k, args...))
		}
	}
	for _, r := range v.Remarks {
		if text := Remark(w, v, r); text != "" {
			c.Notes = append(c.Notes, text)
		}
	}
	return c
}

func arguments(w *words.Catalogue, v contact.Verdict, clean Clean) []words.Arg {
	return []words.Arg{
		words.Str("clinic", clean(v.Clinic)), words.Str("calls", clean(v.CallsItself)), words.Str("signer", clean(v.Signer)),
		words.Str("status", w.Date(v.StatusAt)), words.Str("issued", w.Date(v.Issued)), words.Str("expires", w.Date(v.Expires)),
	}
}

// say is what stands on the first screen of a finding.
type say struct {
	class       contact.Class
	sign        Sign
	title, text words.Key
	steps       []words.Key
}

// of returns the words of a verdict. A finding that this program does not know is grey: it
// cannot tell.
func of(v contact.Verdict) say {
	red := func(title, text words.Key) say {
		return say{contact.Red, Bad, title, text, []words.Key{words.VerdictDoNoreply, words.VerdictDoCard, words.VerdictDoKeep}}
	}
	grey := func(text words.Key, first ...words.Key) say {
		return say{contact.Grey, Unknown, words.VerdictGrey, text, append(first, words.VerdictDoCard)}
	}
	notNow := func(text words.Key) say {
		return say{contact.Amber, Crossed, words.VerdictNotnow, text, []words.Key{words.VerdictDoNotnow, words.VerdictDoCard}}
	}
	open := func(title, text words.Key) say {
		return say{contact.Amber, Open, title, text, []words.Key{words.VerdictDoOnlytext, words.VerdictDoCard}}
	}
	switch v.Headline {
	case contact.LogForked:
		return red(words.VerdictRed, words.VerdictLogForked)
	case contact.KeyStolen:
		return red(words.VerdictRed, words.VerdictKeyStolen)
	case contact.Forged:
		return red(words.VerdictRed, words.VerdictForged)
	case contact.Disowned:
		return red(words.VerdictRed, words.VerdictDisowned)
	case contact.NotForYou:
		return red(words.VerdictRed, words.VerdictNotForYou)
	case contact.Altered:
		return red(words.VerdictAltered, words.VerdictAlteredText)
	case contact.Unknown:
		return red(words.VerdictRed, words.VerdictUnknown)
	case contact.Mistyped:
		return grey(words.VerdictMistyped, words.VerdictDoRetype)
	case contact.NoPin:
		switch {
		case v.CallsItself != "":
			return grey(words.VerdictNoPinCalls, words.VerdictDoAddCard)
		case v.ClinicID == [32]byte{}:
			return grey(words.VerdictNoPair, words.VerdictDoAtClinic)
		}
		return grey(words.VerdictNoPin, words.VerdictDoAddCard)
	case contact.Unavailable:
		s := grey(words.VerdictUnavailable, words.VerdictDoAgain)
		s.sign, s.title = Silent, words.VerdictNoanswer
		return s
	case contact.Unproven:
		return grey(words.VerdictUnproven, words.VerdictDoNoreply)
	case contact.Clock:
		return grey(words.VerdictClock, words.VerdictDoClock)
	case contact.Stale:
		if v.StatusAt.IsZero() {
			return grey(words.VerdictStaleNever)
		}
		return grey(words.VerdictStale)
	case contact.Withdrawn:
		return notNow(words.VerdictWithdrawn)
	case contact.NotYet:
		return notNow(words.VerdictNotYet)
	case contact.Expired:
		return notNow(words.VerdictExpired)
	case contact.GenuineRemote:
		return open(words.VerdictSigned, words.VerdictRemote)
	case contact.GenuineOneKey:
		return open(words.VerdictSigned, words.VerdictOneKey)
	case contact.GenuineForAnyone:
		return open(words.VerdictAnyone, words.VerdictAnyoneText)
	case contact.Genuine:
		return say{contact.Green, Good, words.VerdictGenuine, words.VerdictGenuineText, []words.Key{words.VerdictDoOnlytext}}
	}
	return grey(words.VerdictUnavailable)
}

// short is a finding in a few words, for the list below a headline. It never says that a
// clinic sent anything: the headline decides that.
func short(f contact.Finding) (words.Key, bool) {
	k, ok := map[contact.Finding]words.Key{
		contact.LogForked:        words.FindingLogForked,
		contact.KeyStolen:        words.FindingKeyStolen,
		contact.Forged:           words.FindingForged,
		contact.Disowned:         words.FindingDisowned,
		contact.NotForYou:        words.FindingNotForYou,
		contact.Altered:          words.FindingAltered,
		contact.Unknown:          words.FindingUnknown,
		contact.Mistyped:         words.FindingMistyped,
		contact.NoPin:            words.FindingNoPin,
		contact.Unavailable:      words.FindingUnavailable,
		contact.Unproven:         words.FindingUnproven,
		contact.Clock:            words.FindingClock,
		contact.Stale:            words.FindingStale,
		contact.Withdrawn:        words.FindingWithdrawn,
		contact.NotYet:           words.FindingNotYet,
		contact.Expired:          words.FindingExpired,
		contact.GenuineRemote:    words.FindingRemote,
		contact.GenuineOneKey:    words.FindingOneKey,
		contact.GenuineForAnyone: words.FindingForAnyone,
	}[f]
	return k, ok
}

// Remark says what decides nothing and still helps; "" for a remark that this program does
// not know.
func Remark(w *words.Catalogue, v contact.Verdict, r contact.Remark) string {
	if r == contact.RemarkPinnedOn {
		if v.PinnedAt.IsZero() {
			return ""
		}
		return w.T(words.RemarkPinned, words.Str("date", w.Date(v.PinnedAt)))
	}
	k, ok := map[contact.Remark]words.Key{
		contact.RemarkSeenBefore:      words.RemarkSeenBefore,
		contact.RemarkDemoWitness:     words.RemarkDemoWitness,
		contact.RemarkOtherChannel:    words.RemarkOtherChannel,
		contact.RemarkHiddenCharacter: words.RemarkHidden,
		contact.RemarkMixedScripts:    words.RemarkScripts,
		contact.RemarkBearerRequest:   words.RemarkBearer,
		contact.RemarkWithExtras:      words.RemarkExtras,
		contact.RemarkIncident:        words.RemarkIncident,
		contact.RemarkIncidentMissing: words.RemarkIncidentMissing,
		contact.RemarkChangeAnnounced: words.RemarkChange,
	}[r]
	if !ok {
		return ""
	}
	return w.T(k)
}
