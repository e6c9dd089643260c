package patient

import (
	"fmt"

	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// HasPassphrase reports whether the vault needs a passphrase. Without one its key lies in a
// file beside it, and the program says so.
func (d *Device) HasPassphrase() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.closed && d.file.Mode() == vault.ModePassphrase
}

// SetPassphrase wraps the vault key with a passphrase; empty removes it. The slow derivation
// runs before anything is held, so that Close does not wait for it.
func (d *Device) SetPassphrase(passphrase []byte) error {
	if len(passphrase) == 0 {
		return d.removePassphrase()
	}
	secret := vault.Passphrase(passphrase)
	defer secret.Zero()
	lock, err := vault.NewLock(d.rand, secret)
	if err != nil {
		return fmt.Errorf("set passphrase: %w", err)
	}
	defer lock.Zero()
	if err := d.setLock(lock); err != nil {
		return fmt.Errorf("set passphrase: %w", err)
	}
	return nil
}

// setLock locks the vault with a passphrase.
func (d *Device) setLock(lock vault.Lock) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.relock(lock); err != nil {
		return err
	}
	// The key opens nothing any more. Should it stay behind, the next Open removes it.
	_ = d.disk.Remove(keyFile)
	return nil
}

func (d *Device) removePassphrase() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return fmt.Errorf("remove passphrase: %w", ErrClosed)
	}
	// Writing a new key over one that is in use would lose the vault on a crash.
	if d.file.Mode() == vault.ModeDeviceKey {
		return nil
	}
	secret, err := d.newSecret(nil)
	if err != nil {
		return fmt.Errorf("remove passphrase: %w", err)
	}
	defer secret.Zero()
	lock, err := vault.NewLock(d.rand, secret)
	if err == nil {
		defer lock.Zero()
		err = d.relock(lock)
	}
	if err != nil {
		// The key stays: a write that reported an error may still be on disk. If it is not, the
		// next Open removes the key.
		return fmt.Errorf("remove passphrase: %w", err)
	}
	return nil
}

// relock saves the vault under another lock. mu is held.
func (d *Device) relock(lock vault.Lock) error {
	if d.closed {
		return ErrClosed
	}
	file, err := d.file.Relock(d.rand, lock)
	if err != nil {
		return err
	}
	old := d.file
	d.file = file
	next := clone(&d.local)
	if err := d.write(&next); err != nil {
		d.file = old
		file.Zero()
		return err
	}
	old.Zero()
	return nil
}
