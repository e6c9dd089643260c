package monitor_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
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

// Two persons take back what is not the clinic's: it is in the next status and in the log, once,
// whatever fails in between.
func TestWithdrawByTwo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	w.serve()
	c := must(monitor.NewControl(w.dir))(t)
	defer c.Close()
	ctx := t.Context()
	a, b := monitor.Word{Person: ana, Passphrase: anaPass}, monitor.Word{Person: ben, Passphrase: benPass}
	n := contact.Withdraw{Commits: [][32]byte{{7}}, Reason: contact.NotOurs}
	if _, err := c.Withdraw(ctx, monitor.Word{Person: ben, Passphrase: anaPass}, n); !errors.Is(err, monitor.ErrPerson) {
		t.Errorf("another's passphrase: got %v, want %v", err, monitor.ErrPerson)
	}
	if _, err := c.Withdraw(ctx, a, contact.Withdraw{Reason: contact.NotOurs}); !errors.Is(err, contact.ErrMalformed) {
		t.Errorf("nothing: got %v, want %v", err, contact.ErrMalformed)
	}
	for range 2 {
		if done := must(c.Withdraw(ctx, a, n))(t); done {
			t.Fatal("one person was enough")
		}
	}
	w.server.away = true
	if done := must(c.Withdraw(ctx, b, n))(t); !done {
		t.Fatal("two persons were not enough")
	}
	if err := w.m.Round(ctx); !errors.Is(err, clinic.ErrOffline) {
		t.Errorf("server away: got %v, want %v", err, clinic.ErrOffline)
	}
	w.server.away = false
	w.reopen()
	before := len(w.server.leaves[clinic.KeysLog])
	for range 3 {
		check(t, w.m.Round(ctx))
	}
	if got := len(w.server.leaves[clinic.KeysLog]) - before; got != 1 {
		t.Errorf("got %d notes logged, want 1", got)
	}
	_, s, err := monitor.ReadStatus(w.dir)
	check(t, err)
	if len(s.Gone) != 1 || s.Gone[0].Commit == nil || *s.Gone[0].Commit != [32]byte{7} || s.Gone[0].Reason != contact.NotOurs {
		t.Errorf("got status lines %v, want the message", s.Gone)
	}
	w.wantAlarms()
	// A word an hour ago is none any more.
	n.Commits[0][0] = 8
	must(w.m.Withdraw(ana, anaPass, n))(t)
	w.clock = w.clock.Add(2 * time.Hour)
	if done := must(w.m.Withdraw(ben, benPass, n))(t); done {
		t.Error("two words two hours apart were enough")
	}
}

// A monitor that joins a clinic late knows what was logged before, also what a revoker signed.
func TestJoinLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	r := must(clinic.NewRevoker("revoker.example.com", contacttest.Seed("revoker")))(t)
	w.server.log(clinic.KeysLog, must(w.roots.SignGrant(clinic.RevokerGrant(w.id, r.Key(), "Revoker", "ben", w.clock)))(t))
	end := contact.Revoke{Clinic: w.id, Key: w.device.Key(), Reason: contact.Retired, Effective: w.clock.Unix()}
	w.server.log(clinic.KeysLog, must(r.SignRevoke(end))(t))
	page := clinic.Page{Policies: [][]byte{w.policy()}}
	for i, note := range w.server.leaves[clinic.KeysLog] {
		proof := must(w.server.logs.Keys.Proof(int64(i)))(t)
		page.Notes = append(page.Notes, clinic.PageNote{Index: int64(i), Note: note, Proof: proof})
	}
	w.server.page = page
	j := must(monitor.Find(t.Context(), w.server, w.id))(t)
	if len(j.Known) != len(page.Notes) {
		t.Errorf("got %d notes, want all %d", len(j.Known), len(page.Notes))
	}
	w.dir = t.TempDir()
	check(t, w.m.Close())
	check(t, monitor.SetUp(w.dir, w.keys, []byte("sealed"), "https://monitor.example.com:8443", must(persons())(t), nil))
	check(t, monitor.Join(w.dir, j))
	w.open()
	w.tail()
	w.wantAlarms()
	// What no log has proven is not told of.
	page.Notes[3].Proof = page.Notes[0].Proof
	w.server.page = page
	if j := must(monitor.Find(t.Context(), w.server, w.id))(t); len(j.Known) != 3 {
		t.Errorf("got %d notes, want 3: a grant without a proof, and what it would lead to, do not count", len(j.Known))
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
