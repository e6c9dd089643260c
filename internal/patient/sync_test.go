package patient

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

func syncConfig(t testing.TB, s *fakeServer, name string) Config {
	t.Helper()
	cfg := testConfig(newDir(t))
	cfg.Server, cfg.DeviceName = s.url, name
	return cfg
}

func mustSync(t testing.TB, d *Device) SyncResult {
	t.Helper()
	r, err := d.Sync(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// pair is two devices of one vault, both in step with the server.
func pair(t testing.TB, s *fakeServer) (a, b *Device, cfgA, cfgB Config, code humancode.Code) {
	t.Helper()
	cfgA, cfgB = syncConfig(t, s, "phone"), syncConfig(t, s, "laptop")
	a, code = create(t, cfgA)
	if err := a.SetAnswers(checklist.Answers{Region: "us", Uses: []string{"facebook"}}); err != nil {
		t.Fatal(err)
	}
	mustSync(t, a)
	b, _, err := Restore(t.Context(), cfgB, code)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return a, b, cfgA, cfgB, code
}

// content is what two devices must agree on.
func content(t testing.TB, d *Device) string {
	t.Helper()
	c, err := d.State().Content()
	if err != nil {
		t.Fatal(err)
	}
	return string(c)
}

func TestSyncTwoDevices(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	cfgA, cfgB := syncConfig(t, s, "phone"), syncConfig(t, s, "laptop")
	a, code := create(t, cfgA)
	if _, err := a.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.SetAnswers(checklist.Answers{Region: "us", Uses: []string{"facebook"}}); err != nil {
		t.Fatal(err)
	}
	if err := a.AddPin(contact.Pin{Clinic: [32]byte{1}, Name: "Example Aesthetics"}); err != nil {
		t.Fatal(err)
	}
	_, single := someRowsOrSingle(t, a)
	if err := a.Mark(checklist.RowKey{Item: single}, checklist.Done, "", time.Time{}); err != nil {
		t.Fatal(err)
	}
	if got, want := mustSync(t, a), (SyncResult{Pushed: true, Revision: 2, At: testNow}); got != want {
		t.Errorf("second sync: got %+v, want %+v", got, want)
	}
	if got, want := mustSync(t, a), (SyncResult{Revision: 2, At: testNow}); got != want {
		t.Errorf("nothing new: got %+v, want %+v", got, want)
	}
	b, restored, err := Restore(t.Context(), cfgB, code)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if restored.SavedOn != "phone" || !restored.SavedAt.Equal(testNow) || len(restored.Pins) != 1 || restored.Pins[0].Confirmed {
		t.Errorf("restored: got %+v, want saved now on phone with one pin to confirm", restored)
	}
	if content(t, a) != content(t, b) {
		t.Errorf("after restore the devices differ:\n%s\n%s", content(t, a), content(t, b))
	}
	if a.State().Device == b.State().Device || b.State().DeviceName != "laptop" || !b.RecoveryConfirmed() {
		t.Errorf("restored device: got id %q, name %q, confirmed %v", b.State().Device, b.State().DeviceName, b.RecoveryConfirmed())
	}
	if err := b.SetSettings("es", ""); err != nil {
		t.Fatal(err)
	}
	if got := mustSync(t, b); !got.Pushed || got.Pulled || got.Revision != 3 {
		t.Errorf("from the second device: got %+v", got)
	}
	if got := mustSync(t, a); got.Pushed || !got.Pulled || got.Revision != 3 {
		t.Errorf("to the first device: got %+v", got)
	}
	if a.State().Settings.Locale != "es" || a.State().DeviceName != "phone" || a.State().Revision != 3 {
		t.Errorf("first device: got %+v", a.State().Settings)
	}
	if !a.State().Contact.Pins[0].Confirmed {
		t.Error("a sync took the confirmation of a pin away")
	}
	if b.State().Contact.Pins[0].Confirmed {
		t.Error("a sync confirmed a pin that nobody looked at here")
	}
	// Both stay in step over a restart, and a new config without a server still has it.
	cfgB.Server = ""
	b = reopen(t, b, cfgB)
	if b.Server() != s.url {
		t.Errorf("server after a restore: got %q, want it saved", b.Server())
	}
	if got := mustSync(t, b); got.Pushed || got.Pulled {
		t.Errorf("after a restart: got %+v, want nothing to do", got)
	}
	if !b.SyncedAt().Equal(testNow) {
		t.Errorf("synced at: got %v", b.SyncedAt())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if diff := cmp.Diff(map[string]bool{userAgent: true}, s.agents); diff != "" {
		t.Errorf("user agents (-want +got):\n%s", diff)
	}
	if s.plans != 0 {
		t.Errorf("got %d calls of Plan, want none", s.plans)
	}
}

func someRowsOrSingle(t testing.TB, d *Device) (fan, single string) {
	t.Helper()
	for _, r := range d.Plan().Rows {
		if r.Item.FanOut == "" {
			single = r.Item.ID
		} else {
			fan = r.Item.ID
		}
	}
	if fan == "" || single == "" {
		t.Fatal("the plan lacks a fan-out or a single row")
	}
	return fan, single
}

// TestDevicesConvergeInAnyOrder lets three devices change things and sync in random order.
func TestDevicesConvergeInAnyOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		s := newServer(t)
		a, b, _, _, code := pair(t, s)
		c, _, err := Restore(t.Context(), syncConfig(t, s, "tablet"), code)
		if err != nil {
			t.Fatal(err)
		}
		devices := []*Device{a, b, c}
		fan, single := someRowsOrSingle(t, a)
		r := rand.New(rand.NewPCG(seed, 1))
		for range 24 {
			d := devices[r.IntN(len(devices))]
			var err error
			switch r.IntN(7) {
			case 0:
				err = d.Mark(checklist.RowKey{Item: single}, []checklist.Status{checklist.Done, checklist.Todo, checklist.NotMine}[r.IntN(3)], "", time.Time{})
			case 1:
				err = d.Mark(checklist.RowKey{Item: fan}, checklist.Done, "", time.Time{})
			case 2:
				err = d.SetSettings(fmt.Sprint(r.IntN(4)), "")
			case 3:
				err = d.SetAnswers(checklist.Answers{
					Stage: checklist.Stages()[r.IntN(4)], Region: "us", Uses: []string{"facebook", "instagram"}[:1+r.IntN(2)],
					Exposed: checklist.Exposures()[:r.IntN(4)],
				})
			case 4:
				err = d.AddPin(contact.Pin{Clinic: [32]byte{byte(r.IntN(3))}, FirstSeen: int64(r.IntN(3))})
			default:
				_, err = d.Sync(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			for _, d := range devices {
				mustSync(t, d)
			}
		}
		if content(t, a) != content(t, b) || content(t, b) != content(t, c) {
			t.Errorf("seed %d: the devices differ:\n%s\n%s\n%s", seed, content(t, a), content(t, b), content(t, c))
		}
		if diff := cmp.Diff(a.Plan(), b.Plan(), cmp.AllowUnexported(time.Time{}, time.Location{})); diff != "" {
			t.Errorf("seed %d: the plans differ:\n%s", seed, diff)
		}
		before := len(s.puts)
		for _, d := range devices {
			if r := mustSync(t, d); r.Pushed || r.Pulled {
				t.Errorf("seed %d: got %+v after all agree, want nothing to do", seed, r)
			}
			_ = d.Close()
		}
		if len(s.puts) != before {
			t.Errorf("seed %d: got puts although all agree", seed)
		}
	}
}

func TestSyncNeedsAServer(t *testing.T) {
	t.Parallel()
	d, code := create(t, testConfig(newDir(t)))
	if _, err := d.Sync(t.Context()); !errors.Is(err, ErrNoServer) {
		t.Errorf("sync: got %v, want ErrNoServer", err)
	}
	if _, err := d.FetchPack(t.Context()); !errors.Is(err, ErrNoServer) {
		t.Errorf("fetch pack: got %v, want ErrNoServer", err)
	}
	if _, _, err := Restore(t.Context(), testConfig(newDir(t)), code); !errors.Is(err, ErrNoServer) {
		t.Errorf("restore: got %v, want ErrNoServer", err)
	}
	// Nobody listens there.
	s := newServer(t)
	s.set(func() { s.raw = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) } })
	if err := d.UseServer(s.url); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Sync(ctx); !errors.Is(err, ErrOffline) || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v, want ErrOffline and context.Canceled", err)
	}
}

