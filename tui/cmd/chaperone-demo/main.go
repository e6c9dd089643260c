// Command chaperone-demo is everything in one program: a server on this machine, four made-up
// clinics with their monitors, somebody who attacks them, two phones and the letters on the table. It opens the same screens as the patient's
// program, on real vaults that sync through the real server.
//
// Nothing of it is kept unless --keep says where, and nothing leaves the machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/leave"
)

const usage = `Usage: chaperone-demo [--keep DIR] [--language en|es]

Opens Chaperone on made-up clinics, with a server of their own. Set up the first phone, do a
task, come back on the second phone, and check the letters on the table.

  --keep DIR        keep phones, letters and server in DIR, and go on there next time
  --language LANG   en or es; without it, the system's

Example:
  chaperone-demo --keep ~/chaperone-demo
`

// Exit codes, as docs/operating.md lists them.
const (
	exitDone  = 0
	exitLocal = 4
	exitUsage = 64
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	flags := flag.NewFlagSet("chaperone-demo", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	keep := flags.String("keep", "", "")
	language := flags.String("language", "", "")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Print(usage)
		return exitDone
	case err != nil || flags.NArg() > 0:
		return complain(exitUsage, "this option is not known here", "chaperone-demo --help shows how it is written")
	}
	if *language == "" {
		*language = words.System(os.Getenv)
	}
	if err := open(*keep, words.For(*language)); err != nil {
		return complain(exitLocal, err.Error(), "see that the folder can be written and the disk has space")
	}
	return exitDone
}

func complain(code int, text, hint string) int {
	fmt.Fprintf(os.Stderr, "chaperone-demo: error: %s\nhint: %s\n", text, hint)
	return code
}

// open builds the world and shows the table until somebody leaves.
func open(keep string, w *words.Catalogue) error {
	dir, forget, err := folder(keep)
	if err != nil {
		return err
	}
	defer forget()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	t, err := start(ctx, dir)
	if err != nil {
		return err
	}
	door := leave.New(leave.Config{In: os.Stdin, Out: os.Stdout, Exit: func(code int) {
		// The process ends here, wherever the screens are; deferred calls do not run. What is
		// still being written stops first.
		cancel()
		forget()
		os.Exit(code)
	}})
	if !door.InputIsTerminal() || !door.OutputIsTerminal() {
		return errors.New("the demo needs a terminal")
	}
	m := newTable(ctx, t, dir, w, func() { door.Leave(exitDone) })
	m.program = tea.NewProgram(m,
		tea.WithContext(ctx), tea.WithInput(door.Input()), tea.WithOutput(door.Output()),
		tea.WithoutSignalHandler(), tea.WithColorProfile(m.profile), tea.WithFPS(120),
	)
	_, err = m.program.Run()
	cancel()
	m.close()
	if err == nil {
		err = m.failed
	}
	if served := <-t.served; served != nil && err == nil {
		err = fmt.Errorf("run server: %w", served)
	}
	if err != nil && !errors.Is(err, tea.ErrProgramKilled) {
		return fmt.Errorf("run screens: %w", err)
	}
	return nil
}

// folder returns where the demo keeps things, and what removes it again.
func folder(keep string) (dir string, forget func(), err error) {
	if keep == "" {
		dir, err = os.MkdirTemp("", "chaperone-demo-")
		if err != nil {
			return "", nil, fmt.Errorf("make folder: %w", err)
		}
		return dir, func() { _ = os.RemoveAll(dir) }, nil
	}
	if dir, err = filepath.Abs(keep); err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return "", nil, fmt.Errorf("make folder: %w", err)
	}
	return dir, func() {}, nil
}
