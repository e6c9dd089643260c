package main

import (
	"context"
	"flag"

	"github.com/chaperone-privacy/chaperone/internal/passphrase"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

const passwordSchema = "chaperone.password.v1"

// passwordDoc is a suggestion for programs.
type passwordDoc struct {
	Schema   string  `json:"schema"`
	Kind     string  `json:"kind"` // words or characters
	Count    int     `json:"count"`
	Bits     float64 `json:"bits"` // entropy of the draw
	Password string  `json:"password"`
}

// password writes one suggestion to standard output. It takes no password and keeps none.
func (p *program) password(_ context.Context, a *arguments) (int, error) {
	count := a.Int("words", passphrase.DefaultWords, "")
	length := a.Int("length", passphrase.DefaultLength, "")
	asJSON := a.Bool("json", false, "")
	if err := a.parse(p.words, 0); err != nil {
		return 0, err
	}
	given := map[string]bool{}
	a.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if given["words"] && given["length"] {
		return 0, &usageError{a.command, p.words.T(words.CliErrTogether, words.Str("a", "--words"), words.Str("b", "--length"))}
	}
	g, kind, n := passphrase.Generator{}, "words", *count
	draw, least, most := g.Words, passphrase.MinWords, passphrase.MaxWords
	if given["length"] {
		kind, n = "characters", *length
		draw, least, most = g.Characters, passphrase.MinLength, passphrase.MaxLength
	}
	if n < least || n > most {
		name := "--words"
		if given["length"] {
			name = "--length"
		}
		return 0, &usageError{a.command, p.words.T(words.CliErrRange, words.Str("name", name), words.Int("least", least), words.Int("most", most))}
	}
	s, err := draw(n)
	if err != nil {
		return 0, err
	}
	defer s.Clear()
	if *asJSON {
		out, err := indented(passwordDoc{Schema: passwordSchema, Kind: kind, Count: n, Bits: float64(int(s.Bits*10)) / 10, Password: string(s.Text)})
		if err != nil {
			return 0, err
		}
		return p.print(out)
	}
	return p.print(string(s.Text) + "\n")
}
