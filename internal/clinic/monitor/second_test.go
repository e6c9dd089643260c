package monitor_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
)

// Who approves a list of notices has not approved a bill among them.
func TestBatchIsOfOneKind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	_, err := w.prove(w.message(batched))
	name := wantWaits(t, err, "batch")
	check(t, w.m.Approve(ben, benPass, name, 5))
	bill := w.message(batched, billing)
	_, err = w.prove(bill)
	other := wantWaits(t, err, "batch")
	if other == name {
		t.Fatalf("another kind waits under the same name %s", name)
	}
	if got := w.m.Waiting(); len(got) != 1 || got[0].Kind != contact.KindBilling {
		t.Errorf("got waiting %+v, want the bills", got)
	}
	// What was approved goes on, and neither uses up the other.
	must(w.prove(w.message(batched)))(t)
	check(t, w.m.Approve(ben, benPass, other, 1))
	w.reopen()
	must(w.prove(bill))(t)
	_, err = w.prove(w.message(batched, billing))
	wantWaits(t, err, "batch")
	for range 4 {
		must(w.prove(w.message(batched)))(t)
	}
	_, err = w.prove(w.message(batched))
	wantWaits(t, err, "batch")
}

// A batch is named by who sends it. One that begins like another's does not take its place, or
// the approval that another was given.
func TestWaitingNameIsNotTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	thief := must(clinic.NewDevice("thief.example.com", contacttest.Seed("thief")))(t)
	must(w.m.Invite(thief.Key()))(t)
	g := clinic.DeviceGrant(w.id, thief.Key(), "Back office", ana, 3, w.clock, contact.KindNotice)
	w.server.log(clinic.KeysLog, must(w.roots.SignGrant(g))(t))
	w.tail()
	ours := w.message(batched)
	_, err := w.prove(ours)
	name := wantWaits(t, err, "batch")
	own := w.device
	w.device = thief
	_, err = w.prove(w.message(func(m *contact.Message) { batched(m); m.Batch[15] ^= 1 }))
	theirs := wantWaits(t, err, "batch")
	w.device = own
	if theirs == name {
		t.Fatalf("both wait under %s", name)
	}
	check(t, w.m.Approve(ben, benPass, name, 1))
	must(w.prove(ours))(t)
}

// A device that was copied cannot bury the list of what waits.
func TestWaitingIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	for range monitor.MaxWaiting {
		_, err := w.prove(w.message(billing))
		wantWaits(t, err, "billing")
	}
	_, err := w.prove(w.message(billing))
	wantRefused(t, err, "full")
	if got := len(w.m.Waiting()); got != monitor.MaxWaiting {
		t.Errorf("got %d waiting, want %d", got, monitor.MaxWaiting)
	}
	must(w.prove(w.message()))(t)
	w.clock = w.clock.Add(13 * time.Hour)
	_, err = w.prove(w.message(billing))
	wantWaits(t, err, "billing")
}

// A request that the network held back and delivers late is no second holder of the secret.
func TestLateRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inv := w.grant()
	device := contact.KeyHash(w.device.Key())
	store := &recording{}
	check(t, monitor.Import(store, inv))
	c := must(monitor.NewClient(monitor.ClientConfig{Store: store, Rand: rand.Reader, Dial: w.serve()}))(t)
	t.Cleanup(c.Close)
	for range 3 {
		_, _, err := c.Prove(t.Context(), request(t, w.message()))
		check(t, err)
	}
	for _, late := range store.sent[:2] {
		if _, err := w.m.Handle(monitor.OpProve, device, late); !errors.Is(err, monitor.ErrChannel) {
			t.Errorf("late: got %v, want %v", err, monitor.ErrChannel)
		}
	}
	w.wantAlarms()
	_, err := c.Today(t.Context())
	check(t, err)
	// Another request under the same old secret is one.
	changed := bytes.Clone(store.sent[0])
	changed[len(changed)-1] ^= 1
	if _, err := w.m.Handle(monitor.OpProve, device, changed); !errors.Is(err, monitor.ErrChannelClosed) {
		t.Errorf("another one: got %v, want %v", err, monitor.ErrChannelClosed)
	}
	w.wantAlarms(monitor.AlarmCopied)
}

// recording keeps every request that a device sends.
type recording struct {
	memory
	sent [][]byte
}

func (r *recording) Save(b []byte) error {
	var s struct{ Pending *struct{ Sealed []byte } }
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if s.Pending != nil {
		r.sent = append(r.sent, s.Pending.Sealed)
	}
	return r.memory.Save(b)
}

// A revoker ends devices. A key of which nothing is known may be that of the next monitor.
func TestRevokerEndsNoUnknownKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	revoker := must(clinic.NewRevoker("revoker.example.com", contacttest.Seed("revoker")))(t)
	w.server.log(clinic.KeysLog, must(w.roots.SignGrant(clinic.RevokerGrant(w.id, revoker.Key(), "Ana", ana, w.clock)))(t))
	w.tail()
	wantRefused(t, w.m.Deliver(must(revoker.SignRevoke(clinic.SealedRevocation(w.id, w.device.Key())))(t)), "note")
}

// A server that names ever new policies does not fill the monitor: only those that the profile
// lists are kept.
func TestOnlyListedPoliciesAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.profile(2)
	p.Policies = append(p.Policies, contact.PolicyRef{Hash: [32]byte{1}, NotBefore: p.Policies[0].NotAfter, NotAfter: p.Policies[0].NotAfter + 3600})
	w.server.log(clinic.KeysLog, must(w.roots.SignProfile(p))(t))
	w.tail()
	before := w.m.Policies()
	for i := range 3 {
		w.server.policies = [][]byte{append(bytes.Clone(w.policy()), fmt.Appendf(nil, "# %d\n", i)...)}
		w.tail()
	}
	if got := w.m.Policies(); got != before {
		t.Errorf("got %d policies, want %d", got, before)
	}
}
