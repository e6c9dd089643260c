package contact_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
)

var mutations = flag.Int("mutations", 1500, "how many changed bundles TestMutatedBundles judges")

// sections are the sections of a bundle that a message needs, with their types. No policy is among
// them: one more that nobody names changes nothing.
func sections(b *contact.Bundle) map[string]*[]byte {
	return map[string]*[]byte{
		"message": &b.Message, "vrf": &b.VRF, "message proof": &b.MessageProof, "profile": &b.Profile, "profile proof": &b.ProfileProof,
		"grant": &b.Grant, "grant proof": &b.GrantProof, "policy": &b.Policies[0], "monitor": &b.Monitor, "monitor proof": &b.MonitorProof,
		"status": &b.Status,
	}
}

func sectionNames() []string {
	return []string{"message", "vrf", "message proof", "profile", "profile proof", "grant", "grant proof", "policy", "monitor", "monitor proof", "status"}
}

// mutate changes bytes in one of the ways in which attackers and broken mail programs do. other is
// material to splice in.
func mutate(r *rand.Rand, raw, other []byte) []byte {
	out := slices.Clone(raw)
	if len(out) == 0 {
		return other
	}
	at, n := r.IntN(len(out)), 1+r.IntN(40)
	end := min(at+n, len(out))
	switch r.IntN(9) {
	case 0:
		out[at] ^= 1 << r.IntN(8)
	case 1:
		out = slices.Delete(out, at, end)
	case 2:
		out = slices.Insert(out, at, out[at:end]...)
	case 3:
		out = out[:at]
	case 4:
		if len(other) > 0 {
			from := r.IntN(len(other))
			out = slices.Insert(out, at, other[from:min(from+n, len(other))]...)
		}
	case 5:
		out[at] = "0123456789\n +=\r\x00"[r.IntN(16)]
	case 6: // two lines change places
		lines := bytes.SplitAfter(out, []byte("\n"))
		i, j := r.IntN(len(lines)), r.IntN(len(lines))
		lines[i], lines[j] = lines[j], lines[i]
		out = bytes.Join(lines, nil)
	case 7: // a line twice
		lines := bytes.SplitAfter(out, []byte("\n"))
		i := r.IntN(len(lines))
		out = bytes.Join(slices.Insert(lines, i, lines[i]), nil)
	case 8:
		out = slices.Clone(other)
	}
	return out
}

// No change to a genuine bundle, in any of its pieces or across them, leads to amber or green, and
// none makes the verifier panic.
func TestMutatedBundles(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	in := w.Input()
	genuine, other := w.Parts(), w.Misuse(func(m *contact.Message) { m.Kind = contact.KindNotice })
	w.NewStatus()
	other.Status = w.Status
	whole := other.Marshal()
	names := sectionNames()
	r := rand.New(rand.NewPCG(7, 8))
	read := 0
	for range *mutations {
		b := genuine
		b.Policies = slices.Clone(genuine.Policies)
		name := names[r.IntN(len(names))]
		x := other
		at, from := sections(&b)[name], sections(&x)[names[r.IntN(len(names))]]
		for range 1 + r.IntN(2) {
			*at = mutate(r, *at, *from)
		}
		raw := b.Marshal()
		changed, was := *at, *sections(&genuine)[name]
		if r.IntN(8) == 0 {
			raw = mutate(r, in.Bundle, whole)
			name, changed, was = "bundle", raw, in.Bundle
		}
		if bytes.Equal(raw, in.Bundle) || bytes.Equal(raw, whole) {
			continue
		}
		y := in
		y.Bundle = raw
		v, _, err := contact.Verify(y)
		if err != nil {
			continue
		}
		read++
		// The status may be exchanged for another genuine one, and the signature lines of a
		// checkpoint stand in any order.
		exchanged := name == "status" && bytes.Equal(changed, other.Status)
		if good(v.Headline.Class()) && !exchanged && !sameLines(changed, was) {
			t.Fatalf("%s changed: got %v from %q, was %q", name, v.Findings, changed, was)
		}
	}
	if read < *mutations/2 {
		t.Errorf("only %d of %d were bundles at all", read, *mutations)
	}
}

func sameLines(a, b []byte) bool {
	sorted := func(x []byte) [][]byte {
		lines := bytes.SplitAfter(x, []byte("\n"))
		slices.SortFunc(lines, bytes.Compare)
		return lines
	}
	return slices.EqualFunc(sorted(a), sorted(b), bytes.Equal)
}

