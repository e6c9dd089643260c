package patient

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"github.com/google/go-cmp/cmp"

	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

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
