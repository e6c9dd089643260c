package clinic

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/indicator"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Log is an append-only log that a clinic's notes and messages go to. When Append returns,
// the leaf is in the log and a quorum of witnesses has signed a head that holds it; Proof
// returns the C2SP tlog-proof at the first such head. Errors mean that neither happened.
type Log interface {
	Append(leaf []byte) (index int64, err error)
	Proof(index int64) ([]byte, error)
	// Head returns the newest head's size and root.
	Head() (size int64, root [32]byte)
}

// Config says how to set up a clinic. All fields are required except the last two.
type Config struct {
	Profile    contact.Profile // name, slug, servers, phones; New fills in clinic id, keys and policy
	Roots      *Roots
	Monitor    *Monitor
	Keys, Msgs Log
	Policy     []byte           // text of the witness policy of both logs
	Rand       io.Reader        // for message ids and salts
	Now        func() time.Time // the clock of the clinic's machines
	// Life is how long monitor epoch and policy hold; 0 is 365 days.
	Life time.Duration
	// MonitorLabel is what the monitor's grant calls it; "" is "Monitor".
	MonitorLabel string
}

// Clinic is a clinic that is set up: profile and grants are logged.
type Clinic struct {
	cfg     Config
	profile Logged
	monitor Logged
	devices []device
	state   []contact.KeyState
	gone    []contact.Gone
}

type device struct {
	*Device
	grant  contact.Grant
	logged Logged
}

// New logs the profile and the monitor's grant.
func New(cfg Config) (*Clinic, error) {
	if cfg.Roots == nil || cfg.Monitor == nil || cfg.Keys == nil || cfg.Msgs == nil || cfg.Rand == nil || cfg.Now == nil {
		return nil, errors.New("set up clinic: a required part is missing")
	}
	if cfg.Life == 0 {
		cfg.Life = 365 * 24 * time.Hour
	}
	if cfg.MonitorLabel == "" {
		cfg.MonitorLabel = "Monitor"
	}
	c := &Clinic{cfg: cfg}
	from := cfg.Now()
	c.cfg.Profile = FirstProfile(cfg.Profile, cfg.Roots.Set(), cfg.Monitor.VRFKey(), cfg.Policy, from, cfg.Life)
	p := &c.cfg.Profile
	note, err := cfg.Roots.SignProfile(*p)
	if err != nil {
		return nil, fmt.Errorf("set up clinic: %w", err)
	}
	if c.profile, err = c.log(note); err != nil {
		return nil, fmt.Errorf("set up clinic: %w", err)
	}
	note, err = cfg.Roots.SignGrant(MonitorGrant(p.Clinic, cfg.Monitor.Key(), cfg.MonitorLabel, from))
	if err != nil {
		return nil, fmt.Errorf("set up clinic: %w", err)
	}
	if c.monitor, err = c.log(note); err != nil {
		return nil, fmt.Errorf("set up clinic: %w", err)
	}
	return c, nil
}

func (c *Clinic) log(note []byte) (Logged, error) {
	i, err := c.cfg.Keys.Append(note)
	if err != nil {
		return Logged{}, fmt.Errorf("log note: %w", err)
	}
	proof, err := c.cfg.Keys.Proof(i)
	if err != nil {
		return Logged{}, fmt.Errorf("log note: %w", err)
	}
	return Logged{note, proof}, nil
}

// ID returns the clinic id.
func (c *Clinic) ID() [32]byte { return c.cfg.Profile.Clinic }

// Profile returns the profile in force.
func (c *Clinic) Profile() contact.Profile { return c.cfg.Profile }

// Grant gives a device the right to sign messages of some kinds for 90 days and logs that.
func (c *Clinic) Grant(d *Device, label, holder string, kinds ...contact.Kind) error {
	return c.GrantExactly(d, DeviceGrant(c.ID(), d.Key(), label, holder, 200, c.cfg.Now(), kinds...))
}

// GrantExactly is [Clinic.Grant] with every field given; clinic and key are filled in.
func (c *Clinic) GrantExactly(d *Device, g contact.Grant) error {
	g.Clinic, g.Key = c.ID(), d.Key()
	note, err := c.cfg.Roots.SignGrant(g)
	if err != nil {
		return err
	}
	l, err := c.log(note)
	if err != nil {
		return err
	}
	c.devices = append(c.devices, device{d, g, l})
	c.SetKey(d.Key(), "ok", 0)
	return nil
}

