package contact_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/google/go-cmp/cmp"
)

func good(c contact.Class) bool { return c == contact.Amber || c == contact.Green }

// pieces lists what can be removed from a bundle.
func pieces(b *contact.Bundle) []*[]byte {
	return []*[]byte{&b.VRF, &b.MessageProof, &b.Profile, &b.ProfileProof, &b.Grant, &b.GrantProof,
		&b.Monitor, &b.MonitorProof, &b.Status}
}

// Removing evidence, up to three pieces at once, never leads to amber or green, and never
// shows the text, but for what the device holds itself: there nothing changes.
func TestRemovingEvidence(t *testing.T) {
	t.Parallel()
	for _, c := range contacttest.Cases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			whole, err := contact.ParseBundle(c.Input.Bundle)
			if err != nil {
				t.Fatal(err)
			}
			n := len(pieces(&whole))
			for set := 1; set < 1<<(n+2); set++ {
				if ones(set) > 3 || ones(set) > 1 && c.Name != "genuine, no text" {
					continue // one piece everywhere, up to three of the genuine one
				}
				b := whole
				present := false
				for i, p := range pieces(&b) {
					if set&(1<<i) != 0 {
						present = present || *p != nil
						*p = nil
					}
				}
				if set&(1<<n) != 0 {
					present = present || b.Policies != nil
					b.Policies = nil
				}
				if set&(1<<(n+1)) != 0 {
					present = present || b.Rotations != nil
					b.Rotations = nil
				}
				if !present {
					continue
				}
				in := c.Input
				in.Bundle = b.Marshal()
				v := verify(t, in)
				if c.Input.Memory.Notes != nil && good(c.Headline.Class()) && v.Headline == c.Headline {
					continue
				}
				if good(v.Headline.Class()) || v.Body != "" || v.Signer != "" {
					t.Fatalf("without pieces %b: got %v, body %q", set, v.Findings, v.Body)
				}
			}
		})
	}
}

func ones(x int) int {
	n := 0
	for ; x != 0; x &= x - 1 {
		n++
	}
	return n
}

// Removing evidence from what came with a code never leads to amber or green.
func TestRemovingEvidenceOfCodes(t *testing.T) {
	t.Parallel()
	for _, c := range contacttest.CodeCases(t) {
		n := len(pieces(&contact.Bundle{}))
		for i := 1; i <= n+1; i++ { // the first is the VRF proof, which comes in the envelope
			in := c.Input
			if i < n {
				*pieces(&in.Evidence)[i] = nil
			} else if i == n {
				in.Evidence.Policies = nil
			} else {
				in.Envelope = nil
			}
			v, _, err := contact.VerifyCode(in)
			if err != nil {
				t.Fatal(c.Name, err)
			}
			if good(v.Headline.Class()) || v.Body != "" {
				t.Errorf("%s, without piece %d: got %v, body %q", c.Name, i, v.Findings, v.Body)
			}
		}
	}
}

// Changing any byte of any piece never leads to amber or green.
func TestChangingEvidence(t *testing.T) {
	t.Parallel()
	in := contacttest.New(t).Input()
	const step = 97 // which bytes are tried depends on the bit, so that all are in the end
	for bit := range 8 {
		for i := 3 * bit % step; i < len(in.Bundle); i += step {
			b := slices.Clone(in.Bundle)
			b[i] ^= 1 << bit
			x := in
			x.Bundle = b
			v, _, err := contact.Verify(x)
			if err == nil && good(v.Headline.Class()) {
				t.Fatalf("byte %d, bit %d: got %v", i, bit, v.Findings)
			}
		}
	}
}

// Exchanging pieces between the bundles of two messages never leads to amber or green.
func TestExchangingEvidence(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	mine := w.Parts()
	theirs := w.Misuse(func(m *contact.Message) { m.Kind = contact.KindBilling })
	n := 3
	for set := 1; set < 1<<n-1; set++ {
		b := mine
		for i, p := range []struct{ to, from *[]byte }{
			{&b.Message, &theirs.Message}, {&b.VRF, &theirs.VRF}, {&b.MessageProof, &theirs.MessageProof},
		} {
			if set&(1<<i) != 0 {
				*p.to = *p.from
			}
		}
		if v := verify(t, with(w, b)); good(v.Headline.Class()) {
			t.Errorf("pieces %b: got %v", set, v.Findings)
		}
	}
}

