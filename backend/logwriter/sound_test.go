package logwriter_test

import (
	"context"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/backend/store/memory"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// A log is examined leaf by leaf: what is wrong is found, and the greatest head that still holds.
func TestExamine(t *testing.T) {
	t.Parallel()
	const leaves = 600 // three tiles of the lowest level
	changed := func(l logwriter.Log, n int) [][]byte {
		var all [][]byte
		for i := range leaves {
			all = append(all, fmt.Appendf(nil, "%s %d", l, i))
		}
		if n >= 0 {
			all[n] = []byte("changed")
		}
		return all
	}
	root := func(size int64) tlog.Hash {
		var hashes []tlog.Hash
		read := tlog.HashReaderFunc(func(at []int64) (out []tlog.Hash, err error) {
			for _, i := range at {
				out = append(out, hashes[i])
			}
			return out, nil
		})
		for i, leaf := range changed(logwriter.Msgs, -1)[:size] {
			more, err := tlog.StoredHashes(int64(i), leaf, read)
			if err != nil {
				t.Fatal(err)
			}
			hashes = append(hashes, more...)
		}
		h, err := tlog.TreeHash(size, read)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	for _, tt := range []struct {
		name    string
		changed int // index of a leaf; -1: none
		frozen  []int64
		bad     int64 // size of a checkpoint with another root; 0: none
		want    int64
		wrong   bool
	}{
		{"sound", -1, []int64{1, 2, 255, 256, 257, 511, 600}, 0, 600, false},
		{"nothing frozen", -1, nil, 0, 0, false},
		{"more than was frozen", -1, []int64{300}, 0, 300, false},
		{"last leaf", 599, []int64{300, 599, 600}, 0, 599, true},
		{"first leaf", 0, []int64{1, 600}, 0, 0, true},
		{"in the middle", 256, []int64{1, 256, 257, 600}, 0, 256, true},
		{"above the newest checkpoint", 500, []int64{300}, 0, 300, false},
		{"a checkpoint", -1, []int64{300, 400, 600}, 400, 600, true},
		{"the newest checkpoint", -1, []int64{300, 400, 600}, 600, 400, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := memory.New()
			fill, err := logwriter.NewFiller[envelope.Row](t.Context(), db.Logs(), db.Envelopes(), logwriter.Msgs)
			if err != nil {
				t.Fatal(err)
			}
			if err := fill(changed(logwriter.Msgs, tt.changed), nil); err != nil {
				t.Fatal(err)
			}
			for _, size := range tt.frozen {
				cp := translog.Checkpoint{Origin: "example.com/msgs", Size: size, Root: root(size)}
				if size == tt.bad {
					cp.Root[0]++
				}
				signed := translog.Signed{Text: cp.Text(), Sigs: []translog.Sig{{Name: "example.com/msgs", ID: 1, Bytes: make([]byte, 64)}}}
				if err := db.Logs().Freeze(t.Context(), logwriter.Msgs, size, signed.Marshal()); err != nil {
					t.Fatal(err)
				}
			}
			got, err := logwriter.Examine(t.Context(), db.Logs(), logwriter.Msgs)
			if err != nil || got.Size != tt.want || (got.Wrong != nil) != tt.wrong {
				t.Fatalf("got size %d, wrong %v, %v, want %d, wrong %v", got.Size, got.Wrong, err, tt.want, tt.wrong)
			}
			if got.Root != root(tt.want) || (got.Checkpoint != nil) != (tt.want > 0) {
				t.Errorf("got root %x, checkpoint %q", got.Root, got.Checkpoint)
			}
		})
	}
}

// What does not stand where it should is found, also where no checkpoint depends on it.
func TestExamineMissing(t *testing.T) {
	t.Parallel()
	db := memory.New()
	b := logwriter.Batch[envelope.Row]{Log: logwriter.Msgs, Leaves: [][]byte{{1}, {2}}}
	if err := db.Envelopes().CommitBatch(t.Context(), b); err != nil { // without its tiles
		t.Fatal(err)
	}
	got, err := logwriter.Examine(t.Context(), db.Logs(), logwriter.Msgs)
	if err != nil || got.Wrong == nil {
		t.Errorf("no tiles: got %v, %v, want that they are missing", got.Wrong, err)
	}
	short := shortened{db.Logs()}
	if got, err = logwriter.Examine(t.Context(), short, logwriter.Msgs); err != nil || got.Wrong == nil {
		t.Errorf("a leaf is missing: got %v, %v", got.Wrong, err)
	}
}

// shortened has lost its leaves.
type shortened struct{ logwriter.Store }

func (s shortened) Leaves(_ context.Context, _ logwriter.Log, _ int64, _ int) ([][]byte, error) {
	return nil, nil
}

func TestLogNames(t *testing.T) {
	t.Parallel()
	for l, want := range map[logwriter.Log]string{
		logwriter.Keys: "keys", logwriter.Msgs: "msgs", logwriter.Keys.Next(): "2/keys", logwriter.Msgs.Next().Next(): "3/msgs", 0: "unknown",
	} {
		if got := l.String(); got != want {
			t.Errorf("log %d: got %s, want %s", l, got, want)
		}
	}
	if l := logwriter.Keys.Next().Next(); l.Kind() != logwriter.Keys || l.Generation() != 3 {
		t.Errorf("got kind %s, generation %d", l.Kind(), l.Generation())
	}
}