func TestSyncOfDeletedVault(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b, cfgA, cfgB, code := pair(t, s)
	s.set(func() { s.raw = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) } })
	if err := b.Wipe(t.Context(), true); !errors.Is(err, ErrOffline) {
		t.Errorf("wipe without a connection: got %v, want ErrOffline", err)
	}
	if err := b.SetSettings("es", ""); err != nil {
		t.Errorf("after a wipe that could not be: got %v, want nothing removed", err)
	}
	s.set(func() { s.raw = nil })
	if err := b.Wipe(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), cfgB); !errors.Is(err, ErrNoVault) {
		t.Errorf("open after a wipe: got %v, want ErrNoVault", err)
	}
	before := content(t, a)
	if _, err := a.Sync(t.Context()); !errors.Is(err, ErrDeleted) {
		t.Errorf("sync from the other device: got %v, want ErrDeleted", err)
	}
	if content(t, a) != before {
		t.Error("the other device lost something")
	}
	if _, _, err := Restore(t.Context(), cfgB, code); !errors.Is(err, ErrDeleted) {
		t.Errorf("restore: got %v, want ErrDeleted", err)
	}
	if err := a.Wipe(t.Context(), true); err != nil {
		t.Errorf("deleting again: got %v", err)
	}
	if _, err := Open(t.Context(), cfgA); !errors.Is(err, ErrNoVault) {
		t.Errorf("open: got %v, want ErrNoVault", err)
	}
}

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, _, _, _, code := pair(t, s)
	other, err := humancode.New(nil, humancode.RecoveryLen)
	if err != nil {
		t.Fatal(err)
	}
	cfg := syncConfig(t, s, "new")
	if _, _, err := Restore(t.Context(), cfg, other); !errors.Is(err, ErrNotFound) {
		t.Errorf("another code: got %v, want ErrNotFound", err)
	}
	if _, _, err := Restore(t.Context(), cfg, humancode.Code{}); !errors.Is(err, humancode.ErrLength) {
		t.Errorf("no code: got %v, want ErrLength", err)
	}
	future := a.State()
	future.Schema = vault.Schema + 1
	newer, err := vault.SealBlob(nil, &a.local.Keys, 9, future)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		blob []byte
		want error
	}{
		"garbage":       {make([]byte, 16<<10), ErrBadAnswer},
		"newer program": {newer, vault.ErrNewer},
	} {
		s.set(func() {
			s.beforeGet = func(*chaperonev1.VaultServiceGetRequest) (*chaperonev1.VaultServiceGetResponse, error) {
				return &chaperonev1.VaultServiceGetResponse{Revision: 9, Blob: tt.blob}, nil
			}
		})
		if _, _, err := Restore(t.Context(), cfg, code); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
		if _, err := Open(t.Context(), cfg); !errors.Is(err, ErrNoVault) {
			t.Errorf("%s: open afterwards: got %v, want ErrNoVault", name, err)
		}
	}
	s.set(func() { s.beforeGet = nil })
	d, _, err := Restore(t.Context(), cfg, code)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Restore(t.Context(), cfg, code); !errors.Is(err, ErrVaultExists) {
		t.Errorf("over a vault: got %v, want ErrVaultExists", err)
	}
}

// TestSwitchServer moves to another server and back.
func TestSwitchServer(t *testing.T) {
	t.Parallel()
	one, two := newServer(t), newServer(t)
	cfg := syncConfig(t, one, "phone")
	d, _ := create(t, cfg)
	mustSync(t, d)
	if err := d.SetSettings("es", ""); err != nil {
		t.Fatal(err)
	}
	mustSync(t, d)
	if err := d.UseServer(two.url); err != nil {
		t.Fatal(err)
	}
	if got := d.State().Revision; got != 0 {
		t.Errorf("revision on a new server: got %d, want 0", got)
	}
	if got := mustSync(t, d); got.Revision != 1 || !got.Pushed {
		t.Errorf("new server: got %+v, want revision 1", got)
	}
	if err := d.UseServer(one.url); err != nil {
		t.Fatal(err)
	}
	if got := d.State().Revision; got != 2 {
		t.Errorf("revision on the old server: got %d, want 2", got)
	}
	v := one.only(t)
	one.set(func() { v.blobs = v.blobs[:1] })
	if _, err := d.Sync(t.Context()); !errors.Is(err, vault.ErrRollback) {
		t.Errorf("a rollback on the old server: got %v, want ErrRollback", err)
	}
}
