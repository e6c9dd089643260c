package contact_test

import (
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
)

// A witness whose clock is wrong makes nothing better. Behind by ten days, it makes the
// message look as if it had been issued after it was logged; ahead, as if it had waited.
func TestWitnessTimes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		shift time.Duration
		want  contact.Finding
	}{
		{"backdated", -10 * time.Minute, contact.Forged},
		{"a little late", 23 * time.Hour, contact.GenuineForAnyone},
		{"late by more than a day", 25 * time.Hour, contact.Unproven},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := contacttest.New(t)
			b := w.Misuse(func(m *contact.Message) { m.Issued -= int64(tt.shift / time.Second) })
			if v := verify(t, with(w, b)); v.Headline != tt.want {
				t.Errorf("got %v, want %s", v.Findings, tt.want)
			}
		})
	}
}

// The far future of a demo witness is remembered, and makes things stale, never valid.
func TestFutureCosignature(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	back := w.Clock
	w.Clock = w.Clock.Add(70 * 24 * time.Hour)
	b := w.Misuse(func(m *contact.Message) { m.Issued = w.Clock.Unix() })
	w.Clock = back
	in := with(w, b)
	v, learned, err := contact.Verify(in)
	if err != nil {
		t.Fatal(err)
	}
	if v.Headline != contact.Stale {
		t.Errorf("got %v, want %s", v.Findings, contact.Stale)
	}
	if want := back.Add(70 * 24 * time.Hour).Unix(); learned.Now != want {
		t.Errorf("remembered time: got %d, want %d", learned.Now, want)
	}
}

// Setting a device's clock back does not bring an expired message to life again.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	old := w.Bundle()
	w.Clock = contacttest.Start.Add(60 * 24 * time.Hour)
	later := w.Misuse(func(*contact.Message) {})
	w.NewStatus()
	later.Status = w.Status
	_, learned, err := contact.Verify(with(w, later))
	if err != nil {
		t.Fatal(err)
	}
	in := contact.Input{Bundle: old, Memory: w.Memory.Merge(learned), Now: contacttest.Start.Add(10*24*time.Hour + 3*time.Hour)}
	v := verify(t, in)
	if v.Headline != contact.GenuineForAnyone || v.StatusAt != w.Clock {
		t.Errorf("old message, newer status known: got %v as of %v, want %s as of %v", v.Findings, v.StatusAt, contact.GenuineForAnyone, w.Clock)
	}
	in.Memory.Statuses = nil // only the time is left
	if v := verify(t, in); v.Headline != contact.Stale {
		t.Errorf("time remembered: got %v, want %s", v.Findings, contact.Stale)
	}
	w.Clock = contacttest.Start.Add(200 * 24 * time.Hour)
	w.NewStatus()
	_, learned, err = contact.Verify(w.Input())
	if err != nil {
		t.Fatal(err)
	}
	in.Memory = w.Memory.Merge(learned)
	if v := verify(t, in); v.Headline != contact.Expired {
		t.Errorf("expired, clock set back: got %v, want %s", v.Findings, contact.Expired)
	}
}

// A status from the future enters nothing, or it could outlive the theft of its key.
func TestStatusFromTheFuture(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	now := w.Clock
	w.Clock = now.Add(2 * time.Hour)
	w.NewStatus()
	w.Clock = now
	v, learned, err := contact.Verify(w.Input())
	if err != nil {
		t.Fatal(err)
	}
	if v.Headline != contact.Stale || len(learned.Statuses) != 0 {
		t.Errorf("got %v, learned %v; want %s and nothing", v.Findings, learned.Statuses, contact.Stale)
	}
}

// Of one monitor key an older status is not believed once a newer one was seen.
func TestStatusOrder(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	before := w.Bundle()
	w.Clock = w.Clock.Add(time.Hour)
	w.Clinic.Withdraw(w.Sent.Commit, "superseded")
	w.NewStatus()
	_, learned, err := contact.Verify(w.Input())
	if err != nil {
		t.Fatal(err)
	}
	in := w.Input()
	in.Bundle, in.Memory = before, w.Memory.Merge(learned)
	if v := verify(t, in); v.Headline != contact.Withdrawn {
		t.Errorf("got %v, want %s", v.Findings, contact.Withdrawn)
	}
}

// Stolen once seen is final: a later status that says ok does not take it back.
func TestStolenIsFinal(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	w.Clinic.SetKey(w.Device.Key(), "stolen", 0)
	w.NewStatus()
	_, learned, err := contact.Verify(w.Input())
	if err != nil {
		t.Fatal(err)
	}
	w.Memory = w.Memory.Merge(learned)
	w.Clock = w.Clock.Add(time.Hour)
	w.Clinic.SetKey(w.Device.Key(), "ok", 0)
	w.NewStatus()
	if v := verify(t, w.Input()); v.Headline != contact.KeyStolen {
		t.Errorf("got %v, want %s", v.Findings, contact.KeyStolen)
	}
}

// A key stolen later than a message was logged leaves the message as it is.
func TestStolenAfterwards(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	w.Clinic.SetKey(w.Device.Key(), "stolen", w.Clock.Unix())
	w.NewStatus()
	if v := verify(t, w.Input()); v.Headline != contact.GenuineForAnyone {
		t.Errorf("got %v, want %s", v.Findings, contact.GenuineForAnyone)
	}
}

// A stolen monitor key is dropped together with the time it contributed.
func TestStolenMonitor(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	_, learned, err := contact.Verify(w.Input())
	if err != nil {
		t.Fatal(err)
	}
	w.Memory = w.Memory.Merge(learned).Merge(contact.Memory{Stolen: []contact.StolenMark{
		{Clinic: w.Clinic.ID(), Key: contact.KeyHash(w.Monitor.Key()), Since: w.Clock.Unix()},
	}})
	in := w.Input()
	v, learned, err := contact.Verify(in)
	if err != nil {
		t.Fatal(err)
	}
	if v.Headline != contact.Stale || !v.StatusAt.IsZero() || len(learned.Statuses) != 0 {
		t.Errorf("got %v as of %v, learned %v; want %s", v.Findings, v.StatusAt, learned.Statuses, contact.Stale)
	}
}

// On a holiday a status holds until the clinic opens, for what was logged before it.
func TestHoliday(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	next := w.Clock.Add(4 * 24 * time.Hour)
	status, err := w.Clinic.Status(next)
	if err != nil {
		t.Fatal(err)
	}
	w.Status = status
	in := w.Input()
	for _, tt := range []struct {
		now  time.Time
		want contact.Finding
	}{
		{next, contact.GenuineForAnyone},
		{next.Add(6 * time.Hour), contact.GenuineForAnyone},
		{next.Add(6*time.Hour + time.Second), contact.Stale},
	} {
		in.Now = tt.now
		if v := verify(t, in); v.Headline != tt.want {
			t.Errorf("at %v: got %v, want %s", tt.now, v.Findings, tt.want)
		}
	}
	w.Clock = w.Clock.Add(time.Hour)
	b := w.Misuse(func(*contact.Message) {})
	late := with(w, b)
	late.Now = next
	if v := verify(t, late); v.Headline != contact.Stale {
		t.Errorf("logged after the status: got %v, want %s", v.Findings, contact.Stale)
	}
}
