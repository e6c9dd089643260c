package patient

import "errors"

// Errors that a face turns into words. Errors of packages vault, checklist and contact pass
// through wrapped.
var (
	ErrNoVault         = errors.New("no vault on this device yet")
	ErrVaultExists     = errors.New("there is a vault on this device already")
	ErrAlreadyOpen     = errors.New("the vault is open in another window")
	ErrClosed          = errors.New("the vault was closed")
	ErrNeedPassphrase  = errors.New("the vault needs its passphrase")
	ErrWrongPassphrase = errors.New("the passphrase does not open the vault")
	// ErrNoKey says that device.key is missing. It comes with vault.ErrDamaged: what is left
	// is to restore with the recovery code.
	ErrNoKey = errors.New("the key of the vault is missing")
	ErrDisk  = errors.New("the disk could not be written") // full, read-only, unreadable

	ErrNoServer  = errors.New("no server is set")                             // sync is off
	ErrBadServer = errors.New("the server's address cannot be used")          // not https, or no address
	ErrOffline   = errors.New("the server could not be reached")              // nothing was lost
	ErrRefused   = errors.New("the server refused")                           // rate limit, quota
	ErrBadAnswer = errors.New("the server's answer makes no sense")           // comes with ErrRefused
	ErrConflict  = errors.New("another device keeps saving, again and again") // comes with ErrRefused
	ErrNotFound  = errors.New("the server has no such vault")
	ErrDeleted   = errors.New("the vault was deleted from another device")
	ErrClock     = errors.New("this device's clock is off")

	// ErrUnconfirmed says that the recovery code was not retyped yet. ErrWrongCode says that
	// what was typed is not this vault's code, ErrConfirmed that the code is no longer kept.
	ErrUnconfirmed = errors.New("the recovery code was not confirmed yet")
	ErrWrongCode   = errors.New("this is not the recovery code of the vault")
	ErrConfirmed   = errors.New("the recovery code was confirmed and is no longer kept")

	// ErrNoRow says that the content pack has no such item or platform.
	ErrNoRow = errors.New("the checklist has no such row")
)
