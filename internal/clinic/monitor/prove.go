package monitor

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// RefusalError says why the monitor will not prove something.
type RefusalError struct {
	// Reason is key (not granted, over or stolen), kind, note, time, clock, epoch, closed, disk
	// or full (too much of this device waits).
	Reason string
}

// Error implements error.
func (e *RefusalError) Error() string {
	return fmt.Sprintf("%v (%s)", clinic.ErrMonitorRefused, e.Reason)
}

// Unwrap says that it is a [clinic.ErrMonitorRefused].
func (e *RefusalError) Unwrap() error { return clinic.ErrMonitorRefused }

func refuse(reason string) error { return &RefusalError{reason} }

// Proof is what makes a message one that can be published.
type Proof struct {
	VRF  []byte // 80 bytes
	Leaf []byte // 48 bytes
}

// Prove proves a message of a device. The message stands in the outbox on disk before the proof
// is given. The same message again has the same proof and counts once.
//
// Errors are an [*ApprovalError] (a second person must approve, then the same again succeeds), a
// [*RefusalError], or [ErrNotJoined].
func (m *Monitor) Prove(_ context.Context, device [32]byte, note []byte) (Proof, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.prove(device, note)
}

func (m *Monitor) prove(device [32]byte, note []byte) (Proof, error) {
	profile, err := m.profile()
	switch {
	case err != nil:
		return Proof{}, err
	case m.broken != nil:
		return Proof{}, refuse("disk")
	case m.clockOff:
		return Proof{}, refuse("clock")
	}
	if err := m.checkClock(); err != nil {
		return Proof{}, refuse("disk")
	}
	grant, msg, commit, err := m.readMessage(device, note)
	if err != nil {
		return Proof{}, err
	}
	if e, ok := m.outbox.get(commit); ok {
		return m.again(e)
	}
	now := m.now()
	if profile.Closed != 0 {
		return Proof{}, refuse("closed")
	}
	by, err := m.mayPublish(grant, device, msg, commit, now)
	if err != nil {
		return Proof{}, err
	}
	signer, ok := m.currentEpoch(profile, now)
	if !ok {
		return Proof{}, refuse("epoch")
	}
	e := Entry{
		Commit: commit, Device: device, Label: grant.Label, Kind: msg.Kind, Channel: msg.Channel,
		Issued: msg.Issued, Expires: msg.Expires, Epoch: signer.VRFKey(), Time: now, By: by,
	}
	if msg.Batch != nil {
		e.Batch = hex.EncodeToString(msg.Batch[:])
	}
	if err := m.outbox.add(e); err != nil {
		m.cfg.Log.Error("outbox could not be written")
		return Proof{}, refuse("disk")
	}
	m.floor = max(m.floor, now)
	vrf, leaf := signer.Prove(commit)
	return Proof{vrf, leaf}, nil
}

// again gives the proof of a message that stands in the outbox.
func (m *Monitor) again(e Entry) (Proof, error) {
	signer, ok := m.cfg.Keys.epoch(contact.Epoch{Key: e.Epoch})
	if !ok {
		return Proof{}, refuse("epoch")
	}
	vrf, leaf := signer.Prove(e.Commit)
	return Proof{vrf, leaf}, nil
}

// readMessage verifies that a note is a message of the device, which is granted and not over.
func (m *Monitor) readMessage(device [32]byte, note []byte) (contact.Grant, contact.Message, [32]byte, error) {
	var none [32]byte
	grant, ok := m.view.grants[device]
	now := m.now()
	e := m.view.ended[device]
	if !ok || grant.Role != contact.RoleDevice || now < grant.NotBefore || now > grant.NotAfter || e.stolen || e.retired && now > e.retiredAt {
		return grant, contact.Message{}, none, refuse("key")
	}
	s, err := translog.ParseSigned(note)
	if err != nil || len(s.Sigs) != 1 {
		return grant, contact.Message{}, none, refuse("note")
	}
	if _, err := s.Open(grant.Key); err != nil {
		return grant, contact.Message{}, none, refuse("note")
	}
	msg, err := contact.ParseMessage(s.Text)
	if err != nil || msg.Clinic != m.view.clinic {
		return grant, contact.Message{}, none, refuse("note")
	}
	commit, err := contact.Commit(s)
	if err != nil {
		return grant, contact.Message{}, none, refuse("note")
	}
	if !slices.Contains(grant.Kinds, msg.Kind) {
		return grant, msg, none, refuse("kind")
	}
	return grant, msg, commit, nil
}

// issuedSlack is how far a message's time may be from the monitor's, in seconds.
const issuedSlack = 300

// mayPublish decides whether a message may go on, and returns who approved it, or "".
func (m *Monitor) mayPublish(g contact.Grant, device [32]byte, msg contact.Message, commit [32]byte, now int64) (string, error) {
	r, asked, name := m.waiting.find(device, commit, msg, now)
	if msg.Issued > now+issuedSlack {
		return "", refuse("time")
	}
	// One that waited is older: as much as the wait.
	if asked && msg.Issued < now-waitLife-issuedSlack || !asked && msg.Issued < now-issuedSlack {
		return "", refuse("time")
	}
	why := m.needs(g, device, msg, now)
	if why == "" {
		return "", nil
	}
	if asked && r.By != "" && (msg.Batch == nil || m.outbox.batches[batchOf{device, r.Batch, msg.Kind}] < r.Messages) {
		return r.By, nil
	}
	if asked {
		name = r.Name
	}
	if !asked || r.By != "" {
		if name == "" || m.waiting.crowded(device, now) {
			return "", refuse("full")
		}
		next := Waiting{
			Name: name, Why: why, Device: device, Label: g.Label, Holder: g.Holder, Kind: msg.Kind, Commit: commit, Since: now,
		}
		if msg.Batch != nil {
			next.Batch = hex.EncodeToString(msg.Batch[:])
		}
		if asked {
			next.Messages = r.Messages // what was approved of the batch is used up
		}
		if err := m.waiting.put(next); err != nil {
			return "", refuse("disk")
		}
	}
	return "", &ApprovalError{name, why}
}

// needs says why a second person must approve, or "".
func (m *Monitor) needs(g contact.Grant, device [32]byte, msg contact.Message, now int64) string {
	switch {
	case msg.Batch != nil:
		return "batch"
	case msg.Kind == contact.KindBilling:
		return "billing"
	case !m.settings.Hours.open(time.Unix(now, 0).In(m.cfg.Now().Location())):
		return "hours"
	}
	var today int64
	for _, e := range m.outbox.since(midnight(time.Unix(now, 0).In(m.cfg.Now().Location()))) {
		if e.Device == device && e.By == "" {
			today++
		}
	}
	if today >= g.Cap {
		return "cap"
	}
	return ""
}

// currentEpoch is the newest VRF secret of ours that the profile lists and whose window is open.
func (m *Monitor) currentEpoch(p *contact.Profile, now int64) (*clinic.Monitor, bool) {
	var best *clinic.Monitor
	var n int64 = -1
	for _, e := range p.Monitors {
		s, ok := m.cfg.Keys.epoch(e)
		if ok && e.N > n && now >= e.NotBefore && now <= e.NotAfter {
			best, n = s, e.N
		}
	}
	return best, best != nil
}
