package checklist

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Why a value is not put into a letter.
var (
	// ErrField: the letter has no such field.
	ErrField = errors.New("no such field")
	// ErrNeverEnter: the value looks like a number that must not be typed here.
	ErrNeverEnter = errors.New("value that is never entered")
	// ErrValueSize: the value is longer than the field may be.
	ErrValueSize = errors.New("value too long")
)

// Letter is a letter that a person fills in on their own device. It holds no words: use
// [Texts.Letter] for those. Nothing that is filled in is ever part of the pack, of the vault
// or of a message to a server.
type Letter struct {
	ID      string   `json:"id"`
	Order   int      `json:"order"`
	Regions []string `json:"regions"` // as in [Item]
	// To is refs of the agencies it can be addressed to; empty: a field says to whom.
	To         []string `json:"to,omitempty"`
	Send       string   `json:"send,omitempty"` // ref of where else it can be sent, such as forms
	Fields     []Field  `json:"fields"`
	Parts      []Part   `json:"parts"`
	NeverEnter []string `json:"never_enter"` // what no field may hold
	Sources    []string `json:"sources"`
	AsOf       string   `json:"as_of"`
	ReviewBy   string   `json:"review_by"`
}

// Field is something that a person fills in. A required field that is left empty becomes a
// line to fill in by hand; what depends on another empty field is left out.
type Field struct {
	ID       string `json:"id"`
	Required bool   `json:"required,omitempty"`
	Lines    bool   `json:"lines,omitempty"` // it may have several lines
}

// Part is a paragraph. Its text may hold {field}, {date}, {to} (the address of the agency)
// and {blank} (a line to fill in by hand).
type Part struct {
	ID      string   `json:"id"`
	Regions []string `json:"regions,omitempty"` // where it stands; empty: everywhere
	Subject bool     `json:"subject,omitempty"` // what the letter is about, in one line
}

// The most a field may hold, in characters.
const (
	MaxFieldLine  = 200
	MaxFieldLines = 4000
)

// Letters is every letter of the pack that is for a region ("" when not known).
func (p *Pack) Letters(region string) []*Letter {
	var out []*Letter
	for i := range p.doc.Letters {
		if l := &p.doc.Letters[i]; inRegion(l.Regions, region) {
			out = append(out, l)
		}
	}
	return out
}

// Letter returns the letter with the id, or nil.
func (p *Pack) Letter(id string) *Letter {
	for i := range p.doc.Letters {
		if p.doc.Letters[i].ID == id {
			return &p.doc.Letters[i]
		}
	}
	return nil
}

// LetterLocale is the language that whoever gets a letter reads: English in the countries of
// the pack, and elsewhere the reader's own.
func (p *Pack) LetterLocale(region, own string) string {
	if slices.Contains(p.doc.Regions, region) {
		return p.doc.Locales[0]
	}
	return own
}

// inRegion reports whether a list of regions as in [Item] names a region.
func inRegion(list []string, region string) bool {
	if slices.Contains(list, "-"+region) {
		return false
	}
	return slices.ContainsFunc(list, func(r string) bool { return r == "any" || r == region || strings.HasPrefix(r, "-") })
}

// LetterText is a letter in words, ready to be filled in.
type LetterText struct {
	Title  string // what the letter does
	About  string // what comes of it, and what does not
	Send   string // how to send it; may be empty
	Fields []FieldText
	Parts  []PartText
}

// FieldText is the words of a field.
type FieldText struct {
	Field
	Label string
	Hint  string // may be empty
}

// PartText is the words of a paragraph.
type PartText struct {
	Text    string
	Subject bool
}

