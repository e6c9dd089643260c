package patient

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
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
				err = d.SetAnswers(checklist.Answers{Region: "us", Uses: []string{"facebook", "instagram"}[:1+r.IntN(2)]})
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

func TestSyncRefusesRollback(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b, cfgA, _, _ := pair(t, s)
	for i := range 3 {
		if err := b.SetSettings(fmt.Sprint(i), ""); err != nil {
			t.Fatal(err)
		}
		mustSync(t, b)
	}
	mustSync(t, a)
	v := s.only(t)
	good := v.blobs
	newest := a.State().Revision
	other, err := vault.SealBlob(nil, &a.local.Keys, newest, vault.State{Schema: vault.Schema})
	if err != nil {
		t.Fatal(err)
	}
	honest := func(blobs ...[]byte) func(*chaperonev1.VaultServiceGetRequest) (*chaperonev1.VaultServiceGetResponse, error) {
		return func(*chaperonev1.VaultServiceGetRequest) (*chaperonev1.VaultServiceGetResponse, error) {
			return &chaperonev1.VaultServiceGetResponse{Revision: uint64(len(blobs)), Blob: blobs[len(blobs)-1]}, nil
		}
	}
	answer := func(revision uint64, blob []byte) func(*chaperonev1.VaultServiceGetRequest) (*chaperonev1.VaultServiceGetResponse, error) {
		return func(*chaperonev1.VaultServiceGetRequest) (*chaperonev1.VaultServiceGetResponse, error) {
			return &chaperonev1.VaultServiceGetResponse{Revision: revision, Blob: blob}, nil
		}
	}
	for _, tt := range []struct {
		name string
		get  func(*chaperonev1.VaultServiceGetRequest) (*chaperonev1.VaultServiceGetResponse, error)
		want error
	}{
		{"an older blob", honest(good[:newest-1]...), vault.ErrRollback},
		{"the first blob", honest(good[0]), vault.ErrRollback},
		{"no blob but an older revision", answer(newest-1, nil), vault.ErrRollback},
		{"revision zero", answer(0, nil), vault.ErrRollback},
		{"other bytes under the same revision", answer(newest, other), vault.ErrRollback},
		{"an older blob under the same revision", answer(newest, good[0]), vault.ErrRollback},
		{"an older blob under a newer revision", answer(newest+1, good[0]), ErrBadAnswer},
		{"a newer revision without a blob", answer(newest+1, nil), ErrBadAnswer},
		{"garbage", answer(newest+1, bytes.Repeat([]byte{1}, 16<<10)), ErrBadAnswer},
		{"a short blob", answer(newest+1, []byte("x")), ErrBadAnswer},
		{"a lost vault", func(*chaperonev1.VaultServiceGetRequest) (*chaperonev1.VaultServiceGetResponse, error) {
			return nil, connect.NewError(connect.CodeNotFound, "none")
		}, vault.ErrRollback},
		{"a lost vault is not found", func(*chaperonev1.VaultServiceGetRequest) (*chaperonev1.VaultServiceGetResponse, error) {
			return nil, connect.NewError(connect.CodeNotFound, "none")
		}, ErrNotFound},
	} {
		before, disk := a.State(), mustRead(t, cfgA.Disk, VaultFile)
		s.set(func() { s.beforeGet = tt.get })
		if _, err := a.Sync(t.Context()); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if diff := cmp.Diff(before, a.State()); diff != "" {
			t.Errorf("%s: the state changed:\n%s", tt.name, diff)
		}
		if !bytes.Equal(disk, mustRead(t, cfgA.Disk, VaultFile)) {
			t.Errorf("%s: the file changed", tt.name)
		}
	}
	s.set(func() { s.beforeGet = answer(newest, good[newest-1]) })
	if _, err := a.Sync(t.Context()); err != nil {
		t.Errorf("the same blob sent again: got %v, want it accepted", err)
	}
	// A restart forgets nothing.
	s.set(func() { s.beforeGet = honest(good[0]) })
	a = reopen(t, a, cfgA)
	if _, err := a.Sync(t.Context()); !errors.Is(err, vault.ErrRollback) {
		t.Errorf("after a restart: got %v, want ErrRollback", err)
	}
	// The patient decides to store it there anew.
	s.set(func() { s.beforeGet = nil; clear(s.vaults) })
	if err := a.ForgetServerCopy(); err != nil {
		t.Fatal(err)
	}
	if got := mustSync(t, a); !got.Pushed || got.Revision != 1 {
		t.Errorf("anew: got %+v, want revision 1", got)
	}
}

