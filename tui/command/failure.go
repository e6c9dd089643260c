package command

import (
	"errors"
	"fmt"
	"io"

	"github.com/chaperone-privacy/chaperone/internal/words"
)

// Exit codes, the same for every program of this house.
const (
	ExitDone       = 0
	ExitNotGenuine = 1
	ExitCannotTell = 2 // and: nobody answered
	ExitRefused    = 3
	ExitLocal      = 4
	ExitUsage      = 64
	ExitSignal     = 128 // plus the signal's number
)

// Failure is how one kind of error is told: what happened, what to do, and the exit code.
type Failure struct {
	Is         error
	Text, Hint words.Key
	Code       int
}

// Explain finds the words and the exit code for an error: those of the first failure that it
// is, else those of other. Texts of errors are never shown.
func Explain(w *words.Catalogue, program string, failures []Failure, other Failure, err error) (text, hint string, code int) {
	var usage *UsageError
	if errors.As(err, &usage) {
		help := program + " help"
		if usage.Command != "" {
			help += " " + usage.Command
		}
		return usage.Text, w.T(words.CliHintUsage, words.Str("command", help)), ExitUsage
	}
	for _, f := range failures {
		if errors.Is(err, f.Is) {
			return w.T(f.Text), w.T(f.Hint), f.Code
		}
	}
	return w.T(other.Text), w.T(other.Hint), other.Code
}

// WriteError writes the two lines of an error. The prefixes are the same in every language, so
// that a script can rely on them.
func WriteError(out io.Writer, program, text, hint string) {
	// Nothing is left to tell it to when standard error is gone.
	_, _ = fmt.Fprintf(out, "%s: error: %s\nhint: %s\n", program, text, hint)
}
