package contact_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/translog"
	"github.com/google/go-cmp/cmp"
)

// split is one log that shows one device one history and another device another one, from the
// second message on.
type split struct {
	a, b   *contacttest.World
	policy *translog.Policy
}

func newSplit(t *testing.T) split {
	t.Helper()
	s := split{a: contacttest.New(t), b: contacttest.New(t)}
	s.a.Misuse(func(*contact.Message) {})
	for i := range 5 {
		s.b.Misuse(func(m *contact.Message) { m.Salt = [32]byte{byte(i + 3)} })
	}
	s.a.Learn(s.a.News())
	s.b.Learn(s.b.News())
	var err error
	if s.policy, err = translog.ParsePolicy(s.a.Logs.PolicyText()); err != nil {
		t.Fatal(err)
	}
	return s
}

// tiles reads the tiles of the history that b shows.
func (s split) tiles(_ context.Context, origin string, t translog.Tile) ([]byte, error) {
	if origin == s.b.Logs.Keys.Origin() {
		return s.b.Logs.Keys.Tile(t)
	}
	return s.b.Logs.Msgs.Tile(t)
}

// Two histories of different lengths are found by the tiles of the longer one, the proof can be
// checked by anybody, and the finding is for good.
func TestFindForks(t *testing.T) {
	t.Parallel()
	s := newSplit(t)
	met := s.a.Memory.Merge(s.b.Memory)
	if len(met.Forks) != 0 {
		t.Fatalf("got %d forks of one size, want heads of different sizes", len(met.Forks))
	}
	found, err := contact.FindForks(t.Context(), met.Heads, s.tiles)
	if err != nil || len(found) != 1 || found[0].Origin != s.a.Logs.Msgs.Origin() || len(found[0].Proof) == 0 {
		t.Fatalf("got %+v, %v; want one fork of the msgs log", found, err)
	}
	f := found[0]
	if err := f.Check(s.policy); err != nil {
		t.Errorf("check: %v", err)
	}
	for name, change := range map[string]func(*contact.Fork){
		"one history":     func(f *contact.Fork) { f.A, f.Proof = f.B, nil },
		"the wrong order": func(f *contact.Fork) { f.A, f.B = f.B, f.A },
		"no proof":        func(f *contact.Fork) { f.Proof = nil },
		"changed proof":   func(f *contact.Fork) { f.Proof = append([]contact.Hash{{1}}, f.Proof[1:]...) },
		"another origin":  func(f *contact.Fork) { f.Origin = s.a.Logs.Keys.Origin() },
		"no checkpoint":   func(f *contact.Fork) { f.A = "x" },
	} {
		bad := f
		change(&bad)
		if bad.Check(s.policy) == nil {
			t.Errorf("%s: was taken for a fork", name)
		}
	}
	if f.Check() == nil {
		t.Error("was taken for a fork under no policy")
	}
	in := s.a.Input()
	in.Memory = met
	if v := verify(t, in); v.Headline != contact.GenuineForAnyone {
		t.Fatalf("before: got %v", v.Findings)
	}
	in.Memory = met.Merge(contact.Memory{Forks: found})
	in.Memory.Heads = nil
	if v := verify(t, in); v.Headline != contact.LogForked {
		t.Errorf("after: got %v, want %s", v.Findings, contact.LogForked)
	}
}

// Without tiles, with others or with garbage nothing is proven, and nothing is red.
func TestFindForksNeedsProof(t *testing.T) {
	t.Parallel()
	s := newSplit(t)
	met := s.a.Memory.Merge(s.b.Memory)
	gone := errors.New("gone")
	for name, read := range map[string]contact.ReadTile{
		"missing": func(context.Context, string, translog.Tile) ([]byte, error) { return nil, gone },
		"garbage": func(_ context.Context, _ string, t translog.Tile) ([]byte, error) {
			return make([]byte, 32*t.Width), nil
		},
		"those of the other history": func(_ context.Context, origin string, t translog.Tile) ([]byte, error) {
			x, _ := s.a.Logs.Msgs.Tile(t)
			return append(x, make([]byte, 32*256)...), nil
		},
	} {
		found, err := contact.FindForks(t.Context(), met.Heads, read)
		if len(found) != 0 || err == nil {
			t.Errorf("%s: got %d forks, %v; want none and an error", name, len(found), err)
		}
	}
	for _, w := range []*contacttest.World{s.b} {
		found, err := contact.FindForks(t.Context(), w.Memory.Heads, s.tiles)
		if len(found) != 0 || err != nil {
			t.Errorf("one history: got %d forks, %v", len(found), err)
		}
	}
	if found, err := contact.FindForks(t.Context(), nil, nil); len(found) != 0 || err != nil {
		t.Errorf("nothing: got %d forks, %v", len(found), err)
	}
}

// Tiles of one head are fetched once, however many heads are compared with it.
func TestFindForksFetchesOnce(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	for range 6 {
		w.Clock = w.Clock.Add(time.Minute)
		w.Misuse(func(m *contact.Message) { m.Salt = [32]byte{byte(w.Clock.Unix())} })
		w.Learn(w.News())
	}
	fetched := map[string]int{}
	found, err := contact.FindForks(t.Context(), w.Memory.Heads, func(_ context.Context, origin string, x translog.Tile) ([]byte, error) {
		fetched[origin+"/"+x.Path()]++
		if origin == w.Logs.Keys.Origin() {
			return w.Logs.Keys.Tile(x)
		}
		return w.Logs.Msgs.Tile(x)
	})
	if err != nil || len(found) != 0 {
		t.Fatalf("got %d forks, %v", len(found), err)
	}
	want := map[string]int{}
	for path := range fetched {
		want[path] = 1
	}
	if d := cmp.Diff(want, fetched); d != "" || len(fetched) != 2 {
		t.Errorf("tiles fetched (-want +got):\n%s", d)
	}
}

// Two roots of one size, one of them without a quorum, are a remark and no fork.
func TestTwoHeadsWithoutQuorum(t *testing.T) {
	t.Parallel()
	w, other := contacttest.New(t), contacttest.New(t)
	b := w.Misuse(func(*contact.Message) {})
	o := other.Misuse(func(m *contact.Message) { m.Salt = [32]byte{3} })
	_, learned, err := contact.Verify(with(other, o))
	if err != nil {
		t.Fatal(err)
	}
	p, err := translog.ParseProof(b.MessageProof)
	if err != nil {
		t.Fatal(err)
	}
	p.Checkpoint.Signed.Sigs = p.Checkpoint.Signed.Sigs[:1]
	b.MessageProof = p.Marshal()
	in := with(w, b)
	if v := verify(t, in); v.Headline != contact.Unproven || slices.Contains(v.Remarks, contact.RemarkTwoHeads) {
		t.Errorf("one head: got %v with %v", v.Findings, v.Remarks)
	}
	in.Memory = w.Memory.Merge(learned)
	if v := verify(t, in); v.Headline != contact.Unproven || !slices.Contains(v.Remarks, contact.RemarkTwoHeads) {
		t.Errorf("another one of that size is held: got %v with %v", v.Findings, v.Remarks)
	}
}