func mustRead(t testing.TB, d Disk, name string) []byte {
	t.Helper()
	data, err := d.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestSyncFailsAndNothingChanges(t *testing.T) {
	t.Parallel()
	code := func(c connect.Code) func(*chaperonev1.VaultServicePutRequest) (*chaperonev1.VaultServicePutResponse, error) {
		return func(*chaperonev1.VaultServicePutRequest) (*chaperonev1.VaultServicePutResponse, error) {
			return nil, connect.NewError(c, "canary")
		}
	}
	bomb := func() []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(make([]byte, 10<<20))
		_ = z.Close()
		return b.Bytes()
	}()
	for _, tt := range []struct {
		name  string
		spoil func(s *fakeServer)
		want  error
	}{
		{"unavailable", func(s *fakeServer) { s.beforePut = code(connect.CodeUnavailable) }, ErrOffline},
		{"internal", func(s *fakeServer) { s.beforePut = code(connect.CodeInternal) }, ErrOffline},
		{"limited", func(s *fakeServer) { s.beforePut = code(connect.CodeResourceExhausted) }, ErrRefused},
		{"denied", func(s *fakeServer) { s.beforePut = code(connect.CodePermissionDenied) }, ErrRefused},
		{"clock", func(s *fakeServer) { s.now = func() time.Time { return testNow.Add(6 * time.Minute) } }, ErrClock},
		{"conflict storm", func(s *fakeServer) { s.beforePut = code(connect.CodeAborted) }, ErrConflict},
		{"conflict storm is refused", func(s *fakeServer) { s.beforePut = code(connect.CodeAborted) }, ErrRefused},
		{"wrong revision", func(s *fakeServer) {
			s.afterPut = func(a *chaperonev1.VaultServicePutResponse, err error) (*chaperonev1.VaultServicePutResponse, error) {
				return &chaperonev1.VaultServicePutResponse{Revision: 99}, nil
			}
		}, ErrBadAnswer},
		{"revision zero", func(s *fakeServer) {
			s.afterPut = func(a *chaperonev1.VaultServicePutResponse, err error) (*chaperonev1.VaultServicePutResponse, error) {
				return &chaperonev1.VaultServicePutResponse{}, nil
			}
		}, vault.ErrRollback},
		{"10 MB", func(s *fakeServer) {
			s.raw = func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/proto")
				_, _ = w.Write(make([]byte, 10<<20))
			}
		}, ErrBadAnswer},
		{"10 MB in gzip", func(s *fakeServer) {
			s.raw = func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/proto")
				w.Header().Set("Content-Encoding", "gzip")
				_, _ = w.Write(bomb)
			}
		}, ErrOffline},
		{"not protobuf", func(s *fakeServer) {
			s.raw = func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/proto")
				_, _ = w.Write([]byte("\xff\xff\xff\xff"))
			}
		}, ErrBadAnswer},
		{"a hotel's sign-in page", func(s *fakeServer) {
			s.raw = func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				_, _ = w.Write([]byte("<html>canary</html>"))
			}
		}, ErrOffline},
		{"a hotel's 401", func(s *fakeServer) {
			s.raw = func(w http.ResponseWriter, r *http.Request) { http.Error(w, "canary", http.StatusUnauthorized) }
		}, ErrOffline},
		{"a page that is not there", func(s *fakeServer) {
			s.raw = func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }
		}, ErrOffline},
		{"redirect", func(s *fakeServer) {
			s.raw = func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/elsewhere") {
					panic("followed a redirect")
				}
				http.Redirect(w, r, "/elsewhere"+r.URL.Path, http.StatusTemporaryRedirect)
			}
		}, ErrOffline},
		{"cut off", func(s *fakeServer) {
			s.raw = func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }
		}, ErrOffline},
		{"slow", func(s *fakeServer) {
			s.raw = func(w http.ResponseWriter, r *http.Request) {
				// Only once the body is read does the server see the client leave.
				_, _ = io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
			}
		}, ErrOffline},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			cfg := syncConfig(t, s, "phone")
			if tt.name == "slow" {
				cfg.HTTP = &http.Client{Timeout: time.Second}
			}
			d, _ := create(t, cfg)
			mustSync(t, d)
			if err := d.SetSettings("es", ""); err != nil {
				t.Fatal(err)
			}
			before := d.State()
			s.set(func() { tt.spoil(s) })
			_, err := d.Sync(t.Context())
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if err != nil && (strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "127.0.0.1")) {
				t.Errorf("the error tells too much: %v", err)
			}
			if diff := cmp.Diff(before, d.State()); diff != "" {
				t.Errorf("the state changed:\n%s", diff)
			}
			// The next day all is well again.
			s.set(func() {
				s.beforePut, s.afterPut, s.raw = nil, nil, nil
				s.now = func() time.Time { return testNow }
			})
			if _, err := d.Sync(t.Context()); err != nil {
				t.Errorf("afterwards: got %v", err)
			}
			if got := len(s.only(t).blobs); got != 2 {
				t.Errorf("got %d revisions on the server, want 2", got)
			}
		})
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

