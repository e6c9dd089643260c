package contact_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// hostile names what an attacker may try, and the tests that show what comes of it, by directory.
func hostile() map[string][]string {
	return map[string][]string{
		"a log with two histories": {
			"internal/contact TestFork", "internal/contact TestFindForks", "internal/contact TestMergeFindsForksRegression",
			"internal/translog TestPrefixFindsForks", "backend/logwriter TestForkIsRefusedByWitness", "backend/logwriter TestLateForkRegression",
			"internal/contact TestBelowFrozenHead", "internal/patient TestServerForks", "internal/patient TestForkBehindManyHeads",
			"internal/patient TestServerWithoutTiles", "internal/clinic/monitor TestTwoHeadsWithoutQuorum",
		},
		"another clinic that grants one's keys to itself": {
			"backend/keylog TestAnotherClinicGrantsTheKeyRegression", "backend/server TestPublishPerDayOfAnotherRegression",
		},
		"an old checkpoint again":            {"internal/contact TestOldHeadsReplayed", "backend/logwriter TestWitnessRefusesSmallerRegression"},
		"a revocation that the server hides": {"internal/contact TestHiddenRevocation"},
		"sealed messages exchanged":          {"internal/contact TestEnvelopeOfAnotherCode", "internal/contact TestExchangingEvidence"},
		"a copied device key alone":          {"internal/contact TestCopiedDeviceKey"},
		"last year's VRF secret":             {"internal/contact TestLastYearsVRFSecret"},
		"one key under two names": {
			"internal/contact TestRootSetRefusesOneKeyTwice", "internal/contact TestThresholdCountsKeys", "internal/contact TestRotationCountsKeys",
			"internal/contact TestRevokedUnderAnotherNameRegression", "internal/translog TestParsePolicyRefuses", "internal/translog TestPolicyCheckRefuses",
		},
		"other spellings, repeated and unknown signature lines, CRLF": {
			"internal/contact TestOtherSpellings", "internal/translog TestParseSignedRefuses", "internal/translog TestParseCheckpointRefuses",
		},
		"cosignatures from the past and the future":            {"internal/contact TestWitnessTimes", "internal/contact TestFutureCosignature", "internal/translog TestQuorumTimes"},
		"a number, link or wallet edited in the mail":          {"internal/contact TestEditedInTheMail", "internal/contact TestCompare", "internal/indicator TestFindDisguisedRegression"},
		"a clinic that looks like another":                     {"internal/patient TestLookAlikeClinics", "internal/indicator TestSkeleton", "internal/contact TestOtherClinic"},
		"a key outside its kinds or its window":                {"internal/contact TestFrozenVerdicts"},
		"clocks ahead and behind, and one that is set back":    {"internal/contact TestClockSkew", "internal/contact TestClockSetBack", "internal/contact TestStatusFromTheFuture"},
		"escapes, bidi, zero-width and look-alike letters":     {"internal/contact TestBodyWithEscapes", "internal/contact TestTextWithEscapes", "internal/contact TestRemarks", "internal/contact TestCanonManyMarksRegression"},
		"a server that stalls, lies, floods or never ends":     {"internal/patient TestServersThatDoNotAnswer", "internal/contact TestNewsBoundsRegression", "internal/contact TestJunkIncidentsRegression"},
		"random and changed notes, bundles and proofs":         {"internal/contact TestMutatedBundles", "internal/contact FuzzPieces", "internal/contact FuzzParseNote", "internal/translog FuzzProof"},
		"evidence taken away":                                  {"internal/contact TestRemovingEvidence", "internal/contact TestRemovingEvidenceOfCodes"},
		"a monitor key that is stolen, or a device's as well":  {"internal/contact TestStolenMonitor", "internal/contact TestVoidStatusChoosesNothingRegression", "internal/contact TestMonitorKeyOfDeviceRegression"},
		"a message for somebody else":                          {"internal/contact TestNotForYouSaysNothingRegression", "internal/contact TestWhatIsShown"},
		"a text that costs more to compare than it is long":    {"internal/contact TestHugeText", "internal/contact TestOneLongLineRegression"},
		"a root that says two things under one number":         {"internal/contact TestConflictInBundle", "internal/contact TestProfilesByNumber"},
		"a root that is rotated by whoever stole it":           {"internal/contact TestRotation", "internal/contact TestPendingChanges"},
		"a server that is killed while it publishes a message": {"backend/store/pgtest TestKilledServerKeepsWhatWasCommitted", "backend/bench TestNothingPublishedIsLost"},
	}
}

