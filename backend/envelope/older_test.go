package envelope_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
)

// damaged is an old log whose tiles no longer give a path for what they should.
type damaged struct {
	logwriter.Reader

	index int64
}

func (d damaged) Proof(ctx context.Context, index int64) ([]byte, int, error) {
	if index == d.index {
		return nil, 0, logwriter.ErrDamaged
	}
	return d.Reader.Proof(ctx, index)
}

// After a log was replaced its messages are found where they were, with the proofs that it still
// gives; one that lost its place is given out without, until it is published again.
func TestOlderLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for n := range 2 {
		if _, err := w.Publish(t.Context(), publication(n)); err != nil {
			t.Fatal(err)
		}
	}
	w.witness(t)
	if _, err := w.Publish(t.Context(), publication(2)); err != nil { // never witnessed
		t.Fatal(err)
	}
	end := logwriter.Frozen{Log: logwriter.Msgs, Size: 2, Checkpoint: []byte("checkpoint\n"), Policy: []byte("policy\n")}
	if err := w.db.Logs().Replace(t.Context(), end); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Publish(t.Context(), publication(3)); !errors.Is(err, envelope.ErrStopped) {
		t.Errorf("publish into the old log: got %v, want ErrStopped", err)
	}

	next := logwriter.Msgs.Next()
	seq, err := logwriter.NewSequencer(logwriter.SequencerConfig[envelope.Row]{Log: next, Store: w.db.Logs(), Committer: w.db.Envelopes()})
	if err != nil {
		t.Fatal(err)
	}
	go seq.Run(t.Context())
	w.heads.frozen = 0
	old := logwriter.Reader{Log: logwriter.Msgs, Store: w.db.Logs(), End: &end}
	w.Service, err = envelope.New(envelope.Config{
		Store: w.db.Envelopes(), In: next, Sequencer: seq, Heads: w.heads,
		Prover: logwriter.Reader{Log: next, Store: w.reads},
		Older:  map[logwriter.Log]envelope.Prover{logwriter.Msgs: damaged{old, 1}},
		Now:    func() time.Time { return time.Unix(w.today*86400+5, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	want := func(what string, n int, proven bool) {
		t.Helper()
		got := w.lookUp(t, publication(n).ID)
		if got.kind != 1 || !bytes.Equal(got.sealed, publication(n).Sealed) || (len(got.proof) > 0) != proven {
			t.Errorf("%s: got kind %d, %d bytes, a proof of %d, want proven %v", what, got.kind, len(got.sealed), len(got.proof), proven)
		}
	}
	want("in the old log", 0, true)
	want("where the old log is damaged", 1, false)
	want("without a place", 2, false)
	again, err := w.Publish(t.Context(), publication(0))
	if err != nil || again.Index != 0 || !again.Again || len(again.Proof) == 0 {
		t.Errorf("publish again what is in the old log: got %+v, %v", again, err)
	}
	for what, n := range map[string]int{"without a place": 2, "new": 3} {
		got, err := w.Publish(t.Context(), publication(n))
		if err != nil || got.Again {
			t.Errorf("publish %s: got %+v, %v", what, got, err)
		}
	}
	if leaves, err := w.db.Logs().Leaves(t.Context(), next, 0, 10); err != nil || len(leaves) != 2 {
		t.Errorf("the new log has %d leaves, %v, want 2", len(leaves), err)
	}
}
