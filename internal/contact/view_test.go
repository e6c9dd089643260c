package contact_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/translog"
	"github.com/google/go-cmp/cmp"
)

// rotated is a world whose root was rotated two days after the message.
type rotated struct {
	*contacttest.World
	next *clinic.Roots
	note contact.LoggedNote
}

func rotate(t *testing.T) rotated {
	t.Helper()
	w, next := contacttest.New(t), newRoots(t, "next")
	w.Clock = contacttest.Start.Add(12 * dayLong)
	note := w.Log(w.Roots.SignRotate(w.Clinic.ID(), 1, next))
	w.NewStatus()
	return rotated{w, next, note}
}

// bundle is the genuine message's with a grant that the new root signed at a time.
func (r rotated) bundle(t *testing.T, by *clinic.Roots) contact.Bundle {
	t.Helper()
	d := device(t, "new.example.com")
	from := r.Clock.Unix()
	grant := r.Log(by.SignGrant(contact.Grant{
		Clinic: r.Clinic.ID(), Key: d.Key(), Role: contact.RoleDevice, Kinds: []contact.Kind{contact.KindNotice},
		Label: "New PC", Holder: "new", NotBefore: from, NotAfter: from + 30*86400,
	}))
	r.Clinic.SetKey(d.Key(), "ok", 0)
	old := r.Device
	r.World.Device = d
	b := r.Misuse(func(m *contact.Message) { m.Kind = contact.KindNotice })
	r.World.Device = old
	r.NewStatus()
	b.Status, b.Grant, b.GrantProof = r.Status, grant.Note, grant.Proof
	b.Rotations = []contact.Rotation{{Note: r.note.Note, Proof: r.note.Proof}}
	return b
}

// A new root waits 72 hours from the later of its log time and first sight; until then what
// only it signed is unproven, and the old one still counts. Then it is the other way round.
func TestRotation(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		seen    time.Duration // after the rotation, when the device first sees it
		granted time.Duration // when the grant is logged
		byNew   bool
		at      time.Duration // when the message is judged
		want    contact.Finding
	}{
		{"new root, at once", 0, hour, true, 2 * hour, contact.Unproven},
		{"new root, just before", 0, hour, true, 72*hour - time.Second, contact.Unproven},
		{"new root, after 72 h", 0, hour, true, 72 * hour, contact.GenuineForAnyone},
		{"new root, seen late", 48 * hour, hour, true, 119 * hour, contact.Unproven},
		{"new root, seen late, after 72 h", 48 * hour, hour, true, 120 * hour, contact.GenuineForAnyone},
		{"old root, at once", 0, hour, false, 2 * hour, contact.GenuineForAnyone},
		{"old root, after 72 h", 0, hour, false, 72 * hour, contact.Unproven},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := rotate(t)
			start := r.Clock
			r.Clock = start.Add(tt.seen)
			r.NewStatus()
			news := r.News(r.note)
			r.Learn(news)
			r.Clock = start.Add(tt.granted)
			by := r.Roots
			if tt.byNew {
				by = r.next
			}
			b := r.bundle(t, by)
			r.Clock = start.Add(tt.at)
			r.NewStatus()
			b.Status = r.Status
			if v := verify(t, with(r.World, b)); v.Headline != tt.want {
				t.Errorf("got %v, want %s", v.Findings, tt.want)
			}
			// What the old root signed before goes on.
			if v := verify(t, r.Input()); v.Headline != contact.GenuineForAnyone {
				t.Errorf("message before the rotation: got %v, want %s", v.Findings, contact.GenuineForAnyone)
			}
			pending := tt.at < max(tt.seen, 0)+72*hour
			c, ok := r.Memory.Clinic(r.Clinic.ID(), r.Clock)
			if !ok || c.Pending != pending {
				t.Errorf("got pending %v, want %v", c.Pending, pending)
			}
		})
	}
}

// A rotation in the bundle alone is seen now, and waits like any other.
func TestRotationInBundle(t *testing.T) {
	t.Parallel()
	r := rotate(t)
	b := r.bundle(t, r.next)
	v, learned, err := contact.Verify(with(r.World, b))
	if err != nil {
		t.Fatal(err)
	}
	if v.Headline != contact.Unproven || !slices.Contains(v.Remarks, contact.RemarkChangeAnnounced) {
		t.Errorf("got %v with %v", v.Findings, v.Remarks)
	}
	r.Memory = r.Memory.Merge(learned)
	b.Rotations = nil // held now
	r.Clock = r.Clock.Add(72 * hour)
	r.NewStatus()
	b.Status = r.Status
	if v := verify(t, with(r.World, b)); v.Headline != contact.GenuineForAnyone {
		t.Errorf("72 h later: got %v, want %s", v.Findings, contact.GenuineForAnyone)
	}
	b.Rotations = []contact.Rotation{{Note: r.note.Note, Proof: b.GrantProof}}
	fresh := with(r.World, b)
	fresh.Memory = contact.Memory{Pins: r.Memory.Pins}
	if v := verify(t, fresh); v.Headline != contact.Unproven {
		t.Errorf("rotation that is not logged: got %v, want %s", v.Findings, contact.Unproven)
	}
}

