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
	"time"

	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

// name is the program's, as errors and hints say it.
const name = "chaperone-clinic"

// program is one run of the program.
type program struct {
	getenv         func(string) string
	stdin          *os.File
	stdout, stderr io.Writer
	now            func() time.Time
	work           int // cost of passphrases; 0 is the usual one
	words          *words.Catalogue
}

// entry is one subcommand. Its name may have two words. run returns the exit code; with an error
// the code is the error's own.
type entry struct {
	name  string
	usage func(*words.Catalogue) string
	run   func(*program, context.Context, *command.Arguments) (int, error)
}

// commands is every subcommand, in the order of the help.
func commands() []entry {
	return append([]entry{
		{"init", usageOf(initUsageEN, initUsageES), (*program).initClinic},
		{"device new", usageOf(deviceNewUsageEN, deviceNewUsageES), (*program).deviceNew},
		{"device join", usageOf(deviceJoinUsageEN, deviceJoinUsageES), (*program).deviceJoin},
		{"grant", usageOf(grantUsageEN, grantUsageES), (*program).grant},
		{"revoke", usageOf(revokeUsageEN, revokeUsageES), (*program).revoke},
		{"withdraw", usageOf(withdrawUsageEN, withdrawUsageES), (*program).withdraw},
		{"rotate", usageOf(rotateUsageEN, rotateUsageES), (*program).rotate},
		{"incident", usageOf(incidentUsageEN, incidentUsageES), (*program).incident},
		{"card", usageOf(cardUsageEN, cardUsageES), (*program).card},
		{"send", usageOf(sendUsageEN, sendUsageES), (*program).send},
		{"open", usageOf(openUsageEN, openUsageES), (*program).openFile},
		{"sync", usageOf(syncUsageEN, syncUsageES), (*program).sync},
		{"status", usageOf(statusUsageEN, statusUsageES), (*program).status},
		{"profile", usageOf(profileUsageEN, profileUsageES), (*program).profile},
		{"handover", usageOf(handoverUsageEN, handoverUsageES), (*program).handover},
		{"drill", usageOf(drillUsageEN, drillUsageES), (*program).drill},
		{"backup", usageOf(backupUsageEN, backupUsageES), (*program).backup},
		{"restore", usageOf(restoreUsageEN, restoreUsageES), (*program).restore},
		{"audit", usageOf(auditUsageEN, auditUsageES), (*program).audit},
		{"sheet", usageOf(sheetUsageEN, sheetUsageES), (*program).printSheet},
		{"version", usageOf(versionUsageEN, versionUsageES), (*program).version},
	}, monitorCommands()...)
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
	if len(args) == 0 || slices.Contains([]string{"-h", "-help", "--help"}, args[0]) {
		return p.print(usageOf(usageEN, usageES)(p.words))
	}
	if args[0] == "help" {
		return p.help(args[1:])
	}
	c, rest, ok := find(args)
	if !ok {
		return 0, &command.UsageError{Text: p.words.T(words.CliErrCommand, words.Str("name", command.Printable(args[0])))}
	}
	code, err := c.run(p, ctx, command.NewArguments(c.name, rest))
	if errors.Is(err, flag.ErrHelp) {
		return p.print(c.usage(p.words))
	}
	return code, err
}

// find finds the command that args begin with: two words before one.
func find(args []string) (entry, []string, bool) {
	for n := min(2, len(args)); n > 0; n-- {
		want := strings.Join(args[:n], " ")
		if i := slices.IndexFunc(commands(), func(c entry) bool { return c.name == want }); i >= 0 {
			return commands()[i], args[n:], true
		}
	}
	return entry{}, nil, false
}

func (p *program) help(args []string) (int, error) {
	if len(args) == 0 {
		return p.print(usageOf(usageEN, usageES)(p.words))
	}
	c, rest, ok := find(args)
	if !ok || len(rest) > 0 {
		return 0, &command.UsageError{Text: p.words.T(words.CliErrCommand, words.Str("name", command.Printable(strings.Join(args, " "))))}
	}
	return p.print(c.usage(p.words))
}

// print writes a text to standard output.
func (p *program) print(text string) (int, error) {
	if _, err := io.WriteString(p.stdout, text); err != nil {
		return 0, fmt.Errorf("write output: %w: %w", errOutput, err)
	}
	return command.ExitDone, nil
}

// say prints the lines of one text of the catalogue.
func (p *program) say(k words.Key, args ...words.Arg) (int, error) {
	return p.print(p.words.T(k, args...) + "\n")
}