// FuzzPieces replaces part of one piece of a genuine bundle.
func FuzzPieces(f *testing.F) {
	w := contacttest.New(f)
	in := w.Input()
	for i := range sectionNames() {
		f.Add(uint8(i), uint16(30), uint16(1), []byte("x"))
		f.Add(uint8(i), uint16(0), uint16(0xffff), []byte{})
	}
	genuine := w.Parts()
	f.Fuzz(func(t *testing.T, piece uint8, at, n uint16, with []byte) {
		b := genuine
		b.Policies = slices.Clone(genuine.Policies)
		p := sections(&b)[sectionNames()[int(piece)%len(sectionNames())]]
		from := min(int(at), len(*p))
		to := min(from+int(n), len(*p))
		*p = slices.Concat((*p)[:from], with, (*p)[to:])
		x := in
		x.Bundle = b.Marshal()
		if bytes.Equal(x.Bundle, in.Bundle) {
			return
		}
		v, _, err := contact.Verify(x)
		if err == nil && good(v.Headline.Class()) && !sameLines(x.Bundle, in.Bundle) {
			t.Errorf("got %v from %q", v.Findings, *p)
		}
	})
}

// FuzzMemory judges a genuine bundle with a memory that came from anywhere: no panic, and nothing is
// good for a clinic that is not pinned and confirmed.
func FuzzMemory(f *testing.F) {
	w := contacttest.New(f)
	in := w.Input()
	_, learned, err := contact.Verify(in)
	if err != nil {
		f.Fatal(err)
	}
	for _, m := range []contact.Memory{w.Memory, w.Memory.Merge(learned), {}} {
		raw, err := json.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	news := w.News()
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m contact.Memory
		if json.Unmarshal(raw, &m) != nil {
			return
		}
		x := in
		x.Memory = m
		v, learned, err := contact.Verify(x)
		pinned := slices.ContainsFunc(m.Pins, func(p contact.Pin) bool { return p.Confirmed && p.Clinic == w.Clinic.ID() })
		if err == nil && good(v.Headline.Class()) && !pinned {
			t.Errorf("got %v without a pin", v.Findings)
		}
		merged := m.Merge(learned)
		if again := merged.Merge(m); len(again.Notes) != len(merged.Notes) || again.Now != merged.Now {
			t.Errorf("merging the same again changed the memory")
		}
		if _, err := contact.Learn(merged, news, w.Clock); err != nil {
			return
		}
		merged.Clinic(w.Clinic.ID(), w.Clock)
	})
}

// FuzzEvidence reads what comes beside an envelope.
func FuzzEvidence(f *testing.F) {
	w := contacttest.New(f)
	b := w.Parts()
	b.Message, b.VRF = nil, nil
	f.Add(b.Marshal())
	f.Add(w.Bundle())
	f.Add([]byte("CHAPB1\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := contact.ParseEvidence(raw)
		if err != nil {
			return
		}
		if !bytes.Equal(b.Marshal(), raw) {
			t.Errorf("evidence does not come back: %q", raw)
		}
		if _, err := contact.ParseBundle(raw); err == nil {
			t.Errorf("evidence is a bundle too: %q", raw)
		}
	})
}

// FuzzRootSet reads the text of a pin.
func FuzzRootSet(f *testing.F) {
	w := contacttest.New(f)
	f.Add(w.Roots.Set().Text())
	f.Add("threshold 1\nroot x\n")
	f.Fuzz(func(t *testing.T, text string) {
		rs, err := contact.ParseRootSet(text)
		if err != nil {
			return
		}
		if rs.Text() != text {
			t.Errorf("got %q, want %q", rs.Text(), text)
		}
		seen := map[[32]byte]bool{}
		for _, k := range rs.Keys {
			if seen[k.Public] {
				t.Errorf("one key twice: %q", text)
			}
			seen[k.Public] = true
		}
		if rs.Threshold < 1 || rs.Threshold > len(seen) {
			t.Errorf("threshold %d of %d keys: %q", rs.Threshold, len(seen), text)
		}
	})
}

// FuzzCode judges what was typed and what a server sent for it.
func FuzzCode(f *testing.F) {
	w := contacttest.New(f)
	for _, c := range contacttest.CodeCases(f) {
		f.Add(c.Input.Code, c.Input.Sure, int(c.Input.Answer), c.Input.Envelope, c.Input.Evidence.Marshal())
	}
	genuine := map[string]bool{}
	for _, c := range contacttest.CodeCases(f) {
		genuine[string(c.Input.Envelope)] = true
	}
	f.Fuzz(func(t *testing.T, code string, sure bool, answer int, envelope, evidence []byte) {
		b, err := contact.ParseEvidence(evidence)
		if err != nil {
			return
		}
		v, _, err := contact.VerifyCode(contact.CodeInput{
			Code: code, Sure: sure, Answer: contact.Answer(answer), Envelope: envelope, Evidence: b, Memory: w.Memory, Now: w.Clock,
		})
		if err != nil {
			t.Fatal(err)
		}
		if good(v.Headline.Class()) && !genuine[string(envelope)] {
			t.Errorf("got %v for %q", v.Findings, envelope)
		}
	})
}
