package monitor_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
)

func TestControl(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	if _, err := monitor.NewControl(w.dir); !errors.Is(err, monitor.ErrNotRunning) {
		t.Errorf("never started: got %v, want %v", err, monitor.ErrNotRunning)
	}
	w.serve()
	c := must(monitor.NewControl(w.dir))(t)
	defer c.Close()
	ctx, good, bad := t.Context(), monitor.Word{Person: ben, Passphrase: benPass}, monitor.Word{Person: "eve", Passphrase: benPass}
	note := w.message(billing)
	_, err := w.prove(note)
	name := wantWaits(t, err, "billing")
	for _, tt := range []struct {
		name string
		err  error
		want error
	}{
		{"stranger", c.Approve(ctx, bad, name, 0), monitor.ErrPerson},
		{"own device", c.Approve(ctx, monitor.Word{Person: ana, Passphrase: anaPass}, name, 0), monitor.ErrOwn},
		{"nothing of this name", c.Approve(ctx, good, "ffffffff", 0), monitor.ErrNotWaiting},
		{"a number for one message", c.Approve(ctx, good, name, 3), monitor.ErrNumber},
		{"no such alarm", c.Acknowledge(ctx, good, 1), monitor.ErrNoAlarm},
		{"approve", c.Approve(ctx, good, name, 0), nil},
		{"again", c.Approve(ctx, good, name, 0), monitor.ErrNotWaiting},
	} {
		if !errors.Is(tt.err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, tt.err, tt.want)
		}
	}
	must(w.prove(note))(t)
	if _, err := c.Holiday(ctx, good, w.clock.AddDate(1, 0, 0).Unix()); !errors.Is(err, monitor.ErrHoliday) {
		t.Errorf("a year of holiday: got %v, want %v", err, monitor.ErrHoliday)
	}
	until := w.clock.AddDate(0, 0, 5).Unix()
	if done := must(c.Holiday(ctx, good, until))(t); done {
		t.Error("one person was enough for a holiday")
	}
	if done := must(c.Holiday(ctx, monitor.Word{Person: ana, Passphrase: anaPass}, until))(t); !done {
		t.Error("two persons were not enough for a holiday")
	}
	if _, err := c.Invite(ctx, bad, w.device.Key().String()); !errors.Is(err, monitor.ErrPerson) {
		t.Errorf("invitation by a stranger: got %v, want %v", err, monitor.ErrPerson)
	}
	if _, err := c.Invite(ctx, good, "not a key"); !errors.Is(err, monitor.ErrInvitation) {
		t.Errorf("invitation for no key: got %v, want %v", err, monitor.ErrInvitation)
	}
	i := must(c.Invite(ctx, good, w.device.Key().String()))(t)
	if i.Device != w.device.Key() || i.Clinic != w.id {
		t.Errorf("got an invitation for %v", i.Device)
	}
}

// foreign makes connections look as if they came from another machine.
type foreign struct{ net.Listener }

func (f foreign) Accept() (net.Conn, error) {
	c, err := f.Listener.Accept()
	return foreignConn{c}, err
}

type foreignConn struct{ net.Conn }

func (foreignConn) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 4000}
}

// Nobody approves from another machine, whatever passphrase they have.
func TestApproveOnlyHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	_, err := w.prove(w.message(billing))
	name := wantWaits(t, err, "billing")
	w.serveOn(func(l net.Listener) net.Listener { return foreign{l} })
	c := must(monitor.NewControl(w.dir))(t)
	defer c.Close()
	if err := c.Approve(context.Background(), monitor.Word{Person: ben, Passphrase: benPass}, name, 0); !errors.Is(err, monitor.ErrPerson) {
		t.Errorf("got %v, want %v", err, monitor.ErrPerson)
	}
	if got := w.m.Waiting(); len(got) != 1 {
		t.Errorf("got %d waiting, want it still to wait", len(got))
	}
}
