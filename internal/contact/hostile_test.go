package contact_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// verify fails the test on an error.
func verify(t testing.TB, in contact.Input) contact.Verdict {
	t.Helper()
	v, _, err := contact.Verify(in)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func with(w *contacttest.World, b contact.Bundle) contact.Input {
	in := w.Input()
	in.Bundle = b.Marshal()
	return in
}

// resign changes the signature lines of a signed note.
func resign(t testing.TB, raw []byte, change func(*translog.Signed)) []byte {
	t.Helper()
	s, err := translog.ParseSigned(raw)
	if err != nil {
		t.Fatal(err)
	}
	change(&s)
	return s.Marshal()
}

func dupLine(s *translog.Signed)  { s.Sigs = append(s.Sigs, s.Sigs[0]) }
func twinName(s *translog.Signed) { s.Sigs[1] = s.Sigs[0]; s.Sigs[1].Name = "root-b.example.com" }

// lastSig re-spells the base64 of the last signature line with other trailing bits.
func lastSig(t testing.TB, raw []byte) []byte {
	t.Helper()
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	i := bytes.LastIndexByte(raw, '=')
	for raw[i-1] == '=' {
		i--
	}
	out := slices.Clone(raw)
	out[i-1] = alphabet[strings.IndexByte(alphabet, raw[i-1])|1]
	if bytes.Equal(out, raw) {
		t.Fatal("spelling did not change")
	}
	return out
}

// Every piece that is not in its one spelling counts as wrong in what the sender signed, and
// as absent in what others add.
func TestOtherSpellings(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	crlf := func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }
	twice := func(b []byte) []byte { return resign(t, b, dupLine) }
	unknown := func(b []byte) []byte {
		return resign(t, b, func(s *translog.Signed) {
			x := s.Sigs[0]
			x.Name = "zz.example.com"
			s.Sigs = append(s.Sigs, x)
		})
	}
	spelled := func(b []byte) []byte { return lastSig(t, b) }
	spaced := func(b []byte) []byte { return append(slices.Clone(b), '\n') }
	pieces := []struct {
		name string
		of   func(*contact.Bundle) *[]byte
		want contact.Finding
	}{
		{"message", func(b *contact.Bundle) *[]byte { return &b.Message }, contact.Forged},
		{"message proof", func(b *contact.Bundle) *[]byte { return &b.MessageProof }, contact.Unproven},
		{"profile", func(b *contact.Bundle) *[]byte { return &b.Profile }, contact.Unproven},
		{"profile proof", func(b *contact.Bundle) *[]byte { return &b.ProfileProof }, contact.Unproven},
		{"grant", func(b *contact.Bundle) *[]byte { return &b.Grant }, contact.Unproven},
		{"grant proof", func(b *contact.Bundle) *[]byte { return &b.GrantProof }, contact.Unproven},
		{"monitor grant", func(b *contact.Bundle) *[]byte { return &b.Monitor }, contact.Stale},
		{"monitor proof", func(b *contact.Bundle) *[]byte { return &b.MonitorProof }, contact.Stale},
		{"status", func(b *contact.Bundle) *[]byte { return &b.Status }, contact.Stale},
	}
	changes := []struct {
		name   string
		change func([]byte) []byte
	}{
		{"CRLF", crlf}, {"signature line twice", twice}, {"unknown signature line", unknown},
		{"other base64 spelling", spelled}, {"line added", spaced},
	}
	for _, p := range pieces {
		for _, c := range changes {
			t.Run(p.name+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				b := w.Parts()
				at := p.of(&b)
				if strings.HasSuffix(p.name, "proof") && (c.name == "signature line twice" || c.name == "unknown signature line") {
					i := bytes.Index(*at, []byte("\n\n")) + 2
					*at = append(slices.Clone((*at)[:i]), c.change((*at)[i:])...)
				} else {
					*at = c.change(*at)
				}
				v := verify(t, with(w, b))
				if v.Headline != p.want {
					t.Errorf("got %v, want %s", v.Findings, p.want)
				}
			})
		}
	}
}

