package patient

import (
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// RecoveryConfirmed reports whether the recovery code was retyped.
func (d *Device) RecoveryConfirmed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.closed && d.local.Code == ""
}

// RecoveryCode returns the code while it is not confirmed, so that a crash between showing
// and retyping loses nothing; afterwards it fails with ErrConfirmed.
func (d *Device) RecoveryCode() (humancode.Code, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		return humancode.Code{}, fmt.Errorf("recovery code: %w", ErrClosed)
	case d.local.Code == "":
		return humancode.Code{}, fmt.Errorf("recovery code: %w", ErrConfirmed)
	}
	code, err := humancode.Parse(d.local.Code, humancode.RecoveryLen)
	if err != nil {
		return humancode.Code{}, fmt.Errorf("recovery code: %w", vault.ErrDamaged)
	}
	return code, nil
}

// ConfirmRecovery checks a retyped recovery code and, when it is the vault's, removes the
// kept copy. Otherwise it fails with ErrWrongCode and nothing changes. Confirming again
// succeeds.
func (d *Device) ConfirmRecovery(code humancode.Code) error {
	keys, err := vault.DeriveKeys(code)
	if err != nil {
		return fmt.Errorf("confirm recovery code: %w: %w", ErrWrongCode, err)
	}
	defer keys.Zero()
	errAlready := errors.New("confirmed before")
	err = d.change(func(l *vault.Local) error {
		if subtle.ConstantTimeCompare(keys.ID[:], l.Keys.ID[:]) != 1 {
			return ErrWrongCode
		}
		if l.Code == "" {
			return errAlready
		}
		l.Code = ""
		return nil
	})
	if err != nil && !errors.Is(err, errAlready) {
		return fmt.Errorf("confirm recovery code: %w", err)
	}
	return nil
}
