package main

import (
	"context"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

// headlines is what the patient's phone must say of each letter.
var headlines = map[string]contact.Finding{
	clinicLetter:    contact.GenuineForAnyone,
	phoneLetter:     contact.Altered,
	linkLetter:      contact.Altered,
	walletLetter:    contact.Altered,
	ownLetter:       contact.Genuine,
	otherLetter:     contact.NotForYou,
	oldLetter:       contact.Expired,
	withdrawnLetter: contact.Withdrawn,
	disownedLetter:  contact.Disowned,
	forgedLetter:    contact.Forged,
	unknownLetter:   contact.Unknown,
	stolenLetter:    contact.GenuineForAnyone, // nothing shows it yet
	unprovenLetter:  contact.Unproven,
	strangeLetter:   contact.NoPin,
	staleLetter:     contact.Stale,
	forkedLetter:    contact.LogForked,
}

func openTown(t *testing.T, dir string) (*town, func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	town, err := start(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	w := words.For("en")
	town.settle(ctx, func(name string) string { return w.T(bodies()[name]) })
	if town.err != nil {
		t.Fatal(town.err)
	}
	t.Logf("settled in %v", time.Since(began))
	return town, func() {
		t.Helper()
		cancel()
		if err := town.close(); err != nil {
			t.Errorf("close clinics: %v", err)
		}
		if err := <-town.served; err != nil {
			t.Errorf("close server: %v", err)
		}
	}
}

func openPhone(t *testing.T, town *town) *patient.Device {
	t.Helper()
	disk, err := patient.NewDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := patient.Create(t.Context(), patient.Config{Disk: disk, Server: town.url, DeviceName: "phone"})
	if err == nil {
		err = d.UseServer(town.url)
	}
	for _, pin := range town.Pins {
		if err == nil {
			err = d.AddPin(pin)
		}
	}
	if err == nil {
		err = d.AddPair(town.Pair)
	}
	if err == nil {
		err = d.RefreshClinics(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func check(t *testing.T, d *patient.Device, l letter) contact.Finding {
	t.Helper()
	c, err := patient.Checked{}, error(nil)
	if l.Bundle != nil {
		c, err = d.CheckBundle(t.Context(), l.Bundle, &l.Text, "")
	} else {
		c, err = d.CheckCode(t.Context(), patient.CodeCheck{Code: l.Code, Text: &l.Text})
	}
	if err != nil {
		t.Errorf("%s: %v", l.Name, err)
		return ""
	}
	return c.Headline
}

// Every letter reads on a phone as its story says, before and after the clinic finds out, also
// when the demo is opened again.
func TestLetters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	town, leave := openTown(t, dir)
	phone := openPhone(t, town)
	walk := func(when string, d *patient.Device, found bool) {
		t.Helper()
		for _, l := range town.Letters {
			want := headlines[l.Name]
			if found && (l.Name == stolenLetter || l.Name == unprovenLetter) {
				want = contact.KeyStolen
			}
			if got := check(t, d, l); got != want {
				t.Errorf("%s, %s: got %v, want %v", when, l.Name, got, want)
			}
		}
	}
	if len(town.Letters) != len(headlines) {
		t.Errorf("got %d letters, want %d", len(town.Letters), len(headlines))
	}
	walk("at first", phone, false)
	if n := phone.Notices(); len(n) != 0 {
		t.Errorf("got notices %v, want none yet", n)
	}
	leave()

	town, leave = openTown(t, dir)
	defer leave()
	if err := town.findOut(t.Context(), words.For("en").T(words.DemoBody)); err != nil {
		t.Fatal(err)
	}
	if err := phone.UseServer(town.url); err != nil {
		t.Fatal(err)
	}
	if err := phone.RefreshClinics(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := phone.Notices(); len(n) != 1 || n[0].Headline != contact.KeyStolen {
		t.Errorf("got notices %v, want one of a stolen key", n)
	}
	walk("after the clinic found out", phone, true)
	walk("on a new phone", openPhone(t, town), true)
}
