package patient

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// Notice says that a message which was shown as trusted has turned out not to be: "A message
// you trusted on DATE was not from your clinic".
type Notice struct {
	ID        string
	Clinic    string          // name of the pinned clinic; "" when it was taken away since
	TrustedAt time.Time       // when it was last shown as trusted
	FoundAt   time.Time       // when it turned red
	Headline  contact.Finding // what it is now, one of the red ones
}

// LogValue keeps it out of logs.
func (Notice) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Notices lists what was not dismissed, the newest first. It answers from memory.
func (d *Device) Notices() []Notice {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []Notice
	for _, t := range d.local.State.Turned {
		if t.Dismissed {
			continue
		}
		n := Notice{ID: t.ID, TrustedAt: time.Unix(t.TrustedAt, 0).UTC(), FoundAt: time.Unix(t.FoundAt, 0).UTC(), Headline: t.Headline}
		for _, p := range d.local.State.Contact.Pins {
			if p.Clinic == t.Clinic {
				n.Clinic = p.Name
			}
		}
		out = append(out, n)
	}
	slices.SortStableFunc(out, func(a, b Notice) int { return cmp.Or(b.FoundAt.Compare(a.FoundAt), cmp.Compare(a.ID, b.ID)) })
	return out
}

// DismissNotice puts a notice away on all devices. An unknown id is no error.
func (d *Device) DismissNotice(id string) error {
	err := d.change(func(l *vault.Local) error {
		for i := range l.State.Turned {
			if l.State.Turned[i].ID == id && !l.State.Turned[i].Dismissed {
				l.State.Turned[i].Dismissed = true
				tick(&l.State)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("dismiss notice: %w", err)
	}
	return nil
}
