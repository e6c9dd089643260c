package patient

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"connectrpc.com/connect/v2"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
)

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
