package clinic_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/translog"
	"github.com/chaperone-privacy/chaperone/internal/translog/memlog"
)

var _ clinic.Log = (*memlog.Log)(nil)

func TestSameSeedsSameBytes(t *testing.T) {
	t.Parallel()
	a, b := contacttest.New(t).Bundle(), contacttest.New(t).Bundle()
	if !bytes.Equal(a, b) {
		t.Error("two worlds of one seed differ")
	}
}

func TestNewRootsRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		threshold int
		names     []string
	}{
		{"one of one", 1, []string{"a"}},
		{"one of two", 1, []string{"a", "b"}},
		{"three of two", 3, []string{"a", "b"}},
		{"two of ten", 2, strings.Split("a b c d e f g h i j", " ")},
	} {
		if _, err := clinic.NewRoots(tt.threshold, contacttest.Seed("r"), tt.names...); !errors.Is(err, clinic.ErrRoots) {
			t.Errorf("%s: got %v, want %v", tt.name, err, clinic.ErrRoots)
		}
	}
	if _, err := clinic.NewRoots(2, contacttest.Seed("r"), "a", "a"); !errors.Is(err, contact.ErrMalformed) {
		t.Errorf("one name twice: got %v, want %v", err, contact.ErrMalformed)
	}
	if _, err := clinic.NewRoots(2, bytes.NewReader(make([]byte, 64)), "a", "b"); !errors.Is(err, contact.ErrMalformed) {
		t.Errorf("one seed twice: got %v, want %v", err, contact.ErrMalformed)
	}
	if _, err := clinic.NewRoots(2, bytes.NewReader(nil), "a", "b"); err == nil {
		t.Error("no randomness: got no error")
	}
}

func TestCheckText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body       string
		bearer, enrolled bool // whether such a message may be signed
	}{
		{"plain", "Your appointment is on 14 May at 10:30.\n", true, true},
		{"link", "See https://example.com.\n", false, false},
		{"domain", "See example.com.\n", false, false},
		{"address", "Write to desk@example.com.\n", false, false},
		{"phone", "Call +1 555-0142.\n", false, true},
		{"amount", "Bring $20.\n", false, true},
		{"long number", "Your number is 48213.\n", false, true},
		{"wallet", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4\n", false, true},
		{"escape", "Hello \x1b[2J.\n", false, false},
		{"hidden", "Hel\u200blo.\n", false, false},
		{"not canonical", "Hello. \n", false, false},
	}
	for _, tt := range tests {
		for bearer, want := range map[bool]bool{true: tt.bearer, false: tt.enrolled} {
			err := clinic.CheckText(tt.body, bearer)
			if ok := err == nil; ok != want || !ok && !errors.Is(err, clinic.ErrRefused) {
				t.Errorf("%s, bearer %v: got %v, want ok %v", tt.name, bearer, err, want)
			}
		}
	}
}

