package patient

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

var testNow = time.Date(2031, 5, 11, 11, 0, 0, 0, time.UTC)

func testConfig(disk Disk) Config {
	return Config{Disk: disk, Now: func() time.Time { return testNow }, DeviceName: "phone"}
}

func create(t testing.TB, cfg Config) (*Device, humancode.Code) {
	t.Helper()
	d, code, err := Create(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d, code
}

func reopen(t testing.TB, d *Device, cfg Config) *Device {
	t.Helper()
	if d != nil {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	d, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// someRows returns an item that fans out and one that does not, both in the present plan.
func someRows(t testing.TB, d *Device) (fan, single checklist.Row) {
	t.Helper()
	plan := d.Plan()
	for _, r := range plan.Rows {
		if r.Item.FanOut != "" && len(r.Platforms) > 1 && fan.Item == nil {
			fan = r
		}
		if r.Item.FanOut == "" && single.Item == nil {
			single = r
		}
	}
	if fan.Item == nil || single.Item == nil {
		t.Fatalf("got a plan of %d rows without a fan-out or without a single row", len(plan.Rows))
	}
	return fan, single
}

func TestDeviceKeepsEverything(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	cfg := testConfig(dir)
	d, code := create(t, cfg)
	answers := checklist.Answers{Stage: checklist.Notified, Region: "us", Uses: []string{"facebook", "instagram"}}
	if err := d.SetAnswers(answers); err != nil {
		t.Fatal(err)
	}
	fan, single := someRows(t, d)
	if err := d.Mark(checklist.RowKey{Item: single.Item.ID}, checklist.Done, "", time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := d.Mark(checklist.RowKey{Item: fan.Item.ID}, checklist.Skipped, checklist.ReasonNotNow, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := d.SetSettings("es", "dark"); err != nil {
		t.Fatal(err)
	}
	if err := d.AddPin(contact.Pin{Clinic: [32]byte{1}, Name: "Example Aesthetics"}); err != nil {
		t.Fatal(err)
	}
	if err := d.UseServer("https://chaperone.example.com/"); err != nil {
		t.Fatal(err)
	}
	want := d.State()
	d = reopen(t, d, cfg)
	got := d.State()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("state after opening again (-want +got):\n%s", diff)
	}
	if seed := got.Answers.Seed; seed == 0 || seed > checklist.MaxSeed {
		t.Errorf("got seed %d, want one that was drawn", seed)
	}
	answers.Seed, answers.Events.IncidentAt = got.Answers.Seed, testNow.Unix()
	if diff := cmp.Diff(answers, got.Answers); diff != "" || !got.Answered {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if len(got.Rows) != 1+len(fan.Platforms) {
		t.Errorf("got %d rows, want one and %d platforms", len(got.Rows), len(fan.Platforms))
	}
	for _, r := range got.Rows {
		if r.Item == single.Item.ID && (r.Status != checklist.Done || r.DoneAt != testNow.Unix() || r.DoneRev != single.Item.Rev) {
			t.Errorf("done row: got %+v", r)
		}
		if r.Item == fan.Item.ID && (r.Status != checklist.Skipped || r.SkipReason != checklist.ReasonNotNow || r.Platform == "") {
			t.Errorf("skipped row: got %+v", r)
		}
		if r.Device != got.Device || r.Lamport == 0 || r.Lamport > got.Lamport {
			t.Errorf("row stamp: got %+v in a state of device %s at %d", r, got.Device, got.Lamport)
		}
	}
	if !got.Contact.Pins[0].Confirmed {
		t.Error("a pin made on this device is not confirmed")
	}
	if got.SavedOn != "phone" || got.SavedAt != testNow.Unix() || len(got.Device) != 32 {
		t.Errorf("got saved on %q at %d by device %q", got.SavedOn, got.SavedAt, got.Device)
	}
	if d.Server() != "https://chaperone.example.com" {
		t.Errorf("server: got %q", d.Server())
	}
	if kept, err := d.RecoveryCode(); err != nil || kept.Symbols() != code.Symbols() {
		t.Errorf("recovery code before it is confirmed: got %v", err)
	}
	// What is on disk in the clear must not tell anything.
	for _, name := range dir.files(t) {
		data, err := os.ReadFile(filepath.Join(dir.root, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, canary := range []string{code.Symbols(), code.Grouped(), "Example Aesthetics", "facebook", "phone", got.Device, single.Item.ID} {
			if bytes.Contains(data, []byte(canary)) {
				t.Errorf("%s holds %q in the clear", name, canary)
			}
		}
	}
}

func TestCreateAndOpenRefuse(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	cfg := testConfig(dir)
	if _, err := Open(t.Context(), cfg); !errors.Is(err, ErrNoVault) {
		t.Errorf("open without a vault: got %v, want ErrNoVault", err)
	}
	if _, err := os.Stat(dir.root); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open without a vault made the directory: %v", err)
	}
	d, _ := create(t, cfg)
	other, err := NewDir(dir.root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), testConfig(other)); !errors.Is(err, ErrAlreadyOpen) {
		t.Errorf("second open: got %v, want ErrAlreadyOpen", err)
	}
	if _, _, err := Create(t.Context(), testConfig(other)); !errors.Is(err, ErrAlreadyOpen) {
		t.Errorf("create beside an open vault: got %v, want ErrAlreadyOpen", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Create(t.Context(), testConfig(other)); !errors.Is(err, ErrVaultExists) {
		t.Errorf("create over a vault: got %v, want ErrVaultExists", err)
	}
	reopen(t, nil, cfg)
}

func TestDamagedDisk(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		spoil func(t *testing.T, d *Dir)
		want  error
	}{
		{"truncated vault", func(t *testing.T, d *Dir) { truncate(t, d, VaultFile, 1000) }, vault.ErrDamaged},
		{"empty vault", func(t *testing.T, d *Dir) { truncate(t, d, VaultFile, 0) }, vault.ErrDamaged},
		{"missing key", func(t *testing.T, d *Dir) {
			if err := d.Remove(keyFile); err != nil {
				t.Fatal(err)
			}
		}, ErrNoKey},
		{"missing key is damage", func(t *testing.T, d *Dir) {
			if err := d.Remove(keyFile); err != nil {
				t.Fatal(err)
			}
		}, vault.ErrDamaged},
		{"short key", func(t *testing.T, d *Dir) { truncate(t, d, keyFile, 31) }, vault.ErrDamaged},
		{"other key", func(t *testing.T, d *Dir) {
			if err := d.Write(keyFile, make([]byte, 32)); err != nil {
				t.Fatal(err)
			}
		}, vault.ErrDamaged},
		{"garbled server.json", func(t *testing.T, d *Dir) {
			if err := d.Write(serverFile, []byte("{\"url\":\"javascript:1\"}")); err != nil {
				t.Fatal(err)
			}
		}, nil},
	} {
		dir := newDir(t)
		d, _ := create(t, testConfig(dir))
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		tt.spoil(t, dir)
		d, err := Open(t.Context(), testConfig(dir))
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if err == nil {
			if d.Server() != "" {
				t.Errorf("%s: got server %q", tt.name, d.Server())
			}
			_ = d.Close()
		}
		if unlock, err := dir.Lock(); err != nil {
			t.Errorf("%s: the lock was not given back: %v", tt.name, err)
		} else {
			_ = unlock()
		}
	}
}

func truncate(t *testing.T, d *Dir, name string, n int64) {
	t.Helper()
	if err := os.Truncate(filepath.Join(d.root, name), n); err != nil {
		t.Fatal(err)
	}
}

func TestMark(t *testing.T) {
	t.Parallel()
	d, _ := create(t, testConfig(newDir(t)))
	if err := d.SetAnswers(checklist.Answers{Region: "us", Uses: []string{"facebook", "instagram"}}); err != nil {
		t.Fatal(err)
	}
	fan, single := someRows(t, d)
	for _, key := range []checklist.RowKey{
		{Item: "no-such-item"},
		{Item: single.Item.ID, Platform: "facebook"},
		{Item: fan.Item.ID, Platform: "no-such-platform"},
		{},
	} {
		if err := d.Mark(key, checklist.Done, "", time.Time{}); !errors.Is(err, ErrNoRow) {
			t.Errorf("%v: got %v, want ErrNoRow", key, err)
		}
	}
	if n := len(d.State().Rows); n != 0 {
		t.Errorf("got %d rows after refused marks, want none", n)
	}
	until := testNow.Add(48 * time.Hour)
	one := checklist.RowKey{Item: fan.Item.ID, Platform: fan.Platforms[0].Platform.ID}
	if err := d.Mark(one, checklist.Later, "", until); err != nil {
		t.Fatal(err)
	}
	rows := d.State().Rows
	if len(rows) != 1 || rows[0].DueAt != until.Unix() || rows[0].RowKey != one {
		t.Errorf("later: got %+v", rows)
	}
	if err := d.Mark(checklist.RowKey{Item: fan.Item.ID}, checklist.Done, "", time.Time{}); err != nil {
		t.Fatal(err)
	}
	for _, r := range d.Plan().Finished {
		if r.Item.ID != fan.Item.ID {
			continue
		}
		for _, p := range r.Platforms {
			if p.Status != checklist.Done {
				t.Errorf("%s: got %s, want done", p.Platform.ID, p.Status)
			}
		}
		return
	}
	t.Error("the row that was marked done is not among the finished")
}

func TestCancelledContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := newDir(t)
	if _, _, err := Create(ctx, testConfig(dir)); !errors.Is(err, context.Canceled) {
		t.Errorf("create: got %v, want context.Canceled", err)
	}
	if _, err := Open(t.Context(), testConfig(dir)); !errors.Is(err, ErrNoVault) {
		t.Errorf("open after it: got %v, want ErrNoVault", err)
	}
	d, _ := create(t, testConfig(dir))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, testConfig(dir)); !errors.Is(err, context.Canceled) {
		t.Errorf("open: got %v, want context.Canceled", err)
	}
}

// What is told anew is stamped where answers are saved, the seed stays, and a row that is open
// again keeps the day on which it was finished, unless it never was.
func TestNewsKeepsTheDay(t *testing.T) {
	t.Parallel()
	cfg := testConfig(newDir(t))
	now := testNow
	cfg.Now = func() time.Time { return now }
	d, _ := create(t, cfg)
	seed := d.State().Answers.Seed
	answers := checklist.Answers{Stage: checklist.Notified, Region: "us", Uses: []string{"facebook"}, Exposed: []checklist.Exposure{checklist.Contact}}
	if err := d.SetAnswers(answers); err != nil {
		t.Fatal(err)
	}
	key := checklist.RowKey{Item: "accounts.email-2fa"}
	mark := func(status checklist.Status) checklist.RowState {
		t.Helper()
		if err := d.Mark(key, status, "", time.Time{}); err != nil {
			t.Fatal(err)
		}
		return d.State().Rows[0]
	}
	done := mark(checklist.Done)
	if want := d.Pack().Rev(done.RowKey); done.DoneRev != want || want == 0 {
		t.Errorf("got revision %d, want %d", done.DoneRev, want)
	}
	now = now.AddDate(0, 1, 0)
	answers.Stage, answers.Exposed = checklist.Threatened, append(answers.Exposed, checklist.SSN)
	if err := d.SetAnswers(answers); err != nil {
		t.Fatal(err)
	}
	got := d.State().Answers
	want := checklist.Events{IncidentAt: now.Unix(), ThreatAt: now.Unix(), Added: map[checklist.Exposure]int64{checklist.SSN: now.Unix()}}
	if diff := cmp.Diff(want, got.Events); diff != "" || got.Seed != seed || seed == 0 {
		t.Errorf("got seed %d, want %d; events (-want +got):\n%s", got.Seed, seed, diff)
	}
	for _, status := range []checklist.Status{checklist.Doing, checklist.Later, checklist.Skipped} {
		if s := mark(status); s.DoneAt != testNow.Unix() || s.DoneRev != done.DoneRev {
			t.Errorf("%s: got finished at %d, revision %d; want %d, %d", status, s.DoneAt, s.DoneRev, testNow.Unix(), done.DoneRev)
		}
	}
	if s := mark(checklist.Done); s.DoneAt != now.Unix() {
		t.Errorf("got finished at %d, want today", s.DoneAt)
	}
	if s := mark(checklist.Todo); s.DoneAt != 0 || s.DoneRev != 0 {
		t.Errorf("got %+v, want nothing left of a mark that was taken back", s)
	}
}
