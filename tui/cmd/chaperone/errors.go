package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/vault"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// usageError is a command line that cannot be run. Its text is in the reader's language.
type usageError struct {
	command string // whose help to point at; "" for the program's
	text    string
}

func (e *usageError) Error() string { return e.text }

// Errors of this program alone.
var (
	errInput        = errors.New("input file not readable")
	errInputLarge   = errors.New("input too large")
	errNoAnswer     = errors.New("input ended before the answer")
	errVerifyOpen   = errors.New("vault open in another window while verifying")
	errAnswers      = errors.New("answers not readable")
	errProgress     = errors.New("progress not readable")
	errNoTTY        = errors.New("no terminal to ask on")
	errNotYes       = errors.New("question not answered with yes")
	errNotTyped     = errors.New("confirmation not typed")
	errNoLook       = errors.New("region has no facts")
	errNobodyToAsk  = errors.New("no server to ask about a code")
	errNoSuchClinic = errors.New("no clinic of this name")
	errHelping      = errors.New("device was handed to a helper")
)

// failure is how one kind of error is told: what happened, what to do, and the exit code.
type failure struct {
	is         error
	text, hint words.Key
	code       int
}

// failures is the one list of what can go wrong, narrowest first.
func failures() []failure {
	return []failure{
		{syscall.ENOSPC, words.CliErrDiskFull, words.CliHintDiskFull, exitLocal},
		{syscall.EDQUOT, words.CliErrDiskFull, words.CliHintDiskFull, exitLocal},
		{patient.ErrVaultExists, words.CliErrSomeVault, words.CliHintSomeVault, exitLocal},
		{errVerifyOpen, words.CliErrAlreadyOpen, words.CliHintVerifyOpen, exitLocal},
		{patient.ErrAlreadyOpen, words.CliErrAlreadyOpen, words.CliHintAlreadyOpen, exitLocal},
		{patient.ErrNoVault, words.CliErrNoVault, words.CliHintNoVault, exitLocal},
		{patient.ErrNeedPassphrase, words.CliErrNeedPassphrase, words.CliHintNeedPassphrase, exitLocal},
		{patient.ErrWrongPassphrase, words.CliErrWrongPassphrase, words.CliHintWrongPassphrase, exitLocal},
		{patient.ErrUnconfirmed, words.CliErrUnconfirmed, words.CliHintUnconfirmed, exitLocal},
		{patient.ErrClock, words.CliErrClock, words.CliHintClock, exitLocal},
		{patient.ErrNoHome, words.CliErrNoHome, words.CliHintNoHome, exitLocal},
		{patient.ErrConfirmed, words.CliErrConfirmed, words.CliHintConfirmed, exitRefused},
		{patient.ErrWrongCode, words.CliErrOtherCode, words.CliHintOtherCode, exitRefused},
		{patient.ErrNoKey, words.CliErrNoKey, words.CliHintDamaged, exitLocal},
		{patient.ErrBadServer, words.CliErrBadServer, words.CliHintBadServer, exitUsage},
		{vault.ErrRollback, words.CliErrRollback, words.CliHintRollback, exitRefused},
		{errNobodyToAsk, words.CliErrNobodyToAsk, words.CliHintNobodyToAsk, exitLocal},
		{patient.ErrCardWords, words.TroubleCardWords, words.TroubleCardWordsHint, exitUsage},
		{patient.ErrNoClinic, words.TroubleNoClinic, words.TroubleNoClinicHint, exitRefused},
		{patient.ErrFalseClinic, words.TroubleFalseClinic, words.TroubleFalseClinicHint, exitRefused},
		{patient.ErrSameClinic, words.TroubleSameClinic, words.TroubleSameClinicHint, exitRefused},
		{patient.ErrLikeClinic, words.TroubleLikeClinic, words.TroubleLikeClinicHint, exitRefused},
		{patient.ErrSavedContacts, words.TroubleSaved, words.TroubleSavedHint, exitUsage},
		{errNoSuchClinic, words.CliErrNoClinic, words.CliHintNoClinic, exitUsage},
		{patient.ErrNoServer, words.CliErrNoServer, words.CliHintNoServer, exitLocal},
		{patient.ErrOffline, words.CliErrOffline, words.CliHintOffline, exitCannotTell},
		{patient.ErrBadAnswer, words.CliErrBadAnswer, words.CliHintBadAnswer, exitRefused},
		{patient.ErrConflict, words.CliErrConflict, words.CliHintRefused, exitRefused},
		{patient.ErrRefused, words.CliErrRefused, words.CliHintRefused, exitRefused},
		{patient.ErrNotFound, words.CliErrNotFound, words.CliHintNotFound, exitRefused},
		{patient.ErrDeleted, words.CliErrDeleted, words.CliHintDeleted, exitRefused},
		{humancode.ErrLength, words.CliErrCode, words.CliHintCodeLength, exitUsage},
		{humancode.ErrSymbol, words.CliErrCode, words.CliHintCodeSymbol, exitUsage},
		{humancode.ErrCheck, words.CliErrCode, words.CliHintCodeCheck, exitUsage},
		{errAnswers, words.CliErrAnswers, words.CliHintAnswers, exitUsage},
		{checklist.ErrSignature, words.PackSignature, words.PackHint, exitRefused},
		{checklist.ErrExpired, words.PackExpired, words.PackHint, exitRefused},
		{checklist.ErrRollback, words.PackOlder, words.PackHint, exitRefused},
		{checklist.ErrUnknownField, words.PackNewer, words.PackNewerhint, exitRefused},
		{checklist.ErrMalformed, words.PackMalformed, words.PackHint, exitRefused},
		{errProgress, words.CliErrProgress, words.CliHintProgress, exitUsage},
		{contact.ErrMalformed, words.CliErrMalformed, words.CliHintMalformed, exitCannotTell},
		{contact.ErrTooLarge, words.CliErrInputLarge, words.CliHintInputLarge, exitCannotTell},
		{errInput, words.CliErrInput, words.CliHintInput, exitLocal},
		{errInputLarge, words.CliErrInputLarge, words.CliHintInputLarge, exitCannotTell},
		{errNoTTY, words.CliErrNoTty, words.CliHintNoTty, exitLocal},
		{errNoAnswer, words.CliErrNoAnswer, words.CliHintNoTty, exitLocal},
		{errNotYes, words.CliErrNotYes, words.CliHintNotTyped, exitRefused},
		{errNotTyped, words.CliErrNotTyped, words.CliHintNotTyped, exitRefused},
		{errHelping, words.CliErrHelping, words.CliHintHelping, exitRefused},
		{checklist.ErrNeverEnter, words.CliErrNever, words.CliHintNever, exitRefused},
		{checklist.ErrValueSize, words.CliErrTooLong, words.CliHintTooLong, exitRefused},
		{screen.ErrFileExists, words.CliErrExists, words.CliHintExists, exitLocal},
		{errNoLook, words.CliErrRegion, words.CliHintRegion, exitUsage},
		{vault.ErrNewer, words.CliErrNewer, words.CliHintNewer, exitLocal},
		{vault.ErrTooLarge, words.CliErrTooLarge, words.CliHintTooLarge, exitLocal},
		{vault.ErrWrongKey, words.CliErrWrongKey, words.CliHintWrongKey, exitLocal},
		{vault.ErrDamaged, words.CliErrDamaged, words.CliHintDamaged, exitLocal},
		{fs.ErrPermission, words.CliErrPermission, words.CliHintPermission, exitLocal},
		{syscall.EROFS, words.CliErrPermission, words.CliHintPermission, exitLocal},
		{patient.ErrDisk, words.CliErrDisk, words.CliHintDisk, exitLocal},
		{screen.ErrFile, words.CliErrFile, words.CliHintFile, exitLocal},
	}
}