// Letter returns a letter in words, with the paragraphs for a region; the zero value for an
// id the pack does not have.
func (t *Texts) Letter(id, region string) LetterText {
	l := t.pack.Letter(id)
	if l == nil {
		return LetterText{}
	}
	key := "letter." + id
	x := LetterText{Title: t.Get(key + ".title"), About: t.Get(key + ".about"), Send: t.Get(key + ".send")}
	for _, f := range l.Fields {
		x.Fields = append(x.Fields, FieldText{Field: f, Label: t.Get(key + ".field." + f.ID), Hint: t.Get(key + ".field." + f.ID + ".hint")})
	}
	for _, p := range l.Parts {
		if len(p.Regions) == 0 || slices.Contains(p.Regions, region) {
			x.Parts = append(x.Parts, PartText{Text: t.Get(key + ".part." + p.ID), Subject: p.Subject})
		}
	}
	return x
}

// Addresses returns who a letter can be addressed to: agencies with a postal address that may
// still be shown at the time of t's contacts.
func (l *Letter) Addresses(contacts func(ref string) []HelpContact) []HelpContact {
	var out []HelpContact
	for _, ref := range l.To {
		for _, c := range contacts(ref) {
			if len(c.Mail) > 0 {
				out = append(out, c)
			}
		}
	}
	return out
}

// Filling is what a letter is filled in with.
type Filling struct {
	Values map[string]string // by field; a missing one is empty
	To     []string          // the address, line by line; empty: a line to fill in by hand
	Date   string            // in the letter's language
}

// Check says whether a field may hold a value. The error is [ErrField], [ErrNeverEnter] or
// [ErrValueSize]; it never holds the value.
func (x LetterText) Check(field, value string) error {
	i := slices.IndexFunc(x.Fields, func(f FieldText) bool { return f.ID == field })
	most := MaxFieldLine
	switch {
	case i < 0:
		return ErrField
	case x.Fields[i].Lines:
		most = MaxFieldLines
	}
	switch {
	case utf8.RuneCountInString(value) > most:
		return ErrValueSize
	case LooksLikeSSN(value):
		return ErrNeverEnter
	}
	return nil
}

// blank is a line to fill in by hand. It means nothing to Markdown.
const blank = "...................................."

// lines fills the paragraphs in. byHand is the fields that were left to be filled in by hand.
func (x LetterText) lines(f Filling) (parts [][]string, subject []bool, byHand []string) {
	for _, p := range x.Parts {
		var out []string
		dropped, kept := false, false // lines with something to fill in
		for line := range strings.SplitSeq(p.Text, "\n") {
			filled, left, ok := x.line(strings.TrimSpace(line), f)
			if !ok {
				dropped = true
			}
			if !ok || line == "" {
				continue
			}
			kept = kept || strings.Contains(line, "{")
			out = append(out, filled...)
			for _, id := range left {
				if !slices.Contains(byHand, id) {
					byHand = append(byHand, id)
				}
			}
		}
		// A heading alone, with all that was to stand below it left out, says nothing.
		if len(out) > 0 && (kept || !dropped) {
			parts, subject = append(parts, out), append(subject, p.Subject)
		}
	}
	return parts, subject, byHand
}

// line fills one line in. It is left out (ok false) when a field in it is empty and not
// required. A value of several lines goes on below.
func (x LetterText) line(text string, f Filling) (out, byHand []string, ok bool) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		name, after, closed := strings.Cut(rest, "}")
		b.WriteString(before)
		if !found || !closed {
			break
		}
		text = after
		value := ""
		switch name {
		case "date":
			value = f.Date
		case "to":
			value = strings.Join(f.To, "\n")
		case "blank":
		default:
			value = clean(f.Values[name])
			i := slices.IndexFunc(x.Fields, func(fd FieldText) bool { return fd.ID == name })
			if value == "" && (i < 0 || !x.Fields[i].Required) {
				return nil, nil, false
			}
			if value == "" {
				byHand = append(byHand, name)
			}
		}
		if value == "" {
			value = blank
		}
		b.WriteString(value)
	}
	return strings.Split(b.String(), "\n"), byHand, true
}

