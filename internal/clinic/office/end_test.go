package office

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// The server of a thief takes no revocation. The monitor is told all the same: its next status
// says that the key is stolen.
func TestEndReachesMonitorWithoutServer(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	far := &second{}
	o.book.Here, o.client = false, far
	d.fake.set(func() { d.fake.down = true })
	q := RevokeRequest{Who: "front-desk", Reason: contact.Compromised, Revoker: d.made.Revokers[0]}
	if _, err := o.Revoke(t.Context(), q); !errors.Is(err, ErrUnlogged) {
		t.Errorf("got %v, want %v", err, ErrUnlogged)
	}
	if len(far.got) != 1 || o.Waiting() != 1 {
		t.Errorf("got %d notes handed over and %d waiting, want one of each", len(far.got), o.Waiting())
	}
}

// A note that the server will never take does not keep a revocation back.
func TestRefusedNoteHoldsNothingUp(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	p, _ := o.Profile()
	p.N++
	note, err := d.made.Roots.SignProfile(p)
	if err != nil {
		t.Fatal(err)
	}
	d.fake.set(func() { d.fake.refuse = note })
	if err := o.logNotes(t.Context(), note); !errors.Is(err, clinic.ErrTaken) || !errors.Is(err, ErrUnlogged) {
		t.Fatalf("got %v, want %v", err, clinic.ErrTaken)
	}
	q := RevokeRequest{Who: "front-desk", Reason: contact.Compromised, Revoker: d.made.Revokers[0]}
	if _, err := o.Revoke(t.Context(), q); !errors.Is(err, clinic.ErrTaken) {
		t.Errorf("got %v, want the other note's %v", err, clinic.ErrTaken)
	}
	if g, ok := o.DeviceGrant(); !ok || g.Revoked == nil || o.Waiting() != 1 {
		t.Errorf("got %d notes waiting, revocation logged: %v, want one, and it is", o.Waiting(), g.Revoked != nil)
	}
}

// What was signed at grant time says that the key was stolen, and voids all that it ever signed.
// It is not what ends a key that only retires, nor another key, nor from another time on.
func TestSealedRevocationSaysWhatWasAsked(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	own, err := o.Revocation("front-desk")
	if err != nil {
		t.Fatal(err)
	}
	of := func(r contact.Revoke) []byte {
		note, err := d.made.Roots.SignRevoke(r)
		if err != nil {
			t.Fatal(err)
		}
		return note
	}
	g, _ := o.DeviceGrant()
	other := of(clinic.SealedRevocation(o.ID(), d.made.Revokers[0].Key()))
	byRevoker, err := d.made.Revokers[0].SignRevoke(clinic.SealedRevocation(o.ID(), g.Key))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		q    RevokeRequest
		want error
	}{
		{"retired, by what lies here", RevokeRequest{Reason: contact.Retired}, clinic.ErrRoots},
		{"since a time, by what lies here", RevokeRequest{Reason: contact.Compromised, Since: testNow.Unix()}, clinic.ErrRoots},
		{"retired, by what was brought", RevokeRequest{Reason: contact.Retired, Sealed: own}, ErrRevocation},
		{"of another key", RevokeRequest{Reason: contact.Compromised, Sealed: other}, ErrRevocation},
		{"of another clinic", RevokeRequest{Reason: contact.Compromised, Sealed: of(clinic.SealedRevocation([32]byte{1}, g.Key))}, ErrRevocation},
		{"not by the roots", RevokeRequest{Reason: contact.Compromised, Sealed: byRevoker}, ErrRevocation},
		{"no revocation", RevokeRequest{Reason: contact.Compromised, Sealed: []byte("a letter")}, ErrRevocation},
	} {
		tt.q.Who = "front-desk"
		if _, err := o.Revoke(t.Context(), tt.q); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if g, _ := o.DeviceGrant(); g.Revoked != nil || o.Waiting() > 0 {
			t.Fatalf("%s: the key was ended", tt.name)
		}
	}
	if _, err := o.Revoke(t.Context(), RevokeRequest{Who: "front-desk", Reason: contact.Compromised, Sealed: own}); err != nil {
		t.Errorf("its own: got %v", err)
	}
}

// A monitor whose key was ended says nothing any more, and none speaks from the future: its word
// would be the newest for good.
func TestStatusOfEndedMonitor(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	m, err := clinic.NewMonitor("other.example", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	grant, err := d.made.Roots.SignGrant(clinic.MonitorGrant(o.ID(), m.Key(), "Other monitor", testNow))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.logNotes(t.Context(), grant); err != nil {
		t.Fatal(err)
	}
	note := func(at time.Time) []byte {
		raw, err := m.SignStatus(contact.Status{Clinic: o.ID(), Issued: at.Unix()})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	if o.newStatus(note(testNow.Add(2 * time.Hour))) {
		t.Error("one from the future was taken")
	}
	if !o.newStatus(note(testNow.Add(time.Minute))) {
		t.Error("one of now was not taken")
	}
	o.book.Here = false
	q := RevokeRequest{Who: m.Key().String(), Reason: contact.Compromised, Roots: d.made.Roots}
	if _, err := o.Revoke(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	if o.newStatus(note(testNow.Add(2 * time.Minute))) {
		t.Error("one by an ended key was taken")
	}
	if _, ok := o.StatusAt(); ok {
		t.Error("one by an ended key is shown as the clinic's")
	}
}

// A server that always has one more page is not listened to for ever.
func TestEndlessPages(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	d.fake.set(func() { d.fake.endless = 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := o.Sync(ctx); !errors.Is(err, clinic.ErrBadAnswer) {
		t.Errorf("got %v after %d pages, want %v", err, d.fake.endless, clinic.ErrBadAnswer)
	}
}

// Root keys that were replaced end nothing any more: what was signed with them for the day of a
// theft is signed anew.
func TestRevocationAfterRotation(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	old, err := o.Revocation("front-desk")
	if err != nil {
		t.Fatal(err)
	}
	var next *clinic.Roots
	if err := o.Rotate(t.Context(), d.made.Roots, 2, 3, func(r *clinic.Roots) error { next = r; return nil }); err != nil {
		t.Fatal(err)
	}
	q := RevokeRequest{Who: "front-desk", Reason: contact.Compromised, Sealed: old}
	if _, err := o.Revoke(t.Context(), q); !errors.Is(err, ErrRevocation) || o.Waiting() > 0 {
		t.Errorf("by the old roots: got %v, want %v", err, ErrRevocation)
	}
	fresh, err := o.Revocation("front-desk")
	if err != nil {
		t.Fatal(err)
	}
	s, err := translog.ParseSigned(fresh)
	if err != nil || !clinic.SignedByRoots(s, next.Set()) {
		t.Errorf("got %v, want it signed by the new roots", err)
	}
	q.Sealed = nil
	if _, err := o.Revoke(t.Context(), q); err != nil {
		t.Errorf("by what lies here: got %v", err)
	}
}
