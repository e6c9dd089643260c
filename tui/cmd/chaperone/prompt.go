package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/chaperone-privacy/chaperone/tui/leave"
)

// asker puts questions to a person, or takes the answers from a script.
type asker struct {
	lines *leave.Lines
	out   io.Writer // nil: nobody is there to read a question
	erase bool      // the answer's line can be taken off the screen again
	close func() error
}

// asker returns where to ask. With script set, a standard input that is not a terminal
// answers instead of a person.
func (p *program) asker(script bool) (*asker, error) {
	in := p.guard(p.stdin, os.Stderr)
	if in.InputIsTerminal() && in.OutputIsTerminal() {
		return &asker{lines: in.Lines(), out: in.Output(), erase: true, close: func() error { in.Restore(); return nil }}, nil
	}
	if script && !in.InputIsTerminal() {
		return &asker{lines: in.Lines(), close: func() error { return nil }}, nil
	}
	tty, err := openTerminal()
	if err != nil {
		p.door.Store(nil)
		return nil, errNoTTY
	}
	d := p.guard(tty, tty)
	return &asker{lines: d.Lines(), out: d.Output(), erase: true, close: func() error { d.Restore(); return nil }}, nil
}

// say writes to the person; a script hears nothing.
func (a *asker) say(text string) {
	if a.out != nil {
		_, _ = io.WriteString(a.out, text+"\n")
	}
}

// ask puts a question and returns the answer without the spaces around it.
func (a *asker) ask(question string, hidden bool) (string, error) {
	if a.out != nil {
		_, _ = io.WriteString(a.out, question+" ")
	}
	answer, err := a.lines.Next(hidden)
	if err != nil {
		if errors.Is(err, io.EOF) {
			return "", errNoAnswer
		}
		return "", fmt.Errorf("read answer: %w", err)
	}
	return strings.TrimSpace(answer), nil
}

// forget takes the line that was just typed off the screen.
func (a *asker) forget() {
	if a.erase {
		_, _ = io.WriteString(a.out, "\x1b[1A\x1b[2K")
	}
}

// maxInput is the most that is read from a file or standard input. A bundle is at most
// 256 KiB, a message at most 16 KiB; more is refused, not cut.
const maxInput = 1 << 20

// input reads a file, or standard input for "-".
func (p *program) input(name string) ([]byte, error) {
	in := p.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("open input: %w: %w", errInput, err)
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(bufio.NewReader(in), maxInput+1))
	if err != nil {
		return nil, fmt.Errorf("read input: %w: %w", errInput, err)
	}
	if len(data) > maxInput {
		return nil, fmt.Errorf("read input: %w", errInputLarge)
	}
	return data, nil
}