// explain finds the words and the exit code for an error. Texts of errors are never shown:
// they are written for the people who maintain this, and may hold what must not be shown.
func explain(w *words.Catalogue, err error) (text, hint string, code int) {
	var usage *usageError
	if errors.As(err, &usage) {
		help := "chaperone help"
		if usage.command != "" {
			help += " " + usage.command
		}
		return usage.text, w.T(words.CliHintUsage, words.Str("command", help)), exitUsage
	}
	for _, f := range failures() {
		if errors.Is(err, f.is) {
			return w.T(f.text), w.T(f.hint), f.code
		}
	}
	return w.T(words.CliErrUnknown), w.T(words.CliHintUnknown), exitLocal
}

// report tells an error on standard error and returns the exit code.
func (p *program) report(err error) int {
	text, hint, code := explain(p.words, err)
	out := p.stderr
	if d := p.door.Load(); d != nil && d.OutputIsTerminal() {
		d.Restore()
	}
	writeError(out, p.words, text, hint)
	return code
}

// writeError writes the two lines of an error. The prefixes are the same in every language,
// so that a script can rely on them.
func writeError(out io.Writer, w *words.Catalogue, text, hint string) {
	// Nothing is left to tell it to when standard error is gone.
	_, _ = fmt.Fprintf(out, "chaperone: error: %s\nhint: %s\n", text, hint)
}