// A key that is in both root sets counts in both, and no key counts twice under two names.
func TestRotationCountsKeys(t *testing.T) {
	t.Parallel()
	// The same seed makes the same keys; the third has another name.
	seed := "example aesthetics roots"
	old, err := clinic.NewRoots(2, contacttest.Seed(seed), "root-a.example.com", "root-b.example.com", "root-c.example.com")
	if err != nil {
		t.Fatal(err)
	}
	next, err := clinic.NewRoots(2, contacttest.Seed(seed), "root-a.example.com", "root-b.example.com", "root-d.example.com")
	if err != nil {
		t.Fatal(err)
	}
	other := newRoots(t, "next")
	tests := []struct {
		name   string
		next   *clinic.Roots
		change func(*translog.Signed)
		taken  bool
	}{
		{"keys of both", next, nil, true},
		{"keys of each", other, nil, true},
		{"one key under two names", next, func(s *translog.Signed) {
			line := s.Sigs[0]
			line.Name = "root-c.example.com"
			s.Sigs = []translog.Sig{s.Sigs[0], line}
		}, false},
		{"one key of both only", next, func(s *translog.Signed) { s.Sigs = s.Sigs[:1] }, false},
		{"new threshold only", other, func(s *translog.Signed) { s.Sigs = s.Sigs[:2] }, false},
		{"old threshold only", other, func(s *translog.Signed) { s.Sigs = s.Sigs[2:] }, false},
		{"one of the old missing", other, func(s *translog.Signed) { s.Sigs = s.Sigs[:3] }, false},
		{"lines out of order", other, func(s *translog.Signed) { slices.Reverse(s.Sigs) }, false},
	}
	for _, tt := range tests {
		w := contacttest.New(t)
		if old.Set().Hash() != w.Roots.Set().Hash() {
			t.Fatal("the world has other roots")
		}
		raw, err := old.SignRotate(w.Clinic.ID(), 1, tt.next)
		if err == nil && tt.change != nil {
			raw = resign(t, raw, tt.change)
		}
		w.Learn(w.News(w.Log(raw, err)))
		if got := len(w.Memory.Notes) == 2; got != tt.taken {
			t.Errorf("%s: got taken %v, want %v", tt.name, got, tt.taken)
		}
	}
}

// A second profile of one number is noticed although another one is used.
func TestConflictInBundle(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	w.Learn(w.News())
	b := w.Parts()
	twin := changed(w, 1, func(p *contact.Profile) { p.Slug = "other" })
	b.Profile, b.ProfileProof = twin.Note, twin.Proof
	if v := verify(t, with(w, b)); v.Headline != contact.Forged {
		t.Errorf("got %v, want %s", v.Findings, contact.Forged)
	}
}

// changed logs a profile with other phone numbers.
func changed(w *contacttest.World, n int64, change func(*contact.Profile)) contact.LoggedNote {
	p := w.Clinic.Profile()
	p.N = n
	change(&p)
	return w.Log(w.Roots.SignProfile(p))
}

// New phone numbers and added report recipients wait 72 hours; removed recipients go at once.
func TestPendingChanges(t *testing.T) {
	t.Parallel()
	age := func(c string) string { return "age1" + string(bytes.Repeat([]byte(c), 58)) }
	w := contacttest.New(t, func(_ *contacttest.World, c *clinic.Config) { c.Profile.ReportTo = []string{age("q"), age("z")} })
	w.Learn(w.News())
	w.Clock = contacttest.Start.Add(12 * dayLong)
	w.NewStatus()
	w.Learn(w.News(changed(w, 2, func(p *contact.Profile) {
		p.Phones, p.ReportTo = []string{"+15555550199"}, []string{age("q"), age("x")}
	})))
	c, ok := w.Memory.Clinic(w.Clinic.ID(), w.Clock)
	if want := (contact.Clinic{
		Name: "Example Aesthetics", Phones: []string{"+15555550100"}, ReportTo: []string{age("q")},
		Servers: []string{"https://contact.example.com"}, Pending: true,
	}); !ok || !cmp.Equal(c, want) {
		t.Errorf("at once (-want +got):\n%s", cmp.Diff(want, c))
	}
	if v := verify(t, w.Input()); !slices.Contains(v.Remarks, contact.RemarkChangeAnnounced) {
		t.Errorf("got %v, want %s", v.Remarks, contact.RemarkChangeAnnounced)
	}
	c, _ = w.Memory.Clinic(w.Clinic.ID(), w.Clock.Add(72*hour))
	if want := []string{"+15555550199"}; !slices.Equal(c.Phones, want) || len(c.ReportTo) != 2 || c.Pending {
		t.Errorf("72 h later: got %+v, want %v", c, want)
	}
}

