package storetest

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
)

// operations is how many random operations the model test does.
const operations = 10_000

// model does random operations on few vaults and compares each answer with that of a map.
func model(t *testing.T, s Stores) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random, ctx := rand.New(rand.NewPCG(seed, 1)), t.Context()
	rows := map[uint64]vaultsync.Row{}

	for i := range operations {
		n := random.Uint64N(12)
		row, known := rows[n]
		who := owner(n)
		if random.IntN(10) == 0 {
			who = owner(n + 100)
		}
		day := 20_000 + int64(i)
		var what string
		var got, want error
		switch dice := random.IntN(100); {
		case dice < 50:
			what = "put"
			w := vaultsync.Write{Key: key(n), PublicKey: who, Base: row.Revision, Day: day}
			if random.IntN(4) == 0 {
				w.Base = random.Uint64N(row.Revision + 2)
			}
			w.Blob = content(random.Uint64N(3), 1+random.IntN(3)*700)
			got = s.Vaults.Put(ctx, w)
			want = expectPut(rows, n, w)
		case dice < 85:
			what = "get"
			have := random.Uint64N(row.Revision + 2)
			var answer vaultsync.Row
			answer, got = s.Vaults.Get(ctx, key(n), have)
			if !known {
				want = vaultsync.ErrNotFound
				break
			}
			if have == row.Revision {
				row.Blob = nil
			}
			if !sameRow(answer, row) {
				t.Fatalf("operation %d, get: got revision %d, %d bytes, day %d, want revision %d, %d bytes, day %d",
					i, answer.Revision, len(answer.Blob), answer.SavedDay, row.Revision, len(row.Blob), row.SavedDay)
			}
		case dice < 98:
			if random.IntN(4) != 0 { // rather rare, or most vaults are deleted
				continue
			}
			what = "delete"
			got = s.Vaults.Delete(ctx, key(n), who, day)
			switch {
			case known && row.PublicKey != who:
				want = vaultsync.ErrProof
			case !row.Deleted:
				rows[n] = vaultsync.Row{PublicKey: who, Revision: row.Revision, SavedDay: day, Deleted: true}
			}
		default:
			what = "purge"
			before := day - random.Int64N(100)
			var count int
			count, got = s.Vaults.Purge(ctx, before)
			if gone := expectPurge(rows, before); count != gone {
				t.Fatalf("operation %d, purge: got %d, want %d", i, count, gone)
			}
		}
		if !sameErr(got, want) {
			t.Fatalf("operation %d, %s: got %v, want %v", i, what, got, want)
		}
	}
}

// expectPut says in its own words what a write does, so that the engines' shared rule is checked.
func expectPut(rows map[uint64]vaultsync.Row, n uint64, w vaultsync.Write) error {
	row, known := rows[n]
	if !known {
		if w.Base != 0 {
			return vaultsync.ErrNotFound
		}
	} else {
		if row.PublicKey != w.PublicKey {
			return vaultsync.ErrProof
		}
		if row.Deleted {
			return vaultsync.ErrDeleted
		}
		if row.Revision == w.Base+1 && bytes.Equal(row.Blob, w.Blob) {
			return nil
		}
		if row.Revision != w.Base {
			return &vaultsync.ConflictError{Current: row.Revision}
		}
	}
	rows[n] = vaultsync.Row{PublicKey: w.PublicKey, Revision: w.Base + 1, Blob: w.Blob, SavedDay: w.Day}
	return nil
}

func expectPurge(rows map[uint64]vaultsync.Row, before int64) (gone int) {
	for n, row := range rows {
		if row.Deleted && row.SavedDay < before {
			delete(rows, n)
			gone++
		}
	}
	return gone
}

func sameRow(a, b vaultsync.Row) bool {
	return a.PublicKey == b.PublicKey && a.Revision == b.Revision && a.SavedDay == b.SavedDay &&
		a.Deleted == b.Deleted && bytes.Equal(a.Blob, b.Blob)
}

// sameErr compares sentinels, and the revisions of conflicts.
func sameErr(got, want error) bool {
	a, isA := errors.AsType[*vaultsync.ConflictError](got)
	b, isB := errors.AsType[*vaultsync.ConflictError](want)
	if isA && isB {
		return a.Current == b.Current
	}
	return isA == isB && errors.Is(got, want)
}
