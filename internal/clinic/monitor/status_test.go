package monitor_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// round is a round of the monitor that must succeed; it returns the newest status that the
// server has.
func (w *world) round() contact.Status {
	w.t.Helper()
	if err := w.m.Round(w.t.Context()); err != nil {
		w.t.Fatalf("round: %v", err)
	}
	if len(w.server.status) == 0 {
		w.t.Fatal("the server has no status")
	}
	return w.read(w.server.status[len(w.server.status)-1])
}

// read verifies a status under the monitor's key.
func (w *world) read(note []byte) contact.Status {
	w.t.Helper()
	s := must(translog.ParseSigned(note))(w.t)
	must(s.Open(w.keys.Key()))(w.t)
	return must(contact.ParseStatus(s.Text))(w.t)
}

func (w *world) keyState(s contact.Status, key translog.Key) string {
	h := contact.KeyHash(key)
	i := slices.IndexFunc(s.KeyState, func(k contact.KeyState) bool { return k.Key == h })
	if i < 0 {
		return ""
	}
	return s.KeyState[i].State
}

func TestStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.m.Status(); !errors.Is(err, monitor.ErrUnread) {
		t.Errorf("before anything was read: got %v, want %v", err, monitor.ErrUnread)
	}
	w.grant()
	w.server.log(clinic.MsgsLog, []byte("one"))
	s := w.round()
	size, root := w.server.logs.Keys.Head()
	if s.Keys.Size != size || s.Keys.Root != root || s.Msgs.Size != 1 {
		t.Errorf("got heads %d and %d, want %d and 1, as they were read", s.Keys.Size, s.Msgs.Size, size)
	}
	profile := must(translog.ParseSigned(w.server.leaves[clinic.KeysLog][0]))(t)
	if s.Profile != contact.NoteHash(profile.Text) || s.Clinic != w.id || s.Issued != w.clock.Unix() {
		t.Errorf("got %+v, want the profile in force", s)
	}
	if got := w.keyState(s, w.device.Key()); got != "ok" {
		t.Errorf("got %q for the front desk, want ok", got)
	}
	if len(s.KeyState) != 1 {
		t.Errorf("got %d keys, want the device alone: no status vouches for its own key", len(s.KeyState))
	}
	// A device that is granted now must not wait six hours: what it signs would prove nothing.
	second := must(clinic.NewDevice("second.example.com", contacttest.Seed("second")))(t)
	must(w.m.Invite(second.Key()))(t)
	w.server.log(clinic.KeysLog, must(w.roots.SignGrant(clinic.DeviceGrant(w.id, second.Key(), "Second", ben, 1, w.clock, contact.KindNotice)))(t))
	w.clock = w.clock.Add(time.Second)
	if s := w.round(); w.keyState(s, second.Key()) != "ok" || len(w.server.status) != 2 {
		t.Errorf("got %+v, want the new device at once", s.KeyState)
	}
	// Six hours later there is another one, not before.
	w.clock = w.clock.Add(5 * time.Hour)
	w.round()
	if n := len(w.server.status); n != 2 {
		t.Errorf("got %d statuses after 5 hours, want 2", n)
	}
	w.clock = w.clock.Add(time.Hour)
	w.reopen()
	w.round()
	if n := len(w.server.status); n != 3 {
		t.Errorf("got %d statuses after 6 hours, want 3", n)
	}
	_, kept, err := monitor.ReadStatus(w.dir)
	check(t, err)
	if kept.Issued != w.clock.Unix() {
		t.Errorf("got a kept status of %d, want %d", kept.Issued, w.clock.Unix())
	}
}

// A status that the server did not take is handed in again, and one that is due survives a
// restart.
func TestStatusIsPushedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	w.round()
	sealed := must(w.roots.SignRevoke(clinic.SealedRevocation(w.id, w.device.Key())))(t)
	check(t, w.m.Deliver(sealed))
	w.reopen()
	w.server.away = true
	w.clock = w.clock.Add(time.Minute)
	if err := w.m.Round(t.Context()); !errors.Is(err, clinic.ErrOffline) {
		t.Errorf("got %v, want %v", err, clinic.ErrOffline)
	}
	w.server.away = false
	w.reopen()
	s := w.round()
	if got := w.keyState(s, w.device.Key()); got != "stolen" || s.Issued != w.clock.Unix() {
		t.Errorf("got %q at %d, want stolen at once", got, s.Issued)
	}
}

