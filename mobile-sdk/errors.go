package chaperone

import (
	"context"
	"errors"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// The codes of errors. They never change their meaning; new ones may be added, so a host
// treats a code that it does not know like CodeInternal.
const (
	// CodeBadInput: an argument has a value that the call does not take.
	CodeBadInput = "bad-input"
	// CodeClosed: the object was closed, or was never made by this library.
	CodeClosed = "closed"
	// CodeNoVault: nothing was created or restored in this data directory yet.
	CodeNoVault = "no-vault"
	// CodeVaultExists: there is a vault already; Open it instead.
	CodeVaultExists = "vault-exists"
	// CodeAlreadyOpen: another process or client has this data directory open.
	CodeAlreadyOpen = "already-open"
	// CodeNoKey: the host's key store does not have the key of this vault.
	CodeNoKey = "no-key"
	// CodeKeyStore: the host's key store threw an exception or returned an error.
	CodeKeyStore = "key-store"
	// CodeDamaged: the vault cannot be read, or is older than it may be.
	CodeDamaged = "damaged"
	// CodeDisk: the disk is full, read-only or not permitted.
	CodeDisk = "disk"
	// CodeWrongCode: a recovery code is mistyped or belongs to nothing.
	CodeWrongCode = "wrong-code"
	// CodeUnconfirmed: the recovery code must be retyped first.
	CodeUnconfirmed = "unconfirmed"
	// CodeConfirmed: the recovery code was retyped before and is no longer kept.
	CodeConfirmed = "confirmed"
	// CodeNewer: a newer version of the app wrote the vault.
	CodeNewer = "newer"
	// CodeTooLarge: there is more in the vault than a server takes.
	CodeTooLarge = "too-large"
	// CodeMalformed: these bytes are not what they should be.
	CodeMalformed = "malformed"
	// CodeNoServer: no server is set, so nothing can be fetched or synced.
	CodeNoServer = "no-server"
	// CodeOffline: the server could not be reached. Nothing was lost.
	CodeOffline = "offline"
	// CodeTimeout: the call took longer than it was given. Nothing was lost.
	CodeTimeout = "timeout"
	// CodeCanceled: the client was closed while the call ran.
	CodeCanceled = "canceled"
	// CodeRefused: the server refused for now, for example because of its rate limit.
	CodeRefused = "refused"
	// CodeDeleted: the vault was deleted from another device.
	CodeDeleted = "deleted"
	// CodeClock: the clock of this device is off.
	CodeClock = "clock"
	// CodeInternal: something went wrong inside. A message that was being checked counts as
	// not genuine.
	CodeInternal = "internal"
)

// sdkError is the only kind of error that leaves this package. Its text is written here, word
// for word: neither an inner error nor a panic value ever reaches the host.
type sdkError struct {
	code, text string
}

func (e *sdkError) Error() string { return e.code + ": " + e.text }

// plain is what each code says. Every sentence names the next step.
func plain(code string) string {
	switch code {
	case CodeBadInput:
		return "a value is not one of those that this call takes; see its documentation"
	case CodeClosed:
		return "this object is closed or was never opened; open it again"
	case CodeNoVault:
		return "nothing is saved on this device yet; create it, or restore it with a recovery code"
	case CodeVaultExists:
		return "something is saved on this device already; open it"
	case CodeAlreadyOpen:
		return "it is open in another window; close that one first"
	case CodeNoKey:
		return "the key store of this device does not have the key; restore with your recovery code"
	case CodeKeyStore:
		return "the key store of this device did not answer; unlock the device and try again"
	case CodeDamaged:
		return "the saved file is damaged; restore with your recovery code"
	case CodeDisk:
		return "the disk could not be written; make room and try again, nothing was lost"
	case CodeWrongCode:
		return "this is not a recovery code that we know; check every letter and try again"
	case CodeUnconfirmed:
		return "the recovery code was not retyped yet; confirm it first"
	case CodeConfirmed:
		return "the recovery code was confirmed before and is no longer kept on this device"
	case CodeNewer:
		return "a newer version of this app wrote this; update the app"
	case CodeTooLarge:
		return "there is too much to sync; it stays on this device"
	case CodeMalformed:
		return "these bytes cannot be read; do not act on the message and call the number on your appointment card"
	case CodeNoServer:
		return "no server is set, so this stays on this device; set one to sync"
	case CodeOffline:
		return "the server could not be reached; nothing was lost, try again later"
	case CodeTimeout:
		return "this took too long; nothing was lost, try again later"
	case CodeCanceled:
		return "this was stopped before it was done; nothing was lost"
	case CodeRefused:
		return "the server refused for now; nothing was lost, try again later"
	case CodeDeleted:
		return "this was deleted from another device; create it anew if you want it back"
	case CodeClock:
		return "the clock of this device is off; set it and try again"
	default:
		return "something went wrong inside; do not trust a message that was being checked, and try again"
	}
}

// fail makes the error of a code.
func fail(code string) error { return &sdkError{code: code, text: plain(code)} }

// mapped is the one mapper of this edge: it turns whatever the core returned into an error
// with a code and words of our own.
func mapped(err error) error {
	if err == nil {
		return nil
	}
	var own *sdkError
	if errors.As(err, &own) {
		return own
	}
	for _, m := range []struct {
		is   error
		code string
	}{
		{errNoKey, CodeNoKey},
		{errKeyStore, CodeKeyStore},
		{patient.ErrNoVault, CodeNoVault},
		{patient.ErrVaultExists, CodeVaultExists},
		{patient.ErrClosed, CodeClosed},
		{patient.ErrNoKey, CodeNoKey},
		{patient.ErrBadServer, CodeBadInput},
		{patient.ErrNoRow, CodeBadInput},
		// No call of this face returns these yet.
		{patient.ErrCardWords, CodeBadInput},
		{patient.ErrSavedContacts, CodeBadInput},
		{patient.ErrSameClinic, CodeBadInput},
		{patient.ErrLikeClinic, CodeBadInput},
		{patient.ErrNoClinic, CodeRefused},
		{patient.ErrFalseClinic, CodeRefused},
		{patient.ErrNoHome, CodeBadInput},
		{patient.ErrWrongCode, CodeWrongCode},
		{patient.ErrConfirmed, CodeConfirmed},
		{patient.ErrAlreadyOpen, CodeAlreadyOpen},
		{patient.ErrNeedPassphrase, CodeNoKey}, // a passphrase is set nowhere in this face
		{patient.ErrWrongPassphrase, CodeNoKey},
		{vault.ErrWrongKey, CodeNoKey},
		{vault.ErrDamaged, CodeDamaged},
		{vault.ErrRollback, CodeDamaged},
		{vault.ErrNewer, CodeNewer},
		{humancode.ErrLength, CodeWrongCode},
		{humancode.ErrSymbol, CodeWrongCode},
		{humancode.ErrCheck, CodeWrongCode},
		{contact.ErrMalformed, CodeMalformed},
		{contact.ErrTooLarge, CodeMalformed},
		{contact.ErrMemory, CodeDamaged},
		{vault.ErrTooLarge, CodeTooLarge},
		{patient.ErrNoServer, CodeNoServer},
		{patient.ErrDeleted, CodeDeleted},
		{patient.ErrNotFound, CodeWrongCode},
		{patient.ErrClock, CodeClock},
		{patient.ErrRefused, CodeRefused},
		{patient.ErrBadAnswer, CodeRefused},
		{patient.ErrConflict, CodeRefused},
		{patient.ErrUnconfirmed, CodeUnconfirmed},
		{patient.ErrDisk, CodeDisk},
		{context.DeadlineExceeded, CodeTimeout},
		{context.Canceled, CodeCanceled},
		{patient.ErrOffline, CodeOffline},
	} {
		if errors.Is(err, m.is) {
			return fail(m.code)
		}
	}
	return fail(CodeInternal)
}

// CodeOf returns the code of an error that this library returned, or "" for none. An error
// from elsewhere is CodeInternal. It also understands an exception of the host whose message
// begins with a code and a colon, which is what remains when a host wraps ours in its own.
func CodeOf(err error) (code string) {
	defer guardValue(&code, CodeInternal)
	if err == nil {
		return ""
	}
	var own *sdkError
	if errors.As(err, &own) {
		return own.code
	}
	if head, _, ok := strings.Cut(err.Error(), ": "); ok && known(head) {
		return head
	}
	return CodeInternal
}

// IsRetryable reports whether the same call may succeed later without the user changing
// anything.
func IsRetryable(err error) (retryable bool) {
	defer guardValue(&retryable, false)
	switch CodeOf(err) {
	case CodeOffline, CodeTimeout, CodeRefused, CodeAlreadyOpen, CodeKeyStore:
		return true
	}
	return false
}

func known(code string) bool {
	return code == CodeInternal || plain(code) != plain(CodeInternal)
}
