package verdict_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/verdict"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

// findings is every finding of the protocol (contact-protocol 9) with its sign.
var findings = map[contact.Finding]verdict.Sign{
	contact.LogForked: verdict.Bad, contact.KeyStolen: verdict.Bad, contact.Forged: verdict.Bad, contact.Disowned: verdict.Bad,
	contact.NotForYou: verdict.Bad, contact.Altered: verdict.Bad, contact.Unknown: verdict.Bad,
	contact.Mistyped: verdict.Unknown, contact.NoPin: verdict.Unknown, contact.Unavailable: verdict.Silent,
	contact.Unproven: verdict.Unknown, contact.Clock: verdict.Unknown, contact.Stale: verdict.Unknown,
	contact.Withdrawn: verdict.Crossed, contact.NotYet: verdict.Crossed, contact.Expired: verdict.Crossed,
	contact.GenuineForAnyone: verdict.Open, contact.GenuineOneKey: verdict.Open, contact.GenuineRemote: verdict.Open,
	contact.Genuine: verdict.Good,
}

func same(s string) string { return s }

func of(f contact.Finding, more ...contact.Finding) contact.Verdict {
	return contact.Verdict{
		Headline: f, Findings: append([]contact.Finding{f}, more...), Clinic: "Example Aesthetics", Signer: "front desk",
		StatusAt: time.Date(2026, time.November, 20, 9, 0, 0, 0, time.UTC), Expires: time.Date(2026, time.November, 30, 9, 0, 0, 0, time.UTC),
	}
}

