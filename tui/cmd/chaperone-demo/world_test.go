package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
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
	d, _, err := patient.Create(t.Context(), patient.Config{Disk: disk, Server: town.url, DeviceName: "phone", Now: town.clock.now})
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

	town.clock.leap(50 * time.Hour)
	town.round(t.Context())
	walk("two days later", openPhone(t, town), true)
}

// What was learned on one phone is there on another that has the recovery code.
func TestSecondPhone(t *testing.T) {
	t.Parallel()
	town, leave := openTown(t, t.TempDir())
	defer leave()
	phone := openPhone(t, town)
	for _, l := range town.Letters {
		if l.Name == stolenLetter {
			if got := check(t, phone, l); got != contact.GenuineForAnyone {
				t.Fatalf("got %v, want a trusted message", got)
			}
		}
	}
	if err := town.findOut(t.Context(), words.For("en").T(words.DemoBody)); err != nil {
		t.Fatal(err)
	}
	code, err := phone.RecoveryCode()
	if err == nil {
		err = phone.RefreshClinics(t.Context())
	}
	if err == nil {
		_, err = phone.Sync(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	disk, err := patient.NewDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	other, restored, err := patient.Restore(t.Context(), patient.Config{Disk: disk, Server: town.url, DeviceName: "other phone"}, code)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	if len(restored.Pins) != len(town.Pins) {
		t.Errorf("got %d pins, want %d", len(restored.Pins), len(town.Pins))
	}
	if n := other.Notices(); len(n) != 1 {
		t.Errorf("got notices %v, want the one of the first phone", n)
	}
	if err := other.ConfirmPins(); err != nil {
		t.Fatal(err)
	}
	for _, l := range town.Letters {
		if want := headlines[l.Name]; l.Name == ownLetter || l.Name == otherLetter {
			if got := check(t, other, l); got != want {
				t.Errorf("%s: got %v, want %v", l.Name, got, want)
			}
		}
	}
}

// A demo that was left while it was set up begins anew; a folder with something else is left
// alone.
func TestFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cut, err := start(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	cut.settle(ctx, func(string) string { return "" })
	if cut.err == nil {
		t.Error("got no error, want that of the context")
	}
	if err := errors.Join(cut.close(), <-cut.served); err != nil {
		t.Fatal(err)
	}
	again, leave := openTown(t, dir)
	if len(again.Letters) != len(stories()) {
		t.Errorf("got %d letters, want %d", len(again.Letters), len(stories()))
	}
	leave()

	theirs := t.TempDir()
	file := filepath.Join(theirs, "diary.txt")
	if err := os.WriteFile(file, []byte("dear diary"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := start(t.Context(), theirs); !errors.Is(err, errOther) {
		t.Errorf("got %v, want %v", err, errOther)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}
