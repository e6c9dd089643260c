package screen

import (
	"bytes"
	"slices"
	"strings"
	"unicode"

	"github.com/chaperone-privacy/chaperone/internal/humancode"
)

// GivenKind says what a reader gave to be checked.
type GivenKind int

// What there is to check.
const (
	GivenNothing GivenKind = iota
	GivenCode              // Code, and Text if it stood in one
	GivenText              // Text, without any code in it
	GivenSender            // Sender: a number, address or domain alone
	GivenFile              // File: the name of a message file
	GivenBundle            // Bundle: a message file's own bytes
)

// Given is what a reader typed or pasted, told apart by itself.
type Given struct {
	Kind   GivenKind
	Code   string // as it stood; not yet parsed
	Text   string // without the code that stood in it
	Sender string
	File   string
	Bundle []byte
}

// What message files and codes begin with.
const (
	bundleMark = "CHAPB1\n"
	scanMark   = "CHAPERONE1:" // of a code as a QR picture
	fileEnd    = ".chaperone"
)

// ReadGiven tells a code, a message, a sender and a message file apart.
func ReadGiven(s string) Given {
	if b, ok := readBundle(s); ok {
		return b
	}
	s = strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s))
	switch {
	case s == "":
		return Given{}
	case strings.Contains(s, "\n"):
		return readText(s)
	case hasPrefixFold(s, scanMark):
		return Given{Kind: GivenCode, Code: s[len(scanMark):]}
	case looksLikeFile(s):
		return Given{Kind: GivenFile, File: Filename(s)}
	case looksLikeCode(s):
		return Given{Kind: GivenCode, Code: s}
	case looksLikeSender(s):
		return Given{Kind: GivenSender, Sender: s}
	}
	return readText(s)
}

// readBundle takes a message file that was pasted whole.
func readBundle(s string) (Given, bool) {
	s = strings.TrimLeft(strings.ReplaceAll(s, "\r\n", "\n"), " \n")
	if rest, ok := strings.CutPrefix(s, strings.TrimSpace(bundleMark)+"\r"); ok {
		s = bundleMark + rest
	}
	if !strings.HasPrefix(s, bundleMark) {
		return Given{}, false
	}
	return Given{Kind: GivenBundle, Bundle: []byte(s)}, true
}

// IsBundle reports whether data begins as a message file does.
func IsBundle(data []byte) bool { return bytes.HasPrefix(data, []byte(bundleMark)) }

func readText(s string) Given {
	if code, rest, ok := codeIn(s); ok {
		return Given{Kind: GivenCode, Code: code, Text: rest}
	}
	return Given{Kind: GivenText, Text: s}
}

// Filename undoes what terminals add to the name of a file that was dropped on them.
func Filename(s string) string {
	s = strings.TrimSpace(s)
	for _, q := range []string{"'", `"`} {
		if len(s) > 1 && strings.HasPrefix(s, q) && strings.HasSuffix(s, q) {
			return s[1 : len(s)-1]
		}
	}
	return strings.ReplaceAll(s, `\ `, " ")
}

func looksLikeFile(s string) bool {
	name := Filename(s)
	for _, start := range []string{"/", "./", "../", "~/", `\\`} {
		if strings.HasPrefix(name, start) {
			return true
		}
	}
	drive := len(name) > 2 && name[1] == ':' && (name[2] == '\\' || name[2] == '/')
	return drive || strings.HasSuffix(strings.ToLower(name), fileEnd)
}

// looksLikeSender: digits as of a phone, or one word as of an address.
func looksLikeSender(s string) bool {
	digits := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune("+()-./ \u00a0", r):
			return !strings.ContainsAny(s, " /:") && strings.ContainsAny(s, "@.") && len(s) > 3
		}
	}
	return digits >= 5 && digits <= 15
}

