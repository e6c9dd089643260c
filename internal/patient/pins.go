package patient

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// AddPin pins a clinic. It counts on this device at once; on another one after a look.
func (d *Device) AddPin(p contact.Pin) error {
	err := d.change(func(l *vault.Local) error {
		tick(&l.State)
		p.Round = max(p.Round, l.State.Contact.NextRound(p.Clinic))
		l.State.Contact = l.State.Contact.Merge(contact.Memory{Pins: []contact.Pin{p}})
		confirm(l, p)
		return nil
	})
	if err != nil {
		return fmt.Errorf("add pin: %w", err)
	}
	return nil
}

// AddPair keeps what the patient shares with a clinic since they met, on all devices. One that is
// there already changes nothing.
func (d *Device) AddPair(p contact.Pair) error {
	err := d.change(func(l *vault.Local) error {
		tick(&l.State)
		l.State.Contact = l.State.Contact.Merge(contact.Memory{Pairs: []contact.Pair{p}})
		return nil
	})
	if err != nil {
		return fmt.Errorf("add pair: %w", err)
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
	id := confirmation(p)
	if at, found := slices.BinarySearch(l.Confirmed, id); !found {
		l.Confirmed = slices.Insert(l.Confirmed, at, id)
	}
}

// confirmation is how a confirmed pin is kept: one that was taken away and added again elsewhere
// is to be looked at anew.
func confirmation(p contact.Pin) string {
	id := hex.EncodeToString(p.Clinic[:])
	if p.Round > 0 {
		id += "/" + strconv.FormatUint(p.Round, 10)
	}
	return id
}