// The text of a message is in the verdict only if it is amber or green, and the diff only if
// nothing but the text is wrong.
func TestWhatIsShown(t *testing.T) {
	t.Parallel()
	for _, c := range contacttest.Cases(t) {
		in := c.Input
		altered := contacttest.Altered
		for _, text := range []*string{in.Text, nil, &altered} {
			in.Text = text
			v := verify(t, in)
			if (v.Body != "") != good(v.Headline.Class()) || (v.Signer != "") != (v.Body != "") {
				t.Errorf("%s: got body %q, signer %q for %v", c.Name, v.Body, v.Signer, v.Findings)
			}
			if (v.Diff != nil) != slices.Equal(v.Findings, []contact.Finding{contact.Altered}) {
				t.Errorf("%s: got diff %v for %v", c.Name, v.Diff, v.Findings)
			}
			if v.Headline != v.Findings[0] || !slices.IsSortedFunc(v.Findings, func(a, b contact.Finding) int { return a.Rank() - b.Rank() }) {
				t.Errorf("%s: got headline %s of %v", c.Name, v.Headline, v.Findings)
			}
			if good(v.Headline.Class()) && v.Clinic == "" {
				t.Errorf("%s: got no clinic for %v", c.Name, v.Findings)
			}
		}
	}
}

// Verify is a function: it changes neither its input nor its mind.
func TestVerifyIsPure(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	in := w.Input()
	before, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	v1, l1, err := contact.Verify(in)
	if err != nil {
		t.Fatal(err)
	}
	after, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(after) {
		t.Error("Verify changed its input")
	}
	in.Memory = in.Memory.Merge(l1)
	v2, l2, err := contact.Verify(in)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(v1, v2); d != "" {
		t.Errorf("second verdict (-first +second):\n%s", d)
	}
	if d := cmp.Diff(in.Memory, in.Memory.Merge(l2)); d != "" {
		t.Errorf("second time something new was learned (-before +after):\n%s", d)
	}
}

func randomMemory(r *rand.Rand) contact.Memory {
	h := func() contact.Hash { return contact.Hash{byte(r.IntN(2))} }
	m := contact.Memory{Now: int64(r.IntN(5))}
	for range r.IntN(3) {
		m.Pins = append(m.Pins, contact.Pin{Clinic: h(), RootSet: h(), Name: string(rune('a' + r.IntN(2))), FirstSeen: int64(r.IntN(3)), Confirmed: r.IntN(2) == 0})
	}
	for range r.IntN(3) {
		m.Stolen = append(m.Stolen, contact.StolenMark{Clinic: h(), Key: h(), Since: int64(r.IntN(3))})
	}
	for range r.IntN(3) {
		m.Statuses = append(m.Statuses, contact.StatusSeen{Clinic: h(), Key: h(), Issued: int64(r.IntN(3)), Text: string(rune('a' + r.IntN(2)))})
	}
	for range r.IntN(3) {
		m.Notes = append(m.Notes, contact.NoteSeen{Clinic: h(), Signer: h(), Text: string(rune('a' + r.IntN(2))), LoggedAt: int64(r.IntN(3)), FirstSeen: int64(r.IntN(3))})
	}
	for range r.IntN(30) {
		m.Heads = append(m.Heads, contact.HeadSeen{Clinic: h(), Origin: string(rune('a' + r.IntN(2))), Size: int64(r.IntN(20)), Root: h(), Checkpoint: string(rune('a' + r.IntN(2)))})
	}
	for range r.IntN(3) {
		m.Forks = append(m.Forks, contact.Fork{Clinic: h(), Origin: string(rune('a' + r.IntN(2))), A: string(rune('a' + r.IntN(2)))})
	}
	for range r.IntN(3) {
		m.Pairs = append(m.Pairs, contact.Pair{Clinic: h(), Key: contact.PairKey(h()), Since: int64(r.IntN(3))})
	}
	return m
}