// A revocation counts at once, however it comes, and no message is proved any more.
func TestRevocation(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		revoke    contact.Revoke
		delivered bool
		want      string
	}{
		{"sealed, by hand", contact.Revoke{Reason: contact.Compromised}, true, "stolen"},
		{"sealed, in the log", contact.Revoke{Reason: contact.Compromised}, false, "stolen"},
		{"stolen since", contact.Revoke{Reason: contact.Compromised, Effective: start.Unix()}, true, "stolen"},
		{"retired", contact.Revoke{Reason: contact.Retired, Effective: start.Unix()}, false, "until"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.grant()
			w.round()
			w.clock = w.clock.Add(time.Minute)
			r := tt.revoke
			r.Clinic, r.Key = w.id, w.device.Key()
			note := must(w.roots.SignRevoke(r))(t)
			if tt.delivered {
				check(t, w.m.Deliver(note))
			} else {
				w.server.log(clinic.KeysLog, note)
			}
			s := w.round()
			if got := w.keyState(s, w.device.Key()); got != tt.want || s.Issued != w.clock.Unix() {
				t.Errorf("got %q at %d, want %q at %d", got, s.Issued, tt.want, w.clock.Unix())
			}
			_, err := w.prove(w.message())
			wantRefused(t, err, "key")
			if tt.delivered {
				w.server.log(clinic.KeysLog, note)
				w.tail()
				w.wantAlarms()
			} else {
				w.wantAlarms(monitor.AlarmNote)
			}
		})
	}
}

func TestDeliverRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	evil := must(clinic.NewRoots(2, contacttest.Seed("evil"), "root-a", "root-b", "root-c"))(t)
	stranger := must(clinic.NewRevoker("revoker.example.com", contacttest.Seed("stranger")))(t)
	r := clinic.SealedRevocation(w.id, w.device.Key())
	for name, note := range map[string][]byte{
		"other roots":         must(evil.SignRevoke(r))(t),
		"revoker not granted": must(stranger.SignRevoke(r))(t),
		"garbage":             []byte("x"),
		"message":             w.message(),
	} {
		wantRefused(t, w.m.Deliver(note), "note")
		if s := w.round(); w.keyState(s, w.device.Key()) != "ok" {
			t.Errorf("%s: the key is not ok any more", name)
		}
	}
	// A revoker whom the root granted may.
	w.server.log(clinic.KeysLog, must(w.roots.SignGrant(clinic.RevokerGrant(w.id, stranger.Key(), "Ana", ana, w.clock)))(t))
	w.tail()
	check(t, w.m.Deliver(must(stranger.SignRevoke(r))(t)))
	// But not the monitor's key.
	own := clinic.SealedRevocation(w.id, w.keys.Key())
	wantRefused(t, w.m.Deliver(must(stranger.SignRevoke(own))(t)), "note")
	must(w.m.Status())(t)
	check(t, w.m.Deliver(must(w.roots.SignRevoke(own))(t)))
	_, err := w.m.Status()
	wantRefused(t, err, "key")
}

func TestWithdrawals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	note := w.message()
	must(w.prove(note))(t)
	commit := commitOf(t, note)
	w.round()
	w.clock = w.clock.Add(time.Minute)
	check(t, w.m.Deliver(must(w.device.SignWithdraw(contact.Withdraw{Clinic: w.id, Commits: [][32]byte{commit}, Reason: contact.InError}))(t)))
	s := w.round()
	if len(s.Gone) != 1 || *s.Gone[0].Commit != commit || s.Gone[0].Reason != contact.InError {
		t.Errorf("got %+v, want the message taken back", s.Gone)
	}
	// A device takes back only what it signed.
	check(t, w.m.Deliver(must(w.device.SignWithdraw(contact.Withdraw{Clinic: w.id, Commits: [][32]byte{{1}}, Reason: contact.InError}))(t)))
	w.clock = w.clock.Add(time.Minute)
	if s := w.round(); len(s.Gone) != 1 {
		t.Errorf("got %+v, want nothing of what another signed", s.Gone)
	}
	// The graver word on one message counts.
	check(t, w.m.Deliver(must(w.roots.SignWithdraw(contact.Withdraw{Clinic: w.id, Commits: [][32]byte{commit}, Reason: contact.NotOurs}))(t)))
	w.clock = w.clock.Add(time.Minute)
	if s := w.round(); len(s.Gone) != 1 || s.Gone[0].Reason != contact.NotOurs {
		t.Errorf("got %+v, want it not ours", s.Gone)
	}
	// It is not said any more once the message has expired.
	w.clock = w.clock.Add(31 * 24 * time.Hour)
	if s := w.round(); len(s.Gone) != 0 {
		t.Errorf("got %+v, want nothing", s.Gone)
	}
}

