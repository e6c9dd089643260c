package patient

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
)

// headline verifies a case's bundle on a device at the case's time.
func headline(t *testing.T, d *Device, in contact.Input) contact.Finding {
	t.Helper()
	v, err := d.Verify(t.Context(), in.Bundle, in.Text)
	if err != nil {
		t.Fatal(err)
	}
	return v.Headline
}

func TestVerify(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	in := w.Input()
	cfg := testConfig(newDir(t))
	cfg.Now = func() time.Time { return in.Now }
	d, _ := create(t, cfg)
	if got := headline(t, d, in); got != contact.NoPin {
		t.Errorf("without a pin: got %s, want NO_PIN", got)
	}
	if err := d.AddPin(in.Memory.Pins[0]); err != nil {
		t.Fatal(err)
	}
	if got := headline(t, d, in); got != contact.GenuineForAnyone {
		t.Errorf("genuine: got %s, want GENUINE_FOR_ANYONE", got)
	}
	if got := headline(t, d, w.With(contacttest.Altered)); got != contact.Altered {
		t.Errorf("altered: got %s, want ALTERED", got)
	}
	if _, err := d.Verify(t.Context(), []byte("no bundle"), nil); !errors.Is(err, contact.ErrMalformed) {
		t.Errorf("no bundle: got %v, want ErrMalformed", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Verify(ctx, in.Bundle, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v, want context.Canceled", err)
	}
	if d.State().Contact.Now == 0 {
		t.Error("the newest time was not remembered")
	}

	// The clinic finds the key stolen. Once seen, it is final: over a restart, and although an
	// attacker shows the older status again.
	old := in
	w.Clinic.SetKey(w.Device.Key(), "stolen", contacttest.Start.Unix())
	w.NewStatus()
	in = w.Input()
	if got := headline(t, d, in); got != contact.KeyStolen {
		t.Errorf("stolen: got %s, want KEY_STOLEN", got)
	}
	d = reopen(t, d, cfg)
	if got := headline(t, d, old); got != contact.KeyStolen {
		t.Errorf("an older status after a restart: got %s, want KEY_STOLEN", got)
	}
}

func TestVerifyWhenTheDiskIsFull(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	dir := newDir(t)
	cfg := testConfig(dir)
	cfg.Now = func() time.Time { return w.Clock }
	d, _ := create(t, cfg)
	if err := d.AddPin(w.Memory.Pins[0]); err != nil {
		t.Fatal(err)
	}
	old := w.Input()
	w.Clinic.SetKey(w.Device.Key(), "stolen", contacttest.Start.Unix())
	w.NewStatus()
	f := &fault{at: 1, how: "stays full", dir: dir}
	dir.step = f.step
	if got := headline(t, d, w.Input()); got != contact.KeyStolen {
		t.Errorf("got %s, want the verdict all the same: KEY_STOLEN", got)
	}
	if got := headline(t, d, old); got != contact.KeyStolen {
		t.Errorf("got %s, want KEY_STOLEN remembered in memory", got)
	}
	dir.step = nil
	if err := d.SetSettings("es", ""); err != nil {
		t.Fatal(err)
	}
	d = reopen(t, d, cfg)
	if got := headline(t, d, old); got != contact.KeyStolen {
		t.Errorf("got %s, want KEY_STOLEN saved once there was room", got)
	}
}

func TestPinsOfARestoreDoNotCountUntilConfirmed(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	in := w.Input()
	s := newServer(t)
	clock := func() time.Time { return in.Now }
	s.now = clock
	cfg := syncConfig(t, s, "phone")
	cfg.Now = clock
	a, code := create(t, cfg)
	if err := a.AddPin(in.Memory.Pins[0]); err != nil {
		t.Fatal(err)
	}
	mustSync(t, a)
	cfg = syncConfig(t, s, "laptop")
	cfg.Now = clock
	b, restored, err := Restore(t.Context(), cfg, code)
	if err != nil {
		t.Fatal(err)
	}
	want := in.Memory.Pins[0]
	want.Confirmed = false
	if diff := cmp.Diff([]contact.Pin{want}, restored.Pins); diff != "" {
		t.Errorf("pins of the restore (-want +got):\n%s", diff)
	}
	for _, step := range []string{"after the restore", "after a restart", "after a sync"} {
		if got := headline(t, b, in); got != contact.NoPin {
			t.Errorf("%s: got %s, want NO_PIN", step, got)
		}
		b = reopen(t, b, cfg)
		mustSync(t, a)
		mustSync(t, b)
	}
	if err := b.ConfirmPins(); err != nil {
		t.Fatal(err)
	}
	// The copy may be an old one: nothing is genuine before the clinic's server has answered.
	for _, step := range []string{"after confirming", "after confirming and a restart"} {
		v, err := b.Verify(t.Context(), in.Bundle, nil)
		if err != nil || v.Headline != contact.Stale || v.Body != "" || v.Signer != "" {
			t.Errorf("%s: got %v, body %q, %v, want STALE alone", step, v.Findings, v.Body, err)
		}
		b = reopen(t, b, cfg)
	}
	s.Tell(w.News())
	s.Logs(w.Logs.Keys, w.Logs.Msgs)
	if err := b.RefreshClinics(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{"after asking", "after asking and a restart"} {
		if got := headline(t, b, in); got != contact.GenuineForAnyone {
			t.Errorf("%s: got %s, want GENUINE_FOR_ANYONE", step, got)
		}
		b = reopen(t, b, cfg)
	}
}
