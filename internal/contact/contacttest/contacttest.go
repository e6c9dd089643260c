// Package contacttest builds a whole world of verified contact for tests: a clinic with
// its keys, two logs with a witness, a patient's memory with the clinic pinned, one genuine
// message, and an input for every headline that a bundle can have.
//
// Everything is fictional and the same on every run. It never touches disk or network.
package contacttest

import (
	"crypto/sha256"
	"io"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog/memlog"
	"golang.org/x/crypto/chacha20"
)

// Body is the text of the genuine message.
const Body = `Dear patient,

your follow-up appointment is on 14 May 2031 at 10:30 at our office on Harbor Street.
Please bring the folder that we gave you. If you cannot come, tell the front desk.

Your team at Example Aesthetics
`

// Inserted is what a fraudster adds to Body.
const Inserted = "Please pay the deposit of $450 at https://example-aesthetics.invalid/pay and call +1 555-0142."

// Altered is Body as a fraudster passes it on.
const Altered = `Dear patient,

your follow-up appointment is on 14 May 2031 at 10:30 at our office on Harbor Street.
` + Inserted + `
Please bring the folder that we gave you. If you cannot come, tell the front desk.

Your team at Example Aesthetics
`

// Start is when the clinic was set up. The message is sent ten days later, the status is
// issued two hours after that, and the patient looks at it one hour later.
var Start = time.Date(2031, 5, 1, 8, 0, 0, 0, time.UTC)

// World is a clinic and one patient's device. Fields may be changed before a call that uses
// them.
type World struct {
	Clock time.Time // of everybody: clinic, witness
	Logs  *memlog.Logs

	Roots   *clinic.Roots
	Monitor *clinic.Monitor
	Device  *clinic.Device // "Front desk", may sign notice and appointment
	Clinic  *clinic.Clinic

	Sent   clinic.Sent // the genuine message
	Status []byte
	Memory contact.Memory // the clinic is pinned, in person

	tb   testing.TB
	seed string
}

// Option changes how a world is built.
type Option func(*World, *clinic.Config)

// New builds the world.
func New(tb testing.TB, opts ...Option) *World {
	tb.Helper()
	return named(tb, "example aesthetics", opts...)
}

// Named builds a world of its own keys: worlds of two seeds have nothing in common.
func Named(tb testing.TB, seed string, opts ...Option) *World {
	tb.Helper()
	return named(tb, seed, opts...)
}

func named(tb testing.TB, seed string, opts ...Option) *World {
	tb.Helper()
	w := &World{Clock: Start, tb: tb, seed: seed}
	now := func() time.Time { return w.Clock }
	w.Logs = must(memlog.New(memlog.Config{Name: "log.example.com", Rand: Seed(seed + " logs"), Now: now}))(tb)
	w.Roots = must(clinic.NewRoots(2, Seed(seed+" roots"), "root-a.example.com", "root-b.example.com", "root-c.example.com"))(tb)
	w.Monitor = must(clinic.NewMonitor("monitor.example.com", Seed(seed+" monitor")))(tb)
	w.Device = must(clinic.NewDevice("frontdesk.example.com", Seed(seed+" device")))(tb)
	cfg := clinic.Config{
		Profile: contact.Profile{
			Name: "Example Aesthetics", Slug: "example-aesthetics",
			Servers: []string{"https://contact.example.com"}, Phones: []string{"+15555550100"},
		},
		Roots: w.Roots, Monitor: w.Monitor, Keys: w.Logs.Keys, Msgs: w.Logs.Msgs, Policy: w.Logs.PolicyText(),
		Rand: Seed(seed + " clinic"), Now: now,
	}
	for _, o := range opts {
		o(w, &cfg)
	}
	w.Clinic = must(clinic.New(cfg))(tb)
	if err := w.Clinic.Grant(w.Device, "Front desk", "front-desk", contact.KindNotice, contact.KindAppointment); err != nil {
		tb.Fatal(err)
	}
	w.Memory = contact.Memory{Pins: []contact.Pin{
		contact.NewPin(w.Roots.Set(), "Example Aesthetics", contact.InPerson, Start.Unix()),
	}}
	w.Clock = Start.Add(10 * 24 * time.Hour)
	w.Sent = must(w.Clinic.Send(w.Device, clinic.Draft{Kind: contact.KindAppointment, Channel: "email", Body: Body}))(tb)
	w.Clock = w.Clock.Add(2 * time.Hour)
	w.Status = must(w.Clinic.Status(time.Time{}))(tb)
	w.Clock = w.Clock.Add(time.Hour)
	return w
}

// Bundle returns the genuine message's bundle with the present Status.
func (w *World) Bundle() []byte {
	w.tb.Helper()
	return must(w.Clinic.Bundle(w.Sent, w.Status))(w.tb)
}

// Parts returns the bundle taken apart, to break a piece of it.
func (w *World) Parts() contact.Bundle {
	w.tb.Helper()
	return must(contact.ParseBundle(w.Bundle()))(w.tb)
}

// NewStatus has the monitor issue a status now.
func (w *World) NewStatus() {
	w.tb.Helper()
	w.Status = must(w.Clinic.Status(time.Time{}))(w.tb)
}

// Input returns what the patient's device passes to contact.Verify: the bundle, no text.
func (w *World) Input() contact.Input {
	w.tb.Helper()
	return contact.Input{Bundle: w.Bundle(), Memory: w.Memory, Now: w.Clock}
}

// With returns Input with a received text.
func (w *World) With(text string) contact.Input {
	w.tb.Helper()
	in := w.Input()
	in.Text = &text
	return in
}

// Seed returns an endless stream of bytes that depends on name alone: ChaCha20 under the
// SHA-256 of it. It is for tests and demonstrations; whoever knows the name knows the keys.
func Seed(name string) io.Reader {
	key := sha256.Sum256([]byte(name))
	c, err := chacha20.NewUnauthenticatedCipher(key[:], make([]byte, chacha20.NonceSize))
	if err != nil {
		return nil // cannot be: the sizes are right
	}
	return stream{c}
}

type stream struct{ c *chacha20.Cipher }

func (s stream) Read(p []byte) (int, error) {
	clear(p)
	s.c.XORKeyStream(p, p)
	return len(p), nil
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}
