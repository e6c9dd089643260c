package monitor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"

	"connectrpc.com/connect/v2"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
)

// runningFile says where the running monitor listens: a person on the same machine speaks to it
// there.
const runningFile = "running.json"

type running struct {
	Listen string `json:"listen"` // host:port
}

// ErrNotRunning says that no monitor runs on this machine.
var ErrNotRunning = errors.New("the monitor does not run")

// ErrHere says that a monitor on the office's own computer does not do this.
var ErrHere = errors.New("the monitor is on the office's own computer")

// Announce writes down where the monitor listens.
func (m *Monitor) Announce(l net.Addr) error {
	host, port, err := net.SplitHostPort(l.String())
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return writeJSON(m.dir, runningFile, running{net.JoinHostPort(host, port)})
}

// Word is who decides, and the passphrase that proves it.
type Word struct{ Person, Passphrase string }

// Control speaks to the monitor that runs on this machine.
type Control struct{ service connection }

// NewControl finds the running monitor of a folder. It fails with [ErrNotRunning] or [ErrSetUp].
func NewControl(dir string) (*Control, error) {
	s, err := ReadSettings(dir)
	if err != nil {
		return nil, err
	}
	raw, err := disk.ReadFile(dir, runningFile)
	if err != nil {
		return nil, err
	}
	var r running
	if raw == nil || json.Unmarshal(raw, &r) != nil {
		return nil, ErrNotRunning
	}
	dialer := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: clientTimeout}).DialContext(ctx, network, r.Listen)
	}
	return &Control{dial("https://"+r.Listen, s.Pin, dialer)}, nil
}

// Close ends the connection.
func (c *Control) Close() { c.service.close() }

// Approve is [Monitor.Approve].
func (c *Control) Approve(ctx context.Context, w Word, name string, messages int) error {
	r := &chaperonev1.ApproveRequest{Decision: &chaperonev1.ApproveRequest_Waiting{Waiting: name}, Messages: uint32(max(messages, 0))} //nolint:gosec // bounded by the monitor
	_, err := c.decide(ctx, w, r)
	return err
}

// Acknowledge is [Monitor.Acknowledge].
func (c *Control) Acknowledge(ctx context.Context, w Word, alarm int) error {
	_, err := c.decide(ctx, w, &chaperonev1.ApproveRequest{Decision: &chaperonev1.ApproveRequest_Alarm{Alarm: uint64(max(alarm, 0))}}) //nolint:gosec // >= 0
	return err
}

// Holiday is [Monitor.Holiday].
func (c *Control) Holiday(ctx context.Context, w Word, until int64) (done bool, err error) {
	a, err := c.decide(ctx, w, &chaperonev1.ApproveRequest{Decision: &chaperonev1.ApproveRequest_Holiday{Holiday: until}})
	return a.GetDone(), err
}

// Invite is [Monitor.InviteBy].
func (c *Control) Invite(ctx context.Context, w Word, vkey string) (Invitation, error) {
	a, err := c.decide(ctx, w, &chaperonev1.ApproveRequest{Decision: &chaperonev1.ApproveRequest_Invite{Invite: vkey}})
	if err != nil {
		return Invitation{}, err
	}
	return ParseInvitation(a.GetInvitation())
}

// Withdraw is [Monitor.Withdraw] of one message or one batch.
func (c *Control) Withdraw(ctx context.Context, w Word, what contact.Withdraw) (done bool, err error) {
	p := &chaperonev1.Withdrawal{Reason: what.Reason}
	switch {
	case what.Batch != nil:
		p.Target = &chaperonev1.Withdrawal_Batch{Batch: what.Batch[:]}
	case len(what.Commits) == 1:
		p.Target = &chaperonev1.Withdrawal_Commit{Commit: what.Commits[0][:]}
	default:
		return false, contact.ErrMalformed
	}
	a, err := c.decide(ctx, w, &chaperonev1.ApproveRequest{Decision: &chaperonev1.ApproveRequest_Withdraw{Withdraw: p}})
	return a.GetDone(), err
}

func (c *Control) decide(ctx context.Context, w Word, r *chaperonev1.ApproveRequest) (*chaperonev1.ApproveResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, clientTimeout)
	defer cancel()
	r.Person, r.Passphrase = w.Person, w.Passphrase
	a, err := c.service.Approve(ctx, r)
	return a, controlError(ctx, err, r)
}

// controlError turns an answer back into the error that it was.
func controlError(ctx context.Context, err error, r *chaperonev1.ApproveRequest) error {
	if err == nil {
		return nil
	}
	if cause := ctx.Err(); cause != nil {
		return fmt.Errorf("%w: %w", clinic.ErrMonitorAway, cause)
	}
	var wire *connect.Error
	if !errors.As(err, &wire) || !wire.IsRemote() {
		return ErrNotRunning
	}
	_, alarm := r.GetDecision().(*chaperonev1.ApproveRequest_Alarm)
	_, invite := r.GetDecision().(*chaperonev1.ApproveRequest_Invite)
	_, withdraw := r.GetDecision().(*chaperonev1.ApproveRequest_Withdraw)
	switch connect.CodeOf(err) {
	case connect.CodePermissionDenied:
		return ErrPerson
	case connect.CodeResourceExhausted:
		return ErrWait
	case connect.CodeFailedPrecondition:
		if invite {
			return ErrNotJoined
		}
		return ErrOwn
	case connect.CodeNotFound:
		if alarm {
			return ErrNoAlarm
		}
		return ErrNotWaiting
	case connect.CodeInvalidArgument:
		switch {
		case invite:
			return ErrInvitation
		case withdraw:
			return contact.ErrMalformed
		}
		return ErrNumber
	case connect.CodeOutOfRange:
		return ErrHoliday
	}
	return clinic.ErrMonitorRefused
}
