package contact

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

//go:generate go run gen_tables.go

// Canon returns text in the canonical form canon/v1, in this order: each byte that is not
// UTF-8 becomes U+FFFD; line ends of all kinds become LF, TAB and Zs a space; code points that
// nobody sees are deleted; NFC; runs of spaces become one, lines are trimmed, three or more LF
// become two, LF at both ends go, and one LF is put at the end. Unicode is 15.0.0 whatever
// the toolchain has. Canon is idempotent and accepts every text.
func Canon(text string) string {
	return collapse(nfc15(visible(text)))
}

// Hidden reports whether text holds code points that [Canon] deletes because nobody sees them.
func Hidden(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return in(defaultIgnorable[:], r) }) >= 0
}

// visible is steps 1 to 3.
func visible(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	cr := false
	for _, r := range text { // a byte that is not UTF-8 comes as U+FFFD
		after := cr
		cr = r == '\r'
		switch {
		case r == '\n' && after:
		case r == '\n', r == '\r', r == '\v', r == '\f', r == 0x85, r == 0x2028, r == 0x2029:
			b.WriteByte('\n')
		case r == '\t', r == ' ', r > 0x7f && in(spaces[:], r):
			b.WriteByte(' ')
		case r > 0x7f && in(defaultIgnorable[:], r):
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// nfc15 is NFC of Unicode 15.0. A code point that is unassigned there neither composes nor
// reorders, so the text is normalised between such code points; normalisation of what was
// assigned never changes in later versions.
func nfc15(text string) string {
	if norm.NFC.IsNormalString(text) && strings.IndexFunc(text, unassigned) < 0 {
		return text
	}
	var b strings.Builder
	for text != "" {
		i := strings.IndexFunc(text, unassigned)
		if i < 0 {
			i = len(text)
		}
		b.WriteString(nfc(text[:i]))
		text = text[i:]
		if text != "" {
			_, n := utf8.DecodeRuneInString(text)
			b.WriteString(text[:n])
			text = text[n:]
		}
	}
	return b.String()
}

// joiner is U+034F, which the library puts into a letter with more than 30 marks (the stream-safe
// text of UAX 15). NFC has nothing of the kind. It is one of the code points that step 3 deletes.
const joiner = "\u034f"

// nfc is NFC of a text without joiners.
func nfc(text string) string {
	out := norm.NFC.String(text)
	if !strings.Contains(out, joiner) {
		return out
	}
	return compose(ordered(text))
}

// ordered is the canonical decomposition (NFD): of letters one by one, then each run of marks
// sorted by its class.
func ordered(text string) []rune {
	var out []rune
	for _, r := range text {
		out = append(out, []rune(norm.NFD.String(string(r)))...)
	}
	for i := 0; i < len(out); i++ {
		first := i
		for i < len(out) && class(out[i]) != 0 {
			i++
		}
		slices.SortStableFunc(out[first:i], func(a, b rune) int { return int(class(a)) - int(class(b)) })
	}
	return out
}

// compose is the canonical composition: each mark joins the letter before it, unless one that
// stands between them has the same class or is a letter itself.
func compose(text []rune) string {
	var out []rune
	letter, last := -1, uint8(0) // where it stands in out; the class of what came after it
	for _, r := range text {
		c := class(r)
		if letter >= 0 && (letter == len(out)-1 || last != 0 && last < c) {
			if both := []rune(norm.NFC.String(string([]rune{out[letter], r}))); len(both) == 1 {
				out[letter] = both[0]
				continue
			}
		}
		if c == 0 {
			letter = len(out)
		}
		out, last = append(out, r), c
	}
	return string(out)
}

// class is the canonical combining class; that of a letter is 0.
func class(r rune) uint8 { return norm.NFD.PropertiesString(string(r)).CCC() }

// collapse is step 5.
func collapse(text string) string {
	var b strings.Builder
	b.Grow(len(text) + 1)
	empty := 0 // empty lines since the last line with text
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.Trim(line, " ")
		if line == "" {
			empty++
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
			if empty > 0 {
				b.WriteByte('\n')
			}
		}
		empty = 0
		space := false
		for i := range len(line) {
			if line[i] == ' ' && space {
				continue
			}
			space = line[i] == ' '
			b.WriteByte(line[i])
		}
	}
	b.WriteByte('\n')
	return b.String()
}

func in(table [][2]rune, r rune) bool {
	i := sort.Search(len(table), func(i int) bool { return table[i][1] >= r })
	return i < len(table) && table[i][0] <= r
}

func unassigned(r rune) bool { return r > 0x7f && !in(assigned[:], r) }

// CheckBody says whether a text may stand in a signed message: equal to its canonical form,
// 2 to [MaxBody] bytes, and without U+FFFD, controls other than LF, private use, U+2800 and
// what Unicode 15.0 has not assigned. It fails with [ErrBody]. That links, and in bearer
// messages phone numbers and amounts, are refused too is the signer's business; see package
// clinic.
func CheckBody(body string) error {
	if len(body) < 2 || len(body) > MaxBody || Canon(body) != body {
		return fmt.Errorf("length or form: %w", ErrBody)
	}
	if r, bad := badRune(strings.ReplaceAll(body, "\n", " ")); bad {
		return fmt.Errorf("character U+%04X: %w", r, ErrBody)
	}
	return nil
}

func badRune(s string) (rune, bool) {
	for _, r := range s {
		switch {
		case r == utf8.RuneError, r == 0x2800, r < ' ', 0x7f <= r && r < 0xa0, privateUse(r), unassigned(r):
			return r, true
		}
	}
	return 0, false
}

func privateUse(r rune) bool {
	return 0xE000 <= r && r <= 0xF8FF || r >= 0xF0000
}

// display reports whether s is one canonical line of at most max code points, in one script.
func display(max int) func(string) bool {
	return func(s string) bool {
		_, bad := badRune(s)
		return s != "" && Canon(s) == s+"\n" && !bad && utf8.RuneCountInString(s) <= max && scripts(s) <= 1
	}
}

// MixedScripts reports whether some word of text has letters of two scripts.
func MixedScripts(text string) bool {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		if scripts(word) > 1 {
			return true
		}
	}
	return false
}

// scripts counts the scripts of the letters of s. Han, the Japanese and Korean syllables and
// Bopomofo are written together and count as one; what the list does not have counts as one
// more.
func scripts(s string) int {
	seen := 0
	for _, r := range s {
		if r < 0x80 {
			if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
				seen |= 1
			}
			continue
		}
		if !unicode.IsLetter(r) || unicode.In(r, unicode.Common, unicode.Inherited) {
			continue
		}
		seen |= 1 << script(r)
	}
	n := 0
	for ; seen != 0; seen &= seen - 1 {
		n++
	}
	return n
}

func script(r rune) int {
	switch {
	case unicode.Is(unicode.Latin, r):
		return 0
	case unicode.Is(unicode.Greek, r):
		return 1
	case unicode.Is(unicode.Cyrillic, r):
		return 2
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo):
		return 3
	case unicode.Is(unicode.Arabic, r):
		return 4
	case unicode.Is(unicode.Hebrew, r):
		return 5
	case unicode.Is(unicode.Armenian, r):
		return 6
	case unicode.Is(unicode.Cherokee, r):
		return 7
	case unicode.Is(unicode.Georgian, r):
		return 8
	case unicode.Is(unicode.Thai, r):
		return 9
	case unicode.Is(unicode.Devanagari, r):
		return 10
	}
	return 11
}