// One root key that signs under two names is one key.
func TestThresholdCountsKeys(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	for name, change := range map[string]func(*translog.Signed){
		"one signature":        func(s *translog.Signed) { s.Sigs = s.Sigs[:1] },
		"the same twice":       dupLine,
		"one key, two names":   twinName,
		"lines out of order":   func(s *translog.Signed) { s.Sigs[0], s.Sigs[1] = s.Sigs[1], s.Sigs[0] },
		"one good, one broken": func(s *translog.Signed) { s.Sigs[1].Bytes = bytes.Repeat([]byte{1}, 64) },
	} {
		b := w.Parts()
		b.Grant = resign(t, b.Grant, change)
		if v := verify(t, with(w, b)); v.Headline != contact.Unproven {
			t.Errorf("%s: got %v, want %s", name, v.Findings, contact.Unproven)
		}
	}
}

// Two signature lines on a message are not a message.
func TestMessageHasOneSignature(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	b := w.Parts()
	b.Message = resign(t, b.Message, func(s *translog.Signed) {
		x := s.Sigs[0]
		x.ID++
		s.Sigs = append(s.Sigs, x)
	})
	if v := verify(t, with(w, b)); v.Headline != contact.Forged {
		t.Errorf("got %v, want %s", v.Findings, contact.Forged)
	}
}

// A clinic that is not pinned teaches nothing: its owner chooses its witness's clock.
func TestUnpinnedTeachesNothing(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	w.Clinic.SetKey(w.Device.Key(), "stolen", 0)
	w.NewStatus()
	w.Memory = contact.Memory{}
	v, learned, err := contact.Verify(w.Input())
	if err != nil {
		t.Fatal(err)
	}
	if learned.Now != 0 || len(learned.Stolen)+len(learned.Statuses)+len(learned.Pins) != 0 {
		t.Errorf("learned %+v, want nothing", learned)
	}
	if !slices.Equal(v.Findings, []contact.Finding{contact.KeyStolen, contact.NoPin}) || v.Clinic != "" || v.CallsItself != "Example Aesthetics" {
		t.Errorf("got %v from %q calling itself %q", v.Findings, v.Clinic, v.CallsItself)
	}
}

// Another clinic's evidence proves nothing for this one, however consistent it is.
func TestOtherClinic(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	other := contacttest.New(t, func(o *contacttest.World, c *clinic.Config) {
		roots, err := clinic.NewRoots(2, contacttest.Seed("other roots"), "root-a.example.com", "root-b.example.com")
		if err != nil {
			t.Fatal(err)
		}
		o.Roots, c.Roots = roots, roots
	})
	b := w.Parts()
	o := other.Parts()
	b.Profile, b.ProfileProof, b.Grant, b.GrantProof = o.Profile, o.ProfileProof, o.Grant, o.GrantProof
	b.Monitor, b.MonitorProof, b.Status = o.Monitor, o.MonitorProof, o.Status
	if v := verify(t, with(w, b)); v.Headline != contact.Unproven {
		t.Errorf("got %v, want %s", v.Findings, contact.Unproven)
	}
	in := other.Input()
	in.Memory = w.Memory
	if v := verify(t, in); v.Headline != contact.NoPin {
		t.Errorf("other clinic's own bundle: got %v, want %s", v.Findings, contact.NoPin)
	}
}

// A message to one person's app is nothing this device can judge, and is never shown.
func TestEnrolledMessage(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	b := w.Misuse(func(m *contact.Message) { m.Bearer, m.To = false, [32]byte{1} })
	v := verify(t, with(w, b))
	if v.Headline != contact.NoPin || v.Body != "" {
		t.Errorf("got %v with body %q, want %s without", v.Findings, v.Body, contact.NoPin)
	}
}

