package apptest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/patient"
)

// Contacts is the part of [Device] that is about clinics and their messages: what it answers,
// and what it was asked.
type Contacts struct {
	Verdict contact.Verdict // what a check finds
	Host    string          // the server that a check names
	Match   patient.SavedMatch
	Infos   []patient.ClinicInfo
	Offer   patient.ClinicOffer
	Refuse  error // what PrepareClinic fails with
	Saved   []patient.SavedContacts
	Turned  []patient.Notice

	Bundle   []byte            // what CheckBundle was last given
	Received *string           // the text of the last check
	Sender   string            // of the last check or comparison
	Asked    patient.CodeCheck // what CheckCode was last given
	Words    string            // what PrepareClinic was last given
	How      patient.Source    // what PrepareClinic was last given
}

// Clinic is the clinic of [New].
func Clinic() patient.ClinicInfo {
	return patient.ClinicInfo{
		ID: [32]byte{1}, Name: "Example Aesthetics", Level: contact.InPerson, Confirmed: true,
		PinnedAt: time.Date(2026, time.March, 3, 10, 0, 0, 0, time.UTC), StatusAt: Now.Add(-4 * time.Hour), AskedAt: Now.Add(-time.Hour),
		Phones: []string{"+12025550142"}, Servers: []string{"https://chaperone.example.com"},
	}
}

func (d *Device) checked() (patient.Checked, error) {
	return patient.Checked{Verdict: d.Verdict, Saved: d.Match, Server: d.Host}, d.Fail
}

// CheckCode implements [screen.Device]: it returns Verdict, Match and Host.
func (d *Device) CheckCode(_ context.Context, c patient.CodeCheck) (patient.Checked, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Asked, d.Received, d.Sender = c, c.Text, c.Sender
	return d.checked()
}

// CheckBundle implements [screen.Device]: it returns Verdict, Match and Host.
func (d *Device) CheckBundle(_ context.Context, bundle []byte, text *string, sender string) (patient.Checked, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Bundle, d.Received, d.Sender = bundle, text, sender
	return d.checked()
}

// CompareSaved implements [screen.Device]: it returns Match.
func (d *Device) CompareSaved(text, sender string) patient.SavedMatch {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Received, d.Sender = &text, sender
	return d.Match
}

// Clinics implements [screen.Device].
func (d *Device) Clinics() []patient.ClinicInfo {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.Infos)
}

// PrepareClinic implements [screen.Device]: it returns Offer, or Refuse.
func (d *Device) PrepareClinic(_ context.Context, words string, how patient.Source) (patient.ClinicOffer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Words, d.How = words, how
	return d.Offer, cmp.Or(d.Refuse, d.Fail)
}

// AddClinic implements [screen.Device].
func (d *Device) AddClinic(_ context.Context, o patient.ClinicOffer) error {
	return d.change(func() {
		d.Infos = append(d.Infos, patient.ClinicInfo{ID: o.ID, Name: o.Name, Level: o.Level, PinnedAt: Now, Confirmed: true, Phones: o.Phones})
	})
}

// RemoveClinic implements [screen.Device].
func (d *Device) RemoveClinic(_ context.Context, id [32]byte) error {
	return d.change(func() {
		d.Infos = slices.DeleteFunc(d.Infos, func(c patient.ClinicInfo) bool { return c.ID == id })
		d.Vault.Contact.Pins = slices.DeleteFunc(d.Vault.Contact.Pins, func(p contact.Pin) bool { return p.Clinic == id })
	})
}

// SavedContacts implements [screen.Device].
func (d *Device) SavedContacts() []patient.SavedContacts {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.Saved)
}

// SaveContacts implements [screen.Device].
func (d *Device) SaveContacts(c patient.SavedContacts) error {
	return d.change(func() {
		c.ID = cmp.Or(c.ID, c.Clinic)
		d.Saved = append(d.Saved, c)
	})
}

// RemoveSaved implements [screen.Device].
func (d *Device) RemoveSaved(id string) error {
	return d.change(func() {
		d.Saved = slices.DeleteFunc(d.Saved, func(c patient.SavedContacts) bool { return c.ID == id })
	})
}

// Notices implements [screen.Device].
func (d *Device) Notices() []patient.Notice {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.Turned)
}

// DismissNotice implements [screen.Device].
func (d *Device) DismissNotice(id string) error {
	return d.change(func() {
		d.Turned = slices.DeleteFunc(d.Turned, func(n patient.Notice) bool { return n.ID == id })
	})
}

// MessageCode is a code of a message that is always the same.
func MessageCode() humancode.Code {
	c, err := humancode.New(new(counter), humancode.MessageLen)
	if err != nil {
		panic(err) // a counter never ends
	}
	return c
}

// WrongCode is MessageCode with one symbol wrong.
func WrongCode() string {
	s := MessageCode().Symbols()
	if s[0] == '2' {
		return "3" + s[1:]
	}
	return "2" + s[1:]
}
