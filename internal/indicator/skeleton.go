package indicator

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

//go:generate sh -c "go run gen_confusables.go $(go mod download -json github.com/mtibben/confusables@v0.0.0-20210201002637-9d1b0723b659 | sed -n 's/.*\"Dir\": \"\\(.*\\)\".*/\\1/p')"

// Skeleton writes a name in the letters that it looks like: two names with one skeleton can be
// taken for each other. It is the skeleton of UTS 39, section 4, of the name in lower case, in
// lower case again (a zero is written as a capital O there), with every i as an l, because in
// capitals they are alike, and without accents, spaces and punctuation; digits and full-width
// letters of all scripts are read as ASCII first. It is for comparing only: never shown, and never
// kept in place of the name. The table is of version 13.0.0: letters that Unicode has added since
// are written as themselves.
//
// Capitals can look alike where small letters do not (Greek U+039D and N); [SameLook] sees both.
func Skeleton(s string) string { return fold(confuse(strings.ToLower(ascii(s)))) }

// SameLook reports whether two names can be taken for each other, as they are written or in small
// letters. A name without letters and digits looks like no other.
func SameLook(a, b string) bool {
	x, y := Skeleton(a), fold(confuse(ascii(a)))
	return x != "" && x == Skeleton(b) || y != "" && y == fold(confuse(ascii(b)))
}

func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'i':
			return 'l'
		case unicode.IsSpace(r), unicode.IsPunct(r), unicode.Is(unicode.Mn, r):
			return -1
		}
		return r
	}, strings.ToLower(s))
}

// confuse is the skeleton of UTS 39.
func confuse(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		switch to, ok := looksLike(r); {
		case ok:
			b.WriteString(to)
		case !unseen(r):
			b.WriteRune(r)
		}
	}
	return norm.NFD.String(b.String())
}

// looksLike returns what a letter is written as.
func looksLike(r rune) (string, bool) {
	i, ok := slices.BinarySearch(confusableFrom[:], r)
	if !ok {
		return "", false
	}
	return confusableTo[confusableAt[i]:confusableAt[i+1]], true
}

// unseen reports whether r takes no place and has no ink.
func unseen(r rune) bool {
	return r >= 0xAD && unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}
