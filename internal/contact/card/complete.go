package card

import "strings"

// Complete returns the words of the list that begin with start, at most most of them in the
// list's order, and whether start is a word itself. Capitals do not count; an empty start
// begins nothing.
func Complete(start string, most int) (words []string, whole bool) {
	start = strings.ToLower(start)
	if start == "" {
		return nil, false
	}
	for i := range listLen {
		w := word(i)
		if !strings.HasPrefix(w, start) {
			continue
		}
		whole = whole || w == start
		if len(words) < most {
			words = append(words, w)
		}
	}
	return words, whole
}

// Split cuts what a person types into words, as [Parse] does, and says whether the last one is
// still being typed.
func Split(text string) (words []string, typing bool) {
	words = strings.FieldsFunc(strings.ToLower(text), separates)
	return words, len(words) > 0 && !strings.HasSuffix(text, " ")
}