// every returns the card of every finding in every language.
func every(t *testing.T, f func(t *testing.T, finding contact.Finding, c verdict.Card)) {
	t.Helper()
	for finding := range findings {
		for _, locale := range words.Locales() {
			t.Run(locale+" "+string(finding), func(t *testing.T) {
				t.Parallel()
				f(t, finding, verdict.New(words.For(locale), of(finding), "", same))
			})
		}
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	every(t, func(t *testing.T, f contact.Finding, c verdict.Card) {
		if got, want := c.Sign, findings[f]; got != want {
			t.Errorf("sign: got %v, want %v", got, want)
		}
		if got, want := c.Class, f.Class(); got != want {
			t.Errorf("class: got %s, want %s", got, want)
		}
		if c.Title == "" || c.Text == "" || len(c.Steps) == 0 || (c.Until != "") != (c.Class == contact.Grey) {
			t.Errorf("got %+v, want title, text, a step, and what holds until then for grey alone", c)
		}
		if c.Shows() && !(strings.Contains(c.Text, "Example Aesthetics") && strings.Contains(c.Text, "(front desk)")) {
			t.Errorf("got %q, want clinic and signer in it", c.Text)
		}
		if all := strings.Join(append(c.Steps, c.Title, c.Text), " "); strings.Contains(all, "{") {
			t.Errorf("a placeholder is left in %q", all)
		}
		if len(c.Also) != 0 {
			t.Errorf("got %q beside the headline, want nothing", c.Also)
		}
	})
}

// Two classes never share a title or a sign, and "nobody answered" is not "this may be a trick".
func TestSignsTellClassesApart(t *testing.T) {
	t.Parallel()
	titles, signs := map[string]contact.Class{}, map[string]contact.Class{}
	for f := range findings {
		c := verdict.New(words.For("en"), of(f), "", same)
		for what, seen := range map[string]map[string]contact.Class{c.Title: titles, c.Sign.String(): signs} {
			if class, ok := seen[what]; ok && class != c.Class {
				t.Errorf("%s: %q stands for %s and for %s", f, what, class, c.Class)
			}
			seen[what] = c.Class
		}
	}
	silent, trick := verdict.New(words.For("en"), of(contact.Unavailable), "", same), verdict.New(words.For("en"), of(contact.Unproven), "", same)
	if silent.Title == trick.Title || silent.Sign.String() == trick.Sign.String() || silent.Text == trick.Text {
		t.Errorf("got %+v and %+v, want other words and another sign", silent, trick)
	}
}

// What else was found stands below, worst first, and nothing there says that a clinic sent it.
func TestAlso(t *testing.T) {
	t.Parallel()
	c := verdict.New(words.For("en"), of(contact.Forged, contact.Altered, contact.Stale), "", same)
	if len(c.Also) != 2 || c.Also[0] != "Its text was changed." {
		t.Errorf("got %q, want the two others, the change first", c.Also)
	}
	for f := range findings {
		if f == contact.Genuine {
			continue // stands alone
		}
		for _, locale := range words.Locales() {
			c := verdict.New(words.For(locale), of(contact.LogForked, f), "", same)
			if f != contact.LogForked && (len(c.Also) != 1 || strings.Contains(c.Also[0], "{") || strings.Contains(c.Also[0], "Example")) {
				t.Errorf("%s %s: got %q, want one line that names no clinic", locale, f, c.Also)
			}
		}
	}
}

// TestUnknownFindingIsGrey gives a finding that this program does not know.
func TestUnknownFindingIsGrey(t *testing.T) {
	t.Parallel()
	c := verdict.New(words.For("en"), of("SOMETHING_NEW"), "", same)
	if c.Class != contact.Grey || c.Sign != verdict.Unknown || c.Shows() || c.Until == "" {
		t.Errorf("got %+v, want grey", c)
	}
}

// A clinic that is not set up is called by the name that it gives itself, and not by the word
// genuine.
func TestNoPin(t *testing.T) {
	t.Parallel()
	v := contact.Verdict{Headline: contact.NoPin, Findings: []contact.Finding{contact.NoPin}}
	if got := verdict.New(words.For("en"), v, "", same); !strings.Contains(got.Text, "one person's app") {
		t.Errorf("without a clinic: got %q, want where it can be checked", got.Text)
	}
	v.ClinicID, v.CallsItself = [32]byte{1}, "Example\x1bClinic"
	got := verdict.New(words.For("en"), v, "", func(s string) string { return strings.ReplaceAll(s, "\x1b", " ") })
	if !strings.Contains(got.Text, "Example Clinic") || !strings.Contains(got.Text, "Anybody can use a name") {
		t.Errorf("got %q, want the cleaned name and what it is worth", got.Text)
	}
}

// Where no clinic is set up, one server was asked: it is named, since it is all that was asked.
func TestUnknownNamesTheServer(t *testing.T) {
	t.Parallel()
	v := contact.Verdict{Headline: contact.Unknown, Findings: []contact.Finding{contact.Unknown}}
	if got := verdict.New(words.For("en"), v, "chaperone.example", same); !strings.Contains(got.Text, "(chaperone.example)") || got.Class != contact.Red {
		t.Errorf("got %+v, want red and the server", got)
	}
	if got := verdict.New(words.For("en"), of(contact.Forged), "chaperone.example", same); strings.Contains(got.Text, "chaperone.example") {
		t.Errorf("got %q, want no server", got.Text)
	}
}

func TestRemarks(t *testing.T) {
	t.Parallel()
	v := of(contact.GenuineForAnyone)
	v.Remarks = []contact.Remark{contact.RemarkPinnedOn, contact.RemarkBearerRequest, "something new"}
	if got := verdict.New(words.For("en"), v, "", same).Notes; len(got) != 1 || !strings.Contains(got[0], "Ring the number") {
		t.Errorf("got %q, want one: no day is known for the first, and the last is unknown", got)
	}
	v.PinnedAt = time.Date(2026, time.March, 3, 10, 0, 0, 0, time.UTC)
	if got := verdict.New(words.For("en"), v, "", same).Notes; len(got) != 2 || got[0] != "You set this clinic up on 3 March 2026." {
		t.Errorf("got %q, want the day first", got)
	}
}
