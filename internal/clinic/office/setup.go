package office

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Setup is what a new clinic is asked.
type Setup struct {
	Name, Slug string
	Phones     []string
	Server     string   // where this machine publishes; it must answer now, for its policy
	Public     []string // origins that patients ask; none means Server
	Policy     []byte   // witness policy; nil means the one that Server names
	Threshold  int      // how many root holders must come together, at least 2
	Holders    int      // how many there are
	Revokers   int      // how many people may end a device's key by themselves
	// Monitor is the request of the monitor's machine; nil keeps its keys here, which every
	// patient is told.
	Monitor *clinic.MonitorRequest
	Here    Here // for a monitor that is kept here
}

// Made is the keys that leave the machine when a clinic is set up.
type Made struct {
	Roots    *clinic.Roots
	Revokers []*clinic.Revoker
}

// Create sets up a clinic: keys, the first profile, and the grants of monitor and revokers. keep
// is called before anything counts, to take root and revoker keys away; when it fails nothing
// was set up. The notes are logged at once if the server takes them; otherwise the error is
// [ErrUnlogged] and the clinic is set up: [Office.Sync] logs them later.
func (o *Office) Create(ctx context.Context, s Setup, keep func(Made) error) error {
	if o.HasClinic() {
		return ErrHasClinic
	}
	server, err := clinic.NewServer(clinic.ServerConfig{URL: s.Server, HTTP: o.cfg.HTTP, Now: o.cfg.Now, Rand: o.cfg.Rand})
	if err != nil {
		return err
	}
	made, err := o.makeKeys(s)
	if err != nil {
		return err
	}
	b := book{Schema: bookSchema, Clinic: made.Roots.Set().Hash(), Server: server.URL(), Roots: made.Roots.Set().Text(), Device: o.book.Device}
	policy, err := policyOf(ctx, server, b.Clinic, s.Policy)
	if err != nil {
		return err
	}
	b.Policies = []string{string(policy)}
	request := s.Monitor
	var k *monitor.Keys
	if b.Here = request == nil; b.Here {
		if k, err = monitor.NewKeys("monitor."+s.Slug, o.cfg.Rand, o.cfg.Now()); err != nil {
			return err
		}
		request = &clinic.MonitorRequest{Key: k.Key(), VRF: k.VRFKey()}
	}
	notes, err := o.firstNotes(s, made, request, policy, server.URL(), b.Here)
	if err != nil {
		return err
	}
	b.Pending = notes
	if err := o.unlock(); err != nil {
		return err
	}
	if k != nil {
		if err := o.setUpMonitor(k, s.Here); err != nil {
			return err
		}
	}
	if err := keep(made); err != nil {
		return err
	}
	// The clinic counts from here on; its monitor is told the next time, if not now.
	o.book, o.server = b, server
	if err := o.save(); err != nil {
		return err
	}
	if err := o.joinMonitor(); err != nil {
		return err
	}
	return o.logNotes(ctx)
}

func (o *Office) makeKeys(s Setup) (Made, error) {
	var names []string
	for i := range s.Holders {
		names = append(names, "root-"+strconv.Itoa(i+1)+"."+s.Slug)
	}
	roots, err := clinic.NewRoots(s.Threshold, o.cfg.Rand, names...)
	if err != nil {
		return Made{}, err
	}
	made := Made{Roots: roots}
	for i := range s.Revokers {
		r, err := clinic.NewRevoker("revoker-"+strconv.Itoa(i+1)+"."+s.Slug, o.cfg.Rand)
		if err != nil {
			return Made{}, err
		}
		made.Revokers = append(made.Revokers, r)
	}
	return made, nil
}

// policyOf is the policy given, or the one that a server names.
func policyOf(ctx context.Context, s *clinic.Server, id [32]byte, given []byte) ([]byte, error) {
	if given == nil {
		page, err := s.GetClinic(ctx, id, 0)
		if err != nil {
			return nil, err
		}
		if len(page.Policies) == 0 {
			return nil, ErrNoPolicy
		}
		given = page.Policies[0]
	}
	if _, err := translog.ParsePolicy(given); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoPolicy, err)
	}
	return given, nil
}