// TestSyncSurvivesAKill kills the program at each step that a sync does on disk. The next
// sync must finish it, and never send two different blobs for one revision unless another
// device stored one between.
func TestSyncSurvivesAKill(t *testing.T) {
	t.Parallel()
	for at, steps := 0, 0; at <= steps; at++ {
		s := newServer(t)
		a, b, cfgA, _, _ := pair(t, s)
		if err := b.SetSettings("from b", ""); err != nil {
			t.Fatal(err)
		}
		mustSync(t, b)
		if err := a.SetAnswers(checklist.Answers{Region: "mx"}); err != nil {
			t.Fatal(err)
		}
		dir := cfgA.Disk.(*Dir)
		f := &fault{at: at, how: "torn kill", dir: dir}
		dir.step = f.step
		func() {
			defer func() {
				_ = dir.unlock()
				if r := recover(); r != nil && r != any(errKilled) {
					panic(r)
				}
			}()
			if _, err := a.Sync(t.Context()); err != nil {
				t.Errorf("step %d: %v", at, err)
			}
		}()
		dir.step = nil
		if at == 0 {
			if steps = f.count; steps < 10 {
				t.Fatalf("got %d steps, want the writes of two files", steps)
			}
		}
		a, err := Open(t.Context(), cfgA)
		if err != nil {
			t.Fatalf("killed at step %d: open: %v", at, err)
		}
		if got := a.State().Answers.Region; got != "mx" {
			t.Errorf("killed at step %d: got region %q, want mx", at, got)
		}
		if _, err := a.Sync(t.Context()); err != nil {
			t.Errorf("killed at step %d: sync: %v", at, err)
		}
		mustSync(t, b)
		if content(t, a) != content(t, b) || b.State().Answers.Region != "mx" || a.State().Settings.Locale != "from b" {
			t.Errorf("killed at step %d: the devices differ:\n%s\n%s", at, content(t, a), content(t, b))
		}
		if _, err := cfgA.Disk.Read(pendingFile); err == nil {
			t.Errorf("killed at step %d: a pending request is left", at)
		}
		assertOneBlobARevision(t, s, fmt.Sprintf("killed at step %d", at))
		_ = a.Close()
	}
}

func assertOneBlobARevision(t *testing.T, s *fakeServer, name string) {
	t.Helper()
	seen := map[uint64][32]byte{}
	for _, p := range s.puts {
		sum := sha256.Sum256(p.GetBlob())
		if old, ok := seen[p.GetBaseRevision()]; ok && old != sum {
			t.Errorf("%s: two different blobs were sent on base revision %d", name, p.GetBaseRevision())
		}
		seen[p.GetBaseRevision()] = sum
	}
}

