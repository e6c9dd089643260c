package main

import (
	"errors"
	"io/fs"
	"syscall"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

// Errors of this program alone.
var (
	errOutput   = errors.New("output not written")
	errInput    = errors.New("input file not readable")
	errNoHome   = errors.New("no place for the folder is known")
	errShort    = errors.New("passphrase too short")
	errTwice    = errors.New("two different passphrases")
	errTable    = errors.New("list not readable")
	errTemplate = errors.New("template names an unknown column")
)

// failures is the one list of what can go wrong, narrowest first.
func failures() []command.Failure {
	return append(monitorFailures(), []command.Failure{
		{Is: syscall.ENOSPC, Text: words.CliErrDiskFull, Hint: words.CliHintDiskFull, Code: command.ExitLocal},
		{Is: syscall.EDQUOT, Text: words.CliErrDiskFull, Hint: words.CliHintDiskFull, Code: command.ExitLocal},
		{Is: disk.ErrAlreadyOpen, Text: words.DeskErrInUse, Hint: words.CliHintAlreadyOpen, Code: command.ExitLocal},
		{Is: office.ErrNoClinic, Text: words.DeskErrNoClinic, Hint: words.DeskHintNoClinic, Code: command.ExitLocal},
		{Is: office.ErrHasClinic, Text: words.DeskErrHasClinic, Hint: words.DeskHintHasClinic, Code: command.ExitLocal},
		{Is: office.ErrNoDevice, Text: words.DeskErrNoDevice, Hint: words.DeskHintNoDevice, Code: command.ExitLocal},
		{Is: office.ErrHasDevice, Text: words.DeskErrHasDevice, Hint: words.DeskHintHasDevice, Code: command.ExitLocal},
		{Is: office.ErrNoMonitor, Text: words.DeskErrNoMonitor, Hint: words.DeskHintNoMonitor, Code: command.ExitLocal},
		{Is: office.ErrInvited, Text: words.DeskErrInvitation, Hint: words.DeskHintInvitation, Code: command.ExitUsage},
		{Is: monitor.ErrInvitation, Text: words.DeskErrInvitation, Hint: words.DeskHintInvitation, Code: command.ExitUsage},
		{Is: office.ErrNoPolicy, Text: words.DeskErrNoPolicy, Hint: words.DeskHintNoPolicy, Code: command.ExitRefused},
		{Is: office.ErrUnknownKey, Text: words.DeskErrUnknownKey, Hint: words.DeskHintUnknownKey, Code: command.ExitUsage},
		{Is: office.ErrRevocation, Text: words.DeskErrRevocation, Hint: words.DeskHintRevocation, Code: command.ExitUsage},
		{Is: office.ErrKeyTaken, Text: words.DeskErrKeyTaken, Hint: words.DeskHintKeyTaken, Code: command.ExitRefused},
		{Is: office.ErrNoMessage, Text: words.DeskErrNoMessage, Hint: words.DeskHintNoMessage, Code: command.ExitUsage},
		{Is: office.ErrUnwitness, Text: words.DeskErrUnwitness, Hint: words.DeskHintUnwitness, Code: command.ExitCannotTell},
		{Is: office.ErrUnlogged, Text: words.DeskErrUnlogged, Hint: words.DeskHintUnlogged, Code: command.ExitCannotTell},
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
		{Is: contact.ErrMalformed, Text: words.DeskErrMalformed, Hint: words.DeskHintMalformed, Code: command.ExitUsage},
		{Is: office.ErrBook, Text: words.DeskErrBook, Hint: words.DeskHintSealed, Code: command.ExitLocal},
		{Is: disk.ErrDamaged, Text: words.DeskErrBook, Hint: words.DeskHintSealed, Code: command.ExitLocal},
		{Is: errShort, Text: words.DeskErrShort, Hint: words.DeskHintShort, Code: command.ExitUsage},
		{Is: errTwice, Text: words.DeskErrTwice, Hint: words.DeskHintTwice, Code: command.ExitUsage},
		{Is: errTable, Text: words.DeskErrTable, Hint: words.DeskHintTable, Code: command.ExitUsage},
		{Is: errTemplate, Text: words.DeskErrTemplate, Hint: words.DeskHintTemplate, Code: command.ExitUsage},
		{Is: errNoHome, Text: words.CliErrNoHome, Hint: words.CliHintNoHome, Code: command.ExitLocal},
		{Is: command.ErrNoTTY, Text: words.CliErrNoTty, Hint: words.DeskHintNoTty, Code: command.ExitLocal},
		{Is: command.ErrNoAnswer, Text: words.CliErrNoAnswer, Hint: words.DeskHintNoTty, Code: command.ExitLocal},
		{Is: fs.ErrPermission, Text: words.CliErrPermission, Hint: words.CliHintPermission, Code: command.ExitLocal},
		{Is: syscall.EROFS, Text: words.CliErrPermission, Hint: words.CliHintPermission, Code: command.ExitLocal},
		{Is: errInput, Text: words.DeskErrInput, Hint: words.CliHintInput, Code: command.ExitLocal},
		{Is: fs.ErrExist, Text: words.CliErrExists, Hint: words.CliHintExists, Code: command.ExitLocal},
		{Is: disk.ErrDisk, Text: words.DeskErrDisk, Hint: words.CliHintDisk, Code: command.ExitLocal},
	}...)
}

// report tells an error on standard error and returns the exit code.
func (p *program) report(err error) int {
	text, hint, code := p.explain(err)
	var waits *monitor.ApprovalError
	if errors.As(err, &waits) {
		hint = p.words.T(words.DeskHintApprove, words.Str("command", name+" monitor approve "+waits.Name+" --person NAME"))
	}
	command.WriteError(p.stderr, name, text, hint)
	return code
}

// explain finds the words and the exit code for an error.
func (p *program) explain(err error) (text, hint string, code int) {
	other := command.Failure{Text: words.CliErrUnknown, Hint: words.CliHintUnknown, Code: command.ExitLocal}
	return command.Explain(p.words, name, failures(), other, err)
}