// A profile with the number of another, or of one the status does not name.
func TestProfilesByNumber(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	w.Learn(w.News(changed(w, 2, func(p *contact.Profile) { p.Slug = "other" })))
	if v := verify(t, w.Input()); v.Headline != contact.GenuineForAnyone {
		t.Errorf("a newer profile that the status does not name yet: got %v, want %s", v.Findings, contact.GenuineForAnyone)
	}
	w.Learn(w.News(changed(w, 2, func(p *contact.Profile) { p.Slug = "third" })))
	if v := verify(t, w.Input()); v.Headline != contact.Forged {
		t.Errorf("two profiles of one number: got %v, want %s", v.Findings, contact.Forged)
	}
}

// The bundle's old profile does not hurt when the device holds the one that the status names.
func TestHeldProfileIsUsed(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	w.Learn(w.News())
	b := w.Parts()
	b.Profile, b.ProfileProof = nil, nil
	if v := verify(t, with(w, b)); v.Headline != contact.GenuineForAnyone {
		t.Errorf("profile removed but held: got %v, want %s", v.Findings, contact.GenuineForAnyone)
	}
	w.Memory.Notes = nil
	if v := verify(t, with(w, b)); v.Headline == contact.GenuineForAnyone {
		t.Errorf("profile removed and not held: got %v", v.Findings)
	}
}

// The order of notes in an answer changes nothing.
func TestLearnIgnoresOrder(t *testing.T) {
	t.Parallel()
	r := rotate(t)
	a := device(t, "a.example.com")
	news := r.News(r.note,
		grantKey(t, r.World, a.Key(), contact.RoleDevice, "anna", contact.KindIncident),
		r.Log(r.Roots.SignRevoke(contact.Revoke{Clinic: r.Clinic.ID(), Key: a.Key(), Reason: contact.Compromised})),
		r.Log(r.Roots.SignIncident(incident(r.World, 1))),
		changed(r.World, 2, func(p *contact.Profile) { p.Slug = "other" }),
	)
	want, err := contact.Learn(r.Memory, news, r.Clock)
	if err != nil {
		t.Fatal(err)
	}
	if len(want.Notes) != 5 || len(want.Statuses) != 1 || want.Now == 0 {
		t.Fatalf("got %d notes, %d statuses", len(want.Notes), len(want.Statuses))
	}
	for i := range news.Notes {
		shifted := news
		shifted.Notes = slices.Concat(news.Notes[i:], news.Notes[:i])
		slices.Reverse(shifted.Notes)
		got, err := contact.Learn(r.Memory, shifted, r.Clock)
		if err != nil || !cmp.Equal(got, want) {
			t.Fatalf("order %d: %v (-want +got):\n%s", i, err, cmp.Diff(want, got))
		}
	}
	again, err := contact.Learn(r.Memory.Merge(want), news, r.Clock.Add(hour))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(r.Memory.Merge(want), r.Memory.Merge(want).Merge(again)); d != "" {
		t.Errorf("the same news taught something new (-before +after):\n%s", d)
	}
}

func TestLearnFromNobody(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	if got, err := contact.Learn(contact.Memory{}, w.News(), w.Clock); err != nil || !cmp.Equal(got, contact.Memory{}) {
		t.Errorf("not pinned: got %+v, %v", got, err)
	}
	damaged := w.Memory.Merge(contact.Memory{})
	damaged.Pins[0].Roots += "\n"
	if _, err := contact.Learn(damaged, w.News(), w.Clock); !errors.Is(err, contact.ErrMemory) {
		t.Errorf("damaged pin: got %v, want %v", err, contact.ErrMemory)
	}
	many := w.News()
	many.Notes = make([]contact.LoggedNote, 5000)
	if _, err := contact.Learn(w.Memory, many, w.Clock); !errors.Is(err, contact.ErrTooLarge) {
		t.Errorf("too many: got %v, want %v", err, contact.ErrTooLarge)
	}
}

