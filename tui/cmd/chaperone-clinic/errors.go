package main

import (
	"errors"
	"io/fs"
	"syscall"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

// Errors of this program alone.
var (
	errOutput = errors.New("output not written")
)

// failures is the one list of what can go wrong, narrowest first.
func failures() []command.Failure {
	return []command.Failure{
		{Is: syscall.ENOSPC, Text: words.CliErrDiskFull, Hint: words.CliHintDiskFull, Code: command.ExitLocal},
		{Is: syscall.EDQUOT, Text: words.CliErrDiskFull, Hint: words.CliHintDiskFull, Code: command.ExitLocal},
		{Is: clinic.ErrNeedApproval, Text: words.DeskErrApproval, Hint: words.DeskHintApproval, Code: command.ExitRefused},
		{Is: clinic.ErrMonitorRefused, Text: words.DeskErrMonitorRefused, Hint: words.DeskHintMonitorRefused, Code: command.ExitRefused},
		{Is: clinic.ErrMonitorAway, Text: words.DeskErrMonitorAway, Hint: words.DeskHintMonitorAway, Code: command.ExitCannotTell},
		{Is: clinic.ErrBadServer, Text: words.CliErrBadServer, Hint: words.CliHintBadServer, Code: command.ExitUsage},
		{Is: clinic.ErrNotAdmitted, Text: words.DeskErrNotAdmitted, Hint: words.DeskHintNotAdmitted, Code: command.ExitRefused},
		{Is: clinic.ErrTaken, Text: words.DeskErrTaken, Hint: words.DeskHintTaken, Code: command.ExitRefused},
		{Is: clinic.ErrStopped, Text: words.DeskErrStopped, Hint: words.DeskHintStopped, Code: command.ExitRefused},
		{Is: clinic.ErrClock, Text: words.CliErrClock, Hint: words.CliHintClock, Code: command.ExitLocal},
		{Is: clinic.ErrProof, Text: words.DeskErrProof, Hint: words.DeskHintProof, Code: command.ExitRefused},
		{Is: clinic.ErrBadAnswer, Text: words.DeskErrBadAnswer, Hint: words.CliHintBadAnswer, Code: command.ExitRefused},
		{Is: clinic.ErrUnsupported, Text: words.DeskErrUnsupported, Hint: words.DeskHintUnsupported, Code: command.ExitRefused},
		{Is: clinic.ErrServerSaid, Text: words.CliErrRefused, Hint: words.CliHintRefused, Code: command.ExitRefused},
		{Is: clinic.ErrOffline, Text: words.CliErrOffline, Hint: words.CliHintOffline, Code: command.ExitCannotTell},
		{Is: clinic.ErrPassphrase, Text: words.DeskErrPassphrase, Hint: words.CliHintWrongPassphrase, Code: command.ExitLocal},
		{Is: clinic.ErrSealed, Text: words.DeskErrSealed, Hint: words.DeskHintSealed, Code: command.ExitLocal},
		{Is: clinic.ErrSecret, Text: words.DeskErrSecret, Hint: words.DeskHintSecret, Code: command.ExitUsage},
		{Is: clinic.ErrRoots, Text: words.DeskErrRoots, Hint: words.DeskHintRoots, Code: command.ExitUsage},
		{Is: clinic.ErrRefused, Text: words.DeskErrText, Hint: words.DeskHintText, Code: command.ExitRefused},
		{Is: clinic.ErrNotGranted, Text: words.DeskErrNotGranted, Hint: words.DeskHintNotGranted, Code: command.ExitRefused},
		{Is: command.ErrNoTTY, Text: words.CliErrNoTty, Hint: words.DeskHintNoTty, Code: command.ExitLocal},
		{Is: command.ErrNoAnswer, Text: words.CliErrNoAnswer, Hint: words.DeskHintNoTty, Code: command.ExitLocal},
		{Is: fs.ErrPermission, Text: words.CliErrPermission, Hint: words.CliHintPermission, Code: command.ExitLocal},
		{Is: syscall.EROFS, Text: words.CliErrPermission, Hint: words.CliHintPermission, Code: command.ExitLocal},
	}
}

// report tells an error on standard error and returns the exit code.
func (p *program) report(err error) int {
	other := command.Failure{Text: words.CliErrUnknown, Hint: words.CliHintUnknown, Code: command.ExitLocal}
	text, hint, code := command.Explain(p.words, name, failures(), other, err)
	command.WriteError(p.stderr, name, text, hint)
	return code
}
