package chaperone

import (
	"strings"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	bundle := w.Bundle()
	cfg := configIn(t.TempDir())
	cfg.now = func() time.Time { return w.Clock }
	client, err := cfg.Create(newStore())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()

	v, err := client.Verify(bundle, contacttest.Body, true)
	if err != nil {
		t.Fatal(err)
	}
	if v.ClassCode() != ClassGrey || v.Headline() != string(contact.NoPin) || v.Body() != "" || v.StepCount() == 0 {
		t.Errorf("got %s %s without a pin, want grey NO_PIN", v.ClassCode(), v.Headline())
	}
	if err := client.device.AddPin(w.Memory.Pins[0]); err != nil {
		t.Fatal(err)
	}
	list, err := client.Clinics()
	if err != nil || list.Count() != 1 || list.At(0).Name() == "" || !list.At(0).Confirmed() {
		t.Fatalf("got clinics %+v, %v, want one", list, err)
	}
	for _, text := range []struct {
		value string
		has   bool
	}{{contacttest.Body, true}, {"", false}} {
		v, err = client.Verify(bundle, text.value, text.has)
		if err != nil {
			t.Fatal(err)
		}
		if v.ClassCode() != ClassAmber || v.Headline() != string(contact.GenuineForAnyone) {
			t.Errorf("got %s %s, want amber GENUINE_FOR_ANYONE", v.ClassCode(), v.Headline())
		}
		if v.Body() == "" || v.Clinic() == "" || v.Signer() == "" || v.Sign() != "▭" || v.ChangeCount() != 0 || v.LoggedUnix() == 0 {
			t.Errorf("got an incomplete verdict %+v", v)
		}
	}
	v, err = client.Verify(bundle, contacttest.Altered, true)
	if err != nil {
		t.Fatal(err)
	}
	if v.ClassCode() != ClassRed || v.Headline() != string(contact.Altered) || v.Body() != "" || v.Signer() != "" || v.Sign() != "✗" {
		t.Errorf("got %s %s, want red ALTERED", v.ClassCode(), v.Headline())
	}
	if v.ChangeCount() == 0 || v.ChangeAt(0).ReceivedLine() == v.ChangeAt(0).SignedLine() {
		t.Errorf("got %d changes, want some", v.ChangeCount())
	}
	_, err = client.Verify([]byte("no bundle"), "", false)
	wantCode(t, err, CodeMalformed)
	_, err = client.Verify(nil, "", false)
	wantCode(t, err, CodeMalformed)
}

// TestEveryFindingHasWords: in both languages, with a step, and never a placeholder left.
func TestEveryFindingHasWords(t *testing.T) {
	t.Parallel()
	findings := []contact.Finding{
		contact.LogForked, contact.KeyStolen, contact.Forged, contact.Disowned, contact.NotForYou, contact.Altered, contact.Unknown,
		contact.Mistyped, contact.NoPin, contact.Unavailable, contact.Unproven, contact.Clock, contact.Stale, contact.Withdrawn,
		contact.NotYet, contact.Expired, contact.GenuineRemote, contact.GenuineOneKey, contact.GenuineForAnyone, contact.Genuine,
	}
	for rank, f := range findings {
		if f.Rank() != rank {
			t.Errorf("%s has rank %d, want %d: a finding is missing here", f, f.Rank(), rank)
		}
	}
	if contact.Finding("NEW").Rank() >= 0 {
		t.Error("a finding nobody knows has a rank")
	}
	for _, locale := range words.Locales() {
		w := words.For(locale)
		for _, f := range append(findings, "NEW") {
			v := newVerdict(w, contact.Verdict{
				Headline: f, Findings: []contact.Finding{f}, Clinic: "Example Aesthetics", Signer: "Front desk", Body: "text",
				Issued: contacttest.Start, Expires: contacttest.Start, StatusAt: contacttest.Start,
			})
			if v.Title() == "" || v.Text() == "" || v.Sign() == "" || v.StepCount() == 0 || strings.ContainsAny(v.Title()+v.Text(), "{}") {
				t.Errorf("%s %s: got title %q, text %q, %d steps", locale, f, v.Title(), v.Text(), v.StepCount())
			}
			good := v.ClassCode() == ClassAmber || v.ClassCode() == ClassGreen
			if (v.Body() != "") != good || (v.Signer() != "") != good {
				t.Errorf("%s: got body %q and signer %q in class %s", f, v.Body(), v.Signer(), v.ClassCode())
			}
			if f == "NEW" && v.ClassCode() != ClassGrey {
				t.Errorf("got class %s for a finding nobody knows, want grey", v.ClassCode())
			}
		}
	}
}

func TestTextFromElsewhereIsSafe(t *testing.T) {
	t.Parallel()
	v := newVerdict(words.For("en"), contact.Verdict{
		Headline: contact.Altered, Clinic: "Ex\x1b[31mample\u202e",
		Diff: &contact.Diff{Changes: []contact.Change{{Kind: "link", Received: "a\u200bb\u2066\x07\xff"}}},
	})
	if v.Clinic() != "Ex[31mample·" || v.ChangeAt(0).ReceivedLine() != "a·b·\uFFFD" {
		t.Errorf("got %q and %q", v.Clinic(), v.ChangeAt(0).ReceivedLine())
	}
}
