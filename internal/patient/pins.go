package patient

import (
	"context"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// Verify judges a bundle against the pins that were made or confirmed on this device. text is
// what the patient received; nil when only the bundle is at hand. It remembers stolen marks,
// statuses and the newest time. A disk that cannot take them does not hold up the verdict:
// they stay in memory until the next save.
func (d *Device) Verify(ctx context.Context, bundle []byte, text *string) (contact.Verdict, error) {
	if err := ctx.Err(); err != nil {
		return contact.Verdict{}, fmt.Errorf("verify message: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return contact.Verdict{}, fmt.Errorf("verify message: %w", ErrClosed)
	}
	memory := d.local.State.Contact.Merge(contact.Memory{})
	markConfirmed(&d.local, &memory)
	memory.Pins = slices.DeleteFunc(memory.Pins, func(p contact.Pin) bool { return !p.Confirmed })
	verdict, learned, err := contact.Verify(contact.Input{Bundle: bundle, Text: text, Memory: memory, Now: d.now()})
	if err != nil {
		return contact.Verdict{}, fmt.Errorf("verify message: %w", err)
	}
	next := clone(&d.local)
	next.State.Contact = next.State.Contact.Merge(learned)
	if reflect.DeepEqual(next.State.Contact, d.local.State.Contact.Merge(contact.Memory{})) {
		return verdict, nil
	}
	tick(&next.State)
	if err := d.write(&next); err != nil {
		d.local = next
	}
	return verdict, nil
}

// AddPin pins a clinic. It counts on this device at once; on another one after a look.
func (d *Device) AddPin(p contact.Pin) error {
	err := d.change(func(l *vault.Local) error {
		tick(&l.State)
		l.State.Contact = l.State.Contact.Merge(contact.Memory{Pins: []contact.Pin{p}})
		confirm(l, p)
		return nil
	})
	if err != nil {
		return fmt.Errorf("add pin: %w", err)
	}
	return nil
}

// ConfirmPins accepts the pins that came with a restore, or from another device since. Until
// then a message from such a clinic reads as one from a clinic that is not pinned.
func (d *Device) ConfirmPins() error {
	err := d.change(func(l *vault.Local) error {
		for _, p := range l.State.Contact.Pins {
			confirm(l, p)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("confirm pins: %w", err)
	}
	return nil
}

func confirm(l *vault.Local, p contact.Pin) {
	id := hex.EncodeToString(p.Clinic[:])
	if at, found := slices.BinarySearch(l.Confirmed, id); !found {
		l.Confirmed = slices.Insert(l.Confirmed, at, id)
	}
}
