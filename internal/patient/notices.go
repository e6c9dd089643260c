package patient

import (
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// Notice says that a message which was shown as trusted has turned out not to be: "A message
// you trusted on DATE was not from your clinic".
type Notice struct {
	ID        string
	Clinic    string          // name of the pinned clinic; "" when it was removed since
	TrustedAt time.Time       // when it was last shown as trusted
	FoundAt   time.Time       // when it turned red
	Headline  contact.Finding // what it is now, one of the red ones
}

// Notices lists what was not dismissed, the newest first. It answers from memory.
func (d *Device) Notices() []Notice { return nil }

// DismissNotice puts a notice away on all devices. An unknown id is no error.
func (d *Device) DismissNotice(id string) error { return errNotBuilt }
