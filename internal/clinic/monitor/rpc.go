package monitor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
)

// The limits of a monitor's listener. It has a handful of callers on its own network.
const (
	maxCall       = 72 << 10 // bytes of a request: a sealed one, and its frame
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = time.Minute
	maxConns      = 64
)

// Handler answers MonitorService.
func (m *Monitor) Handler() http.Handler {
	server := connect.NewServer()
	chaperonev1connect.RegisterMonitorServiceHandler(server, handler{m})
	mux := http.NewServeMux()
	connecthttp.Mount(mux, server, connecthttp.WithReadMaxBytes(maxCall), connecthttp.WithCompressMinBytes(1<<30))
	return http.MaxBytesHandler(mux, 2*maxCall)
}

// Serve answers devices on a listener, over TLS, until ctx ends.
func (m *Monitor) Serve(ctx context.Context, l net.Listener) error {
	s := &http.Server{
		Handler:           m.Handler(),
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{m.cfg.Keys.certificate()}, MinVersion: tls.VersionTLS13},
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // its texts hold addresses
		BaseContext:    func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	done := make(chan error, 1)
	go func() { done <- s.ServeTLS(limitListener(l, maxConns), "", "") }()
	select {
	case err := <-done:
		return fmt.Errorf("answer devices: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := s.Shutdown(stop)
	<-done
	return err
}

// limitListener lets at most n connections be open; more wait in the system's queue.
func limitListener(l net.Listener, n int) net.Listener {
	return &limited{l, make(chan struct{}, n)}
}

type limited struct {
	net.Listener
	slots chan struct{}
}

// Accept implements net.Listener.
func (l *limited) Accept() (net.Conn, error) {
	l.slots <- struct{}{}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &limitedConn{Conn: c, slots: l.slots}, nil
}

type limitedConn struct {
	net.Conn
	slots chan struct{}
	once  sync.Once
}

// Close implements net.Conn.
func (c *limitedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { <-c.slots })
	return err
}

type handler struct{ m *Monitor }

var _ chaperonev1connect.MonitorServiceHandler = handler{}

// Prove implements MonitorService.
func (h handler) Prove(_ context.Context, r *chaperonev1.ProveRequest) (*chaperonev1.ProveResponse, error) {
	sealed, err := h.handle(OpProve, r.GetDevice(), r.GetSealed())
	if err != nil {
		return nil, err
	}
	return &chaperonev1.ProveResponse{Sealed: sealed}, nil
}

// Deliver implements MonitorService.
func (h handler) Deliver(_ context.Context, r *chaperonev1.DeliverRequest) (*chaperonev1.DeliverResponse, error) {
	sealed, err := h.handle(OpDeliver, r.GetDevice(), r.GetSealed())
	if err != nil {
		return nil, err
	}
	return &chaperonev1.DeliverResponse{Sealed: sealed}, nil
}

// Today implements MonitorService.
func (h handler) Today(_ context.Context, r *chaperonev1.TodayRequest) (*chaperonev1.TodayResponse, error) {
	sealed, err := h.handle(OpToday, r.GetDevice(), r.GetSealed())
	if err != nil {
		return nil, err
	}
	return &chaperonev1.TodayResponse{Sealed: sealed}, nil
}

func (h handler) handle(op Operation, device, sealed []byte) ([]byte, error) {
	if len(device) != 32 {
		return nil, wireError(ErrNoChannel)
	}
	answer, err := h.m.Handle(op, [32]byte(device), sealed)
	if err != nil {
		return nil, wireError(err)
	}
	return answer, nil
}

// Approve implements MonitorService.
func (h handler) Approve(ctx context.Context, r *chaperonev1.ApproveRequest) (*chaperonev1.ApproveResponse, error) {
	if !fromHere(ctx) {
		return nil, connect.NewError(connect.CodePermissionDenied, "approve on the monitor itself")
	}
	if vkey := r.GetInvite(); vkey != "" {
		invitation, err := h.m.InviteBy(r.GetPerson(), r.GetPassphrase(), vkey)
		if err != nil {
			return nil, wireError(err)
		}
		return &chaperonev1.ApproveResponse{Done: true, Invitation: invitation.Marshal()}, nil
	}
	done, err := h.decide(r)
	if err != nil {
		return nil, wireError(err)
	}
	return &chaperonev1.ApproveResponse{Done: done}, nil
}

func (h handler) decide(r *chaperonev1.ApproveRequest) (bool, error) {
	person, passphrase := r.GetPerson(), r.GetPassphrase()
	if len(person) > 20 || len(passphrase) > 1024 {
		return false, ErrPerson
	}
	switch d := r.GetDecision().(type) {
	case *chaperonev1.ApproveRequest_Waiting:
		if r.GetMessages() > 100000 {
			return false, ErrNumber
		}
		return true, h.m.Approve(person, passphrase, d.Waiting, int(r.GetMessages()))
	case *chaperonev1.ApproveRequest_Holiday:
		return h.m.Holiday(person, passphrase, d.Holiday)
	case *chaperonev1.ApproveRequest_Withdraw:
		w, err := withdrawal(d.Withdraw)
		if err != nil {
			return false, err
		}
		return h.m.Withdraw(person, passphrase, w)
	case *chaperonev1.ApproveRequest_Alarm:
		if d.Alarm > 1<<31 {
			return false, ErrNoAlarm
		}
		return true, h.m.Acknowledge(person, passphrase, int(d.Alarm))
	default:
		return false, ErrNotWaiting
	}
}

// withdrawal reads what a person takes back.
func withdrawal(p *chaperonev1.Withdrawal) (contact.Withdraw, error) {
	w := contact.Withdraw{Reason: p.GetReason()}
	switch t := p.GetTarget().(type) {
	case *chaperonev1.Withdrawal_Commit:
		if len(t.Commit) != 32 {
			return w, contact.ErrMalformed
		}
		w.Commits = [][32]byte{[32]byte(t.Commit)}
	case *chaperonev1.Withdrawal_Batch:
		if len(t.Batch) != 16 {
			return w, contact.ErrMalformed
		}
		batch := [16]byte(t.Batch)
		w.Batch = &batch
	default:
		return w, contact.ErrMalformed
	}
	return w, nil
}

// fromHere reports whether a caller is this machine itself.
func fromHere(ctx context.Context) bool {
	info, ok := connect.CallInfoForServerContext(ctx)
	if !ok {
		return false
	}
	host, _, err := net.SplitHostPort(info.PeerAddr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	if ip != nil && ip.IsLoopback() {
		return true
	}
	local, ok := ctx.Value(http.LocalAddrContextKey).(net.Addr)
	if !ok || ip == nil {
		return false
	}
	own, _, err := net.SplitHostPort(local.String())
	return err == nil && ip.Equal(net.ParseIP(own))
}

// wireErrors is the one place where errors become what a caller is told.
func wireErrors() []struct {
	err  error
	code connect.Code
	text string
} {
	return []struct {
		err  error
		code connect.Code
		text string
	}{
		{ErrNoChannel, connect.CodePermissionDenied, "no channel for this device; ask for a new invitation"},
		{ErrChannel, connect.CodePermissionDenied, "not sealed for this channel; ask for a new invitation"},
		{ErrChannelClosed, connect.CodeFailedPrecondition, "this channel is closed; look at the alarms on the monitor"},
		{ErrPerson, connect.CodePermissionDenied, "no such person, or another passphrase"},
		{ErrOwn, connect.CodeFailedPrecondition, "a second person must approve"},
		{ErrWait, connect.CodeResourceExhausted, "too many wrong passphrases; wait ten minutes"},
		{ErrNotWaiting, connect.CodeNotFound, "nothing of this name waits"},
		{ErrNoAlarm, connect.CodeNotFound, "no open alarm of this number"},
		{ErrNumber, connect.CodeInvalidArgument, "say how many messages the batch has"},
		{ErrInvitation, connect.CodeInvalidArgument, "not the key of a device"},
		{ErrNotJoined, connect.CodeFailedPrecondition, "the monitor belongs to no clinic yet"},
		{ErrHoliday, connect.CodeOutOfRange, "a holiday ends within 14 days"},
		{contact.ErrMalformed, connect.CodeInvalidArgument, "not something that can be taken back"},
		{disk.ErrDisk, connect.CodeUnavailable, "the monitor could not write its disk"},
	}
}

func wireError(err error) error {
	for _, e := range wireErrors() {
		if errors.Is(err, e.err) {
			return connect.NewError(e.code, e.text)
		}
	}
	return connect.NewError(connect.CodeInternal, "internal error")
}
