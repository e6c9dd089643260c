package vaultsync_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/store/memory"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// client signs requests as a patient's device does.
type client struct {
	seed [32]byte
	id   [32]byte
	now  time.Time
}

func newClient(n byte, now time.Time) client {
	return client{seed: [32]byte{n, 1}, id: [32]byte{n, 2}, now: now}
}

func (c client) proof(op vault.Op, revision uint64, blob []byte) vaultsync.Proof {
	nonce := [vault.NonceSize]byte{7}
	return vaultsync.Proof{
		PublicKey:   ed25519.NewKeyFromSeed(c.seed[:]).Public().(ed25519.PublicKey),
		UnixSeconds: c.now.Unix(),
		Nonce:       nonce[:],
		Signature:   vault.SignRequest(c.seed, op, c.id, revision, blob, c.now, nonce),
	}
}

func (c client) get(have uint64) vaultsync.GetRequest {
	return vaultsync.GetRequest{VaultID: c.id[:], Proof: c.proof(vault.OpGet, have, nil), HaveRevision: have}
}

func (c client) put(base uint64, blob []byte) vaultsync.PutRequest {
	return vaultsync.PutRequest{VaultID: c.id[:], Proof: c.proof(vault.OpPut, base, blob), BaseRevision: base, Blob: blob}
}

func (c client) delete() vaultsync.DeleteRequest {
	return vaultsync.DeleteRequest{VaultID: c.id[:], Proof: c.proof(vault.OpDelete, 0, nil)}
}

