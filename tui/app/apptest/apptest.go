// Package apptest is a device and a content pack for tests of the terminal program: small,
// in memory, and always the same. The clinic, the persons and the numbers in it are made up.
package apptest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/vault"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// Now is the time at which every test plays.
var Now = time.Date(2026, time.November, 24, 9, 30, 0, 0, time.UTC)

// Device is a device in memory. Its fields may be set before it is used.
type Device struct {
	mu        sync.Mutex
	Vault     vault.State
	Confirmed bool
	Code      humancode.Code
	Address   string
	Closed    bool
	Wiped     bool
	Fail      error  // what every saving method fails with
	Secret    string // the passphrase
	Helper    bool   // helper mode
	Contacts
}

var _ screen.Device = (*Device)(nil)

// New returns a device that has answered the questions, done three rows, and knows a clinic.
func New() *Device {
	d := Fresh()
	d.Confirmed = true
	d.Vault.Answered = true
	d.Vault.Answers = checklist.Answers{Stage: checklist.Worried, Region: "us"}
	for _, item := range []string{"accounts.email", "clinic.contact", "accounts.manager"} {
		d.Vault.Rows = append(d.Vault.Rows, checklist.RowState{RowKey: checklist.RowKey{Item: item}, Status: checklist.Done})
	}
	d.Vault.Contact.Pins = []contact.Pin{{
		Clinic: [32]byte{1}, Name: "Example Aesthetics", Level: contact.InPerson, Confirmed: true,
		FirstSeen: time.Date(2026, time.March, 3, 10, 0, 0, 0, time.UTC).Unix(),
	}}
	d.Infos = []patient.ClinicInfo{Clinic()}
	return d
}

// Fresh returns a device whose vault was just created.
func Fresh() *Device {
	code, err := humancode.New(new(counter), humancode.RecoveryLen)
	if err != nil {
		panic(err) // a counter never ends
	}
	return &Device{Code: code}
}

// counter is a source of randomness for a code that is always the same.
type counter struct{ at byte }

func (c *counter) Read(p []byte) (int, error) {
	for i := range p {
		c.at = c.at*5 + 7
		p[i] = c.at
	}
	return len(p), nil
}

// State implements [screen.Device].
func (d *Device) State() vault.State {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.Vault
	s.Rows = slices.Clone(s.Rows)
	s.Contact.Pins = slices.Clone(s.Contact.Pins)
	return s
}

// RecoveryConfirmed implements [screen.Device].
func (d *Device) RecoveryConfirmed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.Confirmed
}

// Server implements [screen.Device].
func (d *Device) Server() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.Address
}

// change makes a change under the lock, or fails as the test wants.
func (d *Device) change(f func()) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.Fail != nil {
		return d.Fail
	}
	f()
	return nil
}

// SetAnswers implements [screen.Device].
func (d *Device) SetAnswers(a checklist.Answers) error {
	return d.change(func() { d.Vault.Answers, d.Vault.Answered = a, true })
}

// Mark implements [screen.Device].
func (d *Device) Mark(key checklist.RowKey, status checklist.Status, reason checklist.SkipReason, until time.Time) error {
	return d.change(func() {
		row := checklist.RowState{RowKey: key, Status: status, SkipReason: reason}
		if !until.IsZero() {
			row.DueAt = until.Unix()
		}
		d.Vault.Rows = slices.DeleteFunc(d.Vault.Rows, func(r checklist.RowState) bool {
			return r.RowKey == key || key.Platform == "" && r.Item == key.Item
		})
		d.Vault.Rows = append(d.Vault.Rows, row)
	})
}

// SetSettings implements [screen.Device].
func (d *Device) SetSettings(locale, theme string) error {
	return d.change(func() { d.Vault.Settings.Locale, d.Vault.Settings.Theme = locale, theme })
}

// ConfirmPins implements [screen.Device].
func (d *Device) ConfirmPins() error {
	return d.change(func() {
		for i := range d.Vault.Contact.Pins {
			d.Vault.Contact.Pins[i].Confirmed = true
		}
	})
}

// RecoveryCode implements [screen.Device].
func (d *Device) RecoveryCode() (humancode.Code, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.Confirmed {
		return humancode.Code{}, patient.ErrConfirmed
	}
	return d.Code, nil
}

// ConfirmRecovery implements [screen.Device].
func (d *Device) ConfirmRecovery(code humancode.Code) error {
	if code != d.Code {
		return patient.ErrWrongCode
	}
	return d.change(func() { d.Confirmed = true })
}

// SetPassphrase implements [screen.Device].
func (d *Device) SetPassphrase(p []byte) error { return d.change(func() { d.Secret = string(p) }) }

// HasPassphrase implements [screen.Device].
func (d *Device) HasPassphrase() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.Secret != ""
}

// Helping implements [screen.Device].
func (d *Device) Helping() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.Helper
}

// StartHelping implements [screen.Device].
func (d *Device) StartHelping() error { return d.change(func() { d.Helper = true }) }

// StopHelping implements [screen.Device].
func (d *Device) StopHelping(p []byte) error {
	if d.HasPassphrase() && string(p) != d.Secret {
		return patient.ErrWrongPassphrase
	}
	return d.change(func() { d.Helper = false })
}

// UseServer implements [screen.Device].
func (d *Device) UseServer(url string) error { return d.change(func() { d.Address = url }) }

// Sync implements [screen.Device].
func (d *Device) Sync(context.Context) (patient.SyncResult, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.Address == "" {
		return patient.SyncResult{}, patient.ErrNoServer
	}
	return patient.SyncResult{Pushed: true, Revision: 7, At: Now}, d.Fail
}

// Wipe implements [screen.Device].
func (d *Device) Wipe(context.Context, bool) error { return d.change(func() { d.Wiped = true }) }