func TestSendRefuses(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	draft := clinic.Draft{Kind: contact.KindNotice, Channel: "post", Body: "Hello.\n"}
	if _, err := w.Clinic.Send(w.Device, draft); err != nil {
		t.Fatal(err)
	}
	billing := draft
	billing.Kind = contact.KindBilling
	if _, err := w.Clinic.Send(w.Device, billing); !errors.Is(err, clinic.ErrNotGranted) {
		t.Errorf("kind not granted: got %v, want %v", err, clinic.ErrNotGranted)
	}
	other, err := clinic.NewDevice("other.example.com", contacttest.Seed("other"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Clinic.Send(other, draft); !errors.Is(err, clinic.ErrNotGranted) {
		t.Errorf("device not granted: got %v, want %v", err, clinic.ErrNotGranted)
	}
	link := draft
	link.Body = "See example.com.\n"
	if _, err := w.Clinic.Send(w.Device, link); !errors.Is(err, clinic.ErrRefused) {
		t.Errorf("link: got %v, want %v", err, clinic.ErrRefused)
	}
	long := draft
	long.Life = 400 * 24 * time.Hour
	if _, err := w.Clinic.Send(w.Device, long); !errors.Is(err, contact.ErrMalformed) {
		t.Errorf("valid for too long: got %v, want %v", err, contact.ErrMalformed)
	}
	w.Clock = contacttest.Start.Add(91 * 24 * time.Hour)
	if _, err := w.Clinic.Send(w.Device, draft); !errors.Is(err, clinic.ErrNotGranted) {
		t.Errorf("grant over: got %v, want %v", err, clinic.ErrNotGranted)
	}
}

// A log that fails lets no message through, and the clinic goes on afterwards.
func TestLogFails(t *testing.T) {
	t.Parallel()
	broken := &brokenLog{}
	w := contacttest.New(t, func(_ *contacttest.World, c *clinic.Config) {
		broken.Log = c.Msgs
		c.Msgs = broken
	})
	draft := clinic.Draft{Kind: contact.KindNotice, Channel: "post", Body: "Hello.\n"}
	broken.err = errors.New("log is down")
	if sent, err := w.Clinic.Send(w.Device, draft); !errors.Is(err, broken.err) {
		t.Errorf("got %v, %v, want %v", sent.Note, err, broken.err)
	}
	broken.err = nil
	if _, err := w.Clinic.Send(w.Device, draft); err != nil {
		t.Error(err)
	}
}

type brokenLog struct {
	clinic.Log
	err error
}

func (l *brokenLog) Append(leaf []byte) (int64, error) {
	if l.err != nil {
		return 0, l.err
	}
	return l.Log.Append(leaf)
}

// Two messages of one clinic have nothing in common in the log: 48 bytes each, other tags.
func TestLeavesDoNotLink(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	_, a := w.Monitor.Prove([32]byte{1})
	_, b := w.Monitor.Prove([32]byte{2})
	if len(a) != 48 || len(b) != 48 || bytes.Equal(a[32:], b[32:]) {
		t.Errorf("got leaves %x and %x", a, b)
	}
	_, again := w.Monitor.Prove([32]byte{1})
	if !bytes.Equal(a, again) {
		t.Error("the leaf of one commit differs the second time")
	}
}

func TestSignRefusesWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	p := w.Clinic.Profile()
	p.Name = "Two  spaces"
	if _, err := w.Roots.SignProfile(p); !errors.Is(err, contact.ErrMalformed) {
		t.Errorf("profile: got %v, want %v", err, contact.ErrMalformed)
	}
	if _, err := w.Roots.SignGrant(contact.Grant{Key: w.Device.Key(), Role: "boss"}); !errors.Is(err, contact.ErrMalformed) {
		t.Errorf("grant: got %v, want %v", err, contact.ErrMalformed)
	}
	if _, err := w.Monitor.SignStatus(contact.Status{Issued: 5, Next: 4}); !errors.Is(err, contact.ErrMalformed) {
		t.Errorf("status: got %v, want %v", err, contact.ErrMalformed)
	}
	if _, err := w.Device.SignMessage(contact.Message{Body: "Hello.\n", Kind: "other"}); !errors.Is(err, contact.ErrMalformed) {
		t.Errorf("message: got %v, want %v", err, contact.ErrMalformed)
	}
}

func TestBundleOfTwoDevices(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	second, err := clinic.NewDevice("billing.example.com", contacttest.Seed("second"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Clinic.Grant(second, "Billing office", "billing", contact.KindBilling); err != nil {
		t.Fatal(err)
	}
	w.Sent, err = w.Clinic.Send(second, clinic.Draft{Kind: contact.KindBilling, Channel: "post", Body: "Your account is settled.\n"})
	if err != nil {
		t.Fatal(err)
	}
	w.NewStatus()
	v, _, err := contact.Verify(w.Input())
	if err != nil {
		t.Fatal(err)
	}
	if v.Headline != contact.GenuineForAnyone || v.Signer != "Billing office" || v.Kind != "billing" {
		t.Errorf("got %v by %q about %q", v.Findings, v.Signer, v.Kind)
	}
	if _, err := translog.ParsePolicy(w.Logs.PolicyText()); err != nil {
		t.Error(err)
	}
}
