package patient

import (
	"context"
	"errors"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// errNotBuilt stands where a body is still missing.
var errNotBuilt = errors.New("not built yet")

// Errors of [Device.PrepareClinic] and [Device.AddClinic].
var (
	// ErrCardWords: these are not six words of a clinic's card.
	ErrCardWords = errors.New("these are not the six words of a card")
	// ErrNoClinic: the server knows no clinic of these words.
	ErrNoClinic = errors.New("the server knows no clinic of these words")
	// ErrFalseClinic: the server answered with a clinic that does not prove what it says.
	ErrFalseClinic = errors.New("the clinic's papers do not hold")
	// ErrSameClinic: this very clinic is pinned already.
	ErrSameClinic = errors.New("this clinic was added before")
	// ErrLikeClinic: another pinned clinic has this name or phone number, or one that looks like
	// it. "You already have this clinic. It never needs to be added again. If someone asked you
	// to, that is the fraud."
	ErrLikeClinic = errors.New("a clinic like this one was added before")
)

// Source is how the patient got a clinic's card, in their own words.
type Source string

// The sources.
const (
	SourceDesk   Source = "desk"   // on paper or on a screen, at the clinic
	SourcePost   Source = "post"   // by letter
	SourceRemote Source = "remote" // by email, text, call or link
)

// ClinicInfo is what a device shows of a clinic in its list.
type ClinicInfo struct {
	ID        [32]byte
	Name      string // as pinned
	Level     contact.Level
	PinnedAt  time.Time
	Confirmed bool // on this device; a clinic that is not confirmed counts as not pinned
	// AskedAt is when this device last learned something from one of the clinic's servers; zero
	// for never.
	AskedAt time.Time
	// StatusAt is when the clinic last said which of its keys and messages hold; zero when this
	// device has not heard it.
	StatusAt time.Time
	Phones   []string // those in use; a change waits 72 hours
	Servers  []string
	Closed   time.Time // zero: open
	// Pending says that the clinic announced a change that is not used yet: ask at the desk.
	Pending bool
	// Incident is its newest statement about a breach; nil when none is held.
	Incident *contact.Incident
}

// ClinicOffer is a clinic that was found and checked and is not pinned yet.
type ClinicOffer struct {
	ID     [32]byte
	Name   string // what it calls itself; anybody can use a name
	Words  []string
	Phones []string
	Level  contact.Level // at which it would be pinned
	// Since is when its first profile entered the public list; zero when that cannot be told.
	Since time.Time
	// Young says that Since is less than 90 days ago: a warning.
	Young bool

	pin  contact.Pin
	news contact.News
}

// Clinics lists the pinned clinics by name. It answers from memory.
func (d *Device) Clinics() []ClinicInfo { return nil }

// PrepareClinic asks the server in use for the clinic whose card has these six words, and
// checks it. Nothing is kept before [Device.AddClinic].
//
// It fails with ErrCardWords, ErrNoClinic, ErrFalseClinic, ErrSameClinic, ErrLikeClinic,
// ErrNoServer, ErrOffline or ErrRefused.
func (d *Device) PrepareClinic(ctx context.Context, words string, how Source) (ClinicOffer, error) {
	return ClinicOffer{}, errNotBuilt
}

// AddClinic pins what PrepareClinic offered. It fails with ErrSameClinic, ErrLikeClinic or
// ErrDisk.
func (d *Device) AddClinic(ctx context.Context, offer ClinicOffer) error { return errNotBuilt }

// RemoveClinic takes a clinic away on all devices. Its messages then read as those of a clinic
// that is not pinned. One that is not there is no error.
func (d *Device) RemoveClinic(ctx context.Context, id [32]byte) error { return errNotBuilt }
