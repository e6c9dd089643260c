package envelope_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/backend/store/memory"
)

// world is a service over the memory engine, with a log whose witnesses answer when told.
type world struct {
	*envelope.Service

	db    *memory.Store
	heads *heads
	reads *counted
	today int64
}

// heads is a log whose witnesses cosign when the test says so.
type heads struct{ frozen int64 }

func (h *heads) Frozen() int64 { return h.frozen }

func (h *heads) Wait(_ context.Context, index int64) error {
	if index < h.frozen {
		return nil
	}
	return context.DeadlineExceeded
}

// counted counts what look-ups read.
type counted struct {
	logwriter.Store

	calls []string
}

func (c *counted) First(ctx context.Context, l logwriter.Log, index int64) (int64, []byte, error) {
	c.calls = append(c.calls, "first")
	return c.Store.First(ctx, l, index)
}

func (c *counted) Tiles(ctx context.Context, l logwriter.Log, ids []logwriter.TileID) ([][]byte, error) {
	c.calls = append(c.calls, "tiles")
	return c.Store.Tiles(ctx, l, ids)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := memory.New()
	w := &world{db: db, heads: &heads{}, reads: &counted{Store: db.Logs()}, today: 20_000}
	seq, err := logwriter.NewSequencer(logwriter.SequencerConfig[envelope.Row]{Log: logwriter.Msgs, Store: db.Logs(), Committer: db.Envelopes()})
	if err != nil {
		t.Fatal(err)
	}
	go seq.Run(t.Context())
	w.Service, err = envelope.New(envelope.Config{
		Store: db.Envelopes(), Sequencer: seq, Heads: w.heads,
		Prover: logwriter.Reader{Log: logwriter.Msgs, Store: w.reads},
		Now:    func() time.Time { return time.Unix(w.today*86400+5, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// witness freezes the log as it stands.
func (w *world) witness(t *testing.T) {
	t.Helper()
	state, err := w.db.Logs().State(t.Context(), logwriter.Msgs)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.db.Logs().Freeze(t.Context(), logwriter.Msgs, state.Size, []byte("checkpoint\n")); err != nil {
		t.Fatal(err)
	}
	w.heads.frozen = state.Size
}

func publication(n int) envelope.Publication {
	seed := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
	leaf := append(bytes.Clone(seed[:]), seed[:16]...)
	return envelope.Publication{ID: seed[16:], Sealed: bytes.Repeat(seed[:], 60), Leaf: leaf, Until: 20_100}
}

// opened is an answer taken apart.
type opened struct {
	kind          byte
	sealed, proof []byte
}

func (w *world) lookUp(t *testing.T, id []byte) opened {
	t.Helper()
	raw, err := w.LookUp(t.Context(), id)
	if err != nil || len(raw) != envelope.AnswerSize {
		t.Fatalf("look up: got %d bytes, %v, want %d", len(raw), err, envelope.AnswerSize)
	}
	o := opened{kind: raw[0]}
	rest := raw[1:]
	for _, into := range []*[]byte{&o.sealed, &o.proof} {
		n := binary.BigEndian.Uint32(rest)
		*into, rest = rest[4:4+n], rest[4+n:]
	}
	if len(bytes.Trim(rest, "\x00")) != 0 {
		t.Error("the rest of an answer is not zeros")
	}
	return o
}

func TestPublishAndLookUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := publication(1)
	first, err := w.Publish(t.Context(), p)
	if err != nil || first.Index != 0 || first.Proof != nil {
		t.Fatalf("publish: got %d, %d bytes, %v, want index 0 without a proof", first.Index, len(first.Proof), err)
	}
	if o := w.lookUp(t, p.ID); o.kind != 1 || !bytes.Equal(o.sealed, p.Sealed) || len(o.proof) != 0 {
		t.Errorf("not witnessed: got kind %d, %d bytes, proof of %d", o.kind, len(o.sealed), len(o.proof))
	}
	w.witness(t)
	again, err := w.Publish(t.Context(), p)
	if err != nil || again.Index != 0 || len(again.Proof) == 0 {
		t.Fatalf("publish again: got %d, %d bytes, %v, want index 0 with a proof", again.Index, len(again.Proof), err)
	}
	if o := w.lookUp(t, p.ID); o.kind != 1 || !bytes.Equal(o.proof, again.Proof) {
		t.Errorf("witnessed: got kind %d, proof of %d bytes, want that of the receipt", o.kind, len(o.proof))
	}
	for name, change := range map[string]func(*envelope.Publication){
		"envelope": func(p *envelope.Publication) { p.Sealed = bytes.Repeat([]byte{1}, 1920) },
		"leaf":     func(p *envelope.Publication) { p.Leaf = publication(2).Leaf },
		"id":       func(p *envelope.Publication) { p.ID = publication(2).ID },
		"day":      func(p *envelope.Publication) { p.Until++ },
		"copy":     func(p *envelope.Publication) { p.Watch, p.Copy = make([]byte, 16), make([]byte, 1920) },
	} {
		other := publication(1)
		change(&other)
		if _, err := w.Publish(t.Context(), other); !errors.Is(err, envelope.ErrExists) {
			t.Errorf("another %s: got %v, want ErrExists", name, err)
		}
	}
}

func TestPublishRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tests := []struct {
		name   string
		change func(*envelope.Publication)
		want   error
	}{
		{"short id", func(p *envelope.Publication) { p.ID = p.ID[1:] }, envelope.ErrMalformed},
		{"short leaf", func(p *envelope.Publication) { p.Leaf = p.Leaf[1:] }, envelope.ErrMalformed},
		{"size", func(p *envelope.Publication) { p.Sealed = p.Sealed[1:] }, envelope.ErrSize},
		{"nothing", func(p *envelope.Publication) { p.Sealed = nil }, envelope.ErrSize},
		{"yesterday", func(p *envelope.Publication) { p.Until = w.today - 1 }, envelope.ErrMalformed},
		{"too far", func(p *envelope.Publication) { p.Until = w.today + envelope.MaxDays + 1 }, envelope.ErrMalformed},
		{"watch alone", func(p *envelope.Publication) { p.Watch = make([]byte, 16) }, envelope.ErrMalformed},
		{"copy alone", func(p *envelope.Publication) { p.Copy = make([]byte, 1920) }, envelope.ErrMalformed},
		{"short watch", func(p *envelope.Publication) { p.Watch, p.Copy = make([]byte, 15), make([]byte, 1920) }, envelope.ErrMalformed},
		{"size of the copy", func(p *envelope.Publication) { p.Watch, p.Copy = make([]byte, 16), make([]byte, 1921) }, envelope.ErrSize},
	}
	for _, tt := range tests {
		p := publication(1)
		tt.change(&p)
		if _, err := w.Publish(t.Context(), p); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	if _, err := w.LookUp(t.Context(), make([]byte, 15)); !errors.Is(err, envelope.ErrMalformed) {
		t.Errorf("look up by a short id: got %v, want ErrMalformed", err)
	}
	state, err := w.db.Logs().State(t.Context(), logwriter.Msgs)
	if err != nil || state.Size != 0 {
		t.Errorf("got size %d, %v, want an empty log", state.Size, err)
	}
}

// The store is asked the same for what is there, what was, and what never was.
func TestSameQueries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.lookUp(t, make([]byte, 16)) // of an empty log
	for n := range 300 {
		p := publication(n)
		if n == 7 {
			p.Until = w.today
		}
		if _, err := w.Publish(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	w.witness(t)
	if _, err := w.Publish(t.Context(), publication(1000)); err != nil { // not witnessed
		t.Fatal(err)
	}
	w.today++
	if n, err := w.Expire(t.Context()); n != 1 || err != nil {
		t.Fatalf("expire: got %d, %v, want 1", n, err)
	}
	for name, want := range map[string]struct {
		id   []byte
		kind byte
	}{
		"found":         {publication(3).ID, 1},
		"tombstone":     {publication(7).ID, 2},
		"unknown":       {make([]byte, 16), 0},
		"not witnessed": {publication(1000).ID, 1},
	} {
		w.reads.calls = nil
		o := w.lookUp(t, want.id)
		if o.kind != want.kind {
			t.Errorf("%s: got kind %d, want %d", name, o.kind, want.kind)
		}
		if len(w.reads.calls) != 2 || w.reads.calls[0] != "first" || w.reads.calls[1] != "tiles" {
			t.Errorf("%s: got reads %v, want one checkpoint and one set of tiles", name, w.reads.calls)
		}
	}
	w.today += envelope.MarkDays
	if n, err := w.Expire(t.Context()); n != 301 || err != nil { // 300 envelopes, one tombstone
		t.Errorf("expire a year later: got %d, %v, want 301", n, err)
	}
	if o := w.lookUp(t, publication(7).ID); o.kind != 0 {
		t.Errorf("a forgotten message: got kind %d, want 0", o.kind)
	}
}

func TestStoppedAndBroken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct{ err, want error }{
		{logwriter.ErrBehind, envelope.ErrStopped},
		{logwriter.ErrDifferent, envelope.ErrStopped},
		{logwriter.ErrUnavailable, envelope.ErrUnavailable},
	} {
		s, err := envelope.New(envelope.Config{
			Store: w.db.Envelopes(), Sequencer: failing{tt.err}, Heads: w.heads,
			Prover: logwriter.Reader{Log: logwriter.Msgs, Store: w.reads}, Now: func() time.Time { return time.Unix(20_000*86400, 0) },
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Publish(t.Context(), publication(1)); !errors.Is(err, tt.want) {
			t.Errorf("%v: got %v, want %v", tt.err, err, tt.want)
		}
	}
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.LookUp(t.Context(), make([]byte, 16)); !errors.Is(err, envelope.ErrUnavailable) {
		t.Errorf("look up in a closed store: got %v, want ErrUnavailable", err)
	}
}

type failing struct{ err error }

func (f failing) Add(context.Context, []byte, envelope.Row) (int64, error) { return 0, f.err }
