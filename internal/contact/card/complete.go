package card

import (
	"slices"
	"strings"
	"sync"
)

// alphabet is the words of the list in the order of their bytes, so that a start is found
// without a walk through all of them at every key.
var alphabet = sync.OnceValue(func() []string {
	all := make([]string, listLen)
	for i := range all {
		all[i] = word(i)
	}
	slices.Sort(all)
	return all
})

// Complete returns the words of the list that begin with start, at most most of them by their
// bytes, and whether start is a word itself. Capitals do not count; an empty start begins
// nothing.
func Complete(start string, most int) (words []string, whole bool) {
	start = strings.ToLower(start)
	if start == "" {
		return nil, false
	}
	all := alphabet()
	at, whole := slices.BinarySearch(all, start)
	for ; at < len(all) && len(words) < most && strings.HasPrefix(all[at], start); at++ {
		words = append(words, all[at])
	}
	return words, whole
}

// Split cuts what a person types into words, as [Parse] does, and says whether the last one is
// still being typed.
func Split(text string) (words []string, typing bool) {
	words = strings.FieldsFunc(strings.ToLower(text), separates)
	return words, len(words) > 0 && !strings.HasSuffix(text, " ")
}