// Every case of the list has tests, and they are there.
func TestHostileList(t *testing.T) {
	t.Parallel()
	sources := map[string]string{}
	for name, tests := range hostile() {
		for _, test := range tests {
			dir, fn, _ := strings.Cut(test, " ")
			if _, ok := sources[dir]; !ok {
				files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(dir), "*_test.go"))
				if err != nil {
					t.Fatal(err)
				}
				all := ""
				for _, f := range files {
					raw, err := os.ReadFile(f)
					if err != nil {
						t.Fatal(err)
					}
					all += string(raw)
				}
				sources[dir] = all
			}
			if !strings.Contains(sources[dir], "\nfunc "+fn+"(") {
				t.Errorf("%s: there is no %s in %s", name, fn, dir)
			}
		}
	}
}

// Old heads and an old status make a device forget nothing, and an old head proves no newer message.
func TestOldHeadsReplayed(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	old := w.News()
	w.Clock = w.Clock.Add(5 * dayLong)
	w.Clinic.SetKey(w.Device.Key(), "stolen", w.Clock.Unix()-10)
	late := w.Misuse(func(*contact.Message) {})
	w.NewStatus()
	w.Learn(w.News())
	before := w.Memory
	w.Learn(old)
	if w.Memory.Now != before.Now || len(w.Memory.Statuses) != 1 || w.Memory.Statuses[0].Issued != w.Clock.Unix() || len(w.Memory.Stolen) != 1 {
		t.Errorf("an old answer changed what is known: %+v", w.Memory)
	}
	if v := verify(t, with(w, late)); v.Headline != contact.KeyStolen {
		t.Errorf("got %v, want %s", v.Findings, contact.KeyStolen)
	}
	p, err := translog.ParseProof(late.MessageProof)
	if err != nil {
		t.Fatal(err)
	}
	first, err := translog.ParseProof(w.Parts().MessageProof)
	if err != nil {
		t.Fatal(err)
	}
	p.Checkpoint = first.Checkpoint // genuine, and from before the message
	late.MessageProof = p.Marshal()
	if v := verify(t, with(w, late)); !v.Has(contact.Unproven) || good(v.Headline.Class()) {
		t.Errorf("proof with an old checkpoint: got %v, want %s", v.Findings, contact.Unproven)
	}
}

// A server that hides the status with a revocation keeps a thief's message good until status-hours
// after the last one it showed, and no longer.
func TestHiddenRevocation(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	w.Clock = w.Clock.Add(hour)
	b := w.Misuse(func(*contact.Message) {}) // by the thief, who has the monitor too
	w.NewStatus()
	b.Status = w.Status // the last one before the revocation
	issued := w.Clock
	for _, tt := range []struct {
		after time.Duration
		want  contact.Finding
	}{
		{24 * hour, contact.GenuineForAnyone}, {24*hour + time.Second, contact.Stale}, {400 * dayLong, contact.Stale},
	} {
		in := with(w, b)
		in.Now = issued.Add(tt.after)
		if v := verify(t, in); v.Headline != tt.want {
			t.Errorf("%v after the last status: got %v, want %s", tt.after, v.Findings, tt.want)
		}
	}
	w.Clock = issued.Add(hour)
	w.Clinic.SetKey(w.Device.Key(), "stolen", issued.Unix()-5*3600)
	w.NewStatus()
	b.Status = w.Status
	if v := verify(t, with(w, b)); v.Headline != contact.KeyStolen {
		t.Errorf("with the revocation: got %v, want %s", v.Findings, contact.KeyStolen)
	}
}

