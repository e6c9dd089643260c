package command_test

import (
	"errors"
	"flag"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

func TestArguments(t *testing.T) {
	t.Parallel()
	w := words.For("en")
	for _, tt := range []struct {
		name string
		args []string
		want string // text of the usage error; "" for none
	}{
		{"fits", []string{"--name", "x", "more"}, ""},
		{"flag behind", []string{"more", "--name", "x"}, ""},
		{"no flag behind --", []string{"--name", "x", "--", "--name"}, ""},
		{"unknown flag", []string{"--bogus"}, "there is no option --bogus here"},
		{"no value", []string{"--name"}, "the option --name needs a value"},
		{"too many", []string{"--name", "x", "a", "b\x1b[2J"}, "there is one word too many: b?[2J"},
		{"missing", []string{"a"}, "the option --name is needed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := command.NewArguments("greet", tt.args)
			a.String("name", "", "")
			err := a.Read(w, 1)
			if err == nil {
				err = a.Need(w, "name")
			}
			var usage *command.UsageError
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got %v, want no error", err)
			case tt.want != "" && (!errors.As(err, &usage) || usage.Text != tt.want || usage.Command != "greet"):
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if err := command.NewArguments("greet", []string{"--help"}).Read(w, 0); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("help: got %v, want %v", err, flag.ErrHelp)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	w := words.For("en")
	known := errors.New("known: with a secret")
	list := []command.Failure{{Is: known, Text: words.CliErrOffline, Hint: words.CliHintOffline, Code: command.ExitCannotTell}}
	other := command.Failure{Text: words.CliErrUnknown, Hint: words.CliHintUnknown, Code: command.ExitLocal}
	if text, _, code := command.Explain(w, "prog", list, other, errors.Join(known)); text != w.T(words.CliErrOffline) || code != 2 {
		t.Errorf("known: got %q, %d", text, code)
	}
	if text, _, code := command.Explain(w, "prog", list, other, errors.New("x")); text != w.T(words.CliErrUnknown) || code != 4 {
		t.Errorf("unknown: got %q, %d", text, code)
	}
	_, hint, code := command.Explain(w, "prog", list, other, &command.UsageError{Command: "do", Text: "no"})
	if hint != "prog help do shows how it is written" || code != 64 {
		t.Errorf("usage: got %q, %d", hint, code)
	}
}