// What the receiver sees may not reorder, hide or move the cursor.
func TestBodyWithEscapes(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	for _, x := range []string{"\x1b[2J", "\u202e", "\u200b", "\u2800", "\a", "\x7f", "\u009b"} {
		b := w.Parts()
		b.Message = []byte(strings.Replace(string(b.Message), "folder", "fol"+x+"der", 1))
		v := verify(t, with(w, b))
		if v.Headline != contact.Forged || v.Body != "" || v.Diff != nil {
			t.Errorf("%q: got %v, body %q", x, v.Findings, v.Body)
		}
	}
}

func TestClosedClinic(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		closed time.Time
		want   contact.Finding
	}{
		"before": {contacttest.Start.Add(24 * time.Hour), contact.Forged},
		"after":  {contacttest.Start.Add(11 * 24 * time.Hour), contact.GenuineForAnyone},
	} {
		w := contacttest.New(t, func(_ *contacttest.World, c *clinic.Config) { c.Profile.Closed = tt.closed.Unix() })
		if v := verify(t, w.Input()); v.Headline != tt.want {
			t.Errorf("closed %s the message: got %v, want %s", name, v.Findings, tt.want)
		}
	}
}

func TestDamagedMemory(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	for name, change := range map[string]func(*contact.Pin){
		"root set of another hash": func(p *contact.Pin) { p.RootSet[0] ^= 1 },
		"root set not readable":    func(p *contact.Pin) { p.Roots += "\n" },
		"level unknown":            func(p *contact.Pin) { p.Level = "friend" },
	} {
		in := w.Input()
		in.Memory = w.Memory.Merge(contact.Memory{})
		change(&in.Memory.Pins[0])
		if _, _, err := contact.Verify(in); !errors.Is(err, contact.ErrMemory) {
			t.Errorf("%s: got %v, want %v", name, err, contact.ErrMemory)
		}
	}
}

// A text of any shape up to the limit is judged, and in bounded time.
func TestHugeText(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	const size = 256 << 10
	if _, _, err := contact.Verify(w.With(strings.Repeat("a", size+1))); !errors.Is(err, contact.ErrTooLarge) {
		t.Errorf("too large: got %v, want %v", err, contact.ErrTooLarge)
	}
	first, _, _ := strings.Cut(contacttest.Body, "\n")
	for name, part := range map[string]string{
		"lines": "a\n", "numbers": "1 555-0142\n", "digits": "1 ",
		"body again and again": contacttest.Body, "its first line": first + "\n",
	} {
		text := strings.Repeat(part, size/len(part))
		start := time.Now()
		if v := verify(t, w.With(text)); v.Headline != contact.Altered && name != "body again and again" {
			t.Errorf("%s: got %v, want %s", name, v.Findings, contact.Altered)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

// A text that is one line costs no more than one of many: each change was remembered by the text
// of its whole line, which took two seconds for this one, and longer on a phone.
func TestOneLongLineRegression(t *testing.T) {
	t.Parallel()
	body := strings.TrimSpace(strings.Repeat("alpha $5, b ", 16000/12)) + "\n"
	took := func(sep string) time.Duration {
		start := time.Now()
		if m, d := contact.Compare(strings.Repeat("$1"+sep, 80000), body); m != contact.Differs || len(d.Changes) != 100 {
			t.Fatalf("got %v with %d changes", m, len(d.Changes))
		}
		return time.Since(start)
	}
	var one, many time.Duration
	for range 10 { // one quiet moment of a busy machine is enough
		if one, many = took(" "), took("\n"); one <= 4*many {
			return
		}
	}
	t.Errorf("one line took %v, many lines %v", one, many)
}

func TestRemarks(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	in := w.With("Fwd:\n" + strings.Replace(contacttest.Body, "folder", "fol\u200bder", 1) + "\nПoka\n")
	in.Channel = "sms"
	v := verify(t, in)
	want := []contact.Remark{contact.RemarkPinnedOn, contact.RemarkDemoWitness, contact.RemarkOtherChannel,
		contact.RemarkHiddenCharacter, contact.RemarkMixedScripts, contact.RemarkWithExtras}
	if !slices.Equal(v.Remarks, want) {
		t.Errorf("got %v, want %v", v.Remarks, want)
	}
}
