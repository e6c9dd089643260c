package verify

import (
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/style"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Hint says what was given so far, as it is typed; "" when there is nothing to say.
func Hint(env *screen.Env, g screen.Given) (style.Style, string) {
	w, st := env.Words, env.Style
	switch g.Kind {
	case screen.GivenFile:
		return st.Muted, w.T(words.VerifyIsFile)
	case screen.GivenSender:
		return st.Muted, w.T(words.VerifyIsSender)
	case screen.GivenCode:
		if g.Text != "" {
			return st.Muted, w.T(words.VerifyCodeFound)
		}
		return codeHint(w, st, screen.ReadCodeSoFar(g.Code))
	}
	return st.Muted, ""
}

func codeHint(w *words.Catalogue, st *style.Set, c screen.CodeSoFar) (style.Style, string) {
	groups, total := words.Str("groups", widget.Line(c.Groups)), words.Int("total", humancode.MessageLen)
	switch {
	case c.Bad != 0:
		return st.Caution, w.T(words.VerifyCodeSign, words.Str("sign", widget.Line(string(c.Bad))))
	case c.Count > humancode.MessageLen:
		return st.Caution, w.T(words.VerifyCodeLong, total)
	case c.Wrong:
		return st.Caution, w.T(words.VerifyCodeWrong, total)
	case c.Whole:
		return st.Good, w.T(words.VerifyCodeWhole, groups)
	}
	return st.Muted, w.T(words.VerifyCodeSoFar, groups, words.Int("n", c.Count), total)
}
