package chaperone

import "github.com/chaperone-privacy/chaperone/internal/contact"

// ClinicList is the clinics of a vault.
type ClinicList struct{ clinics []*Clinic }

// Count is the number of clinics.
func (l *ClinicList) Count() int { return len(l.clinics) }

// At returns clinic i, or null.
func (l *ClinicList) At(i int) (clinic *Clinic) {
	defer guardValue(&clinic, nil)
	return at(l.clinics, i)
}

// Clinic is a clinic that the patient has pinned.
type Clinic struct {
	name, level string
	since       int64
	confirmed   bool
}

// Name is the name under which it was pinned.
func (c *Clinic) Name() string { return c.name }

// Level is how it came to be pinned: "in-person", "letter", "card" or "remote".
func (c *Clinic) Level() string { return c.level }

// SinceUnix is when it was pinned, in Unix seconds.
func (c *Clinic) SinceUnix() int64 { return c.since }

// Confirmed reports whether the patient looked at it on this device. Until then a message of
// this clinic reads as one of a clinic that is not pinned.
func (c *Clinic) Confirmed() bool { return c.confirmed }

func newClinicList(pins []contact.Pin) *ClinicList {
	l := &ClinicList{}
	for _, p := range pins {
		l.clinics = append(l.clinics, &Clinic{
			name: safe(p.Name), level: string(p.Level), since: p.FirstSeen, confirmed: p.Confirmed,
		})
	}
	return l
}

// Restored is a vault that was just restored.
type Restored struct {
	client *Client
	at     int64
	on     string
}

// Client is the open vault, or null when this object came from nowhere.
func (r *Restored) Client() *Client { return r.client }

// SavedUnix is when it was last saved, in Unix seconds. Show it: an old date may mean that the
// server handed out an old copy.
func (r *Restored) SavedUnix() int64 { return r.at }

// SavedOn is the device on which it was last saved.
func (r *Restored) SavedOn() string { return r.on }