// SetKey says what the next status says of a key: "ok", or "until" or "stolen" with a time in
// Unix seconds.
func (c *Clinic) SetKey(k translog.Key, state string, at int64) {
	h := contact.KeyHash(k)
	c.state = slices.DeleteFunc(c.state, func(s contact.KeyState) bool { return s.Key == h })
	c.state = append(c.state, contact.KeyState{Key: h, State: state, Time: at})
}

// Withdraw lists a message in every status from now on. reason is "not-ours", "error" or
// "superseded".
func (c *Clinic) Withdraw(commit [32]byte, reason string) {
	c.gone = append(c.gone, contact.Gone{Commit: &commit, Reason: reason})
}

// Send signs a bearer message: one that anybody who has it can check. It fails with
// [ErrRefused] for a text that [CheckText] refuses and with [ErrNotGranted] when the device
// may not sign this kind now.
func (c *Clinic) Send(d *Device, draft Draft) (Sent, error) {
	i := slices.IndexFunc(c.devices, func(x device) bool { return x.Key() == d.Key() })
	if i < 0 {
		return Sent{}, fmt.Errorf("send message: %w", ErrNotGranted)
	}
	var id [16]byte
	if _, err := io.ReadFull(c.cfg.Rand, id[:]); err != nil {
		return Sent{}, fmt.Errorf("send message: read id: %w", err)
	}
	w := Writer{Device: d, Grant: c.devices[i].grant, Rand: c.cfg.Rand, Now: c.cfg.Now}
	written, err := w.Bearer(id, draft)
	if err != nil {
		return Sent{}, fmt.Errorf("send message: %w", err)
	}
	return c.publish(c.devices[i], written)
}

func (c *Clinic) publish(by device, m Written) (Sent, error) {
	vrf, leaf := c.cfg.Monitor.Prove(m.Commit)
	index, err := c.cfg.Msgs.Append(leaf)
	if err != nil {
		return Sent{}, fmt.Errorf("publish: %w", err)
	}
	proof, err := c.cfg.Msgs.Proof(index)
	if err != nil {
		return Sent{}, fmt.Errorf("publish: %w", err)
	}
	return Sent{Note: m.Note, Commit: m.Commit, VRF: vrf, Proof: proof, by: by}, nil
}

// Status signs the clinic's newest status, issued now. next, when not zero, is when the clinic
// opens again, at most 14 days ahead.
func (c *Clinic) Status(next time.Time) ([]byte, error) {
	signed, err := translog.ParseSigned(c.profile.Note)
	if err != nil {
		return nil, fmt.Errorf("make status: %w", err)
	}
	s := contact.Status{
		Clinic: c.ID(), Issued: c.cfg.Now().Unix(), Profile: contact.NoteHash(signed.Text),
		KeyState: c.state, Gone: c.gone,
	}
	if !next.IsZero() {
		s.Next = next.Unix()
	}
	s.Keys.Size, s.Keys.Root = c.cfg.Keys.Head()
	s.Msgs.Size, s.Msgs.Root = c.cfg.Msgs.Head()
	return c.cfg.Monitor.SignStatus(s)
}

// Bundle puts together a message and all that speaks for it.
func (c *Clinic) Bundle(s Sent, status []byte) ([]byte, error) {
	p := Papers{Profile: c.profile, Monitor: c.monitor, Policies: [][]byte{c.cfg.Policy}}
	return p.Bundle(s, s.by.logged, status)
}

// CheckText says whether a body may be signed: what a verifier reads, no links and addresses,
// and in a bearer message no phone numbers, amounts of money, wallets and other long numbers
// either. It fails with [ErrRefused]. What a machine cannot decide, such as whether the text
// asks for something, is left to who writes it.
func CheckText(body string, bearer bool) error {
	if err := contact.CheckBody(body); err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	for _, s := range indicator.Find(body) {
		if s.Kind == indicator.Link || bearer && s.Kind != indicator.Date {
			return fmt.Errorf("%s: %w", s.Kind, ErrRefused)
		}
	}
	return nil
}
