package clinic

import (
	"context"
	"errors"
)

// Errors of a [Prover].
var (
	// ErrNeedApproval says that a second person must approve on the monitor. The same request
	// sent again later succeeds.
	ErrNeedApproval = errors.New("a second person must approve on the monitor")
	// ErrMonitorRefused says that the monitor will not prove this: key, kind, hours or a channel
	// that does not fit. Trying again does not help.
	ErrMonitorRefused = errors.New("the monitor refused")
	// ErrMonitorAway says that the monitor does not answer. Nothing was proven or sent.
	ErrMonitorAway = errors.New("the monitor does not answer")
)

// Prover gets the monitor's proof of a message. A signing key alone cannot publish: what no
// monitor has proven is UNPROVEN to every patient.
type Prover interface {
	// Prove returns the VRF proof, 80 bytes, and the leaf for the msgs log, 48 bytes. The same
	// request again has the same answer. It fails with [ErrNeedApproval], [ErrMonitorRefused]
	// or [ErrMonitorAway].
	Prove(ctx context.Context, r ProveRequest) (vrf, leaf []byte, err error)
}

// ProveRequest is what a device shows its monitor.
type ProveRequest struct {
	Note   []byte    // the signed message note
	Commit [32]byte  // contact.Commit of it
	Batch  *[16]byte // the batch it belongs to; nil for one message alone
}

// Deliverer hands a revoke or withdraw note to a monitor directly, so that it is in the next
// status whatever the server does. It fails with [ErrMonitorRefused] or [ErrMonitorAway].
type Deliverer interface {
	Deliver(ctx context.Context, note []byte) error
}

// Prover returns the monitor as a [Prover] for a clinic that keeps both keys on one computer,
// and for logs in memory. It approves everything.
func (m *Monitor) Prover() Prover { return direct{m} }

type direct struct{ m *Monitor }

// Prove implements [Prover].
func (d direct) Prove(ctx context.Context, r ProveRequest) (vrf, leaf []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, errors.Join(ErrMonitorAway, err)
	}
	vrf, leaf = d.m.Prove(r.Commit)
	return vrf, leaf, nil
}
