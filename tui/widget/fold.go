package widget

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold makes text comparable for a search: small letters without accents, one space between
// words. "Contraseña" and "contrasena" are the same.
func Fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// Finds reports whether every word of a query is somewhere in one of the texts.
func Finds(query string, texts ...string) bool {
	all := Fold(strings.Join(texts, "\n"))
	for _, word := range strings.Fields(Fold(query)) {
		if !strings.Contains(all, word) {
			return false
		}
	}
	return true
}
