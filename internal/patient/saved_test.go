package patient

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCompareSaved(t *testing.T) {
	t.Parallel()
	d, _ := create(t, testConfig(newDir(t)))
	if m := d.CompareSaved("Call +1 555-555-0142", "+1 555-555-0142"); m.State != SavedNone || len(m.Found) != 0 {
		t.Errorf("nothing saved: got %+v", m)
	}
	if err := d.SaveContacts(SavedContacts{
		Clinic: "My clinic", Numbers: []string{"(555) 555-0142"},
		Domains: []string{"https://www.example-aesthetics.com/contact"}, Addresses: []string{"Desk.Team@mail.example"},
	}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, text, sender string
		state              SavedState
		kind, near         string // of the worst finding
	}{
		{"the number", "", "+1 555 555 0142", SavedKnown, "number", "5555550142"},
		{"as it stands on the card", "", "(555) 555-0142", SavedKnown, "number", "5555550142"},
		{"another number", "", "+1 555 555 0199", SavedUnknown, "number", ""},
		{"one digit off", "", "+1 555 555 0143", SavedLookAlike, "number", "5555550142"},
		{"two digits swapped", "", "+1 555 555 0124", SavedLookAlike, "number", "5555550142"},
		{"a short number", "", "5550142", SavedUnknown, "number", ""},
		{"the domain", "See https://www.example-aesthetics.com/x", "", SavedKnown, "domain", "example-aesthetics.com"},
		{"below the domain", "See pay.example-aesthetics.com", "", SavedKnown, "domain", "example-aesthetics.com"},
		{"a letter off", "See https://examp1e-aesthetics.com/pay", "", SavedLookAlike, "domain", "example-aesthetics.com"},
		{"a word more", "See https://example-aesthetics-billing.com", "", SavedLookAlike, "domain", "example-aesthetics.com"},
		{"another domain", "See https://parcels.example", "", SavedUnknown, "domain", ""},
		{"the address", "", "Example <desk.team@mail.example>", SavedKnown, "address", "desk.team@mail.example"},
		{"an address of the domain", "", "billing@example-aesthetics.com", SavedKnown, "address", "example-aesthetics.com"},
		{"somebody else there", "", "winner@mail.example", SavedUnknown, "address", ""},
		{"an address that looks like it", "", "desk.tearn@mail.example", SavedLookAlike, "address", "desk.team@mail.example"},
		{"its domain a letter off", "", "desk.team@mai1.example", SavedLookAlike, "address", "desk.team@mail.example"},
		{"known sender, other link", "Pay at https://parcels.example", "+1 555 555 0142", SavedUnknown, "domain", ""},
		{"a name", "", "Example Aesthetics", SavedNone, "", ""},
		{"nothing in it", "Good morning.", "", SavedNone, "", ""},
	} {
		m := d.CompareSaved(tt.text, tt.sender)
		if m.State != tt.state {
			t.Errorf("%s: got %q, want %q: %+v", tt.name, m.State, tt.state, m.Found)
			continue
		}
		if tt.kind == "" {
			continue
		}
		worst := SavedFinding{}
		for _, f := range m.Found {
			if f.State == m.State {
				worst = f
			}
		}
		if worst.Kind != tt.kind || worst.Near != tt.near || worst.Sender != (tt.text == "") {
			t.Errorf("%s: got %+v, want %s near %q", tt.name, worst, tt.kind, tt.near)
		}
		if wantClinic := map[bool]string{true: "My clinic"}[tt.near != ""]; m.Clinic != wantClinic {
			t.Errorf("%s: got clinic %q, want %q", tt.name, m.Clinic, wantClinic)
		}
	}
	if m := d.CompareSaved(strings.Repeat("555-555-0199 a@b.example ", 20000), ""); len(m.Found) != 2 {
		t.Errorf("a long text: got %d findings, want the two that are different: %+v", len(m.Found), m.Found)
	}
}

func TestSaveContacts(t *testing.T) {
	t.Parallel()
	cfg := testConfig(newDir(t))
	d, _ := create(t, cfg)
	many := make([]string, 21)
	for i := range many {
		many[i] = "555010" + string(rune('a'+i))
	}
	for name, bad := range map[string]SavedContacts{
		"nothing":          {Clinic: "My clinic"},
		"no number":        {Numbers: []string{"call us"}},
		"no domain":        {Domains: []string{"clinic"}},
		"an address":       {Domains: []string{"desk@example.com"}},
		"no address":       {Addresses: []string{"example.com"}},
		"two lines":        {Clinic: "My\nclinic", Numbers: []string{"5550142"}},
		"a very long name": {Clinic: strings.Repeat("x", 61), Numbers: []string{"5550142"}},
		"too many":         {Numbers: many},
	} {
		if err := d.SaveContacts(bad); !errors.Is(err, ErrSavedContacts) {
			t.Errorf("%s: got %v, want ErrSavedContacts", name, err)
		}
	}
	if err := d.SaveContacts(SavedContacts{Clinic: " My clinic ", Numbers: []string{"tel:+1 555-0142", "+15550142"}}); err != nil {
		t.Fatal(err)
	}
	d = reopen(t, d, cfg)
	got := d.SavedContacts()
	if len(got) != 1 || got[0].ID == "" {
		t.Fatalf("got %+v", got)
	}
	id := got[0].ID
	if diff := cmp.Diff([]SavedContacts{{ID: id, Clinic: "My clinic", Numbers: []string{"+15550142"}}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := d.SaveContacts(SavedContacts{ID: id, Clinic: "Another name", Domains: []string{"example.com"}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]SavedContacts{{ID: id, Clinic: "Another name", Domains: []string{"example.com"}}}, d.SavedContacts()); diff != "" {
		t.Errorf("replaced (-want +got):\n%s", diff)
	}
	for range 2 {
		if err := d.RemoveSaved(id); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.SavedContacts(); len(got) != 0 {
		t.Errorf("got %+v after removing", got)
	}
}
