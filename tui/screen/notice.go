package screen

import (
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/verdict"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// NoticeLine says in a sentence that a message turned out to be false.
func NoticeLine(env *Env, n patient.Notice) string {
	return env.Words.T(words.NoticeLine, words.Str("date", env.Words.Date(n.TrustedAt.In(env.Now().Location()))))
}

// NoticeLines is what happened: which message, what is known of it now, and that it is nobody's
// fault here.
func NoticeLines(env *Env, n patient.Notice) []string {
	card := verdict.New(env.Words, contact.Verdict{Headline: n.Headline, Clinic: n.Clinic}, "", widget.Line)
	return []string{NoticeLine(env, n), card.Text, env.Words.T(words.NoticeWhat)}
}

// NoticeSteps is what to do now, in order.
func NoticeSteps(w *words.Catalogue) []string {
	out := make([]string, 0, 5)
	for _, k := range []words.Key{words.NoticeDoStop, words.NoticeDoRing, words.NoticeDoPaid, words.NoticeDoPassword, words.NoticeDoKeep} {
		out = append(out, w.T(k))
	}
	return out
}