// clean makes a value harmless to show and to print: no control characters, nothing that
// changes the direction of text, no empty lines, no spaces around a line.
func clean(value string) string {
	value = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t', r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069',
			r == '\u200e', r == '\u200f', r == '\u061c', r == '\ufeff', r >= 0xe0000 && r <= 0xe0fff:
			return -1
		}
		return r
	}, strings.ToValidUTF8(value, ""))
	var lines []string
	for line := range strings.SplitSeq(value, "\n") {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// textWidth is how wide a plain letter is, in characters. A longer word stays whole.
const textWidth = 72

// Text writes the letter as plain text in lines of at most 72 characters. byHand is the
// fields that were left as lines to fill in by hand.
func (x LetterText) Text(f Filling) (text string, byHand []string) {
	parts, _, byHand := x.lines(f)
	var b strings.Builder
	for i, lines := range parts {
		if i > 0 {
			b.WriteByte('\n')
		}
		for _, line := range lines {
			wide := 0
			for _, word := range strings.Fields(line) {
				n := utf8.RuneCountInString(word)
				switch {
				case wide == 0:
				case wide+1+n <= textWidth:
					b.WriteByte(' ')
					wide++
				default:
					b.WriteByte('\n')
					wide = 0
				}
				b.WriteString(word)
				wide += n
			}
			b.WriteByte('\n')
		}
	}
	return b.String(), byHand
}

// Markdown writes the letter as Markdown (CommonMark). Nothing that was filled in acts as
// markup.
func (x LetterText) Markdown(f Filling) (text string, byHand []string) {
	parts, subject, byHand := x.lines(f)
	var b strings.Builder
	for i, lines := range parts {
		if i > 0 {
			b.WriteByte('\n')
		}
		for j, line := range lines {
			line = escapeMarkdown(line)
			if subject[i] {
				line = "**" + line + "**"
			}
			b.WriteString(line)
			if j < len(lines)-1 {
				b.WriteByte('\\') // a hard line break
			}
			b.WriteByte('\n')
		}
	}
	return b.String(), byHand
}

// escapeMarkdown keeps one line of text from acting as CommonMark, or as what GitHub and
// others add to it: tables, tasks, formulas, and links made of bare addresses.
func escapeMarkdown(line string) string {
	var b strings.Builder
	b.Grow(len(line) + 8)
	rest := strings.TrimLeft(line, "0123456789")
	numbered := len(line) - len(rest) // where a number at the start of the line ends
	for i, r := range line {
		escape := strings.ContainsRune("\\`*_{}[]<>#|~&$^=@", r)
		switch {
		case r == ':' && i+1 < len(line) && line[i+1] != ' ':
			escape = true
		case i == 0 && (r == '-' || r == '+'):
			escape = true
		case numbered > 0 && i == numbered && (r == '.' || r == ')'):
			escape = true
		case r == '.' && i >= 3 && strings.EqualFold(line[i-3:i], "www"):
			escape = true
		case r == '!' && i+1 < len(line) && line[i+1] == '[':
			escape = true
		}
		if escape {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// LooksLikeSSN reports whether a text holds something written like a US social security
// number: nine digits in a row, or three, two and four of them with a sign between.
func LooksLikeSSN(text string) bool {
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Pd, r) || r == '.' || r == ' ' || r == '\u00a0' {
			return '-'
		}
		if unicode.IsDigit(r) && r > '9' {
			return '0'
		}
		return r
	}, text)
	for i := range len(text) {
		if digits(text[i:]) > 0 && (i == 0 || digits(text[i-1:]) == 0) && ssnAt(text[i:]) {
			return true
		}
	}
	return false
}

// ssnAt reports whether s begins with the digits of such a number and no more digits.
func ssnAt(s string) bool {
	if digits(s) == 9 {
		return true
	}
	for _, n := range [...]int{3, 2} {
		if digits(s) != n || len(s) <= n || s[n] != '-' {
			return false
		}
		s = s[n+1:]
	}
	return digits(s) == 4
}

// digits is how many digits s begins with.
func digits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }
