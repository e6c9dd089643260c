package monitor_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
)

func request(t *testing.T, note []byte) clinic.ProveRequest {
	t.Helper()
	return clinic.ProveRequest{Note: note, Commit: commitOf(t, note)}
}

func TestChannel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inv := w.grant()
	back := must(monitor.ParseInvitation(inv.Marshal()))(t)
	if back != inv {
		t.Fatal("an invitation reads back as another")
	}
	store := &memory{}
	check(t, monitor.Import(store, back))
	dial := w.serve()
	c := w.client(store, dial)
	first := store.data
	note := w.message()
	vrf, leaf, err := c.Prove(t.Context(), request(t, note))
	check(t, err)
	want := must(w.prove(note))(t)
	if !bytes.Equal(vrf, want.VRF) || !bytes.Equal(leaf, want.Leaf) {
		t.Error("the channel gives another proof")
	}
	if bytes.Equal(first, store.data) {
		t.Error("the secret was not replaced")
	}
	bill := w.message(billing)
	_, _, err = c.Prove(t.Context(), request(t, bill))
	name := wantWaits(t, err, "billing")
	check(t, w.m.Approve(ben, benPass, name, 0))
	// A device that is started again goes on where it was.
	c = w.client(store, dial)
	_, _, err = c.Prove(t.Context(), request(t, bill))
	check(t, err)
	_, _, err = c.Prove(t.Context(), request(t, w.message(func(m *contact.Message) { m.Issued -= 3600 })))
	wantRefused(t, err, "time")
	sent := must(c.Today(t.Context()))(t)
	if len(sent) != 2 || sent[0].Kind != contact.KindNotice || sent[1].By != ben || sent[1].Label != "Front desk" {
		t.Errorf("got %+v, want both messages of today", sent)
	}
	w.wantAlarms()
}

// Who has copied the device's signing key and nothing else cannot publish.
func TestCopiedKeyWithoutSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inv := w.grant()
	real := &memory{}
	check(t, monitor.Import(real, inv))
	inv.Secret = monitor.Secret{1, 2, 3}
	stolen := &memory{}
	check(t, monitor.Import(stolen, inv))
	dial := w.serve()
	_, _, err := w.client(stolen, dial).Prove(t.Context(), request(t, w.message()))
	wantRefused(t, err, "channel")
	// Guessing shuts nobody out.
	_, _, err = w.client(real, dial).Prove(t.Context(), request(t, w.message()))
	check(t, err)
	w.wantAlarms()
	if day := must(monitor.ReadDay(w.dir, w.clock))(t); len(day) != 1 {
		t.Errorf("got %d proved messages, want 1", len(day))
	}
}

// Who has copied everything can publish until the device itself speaks again: then it is an
// alarm, and neither can go on.
func TestCopiedSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inv := w.grant()
	real := &memory{}
	check(t, monitor.Import(real, inv))
	stolen := &memory{data: real.data}
	dial := w.serve()
	thief := w.client(stolen, dial)
	_, _, err := thief.Prove(t.Context(), request(t, w.message()))
	check(t, err)
	w.wantAlarms()
	_, _, err = w.client(real, dial).Prove(t.Context(), request(t, w.message()))
	wantRefused(t, err, "channel")
	w.wantAlarms(monitor.AlarmCopied)
	_, _, err = thief.Prove(t.Context(), request(t, w.message()))
	wantRefused(t, err, "channel")
	w.reopen()
	w.wantAlarms(monitor.AlarmCopied)
	if day := must(monitor.ReadDay(w.dir, w.clock))(t); len(day) != 1 {
		t.Errorf("got %d proved messages, want 1", len(day))
	}
	// A new invitation, made by people who looked, opens a new channel.
	check(t, monitor.Import(real, must(w.m.Invite(w.device.Key()))(t)))
	if err := w.m.Acknowledge(ana, anaPass, 1); err != nil {
		t.Fatal(err)
	}
	if a := w.m.Alarms(); a[0].Open() || a[0].By != ana {
		t.Errorf("got alarm %+v, want it answered by %s", a[0], ana)
	}
}

// A secret that was replaced long ago is known again.
func TestOldSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.most = 100
	inv := w.grant()
	real := &memory{}
	check(t, monitor.Import(real, inv))
	old := &memory{data: real.data}
	dial := w.serve()
	c := w.client(real, dial)
	for range 10 {
		_, _, err := c.Prove(t.Context(), request(t, w.message()))
		check(t, err)
	}
	_, _, err := w.client(old, dial).Prove(t.Context(), request(t, w.message()))
	wantRefused(t, err, "channel")
	w.wantAlarms(monitor.AlarmCopied)
}

// An answer that is lost is given again, byte for byte, and counts once.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inv := w.grant()
	store := &memory{}
	check(t, monitor.Import(store, inv))
	dial := w.serve()
	note := w.message()
	_, _, err := w.client(store, dial).Prove(t.Context(), request(t, note))
	check(t, err)
	// The device sends, and its disk does not take the answer.
	note = w.message()
	store2 := &failing{memory: memory{data: store.data}, after: 1}
	broken := must(monitor.NewClient(monitor.ClientConfig{Store: store2, Rand: rand.Reader, Dial: dial}))(t)
	if _, _, err := broken.Prove(t.Context(), request(t, note)); !errors.Is(err, disk.ErrDisk) {
		t.Fatalf("got %v, want %v", err, disk.ErrDisk)
	}
	store2.after = 100
	again := must(monitor.NewClient(monitor.ClientConfig{Store: store2, Rand: rand.Reader, Dial: dial}))(t)
	_, leaf, err := again.Prove(t.Context(), request(t, note))
	check(t, err)
	if [32]byte(leaf) != commitOf(t, note) {
		t.Error("the answer is of another message")
	}
	w.wantAlarms()
	if day := must(monitor.ReadDay(w.dir, w.clock))(t); len(day) != 2 {
		t.Errorf("got %d proved messages, want 2", len(day))
	}
}