// Close implements [screen.Device].
func (d *Device) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Closed = true
	return nil
}

// Plan implements [screen.Device] with a simple stand-in for the engine: the items of
// [Content] in their order, five shown first.
func (d *Device) Plan() checklist.Plan {
	s := d.State()
	p := checklist.Plan{Stage: s.Answers.Stage, RegionKnown: s.Answers.Region != ""}
	for i := range items {
		item := &items[i]
		if item.Lane == checklist.LaneNow {
			continue
		}
		row := checklist.Row{Item: item, Status: checklist.Todo, Lane: item.Lane, Minutes: item.Minutes}
		for _, r := range s.Rows {
			if r.Item == item.ID && r.Platform == "" {
				row.Status = r.Status
				if r.DueAt != 0 {
					row.Due = time.Unix(r.DueAt, 0).UTC()
				}
			}
		}
		d.fan(&row, s.Rows)
		count(&p, &row)
		switch row.Status {
		case checklist.Done, checklist.Skipped, checklist.NotMine:
			p.Finished = append(p.Finished, row)
		case checklist.Later:
			p.PutOff = append(p.PutOff, row)
		default:
			p.Rows = append(p.Rows, row)
		}
	}
	slices.SortFunc(p.Lanes, func(a, b checklist.LaneProgress) int {
		return slices.Index(checklist.Lanes(), a.Lane) - slices.Index(checklist.Lanes(), b.Lane)
	})
	p.ShowFirst = min(5, len(p.Rows))
	for _, row := range p.Finished {
		if row.Status == checklist.Done && !row.Due.IsZero() {
			p.DueSoon = append(p.DueSoon, row)
		}
		if row.Item.ID == "accounts.email" && row.Status == checklist.Done {
			row.Due = Now.AddDate(0, 0, 4)
			p.DueSoon = append(p.DueSoon, row)
		}
	}
	slices.SortFunc(p.DueSoon, func(a, b checklist.Row) int { return a.Due.Compare(b.Due) })
	return p
}

// count adds a row to the plan and to its lane, as the engine counts: what was set aside is
// neither done nor to do.
func count(p *checklist.Plan, row *checklist.Row) {
	if row.Status == checklist.Skipped || row.Status == checklist.NotMine {
		return
	}
	at := slices.IndexFunc(p.Lanes, func(l checklist.LaneProgress) bool { return l.Lane == row.Lane })
	if at < 0 {
		p.Lanes, at = append(p.Lanes, checklist.LaneProgress{Lane: row.Lane}), len(p.Lanes)
	}
	lane := &p.Lanes[at]
	lane.Total++
	p.Total++
	if row.Status == checklist.Done || row.Status == checklist.Recheck {
		lane.Done++
		p.Done++
	}
	if row.Status != checklist.Done && row.Status != checklist.Later {
		lane.Minutes += row.Minutes
		p.MinutesLeft += row.Minutes
	}
}

// fan gives a row its platforms, each with its own status.
func (d *Device) fan(row *checklist.Row, states []checklist.RowState) {
	if row.Item.FanOut == "" {
		return
	}
	open := 0
	for i := range platforms {
		if platforms[i].Capabilities[row.Item.FanOut] == nil {
			continue
		}
		p := checklist.PlatformRow{Platform: &platforms[i], Capability: platforms[i].Capabilities[row.Item.FanOut], Status: checklist.Todo}
		for _, r := range states {
			if r.Item == row.Item.ID && r.Platform == p.Platform.ID {
				p.Status = r.Status
			}
		}
		if p.Status != checklist.Done {
			open++
		}
		row.Platforms = append(row.Platforms, p)
	}
	if open == 0 && row.Status == checklist.Todo {
		row.Status = checklist.Done
	}
}

// Opener returns an opener that hands out d, and makes a fresh device on Create.
func Opener(d *Device) screen.Opener {
	return screen.Opener{
		Open: func(_ context.Context, passphrase []byte) (screen.Device, error) {
			switch {
			case d == nil:
				return nil, patient.ErrNoVault
			case d.Fail != nil:
				return nil, d.Fail
			case d.Secret != "" && len(passphrase) == 0:
				return nil, patient.ErrNeedPassphrase
			case d.Secret != string(passphrase):
				return nil, patient.ErrWrongPassphrase
			}
			return d, nil
		},
		Create: func(context.Context) (screen.Device, error) { return Fresh(), nil },
		Restore: func(_ context.Context, _ string, code humancode.Code) (screen.Device, patient.Restored, error) {
			back := New()
			if code != back.Code {
				return nil, patient.Restored{}, patient.ErrNotFound
			}
			back.Vault.Contact.Pins[0].Confirmed = false
			return back, patient.Restored{SavedAt: Now.AddDate(0, 0, -2), SavedOn: "kitchen laptop", Pins: slices.Clone(back.Vault.Contact.Pins)}, nil
		},
		Server: "https://chaperone.example",
	}
}

// ErrRead is what [ReadFile] returns for a file that is not there.
var ErrRead = errors.New("no such file")

// SaveFile returns a function that saves files nowhere, and each name once.
func SaveFile() func(name string, data []byte) error {
	var mu sync.Mutex
	saved := map[string]bool{}
	return func(name string, _ []byte) error {
		mu.Lock()
		defer mu.Unlock()
		if saved[name] {
			return screen.ErrFileExists
		}
		saved[name] = true
		return nil
	}
}

// ReadFile knows one file, "message.chaperone".
func ReadFile(name string) ([]byte, error) {
	if name != "message.chaperone" {
		return nil, ErrRead
	}
	return []byte("CHAPB1\na bundle\n"), nil
}

// IsClosed reports whether the device was closed.
func (d *Device) IsClosed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.Closed
}
