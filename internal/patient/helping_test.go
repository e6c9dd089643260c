package patient

import (
	"errors"
	"testing"
)

func TestHelping(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	cfg := testConfig(dir)
	d, _ := create(t, cfg)
	if d.Helping() {
		t.Error("a new vault: got helper mode")
	}
	if err := d.StartHelping(); err != nil {
		t.Fatal(err)
	}
	d = reopen(t, d, cfg)
	if !d.Helping() {
		t.Error("opened again: got no helper mode, want it kept")
	}
	if err := d.StopHelping(nil); err != nil {
		t.Errorf("without a passphrase on the vault: got %v", err)
	}
	if d = reopen(t, d, cfg); d.Helping() {
		t.Error("stopped and opened again: got helper mode")
	}
}

func TestStopHelpingTakesThePassphrase(t *testing.T) {
	t.Parallel()
	cfg := testConfig(newDir(t))
	d, _ := create(t, cfg)
	if err := d.SetPassphrase([]byte("correct horse")); err != nil {
		t.Fatal(err)
	}
	if err := d.StartHelping(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, passphrase string
		want             error
	}{
		{"none", "", ErrNeedPassphrase},
		{"another", "battery staple", ErrWrongPassphrase},
	} {
		if err := d.StopHelping([]byte(tt.passphrase)); !errors.Is(err, tt.want) || !d.Helping() {
			t.Errorf("%s: got %v, helping %v, want %v and still helping", tt.name, err, d.Helping(), tt.want)
		}
	}
	if err := d.StopHelping([]byte("correct horse")); err != nil || d.Helping() {
		t.Errorf("the passphrase: got %v, helping %v, want neither", err, d.Helping())
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.StopHelping([]byte("correct horse")); !errors.Is(err, ErrClosed) || d.Helping() {
		t.Errorf("closed: got %v, want ErrClosed", err)
	}
}

// TestHelpingIsNotSynced starts it on one device and looks at the other.
func TestHelpingIsNotSynced(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	cfg := testConfig(newDir(t))
	cfg.Server = s.url
	a, code := create(t, cfg)
	if err := a.ConfirmRecovery(code); err != nil {
		t.Fatal(err)
	}
	if err := a.StartHelping(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := testConfig(newDir(t))
	other.Server = s.url
	b, _, err := Restore(t.Context(), other, code)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if b.Helping() {
		t.Error("the other device: got helper mode")
	}
}