// A fork is for good, touches the log it was seen in, and spares the head that the root froze.
func TestFork(t *testing.T) {
	t.Parallel()
	w, other := contacttest.New(t), contacttest.New(t)
	b := w.Misuse(func(*contact.Message) {})
	_, learned, err := contact.Verify(with(other, other.Misuse(func(m *contact.Message) { m.Salt = [32]byte{3} })))
	if err != nil {
		t.Fatal(err)
	}
	w.Memory = w.Memory.Merge(learned)
	v, learned, err := contact.Verify(with(w, b))
	if err != nil || v.Headline != contact.LogForked || len(learned.Forks) != 1 {
		t.Fatalf("got %v, %d forks, %v", v.Findings, len(learned.Forks), err)
	}
	w.Memory = w.Memory.Merge(learned)
	w.Memory.Heads = nil
	if v := verify(t, w.Input()); v.Headline != contact.LogForked {
		t.Errorf("another message of that log: got %v, want %s", v.Findings, contact.LogForked)
	}
	p, err := translog.ParseProof(w.Parts().MessageProof)
	if err != nil {
		t.Fatal(err)
	}
	cp := p.Checkpoint
	frozen := changed(w, 2, func(p *contact.Profile) {
		p.Frozen = []contact.FrozenHead{{Origin: cp.Origin, Size: cp.Size, Root: cp.Root}}
	})
	fb := w.Parts()
	fb.Profile, fb.ProfileProof = frozen.Note, frozen.Proof
	s, err := translog.ParseSigned(frozen.Note)
	if err != nil {
		t.Fatal(err)
	}
	fb.Status = statusNaming(t, w, s.Text)
	if v := verify(t, with(w, fb)); v.Headline != contact.GenuineForAnyone {
		t.Errorf("frozen head: got %v, want %s", v.Findings, contact.GenuineForAnyone)
	}
}

func statusNaming(t *testing.T, w *contacttest.World, profile string) []byte {
	t.Helper()
	s, err := translog.ParseSigned(w.Status)
	if err != nil {
		t.Fatal(err)
	}
	st, err := contact.ParseStatus(s.Text)
	if err != nil {
		t.Fatal(err)
	}
	st.Profile = contact.NoteHash(profile)
	st.Issued++
	raw, err := w.Monitor.SignStatus(st)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// What lies in the inbox is judged like anything else, and must be for the pair it opened under.
func TestVerifyCopy(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	pair := w.NewPair("patient")
	b := w.Enrolled(pair, func(*contact.Message) {})
	p, signer := contact.Payload{Note: b.Message, VRF: b.VRF}, contact.KeyHash(w.Device.Key())
	in := w.Input()
	judge := func(p contact.Payload, by [32]byte) contact.Verdict {
		t.Helper()
		v, _, err := contact.VerifyCopy(in, pair, p, by, b)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := judge(p, signer); v.Headline != contact.Genuine {
		t.Errorf("got %v, want %s", v.Findings, contact.Genuine)
	}
	if v := judge(p, [32]byte{1}); v.Headline != contact.Forged {
		t.Errorf("under another device's key: got %v, want %s", v.Findings, contact.Forged)
	}
	anyone := w.Parts()
	if v := judge(contact.Payload{Note: anyone.Message, VRF: anyone.VRF}, signer); v.Headline != contact.Forged {
		t.Errorf("a message for anyone: got %v, want %s", v.Findings, contact.Forged)
	}
}

func FuzzNews(f *testing.F) {
	w := contacttest.New(f)
	revoke := w.Log(w.Roots.SignRevoke(contact.Revoke{Clinic: w.Clinic.ID(), Key: w.Device.Key(), Reason: contact.Compromised}))
	f.Add(revoke.Note, revoke.Proof, w.Status)
	base := w.News()
	f.Fuzz(func(t *testing.T, note, proof, status []byte) {
		news := base
		news.Notes = append(slices.Clone(base.Notes), contact.LoggedNote{Note: note, Proof: proof})
		news.Status = status
		got, err := contact.Learn(w.Memory, news, w.Clock)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range got.Notes {
			if !bytes.HasPrefix(revoke.Note, []byte(n.Text)) && !bytes.HasPrefix(base.Notes[0].Note, []byte(n.Text)) {
				t.Errorf("learned %q", n.Text)
			}
		}
	})
}
