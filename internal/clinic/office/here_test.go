package office

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// A clinic of one computer keeps the rules of one with two: beyond the day's count a second
// person approves, who is not the holder of the device and has a passphrase of their own.
func TestCapHere(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	ctx := t.Context()
	if _, err := o.NewDevice("second.example", true); err != nil {
		t.Fatal(err)
	}
	k, _ := o.DeviceKey()
	_, err := o.Grant(ctx, d.made.Roots, GrantRequest{Key: k, Label: "Desk", Holder: ana.Person, Kinds: []contact.Kind{contact.KindNotice, contact.KindBilling}, Cap: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Send(ctx, notice("Within the count.")); err != nil {
		t.Fatal(err)
	}
	bill := notice("Your bill is ready.")
	bill.Kind = contact.KindBilling
	for _, tt := range []struct {
		why   string
		draft clinic.Draft
	}{{"cap", notice("Beyond the count.")}, {"billing", bill}} {
		it, err := o.Send(ctx, tt.draft)
		waits, ok := errors.AsType[*monitor.ApprovalError](err)
		if !ok || waits.Why != tt.why || it.State != Signed {
			t.Fatalf("got %v, want a second person because of %s", err, tt.why)
		}
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
		if err := d.approve(ana, waits.Name, 0); !errors.Is(err, monitor.ErrOwn) {
			t.Errorf("%s: own device: got %v, want %v", tt.why, err, monitor.ErrOwn)
		}
		if err := d.approve(monitor.Word{Person: "ben", Passphrase: ana.Passphrase}, waits.Name, 0); !errors.Is(err, monitor.ErrPerson) {
			t.Errorf("%s: another's passphrase: got %v, want %v", tt.why, err, monitor.ErrPerson)
		}
		if err := d.approve(ben, waits.Name, 0); err != nil {
			t.Fatal(err)
		}
		o = d.open()
		drafts, err := o.Drafts()
		if err != nil || len(drafts) != 1 {
			t.Fatalf("%s: got %d drafts, %v", tt.why, len(drafts), err)
		}
		if err := o.Resume(ctx, drafts[0]); err != nil {
			t.Errorf("%s: approved: got %v", tt.why, err)
		}
	}
	wantAlarms(t, o)
}

// Three wrong passphrases stop a name for ten minutes, though each try is a process of its own.
func TestGuessingHere(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := d.approve(monitor.Word{Person: "ben", Passphrase: "a wild guess"}, "x", 0); !errors.Is(err, monitor.ErrPerson) {
			t.Errorf("got %v, want %v", err, monitor.ErrPerson)
		}
	}
	if err := d.approve(ben, "x", 0); !errors.Is(err, monitor.ErrWait) {
		t.Errorf("after three: got %v, want %v", err, monitor.ErrWait)
	}
	d.fake.set(func() { d.fake.clock = testNow.Add(11 * time.Minute) })
	if err := d.approve(ben, "x", 0); !errors.Is(err, monitor.ErrNotWaiting) {
		t.Errorf("later: got %v, want %v", err, monitor.ErrNotWaiting)
	}
}

// What is not the clinic's is taken back by two persons, with the monitor's key.
func TestWithdrawBy(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	ctx := t.Context()
	it, err := o.Send(ctx, notice("Please come by."))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Withdraw(ctx, it.Ref, contact.NotOurs, nil); !errors.Is(err, clinic.ErrRoots) {
		t.Errorf("by the device: got %v, want %v", err, clinic.ErrRoots)
	}
	if done, err := o.WithdrawBy(ctx, ana, it.Ref, contact.NotOurs); err != nil || done {
		t.Errorf("one person: got %v, %v", done, err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	o = d.open()
	if done, err := o.WithdrawBy(ctx, ana, it.Ref, contact.NotOurs); err != nil || done {
		t.Errorf("the same person twice: got %v, %v", done, err)
	}
	if done, err := o.WithdrawBy(ctx, ben, it.Ref, contact.InError); err != nil || done {
		t.Errorf("another reason: got %v, %v", done, err)
	}
	notes := len(d.fake.notes)
	if done, err := o.WithdrawBy(ctx, ben, it.Ref, contact.NotOurs); err != nil || !done {
		t.Fatalf("two persons: got %v, %v", done, err)
	}
	if got := len(d.fake.notes) - notes; got != 1 {
		t.Errorf("got %d notes logged, want 1", got)
	}
	if got := d.headline(o, it, "Please come by.\n"); got != contact.Disowned {
		t.Errorf("got %s, want %s", got, contact.Disowned)
	}
	if err := o.PublishStatus(ctx); err != nil || len(d.fake.notes) != notes+1 {
		t.Errorf("again: got %v, %d notes, want %d", err, len(d.fake.notes), notes+1)
	}
	wantAlarms(t, o)
}

// After the keys log was replaced the clinic's notes are logged again, in the order in which the
// new log can judge them, and byte for byte.
func TestLogAgain(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	ctx := t.Context()
	k, _ := o.DeviceKey()
	if _, err := o.Revoke(ctx, RevokeRequest{Who: k.String(), Reason: contact.Retired, Roots: d.made.Roots}); err != nil {
		t.Fatal(err)
	}
	var next *clinic.Roots
	if err := o.Rotate(ctx, d.made.Roots, 2, 2, func(r *clinic.Roots) error { next = r; return nil }); err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(d.fake.notes)
	d.fake.set(func() { d.fake.asked = nil })
	if err := o.UpdateProfile(ctx, next, Change{Frozen: []contact.FrozenHead{{Origin: "log.example.com/msgs", Size: 3}}}); err != nil {
		t.Fatal(err)
	}
	if got := len(d.fake.asked); got != 1 {
		t.Errorf("after a msgs log: got %d notes, want the profile alone", got)
	}
	d.fake.set(func() { d.fake.asked = nil })
	if err := o.UpdateProfile(ctx, next, Change{Frozen: []contact.FrozenHead{{Origin: "log.example.com/keys", Size: 7}}}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, n := range d.fake.asked {
		first, _, _ := strings.Cut(string(n), "\n")
		got = append(got, strings.Split(first, "/")[1])
		if i != 2 && !slices.ContainsFunc(before, func(b []byte) bool { return string(b) == string(n) }) {
			t.Errorf("note %d is another than before", i)
		}
	}
	if want := []string{"clinic", "rotate", "clinic", "grant", "grant", "grant", "grant", "revoke"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if p, _ := o.Profile(); len(p.Frozen) != 2 || o.Waiting() != 0 {
		t.Errorf("got %d frozen heads, %d notes waiting, want 2 and none", len(p.Frozen), o.Waiting())
	}
}

// A clinic lives longer than its grants: what is renewed in time goes on, and what was sent
// before stays good.
func TestAfterAYear(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	ctx := t.Context()
	roots := d.made.Roots
	day := func(n int) { d.fake.set(func() { d.fake.clock = testNow.AddDate(0, 0, n) }) }
	if got := o.Ending(); len(got) != 0 {
		t.Errorf("at first: got %v, want nothing that ends", got)
	}
	day(80)
	if got := o.Ending(); len(got) != 1 || got[0].Label != "Front desk" {
		t.Fatalf("after 80 days: got %v, want the device", got)
	}
	before, err := o.Send(ctx, notice("Before."))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Renew(ctx, roots, "Front desk"); err != nil {
		t.Fatal(err)
	}
	if got := o.Ending(); len(got) != 0 {
		t.Errorf("renewed: got %v, want nothing that ends", got)
	}
	after, err := o.Send(ctx, notice("After."))
	if err != nil {
		t.Fatal(err)
	}
	for text, it := range map[string]*Item{"Before.\n": before, "After.\n": after} {
		if got := d.headline(o, it, text); got != contact.GenuineOneKey {
			t.Errorf("%q: got %s, want %s", text, got, contact.GenuineOneKey)
		}
	}
	// The same by "grant" for the same key; a revoker's key never becomes a device's.
	k, _ := o.DeviceKey()
	q := GrantRequest{Key: k, Label: "Front desk", Holder: "front-desk", Kinds: []contact.Kind{contact.KindNotice}, Cap: 200}
	for n := 160; n <= 355; n += 65 {
		day(n)
		if _, err := o.Grant(ctx, roots, q); err != nil {
			t.Fatal(err)
		}
	}
	var what []string
	for _, e := range o.Ending() {
		what = append(what, e.What+" "+e.Label)
	}
	if len(what) != 5 {
		t.Errorf("after a year: got %q, want monitor, two revokers, epoch and policy", what)
	}
	for _, label := range []string{"Monitor", "Revoker 1", "Revoker 2"} {
		if _, err := o.Renew(ctx, roots, label); err != nil {
			t.Fatal(err)
		}
	}
	request, err := o.NewEpoch()
	if err != nil {
		t.Fatal(err)
	}
	if err := o.UpdateProfile(ctx, roots, Change{Epoch: &request, Policy: d.fake.logs.PolicyText(), Phones: []string{"+15555550101"}, StatusHours: 48}); err != nil {
		t.Fatal(err)
	}
	if err := o.UpdateProfile(ctx, roots, Change{Epoch: &request}); !errors.Is(err, ErrKeyTaken) {
		t.Errorf("the same epoch: got %v, want %v", err, ErrKeyTaken)
	}
	if got := o.Ending(); len(got) != 0 {
		t.Errorf("renewed: got %v, want nothing that ends", got)
	}
	day(400)
	late, err := o.Send(ctx, notice("A year later."))
	if err != nil {
		t.Fatal(err)
	}
	if got := d.headline(o, late, "A year later.\n"); got != contact.GenuineOneKey {
		t.Errorf("a year later: got %s, want %s", got, contact.GenuineOneKey)
	}
	wantAlarms(t, o)
	// Closed is closed.
	if err := o.UpdateProfile(ctx, roots, Change{Closed: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Send(ctx, notice("Too late.")); !errors.Is(err, clinic.ErrMonitorRefused) {
		t.Errorf("closed: got %v, want %v", err, clinic.ErrMonitorRefused)
	}
	if _, err := o.Revoke(ctx, RevokeRequest{Who: "Front desk", Reason: contact.Retired, Roots: roots}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Renew(ctx, roots, k.String()); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("renew what was ended: got %v, want %v", err, ErrUnknownKey)
	}
}
