package monitor

import (
	"context"
	"errors"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
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
