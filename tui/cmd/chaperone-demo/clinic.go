package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// house is a clinic of the demo. Each of its machines is a folder of its own: the front desk,
// other computers of the staff, and the monitor, which the others reach over the network only.
// The shares of the root lie with their holders, in a folder that no machine reads by itself.
type house struct {
	town  *town
	dir   string
	name  string
	slug  string
	phone string
	// unpinned: the patient was never there. stopped: its monitor was, and nobody noticed.
	unpinned, stopped bool

	desk *office.Office
	mon  *monitor.Monitor
	ends func() error // closes the machines
}

// The names of machines, which are those of their folders.
const (
	frontDesk  = "front-desk"
	backOffice = "back-office"
	holders    = "root-holders"
)

// The machines' passphrase and its cost: what they protect is made up.
const (
	machinePassphrase = "this protects nothing"
	machineWork       = 1
)

func (h *house) seed(what string) io.Reader { return h.town.rand(h.slug + " " + what) }

func (h *house) monitorDir() string { return monitor.Directory(h.dir) }

// machine opens a computer of the staff.
func (h *house) machine(name string) (*office.Office, error) {
	o, err := office.Open(office.Config{
		Dir:        filepath.Join(h.dir, name),
		Passphrase: func() (string, error) { return machinePassphrase, nil }, Work: machineWork,
		Now: h.town.clock.now, Rand: h.seed(name), HTTP: h.town.web(),
	})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return o, nil
}

// found sets the clinic up: root, monitor, front desk, and the front desk's key.
func (h *house) found(ctx context.Context) error {
	keys, err := monitor.NewKeys("monitor."+h.slug, h.seed("monitor"), h.town.clock.now())
	if err != nil {
		return err
	}
	listener, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	if err := h.setUpMonitor(keys, listener.Addr()); err != nil {
		return errors.Join(err, listener.Close())
	}
	if h.desk, err = h.machine(frontDesk); err != nil {
		return errors.Join(err, listener.Close())
	}
	err = h.desk.Create(ctx, office.Setup{
		Name: h.name, Slug: h.slug, Phones: []string{h.phone},
		Server: h.town.url, Public: []string{"https://chaperone.example.com"}, Threshold: 2, Holders: 3,
		Monitor: &clinic.MonitorRequest{Key: keys.Key(), VRF: keys.VRFKey()},
	}, h.handOut)
	if err != nil {
		return errors.Join(fmt.Errorf("set up clinic: %w", err), listener.Close())
	}
	server, err := h.town.server()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	// The monitor is told by hand which clinic it is for.
	joining, err := monitor.Find(ctx, server, h.desk.ID())
	if err == nil {
		joining.Server = h.town.url
		err = monitor.Join(h.monitorDir(), joining)
	}
	if err == nil {
		err = h.start(ctx, listener, keys)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("set up monitor: %w", err), listener.Close())
	}
	return h.admit(ctx, h.desk, frontDesk, "Front desk",
		contact.KindNotice, contact.KindAppointment, contact.KindBilling, contact.KindWithdraw)
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("open the monitor's port: %w", err)
	}
	return l, nil
}

func (h *house) setUpMonitor(keys *monitor.Keys, at net.Addr) error {
	raw, err := keys.Marshal()
	if err != nil {
		return err
	}
	sealed, err := clinic.SealPassphrase(machinePassphrase, machineWork, raw)
	if err != nil {
		return err
	}
	// Nobody of this clinic approves anything: no passphrase leads to these hashes.
	var persons []monitor.Person
	for _, name := range []string{"first", "second"} {
		p := monitor.Person{Name: name, Salt: make([]byte, 16), Hash: make([]byte, 32)}
		if _, err := io.ReadFull(h.seed("person "+name), p.Hash); err != nil {
			return fmt.Errorf("make person: %w", err)
		}
		persons = append(persons, p)
	}
	return monitor.SetUp(h.monitorDir(), keys, sealed, "https://"+at.String(), persons, nil)
}

// handOut gives each root holder a share, and has the server's operator admit the clinic.
func (h *house) handOut(made office.Made) error {
	for _, share := range made.Roots.Shares() {
		if err := writeFile(filepath.Join(h.dir, holders, share.Key().Name), share.Secret()); err != nil {
			return err
		}
	}
	return h.town.admit(made.Roots.Set().Hash())
}

