package passphrase_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/trustelem/zxcvbn"

	"github.com/chaperone-privacy/chaperone/internal/passphrase"
)

// TestAsZxcvbn compares with a port of zxcvbn: what people type, and random mixtures of it.
// The two need not agree to the bit (that one knows more keyboards, and other years),
// but a password that is easy for one must not be hard for the other.
func TestAsZxcvbn(t *testing.T) {
	t.Parallel()
	passwords := []string{
		"zxcvbn", "Tr0ub4dour&3", "correcthorsebatterystaple", "coRrecth0rseba++ery9.23.2007staple$",
		"D0g..................", "abcdefghijk987654321", "neverforget13/3/1997", "1qaz2wsx3edc", "temppass22", "briansmith",
		"briansmith4mayor", "password1", "viking", "thx1138", "ScoRpi0ns", "do you know", "ryanhunter2000", "rianhunter2000",
		"asdfghju7654rewq", "12345678", "defghi6789", "rosebud", "Rosebud", "ROSEBUD", "rosebuD", "ros3bud99",
		"r0s3bud99", "R0$38uD99", "verlineVANDERMARK", "eheuczkqyq", "rWibMFACxAUGZmxhVncy", "Ba9ZyWABu99[BK#6MBgbH88Tofv)vs$w",
	}
	pieces := []string{"summer", "Dragon", "qwerty", "1987", "123", "P@ss", "martinez", "blue", "!", "x7", "hello", "03.04.91", "zzz", "Kq", "sunshine", "9", "-"}
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var b strings.Builder
		for range 1 + r.IntN(5) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		passwords = append(passwords, b.String())
	}
	off, total := 0.0, 0.0
	for _, p := range passwords {
		got, want := passphrase.Judge([]byte(p)).Bits, math.Log2(zxcvbn.PasswordStrength(p, nil).Guesses)
		total += want
		off += math.Abs(got - want)
		if math.Abs(got-want) > 2+want/5 {
			t.Errorf("%q: got %.1f bits, zxcvbn says %.1f", p, got, want)
		}
	}
	t.Logf("%d passwords of %.0f bits at the mean: %.2f bits apart at the mean", len(passwords), total/float64(len(passwords)), off/float64(len(passwords)))
}
