package patient

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// ErrSavedContacts says that something is no number, domain or address, or that there are too
// many of them, or none.
var ErrSavedContacts = errors.New("these contacts cannot be saved")

const (
	maxSaved      = 50 // clinics
	maxSavedEach  = 20 // numbers, domains, addresses of one
	maxSavedName  = 60 // runes
	maxSavedBytes = 254
)

// SavedContacts is what the patient read off a card or bill of their clinic. It tells what is
// not from the clinic at best; it never makes anything trusted.
type SavedContacts struct {
	ID        string // "" to save new ones
	Clinic    string // what the patient calls it
	Numbers   []string
	Domains   []string
	Addresses []string // email
}

// LogValue keeps them out of logs.
func (SavedContacts) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// SaveContacts keeps contacts; those with the ID of saved ones replace them. Domains are kept
// without what stands around them in a link. It fails with ErrSavedContacts or ErrDisk.
func (d *Device) SaveContacts(c SavedContacts) error {
	saved, err := cleanSaved(c)
	if err == nil && saved.ID == "" {
		var id [8]byte
		_, err = io.ReadFull(d.rand, id[:])
		saved.ID = hex.EncodeToString(id[:])
	}
	if err == nil {
		err = d.change(func(l *vault.Local) error {
			n := 0
			for _, s := range l.State.Saved {
				if !s.Removed && s.ID != saved.ID {
					n++
				}
			}
			if n >= maxSaved {
				return fmt.Errorf("%w: too many clinics", ErrSavedContacts)
			}
			saved.Lamport, saved.Device = tick(&l.State)
			l.State.PutSaved(saved)
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("save contacts: %w", err)
	}
	return nil
}

// cleanSaved brings contacts into one form. Its errors quote nothing.
func cleanSaved(c SavedContacts) (vault.Saved, error) {
	out := vault.Saved{ID: c.ID, Clinic: strings.TrimSpace(c.Clinic)}
	if utf8.RuneCountInString(out.Clinic) > maxSavedName || !utf8.ValidString(out.Clinic) || strings.ContainsFunc(out.Clinic, unicode.IsControl) {
		return out, fmt.Errorf("%w: name", ErrSavedContacts)
	}
	if len(c.ID) > maxSavedBytes {
		return out, fmt.Errorf("%w: id", ErrSavedContacts)
	}
	for _, list := range []struct {
		kind  string
		from  []string
		to    *[]string
		clean func(string) (string, bool)
	}{
		{"number", c.Numbers, &out.Numbers, cleanNumber}, {"domain", c.Domains, &out.Domains, cleanDomain},
		{"address", c.Addresses, &out.Addresses, cleanAddress},
	} {
		for i, text := range list.from {
			clean, ok := list.clean(text)
			if !ok || len(clean) > maxSavedBytes {
				return out, fmt.Errorf("%w: %s %d", ErrSavedContacts, list.kind, i+1)
			}
			if !slices.Contains(*list.to, clean) {
				*list.to = append(*list.to, clean)
			}
		}
		if len(*list.to) > maxSavedEach {
			return out, fmt.Errorf("%w: too many of one kind", ErrSavedContacts)
		}
	}
	if len(out.Numbers)+len(out.Domains)+len(out.Addresses) == 0 {
		return out, fmt.Errorf("%w: nothing to save", ErrSavedContacts)
	}
	return out, nil
}

// SavedContacts lists what was saved, by clinic. It answers from memory.
func (d *Device) SavedContacts() []SavedContacts {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []SavedContacts
	for _, s := range d.local.State.Clone().Saved {
		if !s.Removed {
			out = append(out, SavedContacts{s.ID, s.Clinic, s.Numbers, s.Domains, s.Addresses})
		}
	}
	slices.SortFunc(out, func(a, b SavedContacts) int { return cmp.Or(cmp.Compare(a.Clinic, b.Clinic), cmp.Compare(a.ID, b.ID)) })
	return out
}

// RemoveSaved forgets contacts on all devices. An unknown id is no error.
func (d *Device) RemoveSaved(id string) error {
	err := d.change(func(l *vault.Local) error {
		if !slices.ContainsFunc(l.State.Saved, func(s vault.Saved) bool { return s.ID == id && !s.Removed }) {
			return nil
		}
		gone := vault.Saved{ID: id, Removed: true}
		gone.Lamport, gone.Device = tick(&l.State)
		l.State.PutSaved(gone)
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove saved contacts: %w", err)
	}
	return nil
}
