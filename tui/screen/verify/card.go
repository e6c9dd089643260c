package verify

import (
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/style"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// say is what a finding is called and what it means, in the words of a first screen.
type say struct{ title, text words.Key }

var says = map[contact.Finding]say{
	contact.LogForked:        {words.VerdictRed, words.VerdictLogForked},
	contact.KeyStolen:        {words.VerdictRed, words.VerdictKeyStolen},
	contact.Forged:           {words.VerdictRed, words.VerdictForged},
	contact.Disowned:         {words.VerdictRed, words.VerdictDisowned},
	contact.NotForYou:        {words.VerdictRed, words.VerdictNotForYou},
	contact.Altered:          {words.VerdictAltered, words.VerdictAlteredText},
	contact.Unknown:          {words.VerdictRed, words.VerdictUnknown},
	contact.Mistyped:         {words.VerdictGrey, words.VerdictMistyped},
	contact.NoPin:            {words.VerdictGrey, words.VerdictNoPin},
	contact.Unavailable:      {words.VerdictGrey, words.VerdictUnavailable},
	contact.Unproven:         {words.VerdictGrey, words.VerdictUnproven},
	contact.Clock:            {words.VerdictGrey, words.VerdictClock},
	contact.Stale:            {words.VerdictGrey, words.VerdictStale},
	contact.Withdrawn:        {words.VerdictNotnow, words.VerdictWithdrawn},
	contact.NotYet:           {words.VerdictNotnow, words.VerdictNotYet},
	contact.Expired:          {words.VerdictNotnow, words.VerdictExpired},
	contact.GenuineForAnyone: {words.VerdictAnyone, words.VerdictAnyoneText},
	contact.GenuineOneKey:    {words.VerdictSigned, words.VerdictOneKey},
	contact.GenuineRemote:    {words.VerdictSigned, words.VerdictRemote},
	contact.Genuine:          {words.VerdictGenuine, words.VerdictGenuineText},
}

// Card renders a verdict for line mode and the command line: the same words in the same order
// as the screen, without a footer, no line wider than width. It ends with a line break.
func Card(v contact.Verdict, w *words.Catalogue, st *style.Set, width int) string {
	p := page(v, w, st, width)
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

// page is the verdict's first screen: what is so, what it means, what to do.
func page(v contact.Verdict, w *words.Catalogue, st *style.Set, width int) widget.Page {
	t := widget.NewText(st, width)
	s, known := says[v.Headline]
	if !known {
		s = says[contact.Unavailable]
	}
	sign, tone := look(v, st)
	p := widget.Page{Title: sign + "  " + w.T(s.title), TitleStyle: tone, Aside: widget.Line(v.Clinic), Body: t}

	args := []words.Arg{
		words.Str("clinic", widget.Line(v.Clinic)), words.Str("signer", widget.Line(v.Signer)),
		words.Str("status", w.Date(v.StatusAt)), words.Str("issued", w.Date(v.Issued)), words.Str("expires", w.Date(v.Expires)),
	}
	text := s.text
	if v.Headline == contact.Stale && v.StatusAt.IsZero() {
		text = words.VerdictStaleNever
	}
	t.Para(st.Body, w.T(text, args...))
	class := classOf(v)
	if class == contact.Grey {
		t.Para(st.Body, w.T(words.VerdictUntil))
	}
	if v.Headline == contact.Altered && v.Diff != nil {
		drawDiff(t, w, v.Diff)
	}
	if body := widget.Safe(v.Body); body != "" && (class == contact.Green || class == contact.Amber) {
		t.Gap()
		t.Para(st.Accent, w.T(words.VerdictWrote))
		for _, line := range strings.Split(strings.TrimRight(body, "\n"), "\n") {
			t.Indent(st.Body, 3, line)
		}
	}
	remarks(t, w, v)
	t.Gap()
	for i, step := range steps(v, class) {
		label := ""
		if i == 0 {
			label = w.T(words.VerdictDo)
		}
		t.Pair(label, st.Accent, st.Body, 12, w.T(step))
	}
	return p
}

// classOf is the colour. A finding that this program does not know is grey: it cannot tell.
func classOf(v contact.Verdict) contact.Class {
	if _, known := says[v.Headline]; !known {
		return contact.Grey
	}
	return v.Headline.Class()
}

// look returns sign and colour: the colour never stands alone.
func look(v contact.Verdict, st *style.Set) (string, style.Style) {
	switch classOf(v) {
	case contact.Green:
		return st.Signs.Good, st.Good
	case contact.Amber:
		switch v.Headline {
		case contact.Withdrawn, contact.NotYet, contact.Expired:
			return st.Signs.Crossed, st.Caution
		}
		return st.Signs.Open, st.Caution
	case contact.Red:
		return st.Signs.Bad, st.Danger
	}
	return st.Signs.Unknown, st.Unknown
}

// steps is what to do, in order.
func steps(v contact.Verdict, class contact.Class) []words.Key {
	switch class {
	case contact.Red:
		return []words.Key{words.VerdictDoNoreply, words.VerdictDoCard, words.VerdictDoKeep}
	case contact.Grey:
		switch v.Headline {
		case contact.Clock:
			return []words.Key{words.VerdictDoClock, words.VerdictDoCard}
		case contact.Mistyped:
			return []words.Key{words.VerdictDoRetype, words.VerdictDoCard}
		}
		return []words.Key{words.VerdictDoCard}
	case contact.Amber:
		switch v.Headline {
		case contact.Withdrawn, contact.NotYet, contact.Expired:
			return []words.Key{words.VerdictDoNotnow, words.VerdictDoCard}
		}
		return []words.Key{words.VerdictDoOnlytext, words.VerdictDoCard}
	}
	return []words.Key{words.VerdictDoOnlytext}
}

// remarks says what decides nothing and still helps.
func remarks(t *widget.Text, w *words.Catalogue, v contact.Verdict) {
	for _, r := range v.Remarks {
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
			contact.RemarkTwoHeads:        words.RemarkTwoHeads,
		}[r]
		text := ""
		switch {
		case ok:
			text = w.T(k)
		case r == contact.RemarkPinnedOn && !v.PinnedAt.IsZero():
			text = w.T(words.RemarkPinned, words.Str("date", w.Date(v.PinnedAt)))
		}
		if text != "" {
			t.Gap()
			t.Hang(t.Style.Signs.Bullet+" ", t.Style.Muted, t.Style.Muted, text)
		}
	}
}
