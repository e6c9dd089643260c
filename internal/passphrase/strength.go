package passphrase

import (
	"math"
	"strings"
	"unicode/utf8"
)

// Level says how long a password would hold.
type Level string

// The levels. An empty password has none.
const (
	Weak   Level = "weak"   // guessed by whoever tries
	Fair   Level = "fair"   // holds against guessing on a site, not against a stolen list
	Strong Level = "strong" // long enough, and no pattern that a guess begins with
)

// What the levels begin with, in guesses.
const (
	fairGuesses   = 1e8
	strongGuesses = 1e12
)

// Reason says what is wrong with a password, the one thing that matters most.
type Reason string

// The reasons. A strong password has none.
const (
	TooShort Reason = "short"    // fewer than MinLength characters
	Common   Reason = "common"   // on the lists that thieves try first
	Named    Reason = "named"    // names an app, a clinic, or this program
	Person   Reason = "person"   // a first or family name
	Word     Reason = "word"     // one or two words of a dictionary
	Keyboard Reason = "keyboard" // keys in a row, such as qwerty
	Run      Reason = "run"      // letters or digits in a row, such as abcd
	Repeat   Reason = "repeat"   // the same again and again
	Date     Reason = "date"     // a date or a year
)

// Strength is the judgment on a password.
type Strength struct {
	Level  Level
	Reason Reason  // "" when strong or empty
	Bits   float64 // of the guesses that a thief needs who tries the likely first
	Length int     // in characters
}

// most is how many bytes of a password are looked at; what comes after only makes it better.
const most = 72

// Judge says how strong a password is. names are what a person might put into it because it
// is near: apps, the clinic. It keeps nothing of either and takes about a millisecond.
func Judge(password []byte, names ...string) Strength {
	text := strings.ToValidUTF8(string(password), "\uFFFD")
	s := Strength{Length: utf8.RuneCountInString(text)}
	if text == "" {
		return s
	}
	head := text
	for len(head) > most {
		_, n := utf8.DecodeLastRuneInString(head)
		head = head[:len(head)-n]
	}
	guesses, parts := estimate(head, readNames(names))
	s.Bits = math.Log2(max(1, guesses))
	switch {
	case guesses < fairGuesses:
		s.Level = Weak
	case guesses < strongGuesses || s.Length < MinLength:
		s.Level = Fair
	default:
		s.Level = Strong
		return s
	}
	s.Reason = worst(parts, s.Length)
	return s
}

// worst is the pattern that most of a password is made of. Without one that makes up half of
// it, a short password is told that it is short.
func worst(parts []part, length int) Reason {
	covered, total := map[Reason]int{}, 0
	reason := TooShort
	for _, p := range parts {
		total += p.end - p.from
		if p.reason != "" {
			covered[p.reason] += p.end - p.from
			if covered[p.reason] > covered[reason] {
				reason = p.reason
			}
		}
	}
	if length < MinLength && 2*covered[reason] < total {
		return TooShort
	}
	return reason
}

// part is a stretch of a password, in bytes, and how many guesses it takes.
type part struct {
	from, end int
	guesses   float64
	reason    Reason // "": no pattern, every character is guessed
}

const (
	anyCharacter = 10    // guesses for one character of no pattern, as zxcvbn has it
	longerBy     = 10000 // guesses before a thief puts one more pattern behind the others
	mostParts    = 16
)

// estimate returns how many guesses a thief needs who tries the likely first, and how that
// thief would take the password apart. Of all ways to do so it is the one with the fewest
// guesses: those of the parts multiplied, times the orders in which the parts may stand, plus
// those for every shorter arrangement (zxcvbn, D. L. Wheeler, USENIX Security 2016).
func estimate(text string, near map[string]bool) (float64, []part) {
	n := len(text)
	if n == 0 {
		return 1, nil
	}
	ending := make([][]part, n+1)
	for _, p := range find(text, near) {
		floor := 50.0
		if p.end-p.from == 1 {
			floor = 10
		}
		if p.end-p.from < n {
			p.guesses = max(p.guesses, floor)
		}
		ending[p.end] = append(ending[p.end], p)
	}
	type best struct {
		product float64
		last    part
	}
	table := make([][mostParts + 1]best, n+1) // by end and number of parts
	table[0][0].product = 1
	for end := 1; end <= n; end++ {
		if end < n && !utf8.RuneStart(text[end]) {
			continue
		}
		for from := range end {
			if utf8.RuneStart(text[from]) {
				ending[end] = append(ending[end], part{from, end, unpatterned(text[from:end]), ""})
			}
		}
		for _, p := range ending[end] {
			for l := 1; l <= mostParts; l++ {
				before := table[p.from][l-1].product
				if product := before * p.guesses; before > 0 && (table[end][l].product == 0 || product < table[end][l].product) {
					table[end][l] = best{product, p}
				}
			}
		}
	}
	guesses, parts, orders := math.Inf(1), 0, 1.0
	for l := 1; l <= mostParts; l++ {
		orders *= float64(l)
		if b := table[n][l]; b.product > 0 {
			if g := orders*b.product + math.Pow(longerBy, float64(l-1)); g < guesses {
				guesses, parts = g, l
			}
		}
	}
	out := make([]part, parts)
	for end := n; parts > 0; parts-- {
		out[parts-1] = table[end][parts].last
		end = out[parts-1].from
	}
	return guesses, out
}

// unpatterned is the guesses for characters that follow no pattern: always a little more than
// for the same stretch with one.
func unpatterned(s string) float64 {
	n := utf8.RuneCountInString(s)
	floor := 51.0
	if n == 1 {
		floor = 11
	}
	return max(floor, math.Pow(anyCharacter, float64(n)))
}
