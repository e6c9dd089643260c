package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
)

// mail is how all letters of the demo came.
const mail = "email"

// hand is a device's key with its channel to the monitor, and a server: what is needed to publish
// by hand. Programs of the clinic do it for messages to whoever has the code. One message to one
// patient takes the pair, which no program of the clinic keeps yet.
type hand struct {
	device *clinic.Device
	grant  contact.Grant
	prover clinic.Prover
	server *clinic.Server
	rand   io.Reader
	now    func() time.Time
}

// doctor makes a device that holds pairs, and grants it.
func (h *house) doctor(ctx context.Context) (*hand, error) {
	const name = "doctor"
	device, err := clinic.NewDevice(name+"."+h.slug, h.seed(name))
	if err != nil {
		return nil, err
	}
	invitation, err := h.grant(ctx, device.Key(), name, "Dr. Example", contact.KindAppointment, contact.KindNotice)
	if err != nil {
		return nil, err
	}
	store := &memoryStore{}
	if err := monitor.Import(store, invitation); err != nil {
		return nil, err
	}
	return h.newHand(device, store, h.seed(name+" at work"))
}

// newHand joins a device and its channel. The grant is read where everybody can: in the log.
func (h *house) newHand(device *clinic.Device, channel monitor.Store, rand io.Reader) (*hand, error) {
	client, err := monitor.NewClient(monitor.ClientConfig{Store: channel, Rand: rand})
	if err != nil {
		return nil, err
	}
	server, err := h.town.server()
	if err != nil {
		return nil, err
	}
	grants := h.desk.Grants()
	i := slices.IndexFunc(grants, func(g office.Granted) bool { return g.Key == device.Key() })
	if i < 0 {
		return nil, clinic.ErrNotGranted
	}
	return &hand{device, grants[i].Grant, client, server, rand, h.town.clock.now}, nil
}

// memoryStore keeps a device's end of the channel for as long as the program runs.
type memoryStore struct{ raw []byte }

// Load implements monitor.Store.
func (s *memoryStore) Load() ([]byte, error) { return s.raw, nil }

// Save implements monitor.Store.
func (s *memoryStore) Save(raw []byte) error { s.raw = slices.Clone(raw); return nil }

// draw draws a code.
func (d *hand) draw() (humancode.Code, contact.Lock, error) {
	code, err := humancode.New(d.rand, humancode.MessageLen)
	if err != nil {
		return code, contact.Lock{}, fmt.Errorf("draw code: %w", err)
	}
	lock, err := contact.NewLock(code)
	return code, lock, err
}

// sign signs a message to whoever gets its code.
func (d *hand) sign(lock contact.Lock, body string) (clinic.Written, error) {
	w := clinic.Writer{Device: d.device, Grant: d.grant, Rand: d.rand, Now: d.now}
	return w.Bearer(lock.ID(), clinic.Draft{Kind: contact.KindAppointment, Channel: mail, Body: body})
}

// send publishes a message to whoever gets its code.
func (d *hand) send(ctx context.Context, body string) (humancode.Code, error) {
	code, lock, err := d.draw()
	if err != nil {
		return code, err
	}
	w, err := d.sign(lock, body)
	if err != nil {
		return code, err
	}
	vrf, leaf, err := d.prover.Prove(ctx, clinic.ProveRequest{Note: w.Note, Commit: w.Commit})
	if err != nil {
		return code, err
	}
	p, err := clinic.Proven{Written: w, VRF: vrf, Leaf: leaf}.Publication(d.rand, code)
	if err != nil {
		return code, err
	}
	p.Await = true
	_, err = d.server.Publish(ctx, d.device, p)
	return code, err
}

// sendTo publishes a message to one patient.
func (d *hand) sendTo(ctx context.Context, pair contact.PairKey, body string) (humancode.Code, error) {
	code, lock, err := d.draw()
	if err != nil {
		return code, err
	}
	now := d.now()
	m := contact.Message{
		Clinic: d.grant.Clinic, ID: lock.ID(), Issued: now.Unix(), Expires: now.Add(clinic.DefaultLife).Unix(),
		Channel: mail, Kind: contact.KindAppointment, Body: contact.Canon(body),
	}
	if _, err := io.ReadFull(d.rand, m.Salt[:]); err != nil {
		return code, fmt.Errorf("read salt: %w", err)
	}
	m.To = pair.To().Tag(m.Salt)
	note, err := d.device.SignMessage(m)
	if err != nil {
		return code, err
	}
	commit, err := clinic.CommitOf(note)
	if err != nil {
		return code, err
	}
	vrf, leaf, err := d.prover.Prove(ctx, clinic.ProveRequest{Note: note, Commit: commit})
	if err != nil {
		return code, err
	}
	signer := contact.KeyHash(d.device.Key())
	sealed, err := contact.SealEnrolled(d.rand, lock, contact.Payload{Note: note, VRF: vrf}, pair.Device(signer), m.Salt, m.To, signer)
	if err != nil {
		return code, err
	}
	_, err = d.server.Publish(ctx, d.device, clinic.Publication{
		ID: lock.ID(), Envelope: sealed, Leaf: leaf, KeepDay: clinic.KeepDay(time.Unix(m.Expires, 0)), Await: true,
	})
	return code, err
}
