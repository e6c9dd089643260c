package patient

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"reflect"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// readBeside reads a sealed file beside the vault. One that is missing, or that cannot be read,
// leaves into as it is: servers can be asked again.
func (d *Device) readBeside(name string, into any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return ErrClosed
	}
	sealed, err := d.disk.Read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	plain, err := d.local.Keys.OpenBeside(name, sealed)
	if errors.Is(err, vault.ErrWrongKey) || errors.Is(err, vault.ErrDamaged) {
		return nil
	}
	if err != nil {
		return err
	}
	defer clear(plain)
	if err := json.Unmarshal(plain, into); err != nil {
		return nil //nolint:nilerr // as said; the error may quote what a patient got
	}
	return nil
}

// writeBeside seals what is kept beside the vault.
func (d *Device) writeBeside(name string, from any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sealBeside(&d.local.Keys, name, from)
}

// sealBeside is writeBeside with mu held.
func (d *Device) sealBeside(keys *vault.Keys, name string, from any) error {
	if d.closed {
		return ErrClosed
	}
	plain, err := json.Marshal(from)
	if err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	defer clear(plain)
	sealed, err := keys.SealBeside(d.rand, name, plain)
	if err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	if len(sealed) > maxFile {
		return fmt.Errorf("keep %s: %w: too large", name, ErrDisk)
	}
	return d.disk.Write(name, sealed)
}

// makeRoom moves what was learned of clinics and does not fit into the vault beside it. It is
// on disk there before the vault is written without it. mu is held.
func (d *Device) makeRoom(next *vault.Local) error {
	kept, beyond := vault.Room(next.State.Contact.Merge(d.beyond))
	if !reflect.DeepEqual(beyond, d.beyond.Merge(contact.Memory{})) {
		if err := d.sealBeside(&next.Keys, beyondFile, beyond); err != nil {
			return err
		}
		d.beyond = beyond
	}
	next.State.Contact = kept
	return nil
}
