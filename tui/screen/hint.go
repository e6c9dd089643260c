package screen

import (
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Hint says what was given so far, as it is typed: "" when there is nothing to say. wrong says
// that it cannot be a code as it stands, whole that it is one.
func Hint(w *words.Catalogue, g Given) (text string, wrong, whole bool) {
	switch g.Kind {
	case GivenFile:
		return w.T(words.VerifyIsFile), false, false
	case GivenSender:
		return w.T(words.VerifyIsSender), false, false
	case GivenCode:
		if g.Text != "" {
			return w.T(words.VerifyCodeFound), false, false
		}
		return codeHint(w, ReadCodeSoFar(g.Code))
	}
	return "", false, false
}

func codeHint(w *words.Catalogue, c CodeSoFar) (text string, wrong, whole bool) {
	total, groups := words.Int("total", humancode.MessageLen), widget.Line(c.Groups)
	switch {
	case c.Bad != 0:
		return w.T(words.VerifyCodeSign, words.Str("sign", widget.Line(string(c.Bad)))), true, false
	case c.Count > humancode.MessageLen:
		return w.T(words.VerifyCodeLong, total), true, false
	case c.Wrong:
		return w.T(words.VerifyCodeWrong, total), true, false
	case c.Whole:
		return groups + "   " + w.T(words.VerifyCodeWhole), false, true
	}
	return groups + "   " + w.T(words.VerifyCodeSoFar, words.Int("n", c.Count), total), false, false
}