// TestSyncResendsTheSameBytes loses the answer to a Put: the server has stored the blob, and
// the device does not know.
func TestSyncResendsTheSameBytes(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b, cfgA, _, _ := pair(t, s)
	if err := a.SetSettings("es", ""); err != nil {
		t.Fatal(err)
	}
	s.set(func() {
		s.afterPut = func(*chaperonev1.VaultServicePutResponse, error) (*chaperonev1.VaultServicePutResponse, error) {
			return nil, connect.NewError(connect.CodeUnavailable, "lost")
		}
	})
	for range 2 {
		if _, err := a.Sync(t.Context()); !errors.Is(err, ErrOffline) {
			t.Fatalf("lost answer: got %v, want ErrOffline", err)
		}
	}
	s.set(func() { s.afterPut = nil })
	// Meanwhile the patient goes on, restarts, and the server must see no second blob.
	if err := a.SetAnswers(checklist.Answers{Region: "mx"}); err != nil {
		t.Fatal(err)
	}
	a = reopen(t, a, cfgA)
	if got := mustSync(t, a); got.Revision != 3 {
		t.Errorf("got revision %d, want 3: the lost one and the new answers", got.Revision)
	}
	assertOneBlobARevision(t, s, "lost answer")
	mustSync(t, b)
	if content(t, a) != content(t, b) {
		t.Error("the devices differ")
	}

	// The same, but another device is faster before the resend.
	if err := a.SetSettings("en", ""); err != nil {
		t.Fatal(err)
	}
	s.set(func() {
		s.beforePut = func(*chaperonev1.VaultServicePutRequest) (*chaperonev1.VaultServicePutResponse, error) {
			return nil, connect.NewError(connect.CodeUnavailable, "not stored")
		}
	})
	if _, err := a.Sync(t.Context()); !errors.Is(err, ErrOffline) {
		t.Fatalf("got %v, want ErrOffline", err)
	}
	s.set(func() { s.beforePut = nil })
	if err := b.AddPin(contact.Pin{Clinic: [32]byte{5}}); err != nil {
		t.Fatal(err)
	}
	mustSync(t, b)
	if got := mustSync(t, a); !got.Pulled || !got.Pushed {
		t.Errorf("got %+v, want pulled and pushed", got)
	}
	mustSync(t, b)
	if content(t, a) != content(t, b) || a.State().Settings.Locale != "en" || len(a.State().Contact.Pins) != 1 {
		t.Error("the devices differ, or lost something")
	}
}

// TestMarksDuringSync changes things while a sync waits for the network.
func TestMarksDuringSync(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b, _, _, _ := pair(t, s)
	if err := b.AddPin(contact.Pin{Clinic: [32]byte{5}}); err != nil {
		t.Fatal(err)
	}
	mustSync(t, b)
	once := make(chan struct{}, 1)
	once <- struct{}{}
	s.set(func() {
		s.beforeGet = func(*chaperonev1.VaultServiceGetRequest) (*chaperonev1.VaultServiceGetResponse, error) {
			select {
			case <-once:
				if err := a.SetSettings("while syncing", ""); err != nil {
					t.Error(err)
				}
			default:
			}
			return nil, nil
		}
	})
	mustSync(t, a)
	if got := a.State(); got.Settings.Locale != "while syncing" || len(got.Contact.Pins) != 1 {
		t.Errorf("got locale %q and %d pins, want both changes", got.Settings.Locale, len(got.Contact.Pins))
	}
	mustSync(t, a)
	mustSync(t, b)
	if content(t, a) != content(t, b) {
		t.Error("the devices differ")
	}
}

// TestCloseDuringSync leaves while a sync waits: Close must not wait for it, nothing may be
// written afterwards, and the lock must be free.
func TestCloseDuringSync(t *testing.T) {
	t.Parallel()
	for _, wipe := range []bool{false, true} {
		s := newServer(t)
		cfg := syncConfig(t, s, "phone")
		d, _ := create(t, cfg)
		arrived, release := make(chan struct{}), make(chan struct{})
		s.set(func() {
			s.raw = func(w http.ResponseWriter, r *http.Request) {
				close(arrived)
				<-release
				panic(http.ErrAbortHandler)
			}
		})
		done := make(chan error, 1)
		go func() {
			_, err := d.Sync(context.Background())
			done <- err
		}()
		<-arrived
		var err error
		if wipe {
			err = d.Wipe(t.Context(), false)
		} else {
			err = d.Close()
		}
		if err != nil {
			t.Errorf("wipe %v: got %v", wipe, err)
		}
		close(release)
		if err := <-done; err == nil {
			t.Errorf("wipe %v: the sync succeeded after it", wipe)
		}
		_, err = Open(t.Context(), cfg)
		if wipe != errors.Is(err, ErrNoVault) {
			t.Errorf("wipe %v: open: got %v", wipe, err)
		}
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
