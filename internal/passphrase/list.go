package passphrase

import (
	_ "embed"
	"strconv"
	"strings"
	"unicode"
)

//go:generate go run ./listgen

// list is the words that thieves try first: a line for each, sorted by bytes, as
//
//	word TAB letter of the reason, rank
//
// It is searched where it lies in the program, so that it costs nothing to start and nothing
// to load. Package listgen writes it.
//
//go:embed words.txt
var list string

// stretch is the lines of the list that begin with some prefix.
type stretch struct{ from, end int }

func whole() stretch { return stretch{0, len(list)} }

func (s stretch) empty() bool { return s.from >= s.end }

// narrow returns the lines of s that begin with prefix.
func (s stretch) narrow(prefix string) stretch {
	s.from = s.first(func(line string) bool { return line >= prefix })
	s.end = s.first(func(line string) bool { return line >= prefix && !strings.HasPrefix(line, prefix) })
	return s
}

// first finds the first line for which is holds; it holds for all lines after it.
func (s stretch) first(is func(line string) bool) int {
	from, end := s.from, s.end
	for from < end {
		middle := strings.LastIndexByte(list[from:(from+end)/2], '\n') + 1 + from
		next := middle + strings.IndexByte(list[middle:], '\n') + 1
		if is(list[middle : next-1]) {
			end = middle
		} else {
			from = next
		}
	}
	return from
}

// word returns what the list says of the word itself: since a tab sorts before every other
// sign of the list, it is the first line of its stretch.
func (s stretch) word(word string) (rank float64, why Reason, ok bool) {
	line, _, _ := strings.Cut(list[s.from:s.end], "\n")
	found, value, _ := strings.Cut(line, "\t")
	if found != word || len(value) < 2 {
		return 0, "", false
	}
	n, err := strconv.Atoi(value[1:])
	if err != nil {
		return 0, "", false
	}
	return float64(n), reasonOf(value[0]), true
}

func reasonOf(letter byte) Reason {
	switch letter {
	case 'c':
		return Common
	case 'p':
		return Person
	}
	return Word
}

// readNames takes the names that are near the person apart: each word, and all of them
// together.
func readNames(names []string) map[string]bool {
	near := map[string]bool{}
	for _, name := range append([]string{"chaperone"}, names...) {
		words := strings.FieldsFunc(strings.ToLower(name), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
		for _, w := range append(words, strings.Join(words, "")) {
			if len(w) > 2 {
				near[w] = true
			}
		}
	}
	return near
}