// Whoever copied a device's key signs, and has no monitor's proof: what they make up is never good.
func TestCopiedDeviceKey(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	thief, err := clinic.NewMonitor("monitor.example.com", contacttest.Seed("thief"))
	if err != nil {
		t.Fatal(err)
	}
	genuine := w.Parts()
	for name, tt := range map[string]struct {
		change func(b *contact.Bundle, commit [32]byte)
		want   contact.Finding
	}{
		"no proof":                   {func(b *contact.Bundle, _ [32]byte) { b.VRF, b.MessageProof = nil, nil }, contact.Unproven},
		"proof of another message":   {func(b *contact.Bundle, _ [32]byte) { b.VRF, b.MessageProof = genuine.VRF, genuine.MessageProof }, contact.Forged},
		"log proof of another":       {func(b *contact.Bundle, _ [32]byte) { b.MessageProof = genuine.MessageProof }, contact.Unproven},
		"proof by their own monitor": {func(b *contact.Bundle, c [32]byte) { b.VRF, _ = thief.Prove(c) }, contact.Forged},
		"no status":                  {func(b *contact.Bundle, _ [32]byte) { b.VRF, b.Status = nil, nil }, contact.Unproven},
	} {
		b := w.Misuse(func(m *contact.Message) { m.Salt = [32]byte{9} })
		s, err := translog.ParseSigned(b.Message)
		if err != nil {
			t.Fatal(err)
		}
		commit, err := contact.Commit(s)
		if err != nil {
			t.Fatal(err)
		}
		tt.change(&b, commit)
		if v := verify(t, with(w, b)); v.Headline != tt.want {
			t.Errorf("%s: got %v, want %s", name, v.Findings, tt.want)
		}
	}
}

// The secret of an epoch that is over proves nothing that is logged now, though its line is still in
// the profile.
func TestLastYearsVRFSecret(t *testing.T) {
	t.Parallel()
	last, err := clinic.NewMonitor("monitor-last-year.example.com", contacttest.Seed("last year"))
	if err != nil {
		t.Fatal(err)
	}
	w := contacttest.New(t)
	from := contacttest.Start.Unix()
	news := changed(w, 2, func(p *contact.Profile) {
		p.Monitors = append([]contact.Epoch{{N: 0, Key: last.VRFKey(), NotBefore: from - 365*86400, NotAfter: from + 86400}}, p.Monitors...)
	})
	s, err := translog.ParseSigned(news.Note)
	if err != nil {
		t.Fatal(err)
	}
	now := w.Misuse(func(*contact.Message) {})
	now.Profile, now.ProfileProof, now.Status = news.Note, news.Proof, statusNaming(t, w, s.Text)
	if v := verify(t, with(w, now)); v.Headline != contact.GenuineForAnyone {
		t.Fatalf("this year's: got %v, want %s", v.Findings, contact.GenuineForAnyone)
	}
	this := w.Monitor
	w.Monitor = last
	old := w.Misuse(func(m *contact.Message) { m.Salt = [32]byte{8} })
	w.Monitor = this
	old.Profile, old.ProfileProof, old.Status = now.Profile, now.ProfileProof, now.Status
	if v := verify(t, with(w, old)); v.Headline != contact.Unproven {
		t.Errorf("last year's: got %v, want %s", v.Findings, contact.Unproven)
	}
}

