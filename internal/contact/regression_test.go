package contact_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// A server may log what it likes: notes that nobody signed are passed over before anything dear is
// done for them. Each used to read the whole memory twice.
func TestJunkIncidentsRegression(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	a, b := device(t, "a.example.com"), device(t, "b.example.com")
	notes := []contact.LoggedNote{
		grantKey(t, w, a.Key(), contact.RoleDevice, "anna", contact.KindIncident),
		grantKey(t, w, b.Key(), contact.RoleDevice, "ben", contact.KindIncident),
	}
	for i := range 150 {
		raw, err := clinic.SignIncident(incident(w, int64(i)), a, b)
		notes = append(notes, w.Log(resign(t, raw, func(s *translog.Signed) { s.Sigs[1].Bytes[0] ^= 1 }), err))
	}
	for i := range 6000 {
		d := contact.Withdraw{Clinic: w.Clinic.ID(), Commits: [][32]byte{{byte(i), byte(i >> 8)}}, Reason: contact.InError}
		w.Memory.Notes = append(w.Memory.Notes, contact.NoteSeen{Clinic: w.Clinic.ID(), Text: d.Marshal(), LoggedAt: 1, FirstSeen: 1})
	}
	news := w.News(notes...)
	var learned contact.Memory
	var took time.Duration
	for range 5 { // one quiet moment of a busy machine is enough
		start := time.Now()
		var err error
		if learned, err = contact.Learn(w.Memory, news, w.Clock); err != nil {
			t.Fatal(err)
		}
		if took = time.Since(start); took < 3*time.Second {
			break
		}
	}
	if took > 3*time.Second {
		t.Errorf("150 statements that nobody signed took %v", took)
	}
	if slices.ContainsFunc(learned.Notes, func(n contact.NoteSeen) bool { return n.Text == incident(w, 1).Marshal() }) {
		t.Error("a statement was learned that only one device signed")
	}
}

// News have bounds of every kind.
func TestNewsBoundsRegression(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	for name, change := range map[string]func(*contact.News){
		"notes":    func(n *contact.News) { n.Notes = make([]contact.LoggedNote, 2049) },
		"policies": func(n *contact.News) { n.Policies = make([][]byte, 2049) },
		"heads":    func(n *contact.News) { n.Heads = make([][]byte, 65) },
		"bytes":    func(n *contact.News) { n.Notes[0].Note = make([]byte, 16<<20+1) },
	} {
		news := w.News()
		change(&news)
		if _, err := contact.Learn(w.Memory, news, w.Clock); err == nil {
			t.Errorf("too many %s were read", name)
		}
	}
}

// A key that was granted as a device's too signs no status, also in news.
func TestMonitorKeyOfDeviceRegression(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	w.Learn(w.News(grantKey(t, w, w.Monitor.Key(), contact.RoleDevice, "front-desk", contact.KindNotice)))
	if len(w.Memory.Statuses) != 0 {
		t.Error("a status was learned from a key that is a device's")
	}
	honest := contacttest.New(t)
	honest.Learn(honest.News())
	if len(honest.Memory.Statuses) != 1 {
		t.Error("no status was learned from the monitor")
	}
}

// A status by a monitor key that is stolen does not choose the profile.
func TestVoidStatusChoosesNothingRegression(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	w.Learn(w.News())
	old := w.Clinic.Profile().Marshal()
	next := changed(w, 2, func(p *contact.Profile) { p.Slug = "other" })
	s, err := translog.ParseSigned(next.Note)
	if err != nil {
		t.Fatal(err)
	}
	b := w.Parts()
	b.Profile, b.ProfileProof, b.Status = next.Note, next.Proof, statusNaming(t, w, s.Text)
	thief := contact.Hash{1}
	st := contact.Status{Clinic: w.Clinic.ID(), Issued: w.Clock.Unix() + 1800, Profile: contact.NoteHash(old)}
	w.Memory.Statuses = append(w.Memory.Statuses, contact.StatusSeen{Clinic: st.Clinic, Key: thief, Issued: st.Issued, Text: st.Marshal()})
	w.Memory.Stolen = []contact.StolenMark{{Clinic: st.Clinic, Key: thief}}
	if v := verify(t, with(w, b)); v.Headline != contact.GenuineForAnyone {
		t.Errorf("got %v, want %s", v.Findings, contact.GenuineForAnyone)
	}
}

// A revocation ends the key, whatever name it was granted under.
func TestRevokedUnderAnotherNameRegression(t *testing.T) {
	t.Parallel()
	sent := contacttest.Start.Add(10 * dayLong).Unix()
	for name, tt := range map[string]struct {
		revoke contact.Revoke
		want   contact.Finding
	}{
		"stolen":  {contact.Revoke{Reason: contact.Compromised, Effective: sent - 1}, contact.KeyStolen},
		"sealed":  {contact.Revoke{Reason: contact.Compromised}, contact.KeyStolen},
		"retired": {contact.Revoke{Reason: contact.Retired, Effective: sent - 1}, contact.Forged},
	} {
		w := contacttest.New(t)
		n := tt.revoke
		n.Clinic, n.Key = w.Clinic.ID(), w.Device.Key()
		n.Key.Name = "old-name.example.com"
		w.Learn(w.News(w.Log(w.Roots.SignRevoke(n))))
		if v := verify(t, w.Input()); v.Headline != tt.want {
			t.Errorf("%s: got %v, want %s", name, v.Findings, tt.want)
		}
	}
}

// Two devices of one patient that were shown two histories find out when they meet, also if newer
// heads push the ones that contradict each other out.
func TestMergeFindsForksRegression(t *testing.T) {
	t.Parallel()
	head := func(size int64, root byte) contact.HeadSeen {
		return contact.HeadSeen{Origin: "log.example.com/msgs", Size: size, Root: contact.Hash{root}, Checkpoint: string(rune('a' + root))}
	}
	a := contact.Memory{Heads: []contact.HeadSeen{head(5, 1)}}
	b := contact.Memory{Heads: []contact.HeadSeen{head(5, 2)}}
	for size := range int64(8) {
		a.Heads = append(a.Heads, head(10+size, 1))
	}
	want := []contact.Fork{{Origin: "log.example.com/msgs", A: "b", B: "c"}}
	for _, m := range []contact.Memory{a.Merge(b), b.Merge(a)} {
		if !reflect.DeepEqual(m.Forks, want) || len(m.Heads) != 8 {
			t.Errorf("got forks %+v and %d heads, want %+v", m.Forks, len(m.Heads), want)
		}
	}
}

// What is not for this person says nothing about itself.
func TestNotForYouSaysNothingRegression(t *testing.T) {
	t.Parallel()
	in := contacttest.Input(t, contact.NotForYou)
	text := contacttest.Altered
	for _, in.Text = range []*string{nil, &text} {
		v := verify(t, in)
		if v.Headline != contact.NotForYou || v.Kind != "" || !v.Issued.IsZero() || !v.Expires.IsZero() || v.Body != "" || v.Diff != nil || v.Signer != "" {
			t.Errorf("got %+v", v)
		}
	}
}
