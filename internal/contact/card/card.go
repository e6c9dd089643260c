// Package card turns a clinic's id into the six words that stand on its card, and back into
// the number that those words stand for.
//
// It promises one spelling: the same id gives the same six words everywhere. The words carry
// 77.5 bits of the id, so they find a clinic, and making another one that has the words of a
// given card takes about 2^77 tries. Two clinics that share six words which neither had before
// take about 2^39: whoever sets a clinic up can make a second one behind its card. The words are
// no secret, and they say nothing about who handed them over. It never decides which clinic to
// trust.
//
// n is the first 16 bytes of the clinic id, big-endian. Six times, the next word is number
// n mod 7776 of the EFF's large list, and n becomes n / 7776. The number of a card is what is
// left of n by that: n mod 7776^6.
package card

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"unicode"

	"github.com/sethvargo/go-diceware/diceware"
)

// Count is how many words a card has.
const Count = 6

const listLen = 7776 // words of the list, 6^5

// Number is what six words stand for: a number below 7776^6, big-endian.
type Number [10]byte

// Errors of [Parse].
var (
	// ErrCount says that there are more or fewer than six words.
	ErrCount = errors.New("not six words")
	// ErrWord says that a word is not in the list.
	ErrWord = errors.New("not a word of the list")
)

// Of returns the number of a clinic's card.
func Of(clinic [32]byte) Number {
	n := new(big.Int).SetBytes(clinic[:16])
	n.Mod(n, new(big.Int).Exp(big.NewInt(listLen), big.NewInt(Count), nil))
	var out Number
	n.FillBytes(out[:])
	return out
}

// Words returns the six words of a clinic's card.
func Words(clinic [32]byte) []string {
	n, rest := new(big.Int).SetBytes(clinic[:16]), new(big.Int)
	base := big.NewInt(listLen)
	words := make([]string, Count)
	for i := range words {
		n.DivMod(n, base, rest)
		words[i] = word(int(rest.Int64()))
	}
	return words
}

// word returns word i of the list, from 0.
func word(i int) string {
	dice := 0
	for place := 1; place <= 10000; place *= 10 {
		dice += (i%6 + 1) * place
		i /= 6
	}
	return diceware.WordListEffLarge().WordAt(dice)
}

// Parse reads six words as a person types them: case, and what stands between the words, do
// not count. The error wraps ErrCount, or ErrWord with the place of the first word that is not
// in the list, and never quotes the input.
func Parse(text string) (Number, error) {
	typed := strings.FieldsFunc(strings.ToLower(text), separates)
	if len(typed) == 1 { // with hyphens between, as passwords are written
		typed = strings.Split(typed[0], "-")
	}
	if len(typed) != Count {
		return Number{}, ErrCount
	}
	want := map[string]int{}
	for _, w := range typed {
		want[w] = -1
	}
	for i := range listLen {
		if _, ok := want[word(i)]; ok {
			want[word(i)] = i
		}
	}
	n, base := new(big.Int), big.NewInt(listLen)
	for i := Count - 1; i >= 0; i-- {
		at := want[typed[i]]
		if at < 0 {
			return Number{}, fmt.Errorf("word %d: %w", i+1, ErrWord)
		}
		n.Add(n.Mul(n, base), big.NewInt(int64(at)))
	}
	var out Number
	n.FillBytes(out[:])
	return out, nil
}

// separates reports whether r stands between words.
func separates(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;./·|", r) }