func TestMergeIsAUnion(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		a, b, c := randomMemory(r), randomMemory(r), randomMemory(r)
		ab := a.Merge(b)
		if ba := b.Merge(a); !reflect.DeepEqual(ab, ba) {
			t.Fatalf("not commutative (-ab +ba):\n%s", cmp.Diff(ab, ba))
		}
		l, r := ab.Merge(c), a.Merge(b.Merge(c))
		for _, f := range ab.Forks {
			if !slices.ContainsFunc(l.Forks, func(x contact.Fork) bool { return x.Clinic == f.Clinic && x.Origin == f.Origin }) {
				t.Fatalf("fork %+v was forgotten", f)
			}
		}
		l.Forks, r.Forks = nil, nil // what is found depends on which heads meet
		if !reflect.DeepEqual(l, r) {
			t.Fatalf("not associative (-left +right):\n%s", cmp.Diff(l, r))
		}
		if again := ab.Merge(ab).Merge(a); !reflect.DeepEqual(ab, again) {
			t.Fatalf("not idempotent (-once +again):\n%s", cmp.Diff(ab, again))
		}
	}
}

func TestMemoryJSON(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	_, learned, err := contact.Verify(w.Input())
	if err != nil {
		t.Fatal(err)
	}
	want := w.Memory.Merge(learned).Merge(contact.Memory{
		Pairs: []contact.Pair{w.NewPair("patient")}, Forks: []contact.Fork{{Origin: "a/keys", A: "a", B: "b"}},
	})
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got contact.Memory
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("memory (-want +got):\n%s", d)
	}
}

func TestFindings(t *testing.T) {
	t.Parallel()
	all := []struct {
		f     contact.Finding
		class contact.Class
		exit  int
	}{
		{contact.LogForked, contact.Red, 1}, {contact.KeyStolen, contact.Red, 1}, {contact.Forged, contact.Red, 1},
		{contact.Disowned, contact.Red, 1}, {contact.NotForYou, contact.Red, 1}, {contact.Altered, contact.Red, 1},
		{contact.Unknown, contact.Red, 1}, {contact.Mistyped, contact.Grey, 2}, {contact.NoPin, contact.Grey, 2},
		{contact.Unavailable, contact.Grey, 2}, {contact.Unproven, contact.Grey, 2}, {contact.Clock, contact.Grey, 2},
		{contact.Stale, contact.Grey, 2}, {contact.Withdrawn, contact.Amber, 1}, {contact.NotYet, contact.Amber, 1},
		{contact.Expired, contact.Amber, 1}, {contact.GenuineRemote, contact.Amber, 2}, {contact.GenuineOneKey, contact.Amber, 2},
		{contact.GenuineForAnyone, contact.Amber, 0}, {contact.Genuine, contact.Green, 0},
		{"SOMETHING_NEW", contact.Red, 1}, {"", contact.Red, 1},
	}
	for i, tt := range all {
		if got := tt.f.Class(); got != tt.class {
			t.Errorf("%s: got class %s, want %s", tt.f, got, tt.class)
		}
		if got := tt.f.ExitCode(); got != tt.exit {
			t.Errorf("%s: got exit %d, want %d", tt.f, got, tt.exit)
		}
		if got := tt.f.Rank(); i < 20 && got != i || i >= 20 && got != -1 {
			t.Errorf("%s: got rank %d", tt.f, got)
		}
	}
}

func FuzzBundle(f *testing.F) {
	w := contacttest.New(f)
	in := w.Input()
	f.Add(in.Bundle)
	for _, c := range contacttest.Cases(f) {
		if c.Input.Text == nil {
			f.Add(c.Input.Bundle)
		}
	}
	genuine := string(in.Bundle)
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := contact.ParseBundle(raw)
		if err != nil {
			return
		}
		if string(b.Marshal()) != string(raw) {
			t.Errorf("bundle does not come back: %q", raw)
		}
		x := in
		x.Bundle = raw
		v, _, err := contact.Verify(x)
		if err != nil {
			t.Fatal(err)
		}
		if good(v.Headline.Class()) && v.Body != contacttest.Body {
			t.Errorf("got %v for %q, not from %q", v.Findings, raw, genuine)
		}
	})
}