func newService(t *testing.T, now *time.Time) *vaultsync.Service {
	t.Helper()
	s, err := vaultsync.New(vaultsync.Config{Store: memory.New().Vaults(), Now: func() time.Time { return *now }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func blob(n int, fill byte) []byte { return bytes.Repeat([]byte{fill}, n) }

func want(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestLifeOfAVault(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	s, ctx, c := newService(t, &now), t.Context(), newClient(1, now)

	_, err := s.Get(ctx, c.get(0))
	want(t, "get before put", err, vaultsync.ErrNotFound)
	_, err = s.Put(ctx, c.put(4, blob(16<<10, 1)))
	want(t, "put on an unknown base", err, vaultsync.ErrNotFound)

	for i, size := range []int{16 << 10, 64 << 10, 256 << 10} {
		rev, err := s.Put(ctx, c.put(uint64(i), blob(size, byte(i))))
		if err != nil || rev != uint64(i+1) {
			t.Fatalf("put %d: got %d, %v", i, rev, err)
		}
		again, err := s.Put(ctx, c.put(uint64(i), blob(size, byte(i))))
		if err != nil || again != rev {
			t.Fatalf("put %d again: got %d, %v, want %d", i, again, err, rev)
		}
		snap, err := s.Get(ctx, c.get(0))
		if err != nil || snap.Revision != rev || !bytes.Equal(snap.Blob, blob(size, byte(i))) {
			t.Fatalf("get %d: got revision %d, %d bytes, %v", i, snap.Revision, len(snap.Blob), err)
		}
	}
	snap, err := s.Get(ctx, c.get(3))
	if err != nil || snap.Revision != 3 || snap.Blob != nil {
		t.Errorf("get with the newest revision: got %d, %d bytes, %v, want no blob", snap.Revision, len(snap.Blob), err)
	}

	_, err = s.Put(ctx, c.put(1, blob(16<<10, 9)))
	want(t, "put on an old base", err, vaultsync.ErrConflict)
	var conflict *vaultsync.ConflictError
	if !errors.As(err, &conflict) || conflict.Current != 3 {
		t.Errorf("put on an old base: got %v, want current revision 3", err)
	}

	want(t, "delete", s.Delete(ctx, c.delete()), nil)
	want(t, "delete again", s.Delete(ctx, c.delete()), nil)
	_, err = s.Get(ctx, c.get(0))
	want(t, "get after delete", err, vaultsync.ErrDeleted)
	_, err = s.Put(ctx, c.put(0, blob(16<<10, 1)))
	want(t, "put after delete", err, vaultsync.ErrDeleted)
	_, err = s.Put(ctx, c.put(3, blob(16<<10, 1)))
	want(t, "put after delete", err, vaultsync.ErrDeleted)
}

func TestMarksArePurgedAfterAYear(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	s, ctx, c := newService(t, &now), t.Context(), newClient(1, now)
	want(t, "delete of an unknown vault", s.Delete(ctx, c.delete()), nil)
	_, err := s.Put(ctx, c.put(0, blob(16<<10, 1)))
	want(t, "a first put that comes late", err, vaultsync.ErrDeleted)

	for _, step := range []struct{ days, purged int }{{365, 0}, {1, 1}, {1, 0}} {
		now = now.AddDate(0, 0, step.days)
		if n, err := s.Purge(ctx); n != step.purged || err != nil {
			t.Errorf("purge on %s: got %d, %v, want %d", now.Format(time.DateOnly), n, err, step.purged)
		}
	}
	c.now = now
	if rev, err := s.Put(ctx, c.put(0, blob(16<<10, 1))); rev != 1 || err != nil {
		t.Errorf("put after the purge: got %d, %v, want 1", rev, err)
	}
}

func TestAnotherKey(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	s, ctx, owner := newService(t, &now), t.Context(), newClient(1, now)
	if _, err := s.Put(ctx, owner.put(0, blob(16<<10, 1))); err != nil {
		t.Fatal(err)
	}
	thief, stranger := owner, newClient(3, now)
	thief.seed = [32]byte{66}

	_, err := s.Get(ctx, thief.get(0))
	_, unknown := s.Get(ctx, stranger.get(0))
	want(t, "get by another key", err, vaultsync.ErrNotFound)
	if err.Error() != unknown.Error() {
		t.Errorf("get by another key says %q, get of an unknown vault %q: a stranger can tell them apart", err, unknown)
	}
	_, err = s.Put(ctx, thief.put(1, blob(16<<10, 2)))
	want(t, "put by another key", err, vaultsync.ErrProof)
	_, err = s.Put(ctx, thief.put(0, blob(16<<10, 1)))
	want(t, "resend by another key", err, vaultsync.ErrProof)
	want(t, "delete by another key", s.Delete(ctx, thief.delete()), vaultsync.ErrProof)

	want(t, "delete", s.Delete(ctx, owner.delete()), nil)
	_, err = s.Get(ctx, thief.get(0))
	want(t, "get of a deleted vault by another key", err, vaultsync.ErrNotFound)
}

func TestRefusedBeforeTheStore(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	c := newClient(1, now)
	late, early := c, c
	late.now, early.now = now.Add(-5*time.Minute-time.Second), now.Add(5*time.Minute+time.Second)
	good := blob(16<<10, 1)

	tests := []struct {
		name string
		edit func(*vaultsync.PutRequest)
		req  vaultsync.PutRequest
		want error
	}{
		{"no blob", nil, c.put(0, nil), vaultsync.ErrSize},
		{"one byte short", nil, c.put(0, good[1:]), vaultsync.ErrSize},
		{"4 KiB", nil, c.put(0, blob(4<<10, 1)), vaultsync.ErrSize},
		{"1 MiB", nil, c.put(0, blob(1<<20, 1)), vaultsync.ErrSize},
		{"old", nil, late.put(0, good), vaultsync.ErrClock},
		{"from the future", nil, early.put(0, good), vaultsync.ErrClock},
		{"short id", func(r *vaultsync.PutRequest) { r.VaultID = r.VaultID[:31] }, c.put(0, good), vaultsync.ErrMalformed},
		{"no key", func(r *vaultsync.PutRequest) { r.Proof.PublicKey = nil }, c.put(0, good), vaultsync.ErrMalformed},
		{"short nonce", func(r *vaultsync.PutRequest) { r.Proof.Nonce = r.Proof.Nonce[:15] }, c.put(0, good), vaultsync.ErrMalformed},
		{"short signature", func(r *vaultsync.PutRequest) { r.Proof.Signature = r.Proof.Signature[:63] }, c.put(0, good), vaultsync.ErrMalformed},
		{"highest revision", nil, c.put(vaultsync.MaxRevision, good), vaultsync.ErrMalformed},
		{"other id", func(r *vaultsync.PutRequest) { r.VaultID = blob(32, 5) }, c.put(0, good), vaultsync.ErrProof},
		{"other base", func(r *vaultsync.PutRequest) { r.BaseRevision = 1 }, c.put(0, good), vaultsync.ErrProof},
		{"other blob", func(r *vaultsync.PutRequest) { r.Blob = blob(16<<10, 2) }, c.put(0, good), vaultsync.ErrProof},
		{"other nonce", func(r *vaultsync.PutRequest) { r.Proof.Nonce = blob(16, 9) }, c.put(0, good), vaultsync.ErrProof},
		{"other time", func(r *vaultsync.PutRequest) { r.Proof.UnixSeconds++ }, c.put(0, good), vaultsync.ErrProof},
		{"signed as a get", func(r *vaultsync.PutRequest) { r.Proof = c.proof(vault.OpGet, 0, good) }, c.put(0, good), vaultsync.ErrProof},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := vaultsync.New(vaultsync.Config{Store: untouched{t}, Now: func() time.Time { return now }})
			if err != nil {
				t.Fatal(err)
			}
			if tt.edit != nil {
				tt.edit(&tt.req)
			}
			_, err = s.Put(t.Context(), tt.req)
			want(t, "put", err, tt.want)
		})
	}
}

// TestStoreFailure: an engine's trouble is ErrUnavailable with its cause, and a caller's own
// cancellation stays what it is.
func TestStoreFailure(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	c, cause := newClient(1, now), errors.New("engine trouble")
	var log strings.Builder
	s, err := vaultsync.New(vaultsync.Config{
		Store: failing{cause},
		Now:   func() time.Time { return now },
		Log:   slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Put(t.Context(), c.put(0, blob(16<<10, 1)))
	want(t, "put", err, vaultsync.ErrUnavailable)
	want(t, "put", err, cause)
	want(t, "delete", s.Delete(t.Context(), c.delete()), vaultsync.ErrUnavailable)
	if !strings.Contains(log.String(), "engine trouble") {
		t.Errorf("log: got %q, want the engine's text", log.String())
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Get(ctx, c.get(0))
	want(t, "get, cancelled", err, context.Canceled)
	if errors.Is(err, vaultsync.ErrUnavailable) {
		t.Errorf("get, cancelled: got %v, want no blame on the store", err)
	}
}

func TestNewNeedsAStore(t *testing.T) {
	t.Parallel()
	if _, err := vaultsync.New(vaultsync.Config{}); err == nil {
		t.Error("got a service without a store")
	}
}

// untouched fails the test when it is asked anything.
type untouched struct{ t *testing.T }

func (u untouched) Get(context.Context, vaultsync.Key, uint64) (vaultsync.Row, error) {
	u.t.Error("the store was asked")
	return vaultsync.Row{}, nil
}
func (u untouched) Put(context.Context, vaultsync.Write) error {
	u.t.Error("the store was asked")
	return nil
}
func (u untouched) Delete(context.Context, vaultsync.Key, vaultsync.PublicKey, int64) error {
	u.t.Error("the store was asked")
	return nil
}
func (u untouched) Purge(context.Context, int64) (int, error) {
	u.t.Error("the store was asked")
	return 0, nil
}

// failing fails every call.
type failing struct{ err error }

func (f failing) Get(context.Context, vaultsync.Key, uint64) (vaultsync.Row, error) {
	return vaultsync.Row{}, f.err
}
func (f failing) Put(context.Context, vaultsync.Write) error { return f.err }
func (f failing) Delete(context.Context, vaultsync.Key, vaultsync.PublicKey, int64) error {
	return f.err
}
func (f failing) Purge(context.Context, int64) (int, error) { return 0, f.err }
