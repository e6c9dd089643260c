package passphrase

import (
	"strings"
	"unicode/utf8"
)

// finder collects the patterns of one password. Offsets are bytes.
type finder struct {
	text, lower string
	near        map[string]bool
	found       []part
}

// find returns every pattern that a thief might see in a text.
func find(text string, near map[string]bool) []part {
	f := finder{text: text, lower: lowerASCII(text), near: near}
	f.dictionary()
	f.keyboard()
	f.runs()
	f.dates()
	f.repeats()
	return f.found
}

func (f *finder) add(from, end int, guesses float64, why Reason) {
	f.found = append(f.found, part{from, end, guesses, why})
}

// dictionary finds words: as they are, backwards, and with signs for letters.
func (f *finder) dictionary() {
	f.words(f.lower, func(from, end int, rank float64, why Reason) {
		f.add(from, end, rank*capitals(f.text[from:end]), why)
	})
	n, back := len(f.lower), reversed(f.lower)
	f.words(back, func(from, end int, rank float64, why Reason) {
		if word := back[from:end]; word != reversed(word) {
			f.add(n-end, n-from, 2*rank*capitals(f.text[n-end:n-from]), why)
		}
	})
	for _, way := range substitutions(f.lower) {
		plain := []byte(f.lower)
		for i, c := range plain {
			if letter, ok := way[c]; ok {
				plain[i] = letter
			}
		}
		f.words(string(plain), func(from, end int, rank float64, why Reason) {
			if v := signs(f.lower[from:end], way); v > 1 && end-from > 1 {
				f.add(from, end, rank*v*capitals(f.text[from:end]), why)
			}
		})
	}
}

// words calls hit for every stretch of text that is a word of the list or a name that is near.
func (f *finder) words(text string, hit func(from, end int, rank float64, why Reason)) {
	for from := range len(text) {
		if !utf8.RuneStart(text[from]) {
			continue
		}
		l := whole()
		for end := from + 1; end <= len(text); end++ {
			if l = l.narrow(text[from:end]); l.empty() {
				break
			}
			if rank, why, ok := l.word(text[from:end]); ok {
				hit(from, end, rank, why)
			}
		}
		for end := from + 1; end <= len(text); end++ {
			if f.near[text[from:end]] {
				hit(from, end, 1, Named)
			}
		}
	}
}

func reversed(s string) string {
	out := make([]byte, 0, len(s))
	for len(s) > 0 {
		_, n := utf8.DecodeLastRuneInString(s)
		out = append(out, s[len(s)-n:]...)
		s = s[:len(s)-n]
	}
	return string(out)
}

// lowerASCII makes letters small without changing where they stand.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// capitals is in how many ways a word like this may be capitalised.
func capitals(word string) float64 {
	upper, lower := 0, 0
	for _, c := range []byte(word) {
		switch {
		case c >= 'A' && c <= 'Z':
			upper++
		case c >= 'a' && c <= 'z':
			lower++
		}
	}
	switch {
	case upper == 0:
		return 1
	case lower == 0, upper == 1 && isUpper(word[0]), upper == 1 && isUpper(word[len(word)-1]):
		return 2
	}
	return choices(upper, lower)
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

// signs is in how many ways a word like this may have signs for letters; 1 when it has none.
func signs(word string, way map[byte]byte) float64 {
	ways := 1.0
	for sign, letter := range way {
		used, unused := strings.Count(word, string(rune(sign))), strings.Count(word, string(rune(letter)))
		switch {
		case used == 0:
		case unused == 0:
			ways *= 2
		default:
			ways *= choices(used, unused)
		}
	}
	return ways
}

// choices is in how many ways one to all of the rarer of two kinds may be picked out of both.
func choices(a, b int) float64 {
	sum, c := 0.0, 1.0
	for i := 1; i <= min(a, b); i++ {
		c = c * float64(a+b-i+1) / float64(i)
		sum += c
	}
	return sum
}

// substitutions returns the ways to read the signs of a text as letters; nil without signs.
func substitutions(text string) []map[byte]byte {
	const table = "4a @a 8b (c {c [c <c 3e 6g 9g 1il !i |il 0o $s 5s +t 7tl %x 2z"
	var ways []map[byte]byte
	for _, sign := range strings.Fields(table) {
		if strings.IndexByte(text, sign[0]) < 0 {
			continue
		}
		if ways == nil {
			ways = append(ways, map[byte]byte{})
		}
		for _, way := range ways[:len(ways):len(ways)] {
			for _, other := range []byte(sign[2:]) {
				second := map[byte]byte{sign[0]: other}
				for k, v := range way {
					second[k] = v
				}
				ways = append(ways, second)
			}
			way[sign[0]] = sign[1]
		}
	}
	return ways
}

// runs finds signs at one distance from each other, such as abcd or 9753.
func (f *finder) runs() {
	const widest = 5
	for from := 0; from < len(f.text)-1; {
		step := int(f.text[from+1]) - int(f.text[from])
		end := from + 2
		for end < len(f.text) && int(f.text[end])-int(f.text[end-1]) == step {
			end++
		}
		if distance := max(step, -step); distance > 0 && distance <= widest && (end-from > 2 || distance == 1) {
			f.add(from, end, runGuesses(f.text[from:end], step), Run)
		}
		from = end - 1
	}
}

func runGuesses(s string, step int) float64 {
	guesses := 26.0
	switch {
	case strings.IndexByte("aAzZ019", s[0]) >= 0:
		guesses = 4
	case s[0] >= '0' && s[0] <= '9':
		guesses = 10
	}
	if step < 0 {
		guesses *= 2
	}
	return guesses * float64(len(s))
}

// repeats finds the same stretch again and again.
func (f *finder) repeats() {
	n := len(f.text)
	for size := 1; size <= n/2; size++ {
		for from := 0; from+2*size <= n; {
			unit, end := f.text[from:from+size], from+size
			for end+size <= n && f.text[end:end+size] == unit {
				end += size
			}
			if end == from+size {
				from++
				continue
			}
			if utf8.ValidString(unit) && !repeatsItself(unit) {
				guesses, _ := estimate(unit, f.near)
				f.add(from, end, guesses*float64((end-from)/size), Repeat)
			}
			from = end - size + 1
		}
	}
}

func repeatsItself(s string) bool {
	return len(s) > 1 && strings.Contains((s + s)[1:2*len(s)-1], s)
}
