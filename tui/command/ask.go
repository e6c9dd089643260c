package command

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Errors of an [Asker].
var (
	ErrNoTTY    = errors.New("no terminal to ask on")
	ErrNoAnswer = errors.New("input ended before the answer")
)

// Asker puts questions to a person on the terminal.
type Asker struct {
	in    *os.File
	out   io.Writer
	lines *bufio.Reader
	own   bool // in was opened for this and is closed again
}

// NewAsker returns an Asker on standard input and error when they are a terminal, and on the
// terminal of the process otherwise. It fails with [ErrNoTTY].
func NewAsker(stdin *os.File) (*Asker, error) {
	if term.IsTerminal(int(stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd())) {
		return &Asker{in: stdin, out: os.Stderr, lines: bufio.NewReader(stdin)}, nil
	}
	tty, err := openTerminal()
	if err != nil {
		return nil, ErrNoTTY
	}
	return &Asker{in: tty, out: tty, lines: bufio.NewReader(tty), own: true}, nil
}

// Say writes a line to the person.
func (a *Asker) Say(text string) { _, _ = io.WriteString(a.out, text+"\n") }

// Ask puts a question and returns the answer without the spaces around it. It fails with
// [ErrNoAnswer].
func (a *Asker) Ask(question string) (string, error) {
	_, _ = io.WriteString(a.out, question+" ")
	answer, err := a.lines.ReadString('\n')
	if err != nil && (answer == "" || !errors.Is(err, io.EOF)) {
		return "", ErrNoAnswer
	}
	return strings.TrimSpace(answer), nil
}

// Secret puts a question and returns the answer as typed, which is not shown. It fails with
// [ErrNoAnswer].
func (a *Asker) Secret(question string) (string, error) {
	_, _ = io.WriteString(a.out, question+" ")
	answer, err := term.ReadPassword(int(a.in.Fd()))
	_, _ = io.WriteString(a.out, "\n")
	if err != nil {
		return "", fmt.Errorf("read answer: %w", ErrNoAnswer)
	}
	return string(answer), nil
}

// Close gives the terminal back.
func (a *Asker) Close() error {
	if a.own {
		return a.in.Close()
	}
	return nil
}
