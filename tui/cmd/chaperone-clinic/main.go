// Command chaperone-clinic is the clinic's program: it makes the clinic's keys, grants them to
// devices, signs and sends messages that patients can check, and takes them back.
//
// It promises that a code is shown only after the log's proof of its message verified, that
// nothing it reported as kept is lost in a crash, and that private keys lie on disk sealed.
// Root keys leave the machine when they are made. It sends no mail and no text message itself,
// takes no secret as an argument, and writes none to a log.
//
// Results go to standard output, errors to standard error as "chaperone-clinic: error: …" and
// "hint: …". The exit codes are listed in [usageEN].
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/words"
)

func main() { os.Exit(start(clock(), cost())) }

// start runs the program with the arguments and the environment of the process and returns
// the exit code. work is the cost of passphrases; 0 is the usual one.
func start(now func() time.Time, work int) int {
	p := &program{
		getenv: os.Getenv,
		stdin:  os.Stdin,
		stdout: os.Stdout,
		stderr: os.Stderr,
		now:    now,
		work:   work,
		words:  words.For(words.System(os.Getenv)),
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	return p.run(ctx, os.Args[1:])
}
