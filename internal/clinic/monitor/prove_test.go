package monitor_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/mostly-harmless/vrf-r255"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
)

func TestProve(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	note := w.message()
	p := must(w.prove(note))(t)
	commit := commitOf(t, note)
	key := w.keys.VRFKey()
	public := must(vrf.NewPublicKey(key[:]))(t)
	proof := must(vrf.NewProof(p.VRF))(t)
	tag := must(public.Verify(proof, contact.TagInput(commit)))(t)
	if want := contact.Leaf(commit, [16]byte(tag)); !bytes.Equal(p.Leaf, want) {
		t.Errorf("got leaf %x, want %x", p.Leaf, want)
	}
	again := must(w.prove(note))(t)
	if !bytes.Equal(again.VRF, p.VRF) || !bytes.Equal(again.Leaf, p.Leaf) {
		t.Error("the same message again has another proof")
	}
	w.reopen()
	again = must(w.prove(note))(t)
	if !bytes.Equal(again.VRF, p.VRF) {
		t.Error("after a restart the same message has another proof")
	}
	day := must(monitor.ReadDay(w.dir, w.clock))(t)
	if len(day) != 1 || day[0].Commit != commit || day[0].Label != "Front desk" {
		t.Errorf("got day %+v, want the message once", day)
	}
	// On the same computer there is no channel, and the rules are the same.
	local := w.m.Local(w.device.Key())
	vrfProof, leaf, err := local.Prove(t.Context(), clinic.ProveRequest{Note: note, Commit: commit})
	if err != nil || !bytes.Equal(vrfProof, p.VRF) || !bytes.Equal(leaf, p.Leaf) {
		t.Errorf("on the same computer: got another proof, or %v", err)
	}
	_, _, err = local.Prove(t.Context(), clinic.ProveRequest{Note: w.message(billing)})
	wantWaits(t, err, "billing")
	w.wantAlarms()
}

func TestProveRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant(contact.KindNotice)
	other := must(clinic.NewDevice("other.example.com", contacttest.Seed("other")))(t)
	good := w.message()
	tests := []struct {
		name, reason string
		device       *clinic.Device
		note         []byte
	}{
		{"device nobody granted", "key", other, good},
		{"kind not granted", "kind", w.device, w.message(func(m *contact.Message) { m.Kind = contact.KindAppointment })},
		{"signed an hour ago", "time", w.device, w.message(func(m *contact.Message) { m.Issued -= 3600 })},
		{"signed for tomorrow", "time", w.device, w.message(func(m *contact.Message) { m.Issued += 24 * 3600 })},
		{"another clinic", "note", w.device, w.message(func(m *contact.Message) { m.Clinic[0] ^= 1 })},
		{"text changed", "note", w.device, bytes.Replace(good, []byte("folder"), []byte("wallet"), 1)},
		{"signature changed", "note", w.device, append(bytes.Clone(good[:len(good)-10]), []byte("AAAAAAAA=\n")...)},
		{"garbage", "note", w.device, []byte("\x00\xff")},
		{"empty", "note", w.device, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.m.Prove(t.Context(), contact.KeyHash(tt.device.Key()), tt.note)
			wantRefused(t, err, tt.reason)
		})
	}
	must(w.prove(good))(t)
	w.clock = w.clock.Add(91 * 24 * time.Hour)
	_, err := w.prove(w.message())
	wantRefused(t, err, "key")
}

func TestCap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	for range 3 {
		must(w.prove(w.message()))(t)
	}
	note := w.message()
	_, err := w.prove(note)
	name := wantWaits(t, err, "cap")
	if err := w.m.Approve(ana, anaPass, name, 0); !errors.Is(err, monitor.ErrOwn) {
		t.Errorf("own device: got %v, want %v", err, monitor.ErrOwn)
	}
	if err := w.m.Approve(ben, anaPass, name, 0); !errors.Is(err, monitor.ErrPerson) {
		t.Errorf("another's passphrase: got %v, want %v", err, monitor.ErrPerson)
	}
	_, err = w.prove(note)
	wantWaits(t, err, "cap")
	w.reopen()
	if got := w.m.Waiting(); len(got) != 1 || got[0].Name != name || got[0].Label != "Front desk" {
		t.Errorf("got waiting %+v, want %s", got, name)
	}
	check(t, w.m.Approve(ben, benPass, name, 0))
	must(w.prove(note))(t)
	_, err = w.prove(w.message())
	wantWaits(t, err, "cap")
	// The next day counts anew.
	w.clock = w.clock.Add(24 * time.Hour)
	must(w.prove(w.message()))(t)
}

