package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/leave"
)

// Exit codes, the same for every program of this house.
const (
	exitDone       = 0
	exitNotGenuine = 1
	exitCannotTell = 2 // and: nobody answered
	exitRefused    = 3
	exitLocal      = 4
	exitUsage      = 64
	exitSignal     = 128 // plus the signal's number
)

// program is one run of the program.
type program struct {
	getenv         func(string) string
	stdin          *os.File
	stdout, stderr io.Writer
	now            func() time.Time
	words          *words.Catalogue
	door           atomic.Pointer[leave.Door] // of the terminal in use; nil: none
}

// command is one subcommand. run returns the exit code; with an error the code is the
// error's own.
type command struct {
	name  string
	usage func(*words.Catalogue) string
	run   func(*program, context.Context, *arguments) (int, error)
}

// commands is every subcommand, in the order of the help.
func commands() []command {
	return []command{
		{"verify", usageOf(verifyUsageEN, verifyUsageES), (*program).verify},
		{"clinics", usageOf(clinicsUsageEN, clinicsUsageES), (*program).clinics},
		{"plan", usageOf(planUsageEN, planUsageES), (*program).plan},
		{"crisis", usageOf(crisisUsageEN, crisisUsageES), (*program).crisis},
		{"password", usageOf(passwordUsageEN, passwordUsageES), (*program).password},
		{"message", usageOf(messageUsageEN, messageUsageES), (*program).message},
		{"letter", usageOf(letterUsageEN, letterUsageES), (*program).letter},
		{"sync", usageOf(syncUsageEN, syncUsageES), (*program).sync},
		{"restore", usageOf(restoreUsageEN, restoreUsageES), (*program).restore},
		{"recovery", usageOf(recoveryUsageEN, recoveryUsageES), (*program).recovery},
		{"use", usageOf(useUsageEN, useUsageES), (*program).use},
		{"wipe", usageOf(wipeUsageEN, wipeUsageES), (*program).wipe},
		{"version", usageOf(versionUsageEN, versionUsageES), (*program).version},
	}
}

func usageOf(en, es string) func(*words.Catalogue) string {
	return func(w *words.Catalogue) string {
		if w.Locale() == "es" {
			return es
		}
		return en
	}
}

// run runs one command line and returns the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	code, err := p.dispatch(ctx, args)
	if err != nil {
		return p.report(err)
	}
	return code
}

func (p *program) dispatch(ctx context.Context, args []string) (int, error) {
	if len(args) == 1 && (args[0] == "--version" || args[0] == "-version") {
		args = []string{"version"}
	}
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return p.invoke(ctx, command{"", usageOf(usageEN, usageES), (*program).open}, args)
	}
	name, rest := args[0], args[1:]
	if name == "help" {
		return p.help(rest)
	}
	for _, c := range commands() {
		if c.name == name {
			return p.invoke(ctx, c, rest)
		}
	}
	return 0, &usageError{text: p.words.T(words.CliErrCommand, words.Str("name", printable(name)))}
}

func (p *program) help(args []string) (int, error) {
	if len(args) == 0 {
		return p.print(usageOf(usageEN, usageES)(p.words))
	}
	i := slices.IndexFunc(commands(), func(c command) bool { return c.name == args[0] })
	if i < 0 || len(args) > 1 {
		return 0, &usageError{text: p.words.T(words.CliErrCommand, words.Str("name", printable(strings.Join(args, " "))))}
	}
	return p.print(commands()[i].usage(p.words))
}

func (p *program) invoke(ctx context.Context, c command, args []string) (int, error) {
	a := newArguments(c.name)
	a.args = args
	code, err := c.run(p, ctx, a)
	if errors.Is(err, flag.ErrHelp) {
		return p.print(c.usage(p.words))
	}
	return code, err
}

// print writes a text to standard output.
func (p *program) print(text string) (int, error) {
	if _, err := io.WriteString(p.stdout, text); err != nil {
		return 0, fmt.Errorf("write output: %w: %w", patient.ErrDisk, err)
	}
	return exitDone, nil
}

// leaveOn leaves when a signal comes. Ctrl-C in line mode is somebody leaving; the others
// end the program from outside. Both leave the terminal as it was found.
func (p *program) leaveOn(signals <-chan os.Signal) {
	s := <-signals
	code := exitDone
	if n, ok := s.(syscall.Signal); ok && s != os.Interrupt {
		code = exitSignal + int(n)
	}
	if d := p.door.Load(); d != nil {
		d.Leave(code)
	}
	if s == os.Interrupt {
		code = exitSignal + int(syscall.SIGINT)
	}
	os.Exit(code)
}

// guard stands a door at a terminal and makes it the one that signals leave through.
func (p *program) guard(in, out *os.File) *leave.Door {
	d := leave.New(leave.Config{In: in, Out: out, Exit: os.Exit, Now: p.now})
	p.door.Store(d)
	return d
}