// failing takes so many writes and then no more.
type failing struct {
	memory
	after int
}

func (f *failing) Save(b []byte) error {
	if f.after--; f.after < 0 {
		return disk.ErrDisk
	}
	return f.memory.Save(b)
}

// A monitor that is killed between the outbox and the answer, at each step of its disk, gives
// the same proof to the same request afterwards, and counts it once.
func TestKilledBetween(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inv := w.grant()
	store := &memory{}
	check(t, monitor.Import(store, inv))
	note := w.message()
	steps := 0
	for stop := 1; ; stop++ {
		n := 0
		c := w.client(store, w.serve())
		w.m.SetStep(func(string) error {
			if n++; n >= stop {
				return errors.New("killed")
			}
			return nil
		})
		_, _, err := c.Prove(t.Context(), request(t, note))
		w.m.SetStep(nil)
		if err == nil {
			break
		}
		steps++
		w.reopen()
	}
	if steps < 4 {
		t.Errorf("got %d steps, want at least 4: journal and channel", steps)
	}
	w.wantAlarms()
	if day := must(monitor.ReadDay(w.dir, w.clock))(t); len(day) != 1 {
		t.Errorf("got %d proved messages, want 1", len(day))
	}
}

// A machine that answers for the monitor with another certificate gets nothing.
func TestPinned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inv := w.grant()
	inv.Pin[0] ^= 1
	store := &memory{}
	check(t, monitor.Import(store, inv))
	_, _, err := w.client(store, w.serve()).Prove(t.Context(), request(t, w.message()))
	if !errors.Is(err, clinic.ErrMonitorAway) {
		t.Errorf("got %v, want %v", err, clinic.ErrMonitorAway)
	}
	if day := must(monitor.ReadDay(w.dir, w.clock))(t); len(day) != 0 {
		t.Errorf("got %d proved messages, want none", len(day))
	}
}

func TestHandleGarbage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	device := contact.KeyHash(w.device.Key())
	for _, tt := range []struct {
		name   string
		device [32]byte
		sealed []byte
		want   error
	}{
		{"empty", device, nil, monitor.ErrChannel},
		{"short", device, []byte{1, 2, 3}, monitor.ErrChannel},
		{"other version", device, make([]byte, 200), monitor.ErrChannel},
		{"noise", device, append([]byte{1}, make([]byte, 200)...), monitor.ErrChannel},
		{"too large", device, append([]byte{1}, make([]byte, 70<<10)...), monitor.ErrChannel},
		{"unknown device", [32]byte{9}, append([]byte{1}, make([]byte, 200)...), monitor.ErrNoChannel},
	} {
		for _, op := range []monitor.Operation{monitor.OpProve, monitor.OpDeliver, monitor.OpToday, "other"} {
			if _, err := w.m.Handle(op, tt.device, tt.sealed); !errors.Is(err, tt.want) {
				t.Errorf("%s, %s: got %v, want %v", tt.name, op, err, tt.want)
			}
		}
	}
	w.wantAlarms()
}

// The listener reads no more than it must, and lets nobody hold it.
func TestListenerLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	dial := w.serve()
	tr := monitor.PinnedTransport(w.keys.Pin(), dial)
	defer tr.CloseIdleConnections()
	client := &http.Client{Transport: tr, Timeout: 10 * time.Second}
	body := strings.NewReader(`{"sealed":"` + strings.Repeat("A", 10<<20) + `"}`)
	req := must(http.NewRequestWithContext(t.Context(), http.MethodPost, "https://x.invalid/chaperone.v1.MonitorService/Prove", body))(t)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err == nil {
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			t.Error("10 MB were answered with success")
		}
	}
	// Garbage in place of TLS.
	c := must(dial(t.Context(), "tcp", ""))(t)
	_, _ = c.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
	_ = c.SetReadDeadline(time.Now().Add(2 * time.Second))
	_, _ = io.Copy(io.Discard, c)
	check(t, c.Close())
	// Connections that say nothing do not keep others out.
	for range 20 {
		idle := must(dial(t.Context(), "tcp", ""))(t)
		defer idle.Close()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	inv := must(w.m.Invite(w.device.Key()))(t)
	store := &memory{}
	check(t, monitor.Import(store, inv))
	_, _, err = w.client(store, dial).Prove(ctx, request(t, w.message()))
	check(t, err)
}

func FuzzParseInvitation(f *testing.F) {
	k, err := clinic.NewDevice("desk.example.com", contacttest.Seed("desk"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(monitor.Invitation{Device: k.Key(), Address: "https://monitor.example.com:8443"}.Marshal())
	f.Add("chaperone/monitor-invitation/v1\n")
	f.Fuzz(func(t *testing.T, text string) {
		i, err := monitor.ParseInvitation(text)
		if err != nil {
			return
		}
		if back, err := monitor.ParseInvitation(i.Marshal()); err != nil || back != i {
			t.Errorf("got %v, %v after a round trip", back, err)
		}
	})
}
