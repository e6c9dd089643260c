package logwriter_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/backend/store/memory"
)

// A reader with a cache finds the same paths in a growing log as one without, at every size that
// there ever was, and reads less.
func TestTileCache(t *testing.T) {
	t.Parallel()
	db := memory.New()
	fill, err := logwriter.NewFiller[envelope.Row](t.Context(), db.Logs(), db.Envelopes(), logwriter.Msgs)
	if err != nil {
		t.Fatal(err)
	}
	plain := logwriter.Reader{Log: logwriter.Msgs, Store: db.Logs()}
	cached := logwriter.Reader{Log: logwriter.Msgs, Store: db.Logs(), Cache: logwriter.NewTileCache()}
	random := rand.New(rand.NewPCG(1, 2))
	var sizes []int64
	size, less := int64(0), 0
	for size < 70_000 {
		n := 1 + random.IntN(700)
		leaves := make([][]byte, n)
		for i := range leaves {
			leaves[i] = leaf(int(size) + i)
		}
		if err := fill(leaves, nil); err != nil {
			t.Fatal(err)
		}
		size += int64(n)
		sizes = append(sizes, size)
		for range 5 {
			at := sizes[random.IntN(len(sizes))]
			index := random.Int64N(at)
			want, rows, err := plain.Path(t.Context(), at, index)
			if err != nil {
				t.Fatal(err)
			}
			got, fewer, err := cached.Path(t.Context(), at, index)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Fatalf("path of %d at %d: %v, (-want +got):\n%s", index, at, err, diff)
			}
			if fewer > rows {
				t.Errorf("path of %d at %d: read %d rows, %d without a cache", index, at, fewer, rows)
			}
			less += rows - fewer
		}
	}
	if less == 0 {
		t.Error("the cache saved nothing")
	}
}
