package monitor

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Local is a monitor as a device on the same computer sees it: without a channel, under the same
// rules. A clinic that works so says `monitor-same-device` in its profile.
type Local struct {
	m      *Monitor
	device [32]byte
}

var (
	_ clinic.Prover    = Local{}
	_ clinic.Deliverer = Local{}
)

// Local returns the monitor for a device on this computer.
func (m *Monitor) Local(device translog.Key) Local { return Local{m, contact.KeyHash(device)} }

// Prove implements [clinic.Prover].
func (l Local) Prove(ctx context.Context, r clinic.ProveRequest) (vrf, leaf []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, errors.Join(clinic.ErrMonitorAway, err)
	}
	p, err := l.m.Prove(ctx, l.device, r.Note)
	if errors.Is(err, ErrNotJoined) {
		err = errors.Join(clinic.ErrMonitorAway, err)
	}
	return p.VRF, p.Leaf, err
}

// Deliver implements [clinic.Deliverer].
func (l Local) Deliver(ctx context.Context, note []byte) error {
	if err := ctx.Err(); err != nil {
		return errors.Join(clinic.ErrMonitorAway, err)
	}
	return l.m.Deliver(note)
}

// Keyless is a monitor on the office's own computer that is open without its keys: persons
// decide and notes are handed over; nothing is proved or signed.
type Keyless struct{ m *Monitor }

// OpenKeyless opens one for a moment. Of cfg, Keys and Server are not used. Errors are those of
// [Open].
func OpenKeyless(cfg Config) (*Keyless, error) {
	cfg.Keys, cfg.Server = nil, nil
	m, err := openMonitor(cfg)
	if err != nil {
		return nil, err
	}
	return &Keyless{m}, nil
}

// Close gives the folder back.
func (k *Keyless) Close() error { return k.m.Close() }

// Deliver is [Monitor.Deliver].
func (k *Keyless) Deliver(notes ...[]byte) error { return k.m.Deliver(notes...) }

// Approve is [Monitor.Approve].
func (k *Keyless) Approve(_ context.Context, w Word, name string, messages int) error {
	return k.m.Approve(w.Person, w.Passphrase, name, messages)
}

// Acknowledge is [Monitor.Acknowledge].
func (k *Keyless) Acknowledge(_ context.Context, w Word, alarm int) error {
	return k.m.Acknowledge(w.Person, w.Passphrase, alarm)
}

// Holiday is [Monitor.Holiday].
func (k *Keyless) Holiday(_ context.Context, w Word, until int64) (done bool, err error) {
	return k.m.Holiday(w.Person, w.Passphrase, until)
}

// Restored says that a monitor's folder came back from a backup: what was proved after it is
// told as one alarm, not as one for each message.
func Restored(dir string) error {
	d, err := disk.Open(dir)
	if err != nil {
		return fmt.Errorf("restore monitor: %w", err)
	}
	var s tailState
	if _, err := readJSON(d, tailFile, &s); err != nil {
		return errors.Join(err, d.Close())
	}
	s.Restored = true
	return errors.Join(writeJSON(d, tailFile, s), d.Close())
}

// NewEpoch draws a new VRF secret for a monitor that does not run: k gets it, and seal seals what
// is kept. The request names it, for the clinic's next profile. Errors are those of [Open].
func NewEpoch(dir string, k *Keys, rand io.Reader, seal func([]byte) ([]byte, error)) (clinic.MonitorRequest, error) {
	if _, err := ReadSettings(dir); err != nil {
		return clinic.MonitorRequest{}, fmt.Errorf("new epoch: %w", err)
	}
	d, err := disk.Open(dir)
	if err != nil {
		return clinic.MonitorRequest{}, fmt.Errorf("new epoch: %w", err)
	}
	err = k.AddEpoch(rand)
	var raw []byte
	if err == nil {
		raw, err = k.Marshal()
	}
	if err == nil {
		raw, err = seal(raw)
	}
	if err == nil {
		err = d.Write(keysFile, raw)
	}
	return clinic.MonitorRequest{Key: k.Key(), VRF: k.VRFKey()}, errors.Join(err, d.Close())
}
