package main

import (
	"errors"
	"flag"
	"io"
	"strings"
	"unicode"

	"github.com/chaperone-privacy/chaperone/internal/words"
)

// arguments is the flags of one command and the command line to read them from.
type arguments struct {
	*flag.FlagSet
	command string
	args    []string
	home    string
	server  string
}

func newArguments(name string) *arguments {
	a := &arguments{FlagSet: flag.NewFlagSet(name, flag.ContinueOnError), command: name}
	a.SetOutput(io.Discard)
	a.Usage = func() {}
	return a
}

// withHome adds the flag of every command that looks at the vault.
func (a *arguments) withHome() { a.StringVar(&a.home, "home", "", "") }

// withServer adds the flag of every command that talks to the server.
func (a *arguments) withServer() { a.StringVar(&a.server, "server", "", "") }

// parse reads the flags and refuses more than most arguments after them.
func (a *arguments) parse(w *words.Catalogue, most int) error {
	if err := a.Parse(a.args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return &usageError{command: a.command, text: flagText(w, err)}
	}
	if a.NArg() > most {
		return &usageError{command: a.command, text: w.T(words.CliErrArgument, words.Str("name", printable(a.Arg(most))))}
	}
	return nil
}

// flagText says in the reader's language what package flag found wrong.
func flagText(w *words.Catalogue, err error) string {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		return w.T(words.CliErrFlag, words.Str("name", "--"+printable(strings.TrimLeft(name, "-"))))
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		return w.T(words.CliErrFlagValue, words.Str("name", "--"+printable(strings.TrimLeft(name, "-"))))
	}
	return w.T(words.CliErrFlags)
}

// printable keeps what somebody typed from acting on the terminal that shows it.
func printable(s string) string {
	const most = 60
	var b strings.Builder
	for _, r := range s {
		if b.Len() > most {
			b.WriteString("…")
			break
		}
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteRune('?')
		}
	}
	return b.String()
}
