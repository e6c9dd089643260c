package vault

import "errors"

// Errors of this package. They say nothing of what was inside.
var (
	// ErrDamaged says that a file or blob is cut short, garbled or not one of ours.
	ErrDamaged = errors.New("the vault is damaged")
	// ErrRollback says that an older state was offered in place of a newer one, or another
	// one under the same revision.
	ErrRollback = errors.New("an older vault was offered")
	// ErrTooLarge says that the state does not fit the largest size, 256 KiB sealed.
	ErrTooLarge = errors.New("the vault is too large")
	// ErrWrongKey says that the device key or passphrase opens neither slot of a file, or the
	// seal key does not open a blob. It cannot be told from a blob that somebody altered.
	ErrWrongKey = errors.New("the key does not open the vault")
	// ErrNewer says that a newer version of the program wrote the state and older ones must
	// leave it alone.
	ErrNewer = errors.New("the vault was written by a newer version")
)
