package passphrase

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"slices"
	"strings"

	"github.com/sethvargo/go-diceware/diceware"
	"github.com/sethvargo/go-password/password"
)

// How long a suggestion may be, and is when nobody says otherwise.
const (
	MinWords, DefaultWords, MaxWords    = 5, 6, 12
	MinLength, DefaultLength, MaxLength = 15, 20, 64
)

// Errors of this package.
var (
	ErrWords  = errors.New("number of words out of range")      // see MinWords, MaxWords
	ErrLength = errors.New("number of characters out of range") // see MinLength, MaxLength
)

// Suggestion is a password that nobody has used before.
type Suggestion struct {
	Text []byte
	Bits float64 // entropy of the draw
}

// Clear overwrites the text.
func (s *Suggestion) Clear() {
	clear(s.Text)
	s.Text = nil
}

// LogValue implements [slog.LogValuer]; a password never enters a log.
func (Suggestion) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// String implements [fmt.Stringer] for the same reason.
func (Suggestion) String() string { return "[redacted]" }

// Generator draws suggestions. The zero value draws from the operating system.
type Generator struct {
	Rand io.Reader // nil: crypto/rand.Reader
}

func (g Generator) source() io.Reader {
	if g.Rand == nil {
		return rand.Reader
	}
	return g.Rand
}

const (
	listWords  = 7776 // of the word list
	hyphenated = 4    // of them, which would blur where a word ends
	separator  = "-"  // what a site's form is most likely to take
)

// Words draws n different words and joins them with hyphens. Six words have 77.5 bits. It fails
// with ErrWords, or with an error of the source.
func (g Generator) Words(n int) (Suggestion, error) {
	if n < MinWords || n > MaxWords {
		return Suggestion{}, ErrWords
	}
	dice, err := diceware.NewGenerator(&diceware.GeneratorInput{WordList: diceware.WordListEffLarge(), RandReader: g.source()})
	if err != nil {
		return Suggestion{}, fmt.Errorf("draw words: %w", err)
	}
	for {
		list, err := dice.Generate(n)
		if err != nil {
			return Suggestion{}, fmt.Errorf("draw words: %w", err)
		}
		if slices.ContainsFunc(list, func(w string) bool { return strings.Contains(w, separator) }) {
			continue // a new draw altogether, so that every phrase stays as likely as every other
		}
		parts := make([][]byte, n)
		bits := 0.0
		for i, w := range list {
			parts[i] = []byte(w)
			bits += math.Log2(float64(listWords - hyphenated - i))
		}
		text := bytes.Join(parts, []byte(separator))
		for _, p := range parts {
			clear(p)
		}
		return Suggestion{Text: text, Bits: bits}, nil
	}
}

// The characters of a suggestion: none that looks like another, and signs that forms take.
const (
	lower   = "abcdefghijkmnopqrstuvwxyz"
	upper   = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	digits  = "23456789"
	symbols = "-_.!*+=@#%"

	withDigits  = 3 // of them in each suggestion
	withSymbols = 2
)

// Characters draws n characters: letters, three digits and two signs, at random places. No
// rule of a good password asks for digits and signs; forms do. Twenty characters have 117
// bits. It fails with ErrLength, or with an error of the source.
func (g Generator) Characters(n int) (Suggestion, error) {
	if n < MinLength || n > MaxLength {
		return Suggestion{}, ErrLength
	}
	gen, err := password.NewGenerator(&password.GeneratorInput{
		LowerLetters: lower, UpperLetters: upper, Digits: digits, Symbols: symbols, Reader: g.source(),
	})
	if err != nil {
		return Suggestion{}, fmt.Errorf("draw characters: %w", err)
	}
	text, err := gen.Generate(n, withDigits, withSymbols, false, true)
	if err != nil {
		return Suggestion{}, fmt.Errorf("draw characters: %w", err)
	}
	return Suggestion{Text: []byte(text), Bits: characterBits(n)}, nil
}

// characterBits counts what Characters can draw: the places of digits and signs, and what
// stands in each place.
func characterBits(n int) float64 {
	letters := n - withDigits - withSymbols
	return factorialBits(n) - factorialBits(letters) - factorialBits(withDigits) - factorialBits(withSymbols) +
		float64(letters)*math.Log2(float64(len(lower)+len(upper))) +
		withDigits*math.Log2(float64(len(digits))) + withSymbols*math.Log2(float64(len(symbols)))
}

func factorialBits(n int) float64 {
	bits := 0.0
	for i := 2; i <= n; i++ {
		bits += math.Log2(float64(i))
	}
	return bits
}