// looksLikeCode: one word, groups of four, or about as many symbols as a code has. A phone
// number is none, and neither are a few short words of a sentence.
func looksLikeCode(s string) bool {
	if _, err := humancode.Parse(s, humancode.MessageLen); err == nil {
		return true
	}
	groups := strings.FieldsFunc(s, separates)
	count, digits, strange, spoken, even := 0, 0, 0, false, true
	for i, g := range groups {
		for _, r := range g {
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				return false
			}
			if unicode.IsDigit(r) {
				digits++
			}
			if !strings.ContainsRune(humancode.Alphabet, unicode.ToUpper(r)) {
				strange++
			}
		}
		n := len([]rune(g))
		count += n
		spoken = spoken || n > 4 && !strings.ContainsFunc(g, unicode.IsDigit)
		if i < len(groups)-1 && n != 4 || n > 4 {
			even = false
		}
	}
	words, letters := strings.Contains(s, " "), count-digits
	const most = 30
	switch {
	case count == 0 || count > most, words && digits == 0:
		return false
	case letters == 0 && count >= 5 && count <= 15 && len(groups) > 0:
		return false // a phone number
	case strings.Contains(s, ".") && !even:
		return false // a domain
	case len(groups) == 1, even:
		return true
	}
	// Odd groups: about as long as a code, few slips, and no word or phone number among them.
	number := slices.ContainsFunc(strings.Fields(s), func(word string) bool {
		return len(word) >= 7 && !strings.ContainsFunc(word, unicode.IsLetter)
	})
	return count >= 16 && count <= 24 && digits >= 3 && strange <= 2 && !spoken && !number
}

// separates reports whether r may stand between the groups of a code.
func separates(r rune) bool {
	return strings.ContainsRune(" -.\t\n\r\u00a0\u2010\u2011\u2012\u2013\u2014", r)
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// codeIn finds the first code that stands in a text, as one word or as five groups of four,
// and returns the text without it. Only what holds as a code, and has a digit, is taken for
// one: a wrong one would hide the rest of the message.
func codeIn(text string) (code, rest string, ok bool) {
	type word struct{ from, end int }
	var all []word
	for i := 0; i < len(text); {
		for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\t') {
			i++
		}
		from := i
		for i < len(text) && text[i] != ' ' && text[i] != '\n' && text[i] != '\t' {
			i++
		}
		if i > from {
			all = append(all, word{from, i})
		}
	}
	const groups = humancode.MessageLen / 4
	for i, w := range all {
		for _, n := range []int{1, groups} {
			if i+n > len(all) {
				continue
			}
			from, end := w.from, all[i+n-1].end
			if hasPrefixFold(text[from:end], scanMark) {
				if c := trim(text[from+len(scanMark) : end]); holds(c) {
					return c, cut(text, from, end), true
				}
			}
			if c := trim(text[from:end]); holds(c) && strings.ContainsAny(c, "23456789") {
				return c, cut(text, from, end), true
			}
		}
	}
	return "", text, false
}

// trim takes off the signs that stand round a code in a sentence.
func trim(s string) string { return strings.Trim(s, ".,;:()[]<>\"'*_\u201c\u201d") }

func holds(s string) bool {
	_, err := humancode.Parse(s, humancode.MessageLen)
	return err == nil
}

func cut(text string, from, end int) string {
	return strings.TrimSpace(strings.TrimRight(text[:from], " ") + " " + strings.TrimLeft(text[end:], " "))
}

// CodeSoFar is how far a code is that is being typed.
type CodeSoFar struct {
	Groups string // in groups of four, as far as it goes
	Count  int    // symbols
	Bad    rune   // the first sign that is no symbol of our codes; 0 for none
	Whole  bool   // all symbols are there, and they fit
	Wrong  bool   // all symbols are there, and they do not fit
}

// ReadCodeSoFar looks at a code while it is typed.
func ReadCodeSoFar(s string) CodeSoFar {
	var (
		c CodeSoFar
		b strings.Builder
	)
	for _, r := range s {
		if separates(r) {
			continue
		}
		r = unicode.ToUpper(r)
		if c.Count > 0 && c.Count%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteRune(r)
		c.Count++
		if c.Bad == 0 && !strings.ContainsRune(humancode.Alphabet, r) {
			c.Bad = r
		}
	}
	c.Groups = b.String()
	c.Whole = holds(s)
	c.Wrong = c.Count >= humancode.MessageLen && !c.Whole
	return c
}

// Channel is how a message came, as far as its sender shows it: an address is email, a number
// is a text. "" when it cannot be told.
func Channel(sender string) string {
	switch {
	case strings.Contains(sender, "@"):
		return "email"
	case looksLikeSender(sender) && !strings.ContainsFunc(sender, unicode.IsLetter):
		return "sms"
	}
	return ""
}
