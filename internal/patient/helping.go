package patient

import (
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// Helping reports whether this device shows only what somebody trusted may do for the
// patient. It is a curtain for the eyes of a helper, not a lock: whoever opens the vault in
// another way sees all of it. It belongs to this device and is never synced.
func (d *Device) Helping() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.closed && d.local.Helper
}

// StartHelping draws the curtain.
func (d *Device) StartHelping() error {
	if err := d.change(func(l *vault.Local) error { l.Helper = true; return nil }); err != nil {
		return fmt.Errorf("start helper mode: %w", err)
	}
	return nil
}

// StopHelping opens the curtain. With a passphrase on the vault it takes the passphrase, and
// fails with ErrNeedPassphrase or ErrWrongPassphrase; the slow derivation runs before anything
// is held.
func (d *Device) StopHelping(passphrase []byte) error {
	if d.HasPassphrase() {
		if err := d.checkPassphrase(passphrase); err != nil {
			return fmt.Errorf("stop helper mode: %w", err)
		}
	}
	if err := d.change(func(l *vault.Local) error { l.Helper = false; return nil }); err != nil {
		return fmt.Errorf("stop helper mode: %w", err)
	}
	return nil
}

// checkPassphrase opens the file on disk with a passphrase. Only the patient's own slot
// counts.
func (d *Device) checkPassphrase(passphrase []byte) error {
	if len(passphrase) == 0 {
		return ErrNeedPassphrase
	}
	data, err := d.disk.Read(VaultFile)
	if err != nil {
		return err
	}
	secret := vault.Passphrase(passphrase)
	defer secret.Zero()
	file, payload, err := vault.OpenFile(data, secret)
	if errors.Is(err, vault.ErrWrongKey) {
		return ErrWrongPassphrase
	}
	if err != nil {
		return err
	}
	defer file.Zero()
	defer clear(payload)
	opened, err := vault.DecodeLocal(payload)
	if err != nil {
		return err
	}
	defer opened.Keys.Zero()
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		return ErrClosed
	case subtle.ConstantTimeCompare(opened.Keys.ID[:], d.local.Keys.ID[:]) != 1:
		return ErrWrongPassphrase
	}
	return nil
}