// Whatever somebody with the mailbox edits, the verdict is red and says what it was.
func TestEditedInTheMail(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	b := w.Enrolled(w.NewPair("patient"), func(m *contact.Message) {
		m.Body = "Please call us on +1 555-0142 before 14 May 2031.\nBring the folder to room 12.\n"
	})
	for name, tt := range map[string]struct{ old, new, kind string }{
		"a digit of the number": {"555-0142", "555-0143", "phone"},
		"the whole number":      {"+1 555-0142", "+44 20 7946 0958", "phone"},
		"the number as circles": {"555-0142", "⑤⑤⑤-⓪①④③", "phone"},
		"a link added":          {"folder", "folder, see clinic.example.com/pay,", "link"},
		"a wallet added":        {"folder", "folder, or pay bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "wallet"},
		"an amount added":       {"the folder", "the folder and $450", "amount"},
		"the day":               {"14 May", "12 May", "date"},
		"a word":                {"folder", "passport", "text"},
		"a look-alike letter":   {"Bring", "Вring", "text"},
	} {
		in := with(w, b)
		text := strings.Replace("Please call us on +1 555-0142 before 14 May 2031.\nBring the folder to room 12.\n", tt.old, tt.new, 1)
		in.Text = &text
		v := verify(t, in)
		if v.Headline != contact.Altered || v.Diff == nil || len(v.Diff.Changes) == 0 || v.Diff.Changes[0].Kind != tt.kind {
			t.Errorf("%s: got %v with %+v, want a change of kind %s first", name, v.Findings, v.Diff, tt.kind)
		}
	}
}

// A device's clock that is wrong either way never makes anything better.
func TestClockSkew(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		shift time.Duration
		fresh bool // a head was fetched this minute
		want  contact.Finding
	}{
		{"right", 0, true, contact.GenuineForAnyone},
		{"an hour ahead", hour, true, contact.GenuineForAnyone},
		{"a day ahead", 24 * hour, true, contact.Stale},
		{"more than a day ahead", 24*hour + time.Second, true, contact.Clock},
		{"a year ahead", 365 * dayLong, false, contact.Stale},
		{"an hour behind", -hour, true, contact.GenuineForAnyone},
		// The witnesses of the message know better than the clock, and the status is two hours
		// younger than they: from the future, for all that can be told.
		{"a year behind", -365 * dayLong, true, contact.Stale},
		{"at zero", -time.Duration(contacttest.Start.Unix()) * time.Second, false, contact.Stale},
	} {
		w := contacttest.New(t)
		in := w.Input()
		if tt.fresh {
			in.FreshHead = w.Clock
		}
		in.Now = w.Clock.Add(tt.shift)
		if v := verify(t, in); v.Headline != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, v.Findings, tt.want)
		}
		w.Clinic.SetKey(w.Device.Key(), "stolen", 1)
		w.NewStatus()
		in.Bundle = w.Bundle()
		if v := verify(t, in); good(v.Headline.Class()) || tt.want != contact.Stale && v.Headline != contact.KeyStolen {
			t.Errorf("%s, key stolen: got %v, want %s", tt.name, v.Findings, contact.KeyStolen)
		}
	}
}

// Characters that move, hide or turn around what is seen make a received text another text, or are
// remarked on.
func TestTextWithEscapes(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	for name, tt := range map[string]struct {
		text string
		want contact.Finding
		said bool // a remark on hidden characters
	}{
		"terminal escape":         {strings.Replace(contacttest.Body, "folder", "fol\x1b[2Kder", 1), contact.Altered, false},
		"backspace":               {strings.Replace(contacttest.Body, "folder", "folderx\b", 1), contact.Altered, false},
		"NUL":                     {strings.Replace(contacttest.Body, "folder", "fol\x00der", 1), contact.Altered, false},
		"override around a time":  {strings.Replace(contacttest.Body, "10:30", "\u202e10:30\u202c", 1), contact.GenuineForAnyone, true},
		"isolate":                 {strings.Replace(contacttest.Body, "folder", "\u2066folder\u2069", 1), contact.GenuineForAnyone, true},
		"zero-width space":        {strings.Replace(contacttest.Body, "folder", "fol\u200bder", 1), contact.GenuineForAnyone, true},
		"tag characters":          {contacttest.Body + "\U000e0050\U000e0061\U000e0079", contact.GenuineForAnyone, true},
		"blank braille":           {strings.Replace(contacttest.Body, "folder", "fol\u2800der", 1), contact.Altered, false},
		"a cyrillic letter":       {strings.Replace(contacttest.Body, "folder", "fоlder", 1), contact.Altered, false},
		"a mark over a letter":    {strings.Replace(contacttest.Body, "folder", "fo\u0301lder", 1), contact.Altered, false},
		"hidden link":             {contacttest.Body + "e\u200bvil.example.com", contact.Altered, true},
		"number in circles below": {contacttest.Body + "⑤⑤⑤-⓪①④③", contact.Altered, false},
	} {
		v := verify(t, w.With(tt.text))
		said := false
		for _, r := range v.Remarks {
			said = said || r == contact.RemarkHiddenCharacter
		}
		if v.Headline != tt.want || said != tt.said {
			t.Errorf("%s: got %v with %v, want %s", name, v.Findings, v.Remarks, tt.want)
		}
	}
}