// roots has the holders come together.
func (h *house) roots() (*clinic.Roots, error) {
	files, err := os.ReadDir(filepath.Join(h.dir, holders))
	if err != nil {
		return nil, fmt.Errorf("ask root holders: %w", err)
	}
	var shares []*clinic.RootShare
	for _, f := range files {
		raw, err := os.ReadFile(filepath.Join(h.dir, holders, f.Name()))
		if err != nil {
			return nil, fmt.Errorf("ask root holders: %w", err)
		}
		share, err := clinic.ParseRootShare(raw)
		if err != nil {
			return nil, err
		}
		shares = append(shares, share)
	}
	return clinic.JoinRoots(shares...)
}

// open opens a clinic that was set up before. The monitor answers where its devices look for it.
func (h *house) open(ctx context.Context) error {
	sealed, err := monitor.SealedKeys(h.monitorDir())
	if err != nil {
		return fmt.Errorf("open monitor: %w", err)
	}
	raw, err := clinic.OpenPassphrase(machinePassphrase, sealed)
	if err != nil {
		return err
	}
	keys, err := monitor.ParseKeys(raw)
	if err != nil {
		return err
	}
	settings, err := monitor.ReadSettings(h.monitorDir())
	if err != nil {
		return err
	}
	listener, err := listen(ctx, strings.TrimPrefix(settings.Address, "https://"))
	if err != nil {
		// Somebody else has the port today. The monitor works; the staff do not reach it.
		if listener, err = listen(ctx, "127.0.0.1:0"); err != nil {
			return err
		}
	}
	if err := h.start(ctx, listener, keys); err != nil {
		return errors.Join(err, listener.Close())
	}
	h.desk, err = h.machine(frontDesk)
	return err
}

// start runs the monitor's listener. Its rounds are called for by whoever moves the clock.
func (h *house) start(ctx context.Context, l net.Listener, keys *monitor.Keys) error {
	server, err := h.town.server()
	if err != nil {
		return err
	}
	h.mon, err = monitor.Open(monitor.Config{
		Dir: h.monitorDir(), Keys: keys, Server: server, Rand: h.seed("monitor at work"), Now: h.town.clock.now,
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- h.mon.Serve(ctx, l) }()
	h.ends = func() error {
		stop()
		err := errors.Join(<-done, h.mon.Close())
		if h.desk != nil {
			err = errors.Join(err, h.desk.Close())
		}
		return err
	}
	return h.look(ctx)
}

// look has the monitor look at the logs, and sign a status when one is due.
func (h *house) look(ctx context.Context) error {
	if err := h.mon.Round(ctx); err != nil {
		return fmt.Errorf("monitor's round: %w", err)
	}
	return nil
}

func (h *house) close() error {
	if h.ends == nil {
		return nil
	}
	return h.ends()
}

// admit makes a key on a machine of the staff, has the root grant it, and has the monitor invite
// it to its channel.
func (h *house) admit(ctx context.Context, o *office.Office, name, label string, kinds ...contact.Kind) error {
	key, err := o.NewDevice(name+"."+h.slug, false)
	if err != nil {
		return err
	}
	invitation, err := h.grant(ctx, key, name, label, kinds...)
	if err != nil {
		return err
	}
	if err := o.Invite(invitation.Marshal()); err != nil {
		return err
	}
	return o.Sync(ctx)
}

func (h *house) grant(ctx context.Context, key translog.Key, name, label string, kinds ...contact.Kind) (monitor.Invitation, error) {
	roots, err := h.roots()
	if err != nil {
		return monitor.Invitation{}, err
	}
	invitation, err := h.mon.Invite(key)
	if err != nil {
		return monitor.Invitation{}, err
	}
	_, err = h.desk.Grant(ctx, roots, office.GrantRequest{Key: key, Label: label, Holder: name, Kinds: kinds, Cap: 200})
	if err != nil {
		return monitor.Invitation{}, fmt.Errorf("grant %s: %w", name, err)
	}
	return invitation, h.look(ctx)
}

// hire sets up another computer of the staff, which is closed again.
func (h *house) hire(ctx context.Context, name, label string, kinds ...contact.Kind) error {
	o, err := h.machine(name)
	if err != nil {
		return err
	}
	err = o.Join(ctx, h.desk.ID(), h.town.url)
	if err == nil {
		err = h.admit(ctx, o, name, label, kinds...)
	}
	return errors.Join(err, o.Close())
}

// send has the front desk send a message to whoever gets its code.
func (h *house) send(ctx context.Context, body string, life time.Duration) (*office.Item, error) {
	it, err := h.desk.Send(ctx, clinic.Draft{Kind: contact.KindAppointment, Channel: mail, Body: body, Life: life})
	if err != nil {
		return nil, fmt.Errorf("send message: %w", err)
	}
	return it, nil
}
