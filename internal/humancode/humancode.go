// Package humancode is the one form of every code a person reads, types or copies by hand:
// message and receipt codes (20 symbols), recovery codes (28) and the halves of an
// enrolment card (28).
//
// The alphabet has 31 symbols, none of which looks like another:
//
//	23456789ABCDEFGHJKMNPQRSTUVWXYZ
//
// The last symbol is a check chosen so that the sum of i*v(i) over all positions i = 1..n
// is zero modulo 31. Since 31 is prime and n stays below 31, every single wrong symbol and
// every swap of two symbols is caught. Letter case and separators (space, hyphen, full
// stop, line break) do not count. The signs 0, O, 1, I and L are not in the alphabet; [Parse]
// says so instead of guessing what was meant.
//
// The package promises that a code it accepts has one canonical spelling ([Code]), which is
// what keys are derived from. It never logs a code, and a Code shows itself as "[redacted]"
// in structured logs. The layout is fixed by docs/contact-protocol.md, section 5.
package humancode

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Alphabet is the 31 symbols in the order of their values.
const Alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// The lengths in symbols, check included.
const (
	// MessageLen is a message or receipt code: 19 random symbols (94.1 bits) and the check.
	MessageLen = 20
	// RecoveryLen is a recovery code: 27 random symbols (133.7 bits) and the check. A half of
	// an enrolment card has the same length.
	RecoveryLen = 28
)

const base = len(Alphabet)

// Errors that Parse returns, wrapped with the place where it stopped.
var (
	// ErrLength says that the code has too few or too many symbols.
	ErrLength = errors.New("wrong number of symbols")
	// ErrSymbol says that a sign is not in the alphabet.
	ErrSymbol = errors.New("not a symbol of our codes")
	// ErrCheck says that the check does not hold: a symbol is wrong or two are swapped.
	ErrCheck = errors.New("the check does not hold")
)

// Code is a code in canonical spelling: upper case, no separators, check included. It is a
// secret. Only [New] and [Parse] make one that is not empty.
type Code struct{ symbols string }

// Symbols returns the canonical spelling, as keys are derived from it.
func (c Code) Symbols() string { return c.symbols }

// IsZero reports whether c is the empty Code.
func (c Code) IsZero() bool { return c.symbols == "" }

// Grouped returns the code in groups of four joined by hyphens, for a person to read.
func (c Code) Grouped() string { return strings.Join(c.Groups(), "-") }

// Groups returns the code in groups of four symbols.
func (c Code) Groups() []string {
	var groups []string
	for s := c.symbols; s != ""; {
		n := min(4, len(s))
		groups = append(groups, s[:n])
		s = s[n:]
	}
	return groups
}

// LogValue implements [slog.LogValuer]; a code never enters a log.
func (Code) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// String implements [fmt.Stringer] and hides the code; use [Code.Symbols] or [Code.Grouped].
func (Code) String() string { return "[redacted]" }

// New draws a code of n symbols (2 to 30, check included) from r; nil means crypto/rand.
// Symbols are drawn by rejection, so each is equally likely.
func New(r io.Reader, n int) (Code, error) {
	if n < 2 || n >= base {
		return Code{}, fmt.Errorf("new code of %d symbols: %w", n, ErrLength)
	}
	if r == nil {
		r = rand.Reader
	}
	symbols := make([]byte, 0, n)
	var b [1]byte
	for len(symbols) < n-1 {
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return Code{}, fmt.Errorf("draw code: %w", err)
		}
		// 248 = 8*31: the largest multiple of the base below 256.
		if b[0] < 248 {
			symbols = append(symbols, Alphabet[int(b[0])%base])
		}
	}
	symbols = append(symbols, checkSymbol(symbols))
	return Code{string(symbols)}, nil
}

// Parse reads what a person typed as a code of n symbols (2 to 30, check included). It ignores case and separators.
// The error wraps ErrSymbol, ErrLength or ErrCheck, in that order of precedence, and never
// quotes the input.
func Parse(input string, n int) (Code, error) {
	if n < 2 || n >= base {
		return Code{}, fmt.Errorf("code of %d symbols: %w", n, ErrLength)
	}
	symbols := make([]byte, 0, n)
	place := 0
	for _, r := range input {
		switch r {
		case ' ', '-', '.', '\t', '\n', '\r', '\u00a0', '\u2010', '\u2011', '\u2012', '\u2013', '\u2014':
			continue
		}
		place++
		if 'a' <= r && r <= 'z' {
			r -= 'a' - 'A'
		}
		if r > 0x7f || strings.IndexByte(Alphabet, byte(r)) < 0 {
			return Code{}, fmt.Errorf("symbol %d: %w", place, ErrSymbol)
		}
		if len(symbols) <= n {
			symbols = append(symbols, byte(r))
		}
	}
	if len(symbols) != n {
		return Code{}, fmt.Errorf("%d of %d symbols: %w", place, n, ErrLength)
	}
	if sum(symbols) != 0 {
		return Code{}, ErrCheck
	}
	return Code{string(symbols)}, nil
}

// sum is sum(i*v(i)) mod 31 over positions 1..len.
func sum(symbols []byte) int {
	total := 0
	for i, s := range symbols {
		total += (i + 1) * strings.IndexByte(Alphabet, s)
	}
	return total % base
}

// checkSymbol returns the symbol that, appended, makes the sum zero: v = -sum / n mod 31.
func checkSymbol(symbols []byte) byte {
	want := (base - sum(symbols)) % base
	n := len(symbols) + 1
	for v := range base {
		if n*v%base == want {
			return Alphabet[v]
		}
	}
	// Unreachable: 31 is prime and 0 < n < 31, so n has an inverse.
	return Alphabet[0]
}