// However much was revoked and withdrawn, a status stays within its size, keeps the gravest and
// says so.
func TestStatusFull(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	for i := range 140 {
		d := must(clinic.NewDevice("desk.example.com", contacttest.Seed(string(rune('a'+i)))))(t)
		w.server.log(clinic.KeysLog, must(w.roots.SignGrant(clinic.DeviceGrant(w.id, d.Key(), "Desk", ana, 1, w.clock, contact.KindNotice)))(t))
		if i == 3 {
			w.server.log(clinic.KeysLog, must(w.roots.SignRevoke(clinic.SealedRevocation(w.id, d.Key())))(t))
		}
	}
	for i := range 5 {
		var commits [][32]byte
		for j := range 64 {
			commits = append(commits, [32]byte{byte(i), byte(j), 1})
		}
		reason := contact.Superseded
		if i == 0 {
			reason = contact.NotOurs
		}
		w.server.log(clinic.KeysLog, must(w.roots.SignWithdraw(contact.Withdraw{Clinic: w.id, Commits: commits, Reason: reason}))(t))
	}
	s := w.round()
	stolen, notOurs := 0, 0
	for _, k := range s.KeyState {
		if k.State == "stolen" {
			stolen++
		}
	}
	for _, g := range s.Gone {
		if g.Reason == contact.NotOurs {
			notOurs++
		}
	}
	if len(s.KeyState) != 128 || len(s.Gone) != 256 || stolen != 1 || notOurs != 64 {
		t.Errorf("got %d keys (%d stolen), %d gone (%d not ours)", len(s.KeyState), stolen, len(s.Gone), notOurs)
	}
	if n := len(w.server.status[len(w.server.status)-1]); n > monitor.MaxStatus {
		t.Errorf("got %d bytes, want at most %d", n, monitor.MaxStatus)
	}
	if a := w.m.Alarms(); a[len(a)-1].Kind != monitor.AlarmFull {
		t.Errorf("got %+v, want an alarm that not everything had room", a[len(a)-1])
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) {
		w.hours = &monitor.Hours{Days: []time.Weekday{time.Monday, time.Tuesday}, From: "08:00", To: "18:00"}
	})
	w.grant()
	monday := time.Date(2031, 5, 12, 8, 0, 0, 0, time.UTC)
	if s := w.round(); s.Next != 0 {
		t.Errorf("six days before the next opening: got %d, want none", s.Next)
	}
	w.clock = monday.AddDate(0, 0, -3)
	if s := w.round(); s.Next != monday.Unix() {
		t.Errorf("got %d, want Monday at 8", s.Next)
	}
	until := w.clock.AddDate(0, 0, 13)
	if done := must(w.m.Holiday(ana, anaPass, until.Unix()))(t); done {
		t.Error("one person was enough for a holiday")
	}
	if done := must(w.m.Holiday(ana, anaPass, until.Unix()))(t); done {
		t.Error("one person twice was enough for a holiday")
	}
	if done := must(w.m.Holiday(ben, benPass, until.Unix()))(t); !done {
		t.Error("two persons were not enough for a holiday")
	}
	w.clock = w.clock.Add(time.Minute)
	w.reopen()
	if s := w.round(); s.Next != until.Unix() {
		t.Errorf("got %d, want the end of the holiday", s.Next)
	}
	if _, err := w.m.Holiday(ana, anaPass, w.clock.AddDate(0, 0, 15).Unix()); !errors.Is(err, monitor.ErrHoliday) {
		t.Errorf("got %v, want %v", err, monitor.ErrHoliday)
	}
}

// A verifier reads what the monitor made: a message and a status of it are genuine.
func TestVerifierAgrees(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	note := w.message()
	p := must(w.prove(note))(t)
	w.server.log(clinic.MsgsLog, p.Leaf)
	w.clock = w.clock.Add(time.Minute)
	w.round()
	proof := func(i int64) []byte { return must(w.server.logs.Keys.Proof(i))(t) }
	leaves := w.server.leaves[clinic.KeysLog]
	b := contact.Bundle{
		Message: note, VRF: p.VRF, MessageProof: must(w.server.logs.Msgs.Proof(0))(t),
		Profile: leaves[0], ProfileProof: proof(0), Grant: leaves[2], GrantProof: proof(2),
		Policies: [][]byte{w.policy()}, Monitor: leaves[1], MonitorProof: proof(1), Status: w.server.status[0],
	}
	in := contact.Input{
		Bundle: b.Marshal(), Now: w.clock,
		Memory: contact.Memory{Pins: []contact.Pin{contact.NewPin(w.roots.Set(), "Example Aesthetics", contact.InPerson, start.Unix())}},
	}
	v, _, err := contact.Verify(in)
	check(t, err)
	if v.Headline != contact.GenuineForAnyone {
		t.Errorf("got %s (%v), want %s", v.Headline, v.Findings, contact.GenuineForAnyone)
	}
	w.clock = w.clock.Add(time.Minute)
	check(t, w.m.Deliver(must(w.roots.SignRevoke(clinic.SealedRevocation(w.id, w.device.Key())))(t)))
	w.round()
	b.Status = w.server.status[1]
	in.Bundle, in.Now = b.Marshal(), w.clock
	v, _, err = contact.Verify(in)
	check(t, err)
	if v.Headline != contact.KeyStolen {
		t.Errorf("got %s (%v), want %s", v.Headline, v.Findings, contact.KeyStolen)
	}
}
