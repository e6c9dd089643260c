package compile

import (
	"strings"
	"unicode"
)

// Reading ease. Both formulas count sentences, words and syllables, so that they are only as
// good as the syllable count; they catch long sentences and long words, which is what makes
// a text hard for a tired reader.

// gradeEnglish is the Flesch-Kincaid grade: the school year (US) a reader needs.
func gradeEnglish(text string) float64 {
	sentences, words, syllables := measure(text, syllablesEnglish)
	return 0.39*words/sentences + 11.8*syllables/words - 15.59
}

// easeSpanish is the Fernández-Huerta index: 0 is very hard, 100 very easy; 70 reads easily.
func easeSpanish(text string) float64 {
	sentences, words, syllables := measure(text, syllablesSpanish)
	return 206.84 - 60*syllables/words - 1.02*words/sentences
}

func measure(text string, count func(string) int) (sentences, words, syllables float64) {
	inWord := ""
	flush := func() {
		if inWord == "" {
			return
		}
		words++
		syllables += float64(count(inWord))
		inWord = ""
	}
	ended := true
	for _, r := range strings.ToLower(text) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '\'' && inWord != "":
			inWord += string(r)
			ended = false
		default:
			flush()
			if strings.ContainsRune(".!?:", r) && !ended {
				sentences++
				ended = true
			}
		}
	}
	flush()
	if !ended {
		sentences++
	}
	return max(sentences, 1), max(words, 1), max(syllables, 1)
}

func syllablesEnglish(word string) int {
	word = strings.ReplaceAll(word, "'", "")
	n, vowel := 0, false
	for _, r := range word {
		v := strings.ContainsRune("aeiouy", r)
		if v && !vowel {
			n++
		}
		vowel = v
	}
	switch {
	case strings.HasSuffix(word, "le") && len(word) > 2 && !strings.ContainsRune("aeiouy", rune(word[len(word)-3])):
	case strings.HasSuffix(word, "e") && !strings.HasSuffix(word, "ee"):
		n--
	case strings.HasSuffix(word, "es") && !hasAnySuffix(word, "ses", "zes", "xes", "ches", "shes", "ges", "ces", "ies"):
		n--
	case strings.HasSuffix(word, "ed") && !hasAnySuffix(word, "ted", "ded", "ied", "eed"):
		n--
	}
	return max(n, 1)
}

// syllablesSpanish counts vowel groups, where a weak vowel (i, u) joins a neighbour and two
// strong ones (a, e, o, or an accented weak one) part.
func syllablesSpanish(word string) int {
	n, last := 0, 'x'
	for _, r := range word {
		strong, weak := strings.ContainsRune("aeoáéóíú", r), strings.ContainsRune("iuüy", r)
		lastStrong, lastWeak := strings.ContainsRune("aeoáéóíú", last), strings.ContainsRune("iuüy", last)
		switch {
		case !strong && !weak:
		case strong && lastStrong, !lastStrong && !lastWeak:
			n++
		}
		last = r
	}
	if strings.HasSuffix(word, "y") && n > 1 && !strings.ContainsRune("aeou", []rune(word)[len([]rune(word))-2]) {
		n--
	}
	return max(n, 1)
}

func hasAnySuffix(s string, list ...string) bool {
	for _, x := range list {
		if strings.HasSuffix(s, x) {
			return true
		}
	}
	return false
}
