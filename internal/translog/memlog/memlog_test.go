package memlog_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/translog"
	"github.com/chaperone-privacy/chaperone/internal/translog/memlog"
)

func newLogs(t *testing.T, now func() time.Time) *memlog.Logs {
	t.Helper()
	seeds := make([]byte, 96)
	for i := range seeds {
		seeds[i] = byte(i)
	}
	logs, err := memlog.New(memlog.Config{Name: "log.example.com", Rand: bytes.NewReader(seeds), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return logs
}

// A proof stays what it was at the first head that held the leaf, however the log grows.
func TestProofsAreFrozen(t *testing.T) {
	t.Parallel()
	clock := time.Unix(1_900_000_000, 0)
	logs := newLogs(t, func() time.Time { return clock })
	policy, err := translog.ParsePolicy(logs.PolicyText())
	if err != nil {
		t.Fatal(err)
	}
	i, err := logs.Msgs.Append([]byte("first"))
	if err != nil {
		t.Fatal(err)
	}
	before, err := logs.Msgs.Proof(i)
	if err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(time.Hour)
	for range 20 {
		if _, err := logs.Msgs.Append([]byte("more")); err != nil {
			t.Fatal(err)
		}
	}
	after, err := logs.Msgs.Proof(i)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Error("the proof changed")
	}
	p, err := translog.ParseProof(after)
	if err != nil {
		t.Fatal(err)
	}
	h, err := policy.Check(p.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	if h.LoggedAt != 1_900_000_000 || h.Origin != "log.example.com/msgs" || h.Size != 1 {
		t.Errorf("got %+v", h)
	}
	cp, err := translog.ParseCheckpoint(logs.Msgs.Checkpoint())
	if err != nil {
		t.Fatal(err)
	}
	size, root := logs.Msgs.Head()
	if newest, err := policy.Check(cp); err != nil || newest.Size != 21 || newest.SeenAt != clock.Unix() || size != 21 || root != newest.Root {
		t.Errorf("newest head: got %+v, %v", newest, err)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	logs := newLogs(t, time.Now)
	for _, i := range []int64{-1, 0, 1 << 40} {
		if _, err := logs.Keys.Proof(i); !errors.Is(err, memlog.ErrNotFound) {
			t.Errorf("proof of leaf %d: got %v, want %v", i, err, memlog.ErrNotFound)
		}
	}
	if _, err := logs.Keys.Consistency(0, 1); !errors.Is(err, memlog.ErrNotFound) {
		t.Errorf("consistency: got %v, want %v", err, memlog.ErrNotFound)
	}
	if _, err := memlog.New(memlog.Config{}); err == nil {
		t.Error("empty config: got no error")
	}
	if _, err := memlog.New(memlog.Config{Name: "with space", Rand: bytes.NewReader(make([]byte, 96)), Now: time.Now}); !errors.Is(err, translog.ErrMalformed) {
		t.Errorf("bad name: got %v, want %v", err, translog.ErrMalformed)
	}
	if _, err := memlog.New(memlog.Config{Name: "a", Rand: bytes.NewReader(nil), Now: time.Now}); err == nil {
		t.Error("no randomness: got no error")
	}
}
