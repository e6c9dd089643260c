// Command chaperone is the patient's program: the privacy checklist, verified messages and
// the vault, in a terminal.
//
// It promises that everything it reports as saved is on disk, that Ctrl-X or Esc twice
// leaves at once from every state, and that a message it cannot judge is never called
// genuine. It starts without a network and works without one. It never sends an answer, a
// code or the text of a message anywhere, takes no secret as an argument, and writes none to
// a log.
//
// Prompts go to the terminal, results to standard output, errors to standard error as
// "chaperone: error: …" and "hint: …". The exit codes are listed in [usageEN].
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/words"
)

func main() { os.Exit(start(clock())) }

// start runs the program with the arguments and the environment of the process and returns
// the exit code.
func start(now func() time.Time) int {
	p := &program{
		getenv: os.Getenv,
		stdin:  os.Stdin,
		stdout: os.Stdout,
		stderr: os.Stderr,
		now:    now,
		words:  words.For(words.System(os.Getenv)),
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go p.leaveOn(signals)
	return p.run(ctx, os.Args[1:])
}
