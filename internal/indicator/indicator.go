package indicator

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is what a span of text is.
type Kind string

// The kinds, most dangerous first.
const (
	Link   Kind = "link" // links, domains, email addresses, handles
	Phone  Kind = "phone"
	Amount Kind = "amount"
	Wallet Kind = "wallet" // cryptocurrency addresses, IBANs, long random-looking words
	Date   Kind = "date"   // dates, clock times and periods such as "48 hours"
	Number Kind = "number" // any other number of 5 digits and more
)

// Kinds returns all kinds, most dangerous first.
func Kinds() []Kind { return []Kind{Link, Phone, Amount, Wallet, Date, Number} }

// Rank orders kinds by danger, 0 the most dangerous; unknown kinds come last.
func (k Kind) Rank() int {
	if i := slices.Index(Kinds(), k); i >= 0 {
		return i
	}
	return len(Kinds())
}

// Span is one find. Start and End are byte offsets.
type Span struct {
	Kind       Kind
	Start, End int
}

// Find returns all finds in order, none overlapping another. The text should be canonical
// (canon/v1); digits of every script count.
func Find(text string) []Span {
	s := scanner{text: text, words: split(text)}
	for i := 0; i < len(s.words); {
		kind, n := s.at(i)
		if n == 0 {
			i++
			continue
		}
		first, last := s.words[i], s.words[i+n-1]
		s.spans = append(s.spans, Span{Kind: kind, Start: first.start, End: last.end})
		i += n
	}
	return s.spans
}

// Has reports whether text holds a find of one of the kinds, or of any when none is given.
func Has(text string, kinds ...Kind) bool {
	for _, s := range Find(text) {
		if len(kinds) == 0 || slices.Contains(kinds, s.Kind) {
			return true
		}
	}
	return false
}

// word is a run without spaces, without the punctuation around it.
type word struct {
	start, end int
	text       string // digits of all scripts as ASCII, lower case
	raw        string // digits as ASCII, case kept
}

type scanner struct {
	text  string
	words []word
	spans []Span
}

const edge = ".,;:!?\"'()[]{}<>«»“”‘’„…¡¿*_|`"

func split(text string) []word {
	var words []word
	start := -1
	add := func(end int) {
		if start < 0 {
			return
		}
		raw := text[start:end]
		left := strings.TrimLeft(raw, edge)
		from := end - len(left)
		if from > start && text[from-1] == '(' && from < end && isNumberStart(left) {
			from-- // "(555) 010-0199"
		}
		to := start + len(strings.TrimRight(raw, edge))
		start = -1
		if from >= to {
			return
		}
		plain := ascii(text[from:to])
		words = append(words, word{start: from, end: to, text: strings.ToLower(plain), raw: plain})
	}
	for i, r := range text {
		if unicode.IsSpace(r) {
			add(i)
		} else if start < 0 {
			start = i
		}
	}
	add(len(text))
	return words
}

func isNumberStart(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsDigit(r) || r == '+'
}

// ascii turns digits of every script, full-width letters and full-width or ideographic
// stops and signs into ASCII. It keeps nothing else apart.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < 0x80:
			return r
		case unicode.IsDigit(r):
			return '0' + digit(r)
		case 0xFF01 <= r && r <= 0xFF5E:
			return r - 0xFF01 + '!'
		case r == 0x3002 || r == 0xFF61:
			return '.'
		case unicode.Is(unicode.Pd, r) || r == 0x2212:
			return '-'
		}
		return r
	}, s)
}

// digit is the value of a decimal digit: Unicode keeps the ten of a script together, from a
// zero on.
func digit(r rune) rune {
	for _, rg := range unicode.Nd.R16 {
		if rune(rg.Lo) <= r && r <= rune(rg.Hi) {
			return (r - rune(rg.Lo)) % 10
		}
	}
	for _, rg := range unicode.Nd.R32 {
		if rune(rg.Lo) <= r && r <= rune(rg.Hi) {
			return (r - rune(rg.Lo)) % 10
		}
	}
	return 0
}

// at says what begins at word i and how many words it has; 0 for nothing.
func (s *scanner) at(i int) (Kind, int) {
	w := s.words[i]
	if isLink(w.text) {
		return Link, 1
	}
	if isWallet(w.raw) {
		return Wallet, 1
	}
	if n := s.amount(i); n > 0 {
		return Amount, n
	}
	if n := s.date(i); n > 0 {
		return Date, n
	}
	return s.number(i)
}

// number finds phone numbers, also with spaces in them, and other long numbers.
func (s *scanner) number(i int) (Kind, int) {
	if !numeric(s.words[i].text) {
		if n := countDigits(s.words[i].text); n >= 5 {
			return Number, 1
		}
		return "", 0
	}
	digits, n, plus, parts := 0, 0, strings.HasPrefix(strings.TrimLeft(s.words[i].text, "("), "+"), 0
	for n < len(s.words)-i && numeric(s.words[i+n].text) && digits < 19 {
		if n > 0 && (s.ends(i+n-1) || s.date(i+n) > 0 || s.amount(i+n) > 0) {
			break
		}
		digits += countDigits(s.words[i+n].text)
		parts += len(strings.FieldsFunc(s.words[i+n].text, func(r rune) bool { return r < '0' || r > '9' }))
		n++
	}
	switch {
	case digits >= 7 && digits <= 15, plus && digits >= 5 && digits <= 15:
		return Phone, n
	case digits >= 5:
		return Number, n
	case parts == 0:
		return "", 0
	}
	return "", 0
}

// ends reports whether a sentence or clause ends after word i.
func (s *scanner) ends(i int) bool {
	if i+1 >= len(s.words) {
		return true
	}
	return strings.ContainsAny(s.text[s.words[i].end:s.words[i+1].start], ",;:!?")
}

// numeric reports whether w is made of digits and what stands between the digits of a number.
func numeric(w string) bool {
	return countDigits(w) > 0 && strings.Trim(w, "0123456789+-./()") == ""
}

func countDigits(s string) int {
	n := 0
	for i := range len(s) {
		if '0' <= s[i] && s[i] <= '9' {
			n++
		}
	}
	return n
}

// ASCII writes digits of every script, full-width letters and signs, and dashes as ASCII, and
// keeps everything else.
func ASCII(text string) string { return ascii(text) }
