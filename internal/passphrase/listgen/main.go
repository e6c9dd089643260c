// Command listgen writes the list of words that package passphrase searches: the frequency
// lists of zxcvbn (MIT, D. Wheeler; passwords, English words, names), and the few commonest
// Spanish passwords. Run it in the folder of package passphrase.
package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/trustelem/zxcvbn/frequency"
)

// spanish is the beginning of what a Spanish reader's list would hold.
const spanish = "contraseña contrasena clave secreto teamo tequiero miamor amor hola bienvenido bienvenida familia estrella princesa"

func main() {
	if err := os.WriteFile("words.txt", []byte(list()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "listgen: error: words.txt could not be written")
		os.Exit(1)
	}
}

// list writes one line for each word: the list in which it comes first counts.
func list() string {
	type entry struct {
		rank   int
		letter string
	}
	words := map[string]entry{}
	add := func(word, letter string, rank int) {
		old, ok := words[word]
		if !ok || rank < old.rank || rank == old.rank && letter < old.letter {
			words[word] = entry{rank, letter}
		}
	}
	letters := map[string]string{"passwords": "c", "male_names": "p", "female_names": "p", "surnames": "p"}
	for name, words := range frequency.FrequencyLists {
		letter, ok := letters[name]
		if !ok {
			letter = "w"
		}
		for i, word := range words {
			if !strings.ContainsAny(word, "\t\n") {
				add(word, letter, i+1)
			}
		}
	}
	for i, word := range strings.Fields(spanish) {
		add(word, "c", i+1)
	}
	var b strings.Builder
	for _, word := range slices.Sorted(maps.Keys(words)) {
		fmt.Fprintf(&b, "%s\t%s%d\n", word, words[word].letter, words[word].rank)
	}
	return b.String()
}
