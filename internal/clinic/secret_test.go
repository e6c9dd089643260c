package clinic_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
)

func TestSecrets(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	d, err := clinic.ParseDevice(w.Device.Secret())
	if err != nil || d.Key() != w.Device.Key() {
		t.Errorf("device: got %v", err)
	}
	r, err := clinic.NewRevoker("revoker.example.com", contacttest.Seed("revoker"))
	if err != nil {
		t.Fatal(err)
	}
	if x, err := clinic.ParseRevoker(r.Secret()); err != nil || x.Key() != r.Key() {
		t.Errorf("revoker: got %v", err)
	}
	for name, parse := range map[string]func([]byte) error{
		"device":  func(b []byte) error { _, err := clinic.ParseDevice(b); return err },
		"revoker": func(b []byte) error { _, err := clinic.ParseRevoker(b); return err },
		"root":    func(b []byte) error { _, err := clinic.ParseRootShare(b); return err },
	} {
		for kind, raw := range map[string][]byte{
			"device": w.Device.Secret(), "revoker": r.Secret(), "root": w.Roots.Shares()[0].Secret(),
			"nothing": nil, "garbage": []byte("{}"),
		} {
			if err := parse(raw); kind != name && !errors.Is(err, clinic.ErrSecret) {
				t.Errorf("%s read as %s: got %v, want %v", kind, name, err, clinic.ErrSecret)
			}
		}
	}
}

func TestJoinRoots(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	var shares []*clinic.RootShare
	for _, s := range w.Roots.Shares() {
		back, err := clinic.ParseRootShare(s.Secret())
		if err != nil {
			t.Fatal(err)
		}
		shares = append(shares, back)
	}
	other, err := clinic.NewRoots(2, contacttest.Seed("other"), "root-a.example.com", "root-b.example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		shares []*clinic.RootShare
		ok     bool
	}{
		{"none", nil, false},
		{"one", shares[:1], false},
		{"one twice", []*clinic.RootShare{shares[0], shares[0]}, false},
		{"two", shares[1:], true},
		{"two, the other way round", []*clinic.RootShare{shares[2], shares[0]}, true},
		{"all", shares, true},
		{"of two clinics", []*clinic.RootShare{shares[0], other.Shares()[1]}, false},
	} {
		r, err := clinic.JoinRoots(tt.shares...)
		if (err == nil) != tt.ok || err != nil && !errors.Is(err, clinic.ErrRoots) {
			t.Errorf("%s: got %v", tt.name, err)
			continue
		}
		if err != nil {
			continue
		}
		// What two of three sign counts.
		if _, err := r.SignProfile(w.Clinic.Profile()); err != nil || r.Set().Hash() != w.Roots.Set().Hash() {
			t.Errorf("%s: sign: %v", tt.name, err)
		}
	}
}

func TestKeyring(t *testing.T) {
	t.Parallel()
	k, file, err := clinic.NewKeyring("one passphrase", 2)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := k.Seal([]byte("secret"))
	if err != nil || bytes.Contains(sealed, []byte("secret")) {
		t.Fatalf("seal: %v", err)
	}
	again, err := clinic.OpenKeyring("one passphrase", file)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Open(sealed); err != nil || string(got) != "secret" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := clinic.OpenKeyring("another", file); !errors.Is(err, clinic.ErrPassphrase) {
		t.Errorf("wrong passphrase: got %v, want %v", err, clinic.ErrPassphrase)
	}
	other, otherFile, err := clinic.NewKeyring("another", 2)
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{"another machine's": sealed, "cut off": sealed[:len(sealed)-3], "nothing": nil, "a keyring": otherFile} {
		if _, err := other.Open(raw); !errors.Is(err, clinic.ErrSealed) {
			t.Errorf("%s: got %v, want %v", name, err, clinic.ErrSealed)
		}
	}
	moved, err := k.Relock("a third", 2)
	if err != nil {
		t.Fatal(err)
	}
	if again, err = clinic.OpenKeyring("a third", moved); err != nil {
		t.Fatal(err)
	}
	if got, err := again.Open(sealed); err != nil || string(got) != "secret" {
		t.Errorf("after a new passphrase: got %q, %v", got, err)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	k, err := clinic.ParseDeviceRequest(" " + clinic.DeviceRequest(w.Device.Key()) + "\n")
	if err != nil || k != w.Device.Key() {
		t.Errorf("device: got %v", err)
	}
	m := clinic.MonitorRequest{Key: w.Monitor.Key(), VRF: w.Monitor.VRFKey()}
	if got, err := clinic.ParseMonitorRequest(m.String()); err != nil || got != m {
		t.Errorf("monitor: got %v", err)
	}
	for _, bad := range []string{"", "chaperone-device:", "chaperone-monitor:" + w.Monitor.Key().String(), clinic.DeviceRequest(w.Device.Key()) + "x", w.Device.Key().String()} {
		if _, err := clinic.ParseDeviceRequest(bad); err == nil {
			t.Errorf("device %q: got no error", bad)
		}
		if _, err := clinic.ParseMonitorRequest(bad); err == nil {
			t.Errorf("monitor %q: got no error", bad)
		}
	}
}
