package command

import (
	"errors"
	"flag"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/chaperone-privacy/chaperone/internal/words"
)

// UsageError is a command line that cannot be run. Its text is in the reader's language.
type UsageError struct {
	Command string // whose help to point at; "" for the program's
	Text    string
}

// Error implements error.
func (e *UsageError) Error() string { return e.Text }

// Arguments is the flags of one command and the command line to read them from.
type Arguments struct {
	*flag.FlagSet
	Command string // "" for the program itself
	args    []string
	rest    []string // what is no flag
}

// NewArguments returns the arguments of a command, not yet read.
func NewArguments(name string, args []string) *Arguments {
	a := &Arguments{FlagSet: flag.NewFlagSet(name, flag.ContinueOnError), Command: name, args: args}
	a.SetOutput(io.Discard)
	a.Usage = func() {}
	return a
}

// Read reads the flags, which may stand before and after other arguments, and refuses more than
// most others. What follows "--" is no flag. It fails with [flag.ErrHelp] or a [UsageError].
func (a *Arguments) Read(w *words.Catalogue, most int) error {
	flags, literal := a.args, []string(nil)
	if i := slices.Index(flags, "--"); i >= 0 {
		flags, literal = flags[:i], flags[i+1:]
	}
	for {
		if err := a.Parse(flags); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return err
			}
			return a.Refuse(flagText(w, err))
		}
		if a.FlagSet.NArg() == 0 {
			break
		}
		a.rest = append(a.rest, a.FlagSet.Arg(0))
		flags = a.FlagSet.Args()[1:]
	}
	a.rest = append(a.rest, literal...)
	if a.NArg() > most {
		return a.Refuse(w.T(words.CliErrArgument, words.Str("name", Printable(a.Arg(most)))))
	}
	return nil
}

// NArg returns how many arguments are no flags.
func (a *Arguments) NArg() int { return len(a.rest) }

// Arg returns argument i that is no flag, or "".
func (a *Arguments) Arg(i int) string {
	if i >= len(a.rest) {
		return ""
	}
	return a.rest[i]
}

// Refuse returns the error of a command line that cannot be run.
func (a *Arguments) Refuse(text string) error { return &UsageError{a.Command, text} }

// Need refuses flags that are empty.
func (a *Arguments) Need(w *words.Catalogue, names ...string) error {
	for _, name := range names {
		if f := a.Lookup(name); f == nil || f.Value.String() == "" {
			return a.Refuse(w.T(words.CliErrMissing, words.Str("name", "--"+name)))
		}
	}
	return nil
}

// List is a flag that may be given several times.
type List []string

// String implements [flag.Value].
func (l *List) String() string { return strings.Join(*l, ",") }

// Set implements [flag.Value].
func (l *List) Set(s string) error { *l = append(*l, s); return nil }

// flagText says in the reader's language what package flag found wrong.
func flagText(w *words.Catalogue, err error) string {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		return w.T(words.CliErrFlag, words.Str("name", "--"+Printable(strings.TrimLeft(name, "-"))))
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		return w.T(words.CliErrFlagValue, words.Str("name", "--"+Printable(strings.TrimLeft(name, "-"))))
	}
	return w.T(words.CliErrFlags)
}

// Printable keeps what somebody typed from acting on the terminal that shows it.
func Printable(s string) string {
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