func TestBilling(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	note := w.message(billing)
	_, err := w.prove(note)
	name := wantWaits(t, err, "billing")
	w.clock = w.clock.Add(2 * time.Hour)
	check(t, w.m.Approve(ben, benPass, name, 0))
	w.clock = w.clock.Add(time.Hour)
	must(w.prove(note))(t)
	late := w.message(billing)
	_, err = w.prove(late)
	name = wantWaits(t, err, "billing")
	w.clock = w.clock.Add(13 * time.Hour)
	if err := w.m.Approve(ben, benPass, name, 0); !errors.Is(err, monitor.ErrNotWaiting) {
		t.Errorf("after 13 hours: got %v, want %v", err, monitor.ErrNotWaiting)
	}
	_, err = w.prove(late)
	wantRefused(t, err, "time")
}

func TestBatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	first := w.message(batched)
	_, err := w.prove(first)
	name := wantWaits(t, err, "batch")
	if err := w.m.Approve(ben, benPass, name, 0); !errors.Is(err, monitor.ErrNumber) {
		t.Errorf("without a number: got %v, want %v", err, monitor.ErrNumber)
	}
	check(t, w.m.Approve(ben, benPass, name, 5))
	must(w.prove(first))(t)
	for range 4 { // more than the cap of one day
		must(w.prove(w.message(batched)))(t)
	}
	must(w.prove(first))(t)
	sixth := w.message(batched)
	_, err = w.prove(sixth)
	wantWaits(t, err, "batch")
	check(t, w.m.Approve(ben, benPass, name, 1))
	must(w.prove(sixth))(t)
	_, err = w.prove(w.message(batched))
	wantWaits(t, err, "batch")
	// A batch is no cover for others: the day's count is untouched.
	for range 3 {
		must(w.prove(w.message()))(t)
	}
}

func TestHours(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) {
		w.hours = &monitor.Hours{Days: []time.Weekday{time.Tuesday, time.Wednesday}, From: "08:00", To: "18:00"}
	})
	w.grant()
	must(w.prove(w.message()))(t)
	for _, at := range []time.Time{start.Add(8 * time.Hour), start.Add(-150*time.Minute).AddDate(0, 0, 1), start.AddDate(0, 0, 2)} {
		w.clock = at
		_, err := w.prove(w.message())
		wantWaits(t, err, "hours")
	}
}

func TestGuessing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	note := w.message(billing)
	_, err := w.prove(note)
	name := wantWaits(t, err, "billing")
	for range 3 {
		if err := w.m.Approve(ben, "wrong passphrase", name, 0); !errors.Is(err, monitor.ErrPerson) {
			t.Errorf("got %v, want %v", err, monitor.ErrPerson)
		}
	}
	if err := w.m.Approve(ben, benPass, name, 0); !errors.Is(err, monitor.ErrWait) {
		t.Errorf("fourth try: got %v, want %v", err, monitor.ErrWait)
	}
	w.clock = w.clock.Add(11 * time.Minute)
	check(t, w.m.Approve(ben, benPass, name, 0))
}

// A clock that is set back does not give a day anew, and is noticed.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	for range 3 {
		must(w.prove(w.message()))(t)
	}
	w.clock = w.clock.AddDate(0, 0, -1)
	w.reopen()
	_, err := w.prove(w.message(func(m *contact.Message) { m.Issued = start.Unix() }))
	wantWaits(t, err, "cap")
	w.wantAlarms(monitor.AlarmClock)
}

// Nothing that a monitor keeps tells what a message says or who it is for.
func TestKeepsNoText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	note := w.message(func(m *contact.Message) { m.Body = "The canary sings at dawn.\n" }, billing)
	_, err := w.prove(note)
	name := wantWaits(t, err, "billing")
	check(t, w.m.Approve(ben, benPass, name, 0))
	must(w.prove(note))(t)
	check(t, w.m.Close())
	seen := 0
	check(t, filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		seen++
		if strings.Contains(string(raw), "canary") {
			t.Errorf("%s holds the message's text", d.Name())
		}
		return err
	}))
	if seen < 6 {
		t.Errorf("got %d files, want at least 6", seen)
	}
	w.open()
}
