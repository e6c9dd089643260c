// Package words is the one catalogue of everything a person reads on a face of this
// software: terminal, line mode, pages and notifications. Text of checklist items is not
// here; it comes with the content pack.
//
// It promises that every key exists in every locale with the same placeholders (a test fails
// otherwise), that no key is unused (a test reads the tree), and that looking words up costs
// no start-up time: the tables are constants of the program. It never formats a code, a name
// or a patient's text in any way but by copying it; whoever shows it neutralises it first.
//
// # Adding words
//
// en.json and es.json lie beside this file. Each is one flat object, one key a line:
//
//	"home.next": "Do this next",
//	"home.progress": "{done} of {total} done, about {minutes} minutes left",
//	"home.messages": {"one": "{n} message", "other": "{n} messages"},
//
// A key is "screen.what", lower case with underscores. A placeholder is {name}. A key with
// "one" and "other" is a plural and chooses by its {n}. After a change run
//
//	go run ./internal/words/wordsgen
//
// in the root of the module. It refuses a key that one locale lacks or a placeholder that
// differs, and writes keys.go (the constant [HomeNext] for "home.next") and tables.go.
//
//	w := words.For("es")
//	w.T(words.HomeProgress, words.Int("done", 3), words.Int("total", 12), words.Int("minutes", 95))
//	w.N(words.HomeMessages, 2)
//
// Spanish is written, not translated word by word, and says usted.
package words
