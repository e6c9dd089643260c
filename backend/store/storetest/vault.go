package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
)

func runVaults(t *testing.T, open func(t *testing.T) Stores) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s Stores)
	}{
		{"sentinels", sentinels},
		{"byte exact", byteExact},
		{"resend", resend},
		{"marks", marks},
		{"days", days},
		{"caller keeps its bytes", ownership},
		{"one winner of 64", oneWinner},
		{"64 that send the same", allTheSame},
		{"increments", increments},
		{"delete against put", deleteAgainstPut},
		{"cancelled", cancelled},
		{"reopen", reopen},
		{"random operations", model},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func sentinels(t *testing.T, s Stores) {
	ctx, blob := t.Context(), content(1, 16<<10)
	_, err := s.Vaults.Get(ctx, key(1), 0)
	wantErr(t, "get of nothing", err, vaultsync.ErrNotFound)
	wantErr(t, "put on a base without a row", s.Vaults.Put(ctx, write(1, 3, blob)), vaultsync.ErrNotFound)
	wantErr(t, "first put", s.Vaults.Put(ctx, write(1, 0, blob)), nil)
	wantConflict(t, s.Vaults.Put(ctx, write(1, 0, content(2, 16<<10))), 1)
	wantConflict(t, s.Vaults.Put(ctx, write(1, 2, blob)), 1)
	wantConflict(t, s.Vaults.Put(ctx, write(1, vaultsync.MaxRevision-1, blob)), 1)

	stranger := write(1, 1, blob)
	stranger.PublicKey = owner(2)
	wantErr(t, "put by another key", s.Vaults.Put(ctx, stranger), vaultsync.ErrProof)
	stranger.Base = 0
	wantErr(t, "resend by another key", s.Vaults.Put(ctx, stranger), vaultsync.ErrProof)
	wantErr(t, "delete by another key", s.Vaults.Delete(ctx, key(1), owner(2), 20_001), vaultsync.ErrProof)
	wantRow(t, s, 1, vaultsync.Row{PublicKey: owner(1), Revision: 1, Blob: blob, SavedDay: 20_000})

	wantErr(t, "delete", s.Vaults.Delete(ctx, key(1), owner(1), 20_001), nil)
	wantErr(t, "put after delete", s.Vaults.Put(ctx, write(1, 1, blob)), vaultsync.ErrDeleted)
	wantErr(t, "resend after delete", s.Vaults.Put(ctx, write(1, 0, blob)), vaultsync.ErrDeleted)
	wantErr(t, "put after delete by another key", s.Vaults.Put(ctx, stranger), vaultsync.ErrProof)
	wantErr(t, "delete after delete by another key", s.Vaults.Delete(ctx, key(1), owner(2), 20_001), vaultsync.ErrProof)
}

// byteExact: every size comes back as it went in; 4 KiB is no size of the service, but engines
// take any.
func byteExact(t *testing.T, s Stores) {
	for i, size := range []int{1, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 16 << 10} {
		blob := content(uint64(i), size)
		wantErr(t, "put", s.Vaults.Put(t.Context(), write(1, uint64(i), blob)), nil)
		wantRow(t, s, 1, vaultsync.Row{PublicKey: owner(1), Revision: uint64(i + 1), Blob: blob, SavedDay: 20_000})
	}
	for i, blob := range [][]byte{
		make([]byte, 16<<10),
		bytes.Repeat([]byte{0xff}, 16<<10),
		bytes.Repeat([]byte("é\x00'\\\""), 3),
	} {
		n := uint64(100 + i)
		wantErr(t, "put", s.Vaults.Put(t.Context(), write(n, 0, blob)), nil)
		wantRow(t, s, n, vaultsync.Row{PublicKey: owner(n), Revision: 1, Blob: blob, SavedDay: 20_000})
	}
	row, err := s.Vaults.Get(t.Context(), key(1), 6)
	if err != nil || row.Revision != 6 || row.Blob != nil {
		t.Errorf("get with the newest revision: got revision %d, %d bytes, %v, want no blob", row.Revision, len(row.Blob), err)
	}
	row, err = s.Vaults.Get(t.Context(), key(1), 5)
	if err != nil || len(row.Blob) != 16<<10 {
		t.Errorf("get with an old revision: got %d bytes, %v, want the blob", len(row.Blob), err)
	}
}

func resend(t *testing.T, s Stores) {
	ctx, first, second := t.Context(), content(1, 16<<10), content(2, 16<<10)
	for range 3 {
		wantErr(t, "first put", s.Vaults.Put(ctx, write(1, 0, first)), nil)
	}
	for range 3 {
		wantErr(t, "second put", s.Vaults.Put(ctx, write(1, 1, second)), nil)
	}
	wantConflict(t, s.Vaults.Put(ctx, write(1, 0, first)), 2)
	oneByte := bytes.Clone(second)
	oneByte[len(oneByte)-1] ^= 1
	wantConflict(t, s.Vaults.Put(ctx, write(1, 1, oneByte)), 2)
	wantConflict(t, s.Vaults.Put(ctx, write(1, 1, second[:len(second)-1])), 2)
	wantRow(t, s, 1, vaultsync.Row{PublicKey: owner(1), Revision: 2, Blob: second, SavedDay: 20_000})
}

func marks(t *testing.T, s Stores) {
	ctx := t.Context()
	for n := uint64(1); n <= 3; n++ {
		wantErr(t, "put", s.Vaults.Put(ctx, write(n, 0, content(n, 16<<10))), nil)
	}
	wantErr(t, "put", s.Vaults.Put(ctx, write(1, 1, content(9, 16<<10))), nil)
	wantErr(t, "delete", s.Vaults.Delete(ctx, key(1), owner(1), 20_010), nil)
	wantErr(t, "delete", s.Vaults.Delete(ctx, key(2), owner(2), 20_011), nil)
	wantErr(t, "delete again", s.Vaults.Delete(ctx, key(1), owner(1), 20_500), nil)
	wantRow(t, s, 1, vaultsync.Row{PublicKey: owner(1), Revision: 2, SavedDay: 20_010, Deleted: true})

	wantErr(t, "delete of nothing", s.Vaults.Delete(ctx, key(4), owner(4), 20_010), nil)
	wantRow(t, s, 4, vaultsync.Row{PublicKey: owner(4), SavedDay: 20_010, Deleted: true})
	wantErr(t, "a first put that comes late", s.Vaults.Put(ctx, write(4, 0, content(4, 16<<10))), vaultsync.ErrDeleted)

	for _, step := range []struct {
		before int64
		want   int
	}{{20_010, 0}, {20_011, 2}, {20_011, 0}, {30_000, 1}} {
		if n, err := s.Vaults.Purge(ctx, step.before); n != step.want || err != nil {
			t.Errorf("purge before %d: got %d, %v, want %d", step.before, n, err, step.want)
		}
	}
	for _, n := range []uint64{1, 2, 4} {
		_, err := s.Vaults.Get(ctx, key(n), 0)
		wantErr(t, "get after purge", err, vaultsync.ErrNotFound)
	}
	wantRow(t, s, 3, vaultsync.Row{PublicKey: owner(3), Revision: 1, Blob: content(3, 16<<10), SavedDay: 20_000})
	wantErr(t, "put after purge", s.Vaults.Put(ctx, write(1, 0, content(1, 16<<10))), nil)
}

func days(t *testing.T, s Stores) {
	for i, day := range []int64{0, -1, 1, 20_781, 2_932_896} { // 1970, 1969, 2026, 9999
		w := write(1, uint64(i), content(1, 100))
		w.Day = day
		wantErr(t, "put", s.Vaults.Put(t.Context(), w), nil)
		wantRow(t, s, 1, vaultsync.Row{PublicKey: owner(1), Revision: uint64(i + 1), Blob: w.Blob, SavedDay: day})
	}
}

func ownership(t *testing.T, s Stores) {
	blob := content(1, 16<<10)
	given := bytes.Clone(blob)
	wantErr(t, "put", s.Vaults.Put(t.Context(), write(1, 0, given)), nil)
	clear(given)
	row, err := s.Vaults.Get(t.Context(), key(1), 0)
	wantErr(t, "get", err, nil)
	clear(row.Blob)
	wantRow(t, s, 1, vaultsync.Row{PublicKey: owner(1), Revision: 1, Blob: blob, SavedDay: 20_000})
}

const crowd = 64

// together calls f from a crowd of goroutines that start at once, and returns their errors.
func together(f func(i int) error) []error {
	errs, start := make([]error, crowd), make(chan struct{})
	var wg sync.WaitGroup
	for i := range crowd {
		wg.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

func oneWinner(t *testing.T, s Stores) {
	for base := range uint64(3) {
		errs := together(func(i int) error {
			return s.Vaults.Put(t.Context(), write(1, base, content(uint64(i), 16<<10)))
		})
		winner := -1
		for i, err := range errs {
			switch {
			case err != nil:
				wantConflict(t, err, base+1)
			case winner >= 0:
				t.Errorf("base %d: got two winners, %d and %d", base, winner, i)
			default:
				winner = i
			}
		}
		if winner < 0 {
			t.Fatalf("base %d: got no winner", base)
		}
		wantRow(t, s, 1, vaultsync.Row{
			PublicKey: owner(1), Revision: base + 1, Blob: content(uint64(winner), 16<<10), SavedDay: 20_000,
		})
	}
}

func allTheSame(t *testing.T, s Stores) {
	blob := content(1, 16<<10)
	for base := range uint64(2) {
		for _, err := range together(func(int) error { return s.Vaults.Put(t.Context(), write(1, base, blob)) }) {
			wantErr(t, "put", err, nil)
		}
		wantRow(t, s, 1, vaultsync.Row{PublicKey: owner(1), Revision: base + 1, Blob: blob, SavedDay: 20_000})
	}
}

// increments: each of the crowd reads, and writes on what it read, until it wins once. Nothing is
// lost when the revision counts all of them.
func increments(t *testing.T, s Stores) {
	wantErr(t, "first put", s.Vaults.Put(t.Context(), write(1, 0, content(99, 100))), nil)
	errs := together(func(i int) error {
		for {
			row, err := s.Vaults.Get(t.Context(), key(1), 0)
			if err != nil {
				return err
			}
			err = s.Vaults.Put(t.Context(), write(1, row.Revision, fmt.Appendf(nil, "%d after %d", i, row.Revision)))
			if !errors.Is(err, vaultsync.ErrConflict) {
				return err
			}
		}
	})
	for _, err := range errs {
		wantErr(t, "put", err, nil)
	}
	row, err := s.Vaults.Get(t.Context(), key(1), 0)
	if err != nil || row.Revision != crowd+1 {
		t.Errorf("revision: got %d, %v, want %d", row.Revision, err, crowd+1)
	}
}

// deleteAgainstPut: whoever is first, the vault is deleted in the end.
func deleteAgainstPut(t *testing.T, s Stores) {
	var deleted atomic.Int32
	errs := together(func(i int) error {
		n := uint64(i / 2)
		if i%2 == 0 {
			err := s.Vaults.Put(t.Context(), write(n, 0, content(n, 16<<10)))
			if errors.Is(err, vaultsync.ErrDeleted) {
				return nil
			}
			return err
		}
		deleted.Add(1)
		return s.Vaults.Delete(t.Context(), key(n), owner(n), 20_001)
	})
	for _, err := range errs {
		wantErr(t, "put or delete", err, nil)
	}
	for n := range uint64(deleted.Load()) {
		row, err := s.Vaults.Get(t.Context(), key(n), 0)
		if err != nil || !row.Deleted || row.Blob != nil {
			t.Errorf("vault %d: got %+v, %v, want a mark", n, row.Revision, err)
		}
	}
}

func cancelled(t *testing.T, s Stores) {
	blob := content(1, 16<<10)
	wantErr(t, "put", s.Vaults.Put(t.Context(), write(1, 0, blob)), nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Vaults.Get(ctx, key(1), 0)
	wantErr(t, "get", err, context.Canceled)
	wantErr(t, "put", s.Vaults.Put(ctx, write(1, 1, content(2, 16<<10))), context.Canceled)
	wantErr(t, "delete", s.Vaults.Delete(ctx, key(1), owner(1), 20_001), context.Canceled)
	_, err = s.Vaults.Purge(ctx, 1<<30)
	wantErr(t, "purge", err, context.Canceled)
	wantRow(t, s, 1, vaultsync.Row{PublicKey: owner(1), Revision: 1, Blob: blob, SavedDay: 20_000})

	// Cut off at any moment, a write is there as a whole or not at all.
	for n := uint64(100); n < 130; n++ {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Vaults.Put(ctx, write(n, 0, content(n, 64<<10))) }()
		for range (n - 100) * 400 {
			if len(done) > 0 {
				break
			}
		}
		cancel()
		err := <-done
		if err != nil {
			wantErr(t, "put, cut off", err, context.Canceled)
		}
		row, getErr := s.Vaults.Get(t.Context(), key(n), 0)
		switch {
		case errors.Is(getErr, vaultsync.ErrNotFound):
			if err == nil {
				t.Errorf("vault %d was acknowledged and is not there", n)
			}
		case getErr != nil:
			t.Errorf("get: got %v, want nil", getErr)
		case row.Revision != 1 || !bytes.Equal(row.Blob, content(n, 64<<10)):
			t.Errorf("vault %d: got revision %d with %d bytes, want all or nothing", n, row.Revision, len(row.Blob))
		}
	}
}

func reopen(t *testing.T, s Stores) {
	if s.Reopen == nil {
		return // the engine says that it keeps nothing
	}
	for n := range uint64(5) {
		for base := range n + 1 {
			wantErr(t, "put", s.Vaults.Put(t.Context(), write(n, base, content(n+base, 16<<10))), nil)
		}
	}
	wantErr(t, "delete", s.Vaults.Delete(t.Context(), key(0), owner(0), 20_001), nil)
	for range 2 {
		s = s.Reopen(t)
		for n := uint64(1); n < 5; n++ {
			wantRow(t, s, n, vaultsync.Row{
				PublicKey: owner(n), Revision: n + 1, Blob: content(n+n, 16<<10), SavedDay: 20_000,
			})
		}
		wantRow(t, s, 0, vaultsync.Row{PublicKey: owner(0), Revision: 1, SavedDay: 20_001, Deleted: true})
	}
	wantErr(t, "put after reopening", s.Vaults.Put(t.Context(), write(1, 2, content(7, 16<<10))), nil)
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func wantConflict(t *testing.T, err error, current uint64) {
	t.Helper()
	conflict, ok := errors.AsType[*vaultsync.ConflictError](err)
	if !ok || !errors.Is(err, vaultsync.ErrConflict) || conflict.Current != current {
		t.Errorf("put: got %v, want a conflict with revision %d", err, current)
	}
}

func wantRow(t *testing.T, s Stores, n uint64, want vaultsync.Row) {
	t.Helper()
	got, err := s.Vaults.Get(t.Context(), key(n), 0)
	if err != nil {
		t.Errorf("get vault %d: got %v, want a row", n, err)
		return
	}
	if !bytes.Equal(got.Blob, want.Blob) {
		t.Errorf("vault %d: got %d bytes, want other %d", n, len(got.Blob), len(want.Blob))
	}
	got.Blob, want.Blob = nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("vault %d (-want +got):\n%s", n, diff)
	}
}