func (o *Office) firstNotes(s Setup, made Made, m *clinic.MonitorRequest, policy []byte, server string, here bool) ([]string, error) {
	public := s.Public
	if len(public) == 0 {
		public = []string{server}
	}
	now := o.cfg.Now()
	id := made.Roots.Set().Hash()
	p := clinic.FirstProfile(contact.Profile{
		Name: s.Name, Slug: s.Slug, Servers: public, Phones: s.Phones, MonitorSameDevice: here,
	}, made.Roots.Set(), m.VRF, policy, now, clinic.YearLife)
	profile, err := made.Roots.SignProfile(p)
	if err != nil {
		return nil, err
	}
	grants := []contact.Grant{clinic.MonitorGrant(id, m.Key, "Monitor", now)}
	for i, r := range made.Revokers {
		n := strconv.Itoa(i + 1)
		grants = append(grants, clinic.RevokerGrant(id, r.Key(), "Revoker "+n, "revoker-"+n, now))
	}
	notes := []string{string(profile)}
	for _, g := range grants {
		note, err := made.Roots.SignGrant(g)
		if err != nil {
			return nil, err
		}
		notes = append(notes, string(note))
	}
	return notes, nil
}

// NewDevice makes this machine's device key. name is that of the key: letters, digits, dots and
// hyphens. With replace an older key, which must have ended, is put aside. It fails with
// [ErrHasDevice].
func (o *Office) NewDevice(name string, replace bool) (translog.Key, error) {
	if o.disk.Has(deviceFile) && !replace {
		return translog.Key{}, ErrHasDevice
	}
	d, err := clinic.NewDevice(name, o.cfg.Rand)
	if err != nil {
		return translog.Key{}, err
	}
	if err := o.seal(deviceFile, d.Secret()); err != nil {
		return translog.Key{}, err
	}
	o.book.Device = d.Key().String()
	return d.Key(), o.save()
}

// DeviceKey returns this machine's device key, if it has one.
func (o *Office) DeviceKey() (translog.Key, bool) {
	k, err := translog.ParseKey(o.book.Device)
	return k, err == nil
}

// Join makes this machine one of a clinic that was set up elsewhere: it takes in the clinic's
// notes from a server, all of which lead to the clinic id. It fails with [ErrHasClinic] when
// the machine belongs to another clinic, and with [ErrNoClinic] when the server knows none.
func (o *Office) Join(ctx context.Context, id [32]byte, server string) error {
	if o.HasClinic() && o.ID() != id {
		return ErrHasClinic
	}
	s, err := clinic.NewServer(clinic.ServerConfig{URL: server, HTTP: o.cfg.HTTP, Now: o.cfg.Now, Rand: o.cfg.Rand})
	if err != nil {
		return err
	}
	before := o.book
	o.book.Clinic, o.book.Server, o.server = id, s.URL(), s
	o.view = o.book.read()
	err = o.fetch(ctx)
	if err == nil && o.view.profile.N == 0 {
		err = ErrNoClinic
	}
	if err != nil {
		o.book, o.server = before, nil
		o.view = o.book.read()
		return err
	}
	return o.save()
}

// device opens this machine's key and finds its grant. It fails with [ErrNoDevice], or with
// clinic.ErrNotGranted when the key is not granted or has ended.
func (o *Office) device() (*clinic.Device, *Granted, error) {
	raw, err := o.unseal(deviceFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, ErrNoDevice
	}
	if err != nil {
		return nil, nil, err
	}
	d, err := clinic.ParseDevice(raw)
	if err != nil {
		return nil, nil, err
	}
	g, ok := o.view.grant(d.Key().String())
	if !ok || g.Revoked != nil {
		return nil, nil, clinic.ErrNotGranted
	}
	return d, g, nil
}

// DeviceGrant returns the grant of this machine's device, if there is one.
func (o *Office) DeviceGrant() (Granted, bool) {
	if o.book.Device == "" {
		return Granted{}, false
	}
	g, ok := o.view.grant(o.book.Device)
	if !ok {
		return Granted{}, false
	}
	return *g, true
}

// find finds a grant by its request or vkey, or by its label or holder if only one has it.
func (o *Office) find(who string) (*Granted, error) {
	if k, err := clinic.ParseDeviceRequest(who); err == nil {
		who = k.String()
	}
	if g, ok := o.view.grant(who); ok {
		return g, nil
	}
	var found []*Granted
	for i := range o.view.grants {
		g := &o.view.grants[i]
		if g.Revoked == nil && slices.Contains([]string{strings.ToLower(g.Label), g.Holder, g.Key.Name}, strings.ToLower(who)) {
			found = append(found, g)
		}
	}
	if len(found) != 1 {
		return nil, ErrUnknownKey
	}
	return found[0], nil
}

// Find finds a key of the clinic by its request, its vkey, its label or its holder. It fails with
// [ErrUnknownKey] when there is not exactly one that has not ended.
func (o *Office) Find(who string) (Granted, error) {
	g, err := o.find(who)
	if err != nil {
		return Granted{}, err
	}
	return *g, nil
}
