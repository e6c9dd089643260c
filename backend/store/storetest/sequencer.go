package storetest

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
)

// startSequencer runs a sequencer of the msgs log until the test ends.
func startSequencer(t *testing.T, s Stores) *logwriter.Sequencer[envelope.Row] {
	t.Helper()
	seq, err := logwriter.NewSequencer(logwriter.SequencerConfig[envelope.Row]{
		Log: logwriter.Msgs, Store: s.Logs, Committer: s.Envelopes,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var wg sync.WaitGroup
	wg.Go(func() { seq.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return seq
}

// plainTree is a log that keeps every hash.
type plainTree []tlog.Hash

func (p plainTree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, x := range indexes {
		out = append(out, p[x])
	}
	return out, nil
}

// provable verifies that every leaf of the log is where the tree says.
func provable(t *testing.T, s Stores, size int64) (leaves [][]byte) {
	t.Helper()
	wantState(t, s, logwriter.Msgs, size, nil)
	for from := int64(0); from < size; from += 1000 {
		some, err := s.Logs.Leaves(t.Context(), logwriter.Msgs, from, 1000)
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, some...)
	}
	if int64(len(leaves)) != size {
		t.Fatalf("got %d leaves, want %d", len(leaves), size)
	}
	var plain plainTree
	for i, leaf := range leaves {
		hs, err := tlog.StoredHashes(int64(i), leaf, plain)
		if err != nil {
			t.Fatal(err)
		}
		plain = append(plain, hs...)
	}
	root, err := tlog.TreeHash(size, plain)
	if err != nil {
		t.Fatal(err)
	}
	wantErr(t, "freeze", s.Logs.Freeze(t.Context(), logwriter.Msgs, size, []byte("a\n")), nil)
	reader := logwriter.Reader{Log: logwriter.Msgs, Store: s.Logs}
	step := max(1, size/50)
	for i := int64(0); i < size; i += step {
		path, rows, err := reader.Path(t.Context(), size, i)
		if err != nil {
			t.Fatalf("path of %d: %v", i, err)
		}
		if err := tlog.CheckRecord(path, size, root, i, tlog.RecordHash(leaves[i])); err != nil {
			t.Errorf("path of %d: %v", i, err)
		}
		if rows > 5 {
			t.Errorf("path of %d read %d rows, want at most 5", i, rows)
		}
	}
	return leaves
}

// sequencer crosses the ends of tiles with batches of all sizes.
func sequencer(t *testing.T, s Stores) {
	seq := startSequencer(t, s)
	const total = 600
	indexes := make([]int64, total)
	var wg sync.WaitGroup
	for w := range 40 {
		wg.Go(func() {
			for n := w; n < total; n += 40 {
				index, err := seq.Add(t.Context(), leafOf(message(uint64(n))), message(uint64(n)))
				if err != nil {
					t.Errorf("add: %v", err)
				}
				indexes[n] = index
			}
		})
	}
	wg.Wait()
	leaves := provable(t, s, total)
	for n, index := range indexes {
		if !bytes.Equal(leaves[index], leafOf(message(uint64(n)))) {
			t.Errorf("message %d is not at its index %d", n, index)
		}
		wantMessage(t, s, message(uint64(n)), index, message(uint64(n)).Sealed)
	}
}

// rivals: two servers that share a database give every index once.
func rivals(t *testing.T, s Stores) {
	seqs := []*logwriter.Sequencer[envelope.Row]{startSequencer(t, s), startSequencer(t, s)}
	var mu sync.Mutex
	seen := map[int64]bool{}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for n := range 10 {
				r := message(uint64(w*10 + n))
				index, err := seqs[w%2].Add(t.Context(), leafOf(r), r)
				for errors.Is(err, logwriter.ErrUnavailable) { // the other was faster eight times
					index, err = seqs[w%2].Add(t.Context(), leafOf(r), r)
				}
				mu.Lock()
				if err != nil || seen[index] {
					t.Errorf("add: got index %d, %v, want one of its own", index, err)
				}
				seen[index] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	provable(t, s, 80)
}

// repeats: of requests with the same bytes all get one index, of those with other bytes one wins.
func repeats(t *testing.T, s Stores) {
	seq := startSequencer(t, s)
	indexes := make([]int64, crowd)
	for _, err := range together(func(i int) (err error) {
		r := message(uint64(i % 4))
		indexes[i], err = seq.Add(t.Context(), leafOf(r), r)
		return err
	}) {
		wantErr(t, "add", err, nil)
	}
	for i, index := range indexes {
		if index != indexes[i%4] {
			t.Errorf("message %d: got indexes %d and %d, want one", i%4, index, indexes[i%4])
		}
	}
	won := 0
	for _, err := range together(func(i int) error {
		r := message(100)
		r.Sealed, r.Digest[0] = content(uint64(i), 1920), byte(i)
		_, err := seq.Add(t.Context(), leafOf(r), r)
		return err
	}) {
		if err == nil {
			won++
			continue
		}
		wantErr(t, "other bytes", err, logwriter.ErrExists)
	}
	if won != 1 {
		t.Errorf("got %d winners, want 1", won)
	}
	provable(t, s, 5)
}

func reopenLogs(t *testing.T, s Stores) {
	if s.Reopen == nil {
		return // the engine says that it keeps nothing
	}
	random := rand.New(rand.NewPCG(1, 2))
	size := uint64(0)
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		seq, err := logwriter.NewSequencer(logwriter.SequencerConfig[envelope.Row]{Log: logwriter.Msgs, Store: s.Logs, Committer: s.Envelopes})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() { seq.Run(ctx) })
		for range 1 + random.IntN(40) {
			index, err := seq.Add(t.Context(), leafOf(message(size)), message(size))
			if err != nil || index != int64(size) {
				t.Errorf("add: got %d, %v, want %d", index, err, size)
			}
			size++
		}
		cancel()
		wg.Wait()
		if _, err := seq.Add(t.Context(), nil, message(size)); !errors.Is(err, logwriter.ErrUnavailable) {
			t.Errorf("add to a sequencer that ended: got %v", err)
		}
		s = s.Reopen(t)
	}
	provable(t, s, int64(size))
}

func cancelledLogs(t *testing.T, s Stores) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantErr(t, "batch", s.Envelopes.CommitBatch(ctx, batchOf(0, message(1))), context.Canceled)
	wantState(t, s, logwriter.Msgs, 0, nil)
	_, err := s.Envelopes.Get(ctx, message(1).ID)
	wantErr(t, "get", err, context.Canceled)
	_, err = s.Logs.State(ctx, logwriter.Msgs)
	wantErr(t, "state", err, context.Canceled)
	_, err = s.Notes.All(ctx, -1, 1)
	wantErr(t, "notes", err, context.Canceled)
	wantErr(t, "freeze", s.Logs.Freeze(ctx, logwriter.Msgs, 1, []byte("x")), context.Canceled)
}
