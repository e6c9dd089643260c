package contact_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// freeze has the root freeze the msgs log of a world at its present head, and returns the bundle
// with everything that says so.
func freeze(t *testing.T, w *contacttest.World, b contact.Bundle) contact.Bundle {
	t.Helper()
	size, root := w.Logs.Msgs.Head()
	frozen := changed(w, 2, func(p *contact.Profile) {
		p.Frozen = []contact.FrozenHead{{Origin: w.Logs.Msgs.Origin(), Size: size, Root: root}}
	})
	b.Profile, b.ProfileProof = frozen.Note, frozen.Proof
	s, err := translog.ParseSigned(frozen.Note)
	if err != nil {
		t.Fatal(err)
	}
	b.Status = statusNaming(t, w, s.Text)
	return b
}

// Of a log with two histories of which the root froze one, what is shown to lie on that branch is
// not touched. What is not shown, is on the other branch, or came after, is.
func TestBelowFrozenHead(t *testing.T) {
	t.Parallel()
	s := newSplit(t)
	forks, err := contact.FindForks(t.Context(), s.a.Memory.Merge(s.b.Memory).Heads, s.tiles)
	if err != nil || len(forks) != 1 {
		t.Fatalf("got %d forks, %v", len(forks), err)
	}
	on := s.b.Misuse(func(m *contact.Message) { m.Salt = [32]byte{40} })
	s.b.Misuse(func(m *contact.Message) { m.Salt = [32]byte{41} })
	on = freeze(t, s.b, on)
	after := s.b.Misuse(func(m *contact.Message) { m.Salt = [32]byte{42} })
	after.Profile, after.ProfileProof, after.Status = on.Profile, on.ProfileProof, on.Status
	// The other branch at a size below the frozen one: the root, the profile and the keys log are the same.
	off := s.a.Misuse(func(m *contact.Message) { m.Salt = [32]byte{43} })
	off.Profile, off.ProfileProof, off.Status = on.Profile, on.ProfileProof, on.Status

	judge := func(b contact.Bundle, shown ...contact.Prefix) contact.Verdict {
		t.Helper()
		in := with(s.b, b)
		in.Memory = s.b.Memory.Merge(contact.Memory{Forks: forks})
		in.Prefixes = shown
		return verify(t, in)
	}
	show := func(v contact.Verdict) []contact.Prefix {
		return contact.ProvePrefixes(t.Context(), v.Unplaced, s.tiles)
	}
	v := judge(on)
	if v.Headline != contact.LogForked || len(v.Unplaced) != 1 || v.Unplaced[0].Holds() {
		t.Fatalf("not shown: got %v, %d unplaced", v.Findings, len(v.Unplaced))
	}
	shown := show(v)
	if len(shown) != 1 {
		t.Fatalf("got %d proofs, want one", len(shown))
	}
	if v := judge(on, shown...); v.Headline != contact.GenuineForAnyone || len(v.Unplaced) != 0 {
		t.Errorf("shown: got %v, %d unplaced", v.Findings, len(v.Unplaced))
	}
	for name, change := range map[string]func(*contact.Prefix){
		"no proof":               func(p *contact.Prefix) { p.Proof = nil },
		"a proof too long":       func(p *contact.Prefix) { p.Proof = append(p.Proof, contact.Hash{}) },
		"another proof":          func(p *contact.Prefix) { p.Proof = slices.Clone(p.Proof); p.Proof[0][0]++ },
		"another head":           func(p *contact.Prefix) { p.Root[0]++ },
		"another frozen head":    func(p *contact.Prefix) { p.FrozenRoot[0]++ },
		"the frozen head itself": func(p *contact.Prefix) { p.Size, p.Root, p.Proof = p.FrozenSize, p.FrozenRoot, nil },
		"another log":            func(p *contact.Prefix) { p.Origin = s.b.Logs.Keys.Origin() },
	} {
		p := shown[0]
		change(&p)
		if v := judge(on, p); v.Headline != contact.LogForked {
			t.Errorf("%s: got %v", name, v.Findings)
		}
	}
	if v := judge(after, shown...); v.Headline != contact.LogForked || len(v.Unplaced) != 0 {
		t.Errorf("after the frozen head: got %v, %d unplaced", v.Findings, len(v.Unplaced))
	}
	v = judge(off, shown...)
	if v.Headline != contact.LogForked || len(v.Unplaced) != 1 {
		t.Fatalf("other branch: got %v, %d unplaced", v.Findings, len(v.Unplaced))
	}
	if p := show(v); len(p) != 0 {
		t.Errorf("a head of the other branch was placed: %+v", p)
	}
	gone := func(context.Context, string, translog.Tile) ([]byte, error) { return nil, errors.New("gone") }
	if p := contact.ProvePrefixes(t.Context(), judge(on).Unplaced, gone); len(p) != 0 {
		t.Errorf("placed without tiles: %+v", p)
	}
}
