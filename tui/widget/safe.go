package widget

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// Safe makes text that came from elsewhere harmless to show: escape sequences (hyperlinks and
// titles among them) are taken out, control characters too, and characters that change the
// direction of text or cannot be seen become a visible mark. Line breaks and tabs stay, tabs
// as spaces.
func Safe(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = ansi.Strip(text)
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		switch {
		case r == '\n':
			b.WriteRune(r)
		case r == '\t':
			b.WriteString("    ")
		case unicode.IsControl(r):
		case hidden(r):
			b.WriteString("\u00b7") // a middle dot says that something stood here
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Line is Safe on one line.
func Line(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(Safe(text), "\n", " "))
}

// hidden reports whether r steers text or has no width: bidi controls, zero-width signs,
// line separators, tags, variation selectors of other scripts and unassigned fillers.
func hidden(r rune) bool {
	switch {
	case r == '\u00ad', r == '\u034f', r == '\u061c', r == '\u115f', r == '\u1160', r == '\u17b4', r == '\u17b5', r == '\u3164', r == '\uffa0':
		return true
	case r >= '\u180b' && r <= '\u180f', r >= '\u200b' && r <= '\u200f', r >= '\u2028' && r <= '\u202e', r >= '\u2060' && r <= '\u206f':
		return true
	case r == '\ufeff', r >= '\ufff0' && r <= '\ufffb', r >= 0xe0000 && r <= 0xe0fff:
		return true
	}
	return unicode.Is(unicode.Cf, r)
}
