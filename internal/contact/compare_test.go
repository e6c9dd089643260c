package contact_test

import (
	"strings"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/google/go-cmp/cmp"
)

type compareCase struct {
	Name     string           `json:"name"`
	Body     string           `json:"body"`
	Received string           `json:"received"`
	Result   string           `json:"result"` // same, same-with-extras, altered
	Changes  []contact.Change `json:"changes,omitempty"`
}

func compareCases() []compareCase {
	const body = "Please call us on +1 555-0142 before 14 May.\nBring the folder.\n"
	with := func(old, new string) string { return strings.Replace(body, old, new, 1) }
	return []compareCase{
		{Name: "equal", Body: body, Received: body, Result: "same"},
		{Name: "wrapped", Body: body, Received: strings.ReplaceAll(body, " ", "\r\n"), Result: "same"},
		{Name: "quoted twice", Body: body, Received: "> > " + strings.ReplaceAll(body, "\n", "\n> > "), Result: "same"},
		{Name: "hidden characters", Body: body, Received: with("folder", "fol\u00adder"), Result: "same"},
		{Name: "greeting and footer", Body: body, Received: "FYI\n\n" + body + "\nSent from my phone\n", Result: "same-with-extras"},
		{Name: "short number around", Body: body, Received: "Page 1 of 2\n" + body, Result: "same-with-extras"},
		{Name: "phone number around", Body: body, Received: body + "Or +1 555-0199.\n", Result: "altered"},
		{Name: "link around", Body: body, Received: body + "See clinic.example.com.\n", Result: "altered"},
		{Name: "address around", Body: body, Received: "From: desk@example.com\n" + body, Result: "altered"},
		{Name: "amount around", Body: body, Received: body + "Fee: $50\n", Result: "altered"},
		{Name: "date around", Body: body, Received: body + "Due 1 June 2031\n", Result: "altered"},
		{Name: "wallet around", Body: body, Received: body + "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4\n", Result: "altered"},
		{Name: "five digits around", Body: body, Received: body + "Ref 48213\n", Result: "altered"},
		{Name: "full-width digits around", Body: body, Received: body + "Ref ４８２１３\n", Result: "altered"},
		{Name: "phone number changed", Body: body, Received: with("555-0142", "555-0199"), Result: "altered"},
		{Name: "date changed", Body: body, Received: with("14 May", "12 May"), Result: "altered"},
		{Name: "word changed", Body: body, Received: with("folder", "passport"), Result: "altered"},
		{Name: "word inserted", Body: body, Received: with("the folder", "the blue folder"), Result: "altered"},
		{Name: "line removed", Body: body, Received: with("Bring the folder.\n", ""), Result: "altered"},
		{Name: "look-alike letter", Body: body, Received: with("Bring", "Вring"), Result: "altered"},
		{Name: "words out of order", Body: body, Received: with("the folder", "folder the"), Result: "altered"},
		{Name: "dangerous first", Body: body, Received: with("Bring the folder.", "Bring cash, 500 dollars, or pay at pay.example.com.") + "Thanks\n", Result: "altered"},
		{Name: "nothing in common", Body: body, Received: "We have your pictures.\n", Result: "altered"},
		{Name: "empty", Body: body, Received: "", Result: "altered"},
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	cases := compareCases()
	for i := range cases {
		c := &cases[i]
		m, d := contact.Compare(c.Received, c.Body)
		got := map[contact.Match]string{contact.Same: "same", contact.SameWithExtras: "same-with-extras", contact.Differs: "altered"}[m]
		if got != c.Result {
			t.Errorf("%s: got %s, want %s", c.Name, got, c.Result)
		}
		if (d != nil) != (m == contact.Differs) {
			t.Errorf("%s: got diff %v for %s", c.Name, d, got)
		}
		if d == nil {
			continue
		}
		c.Changes = d.Changes
		if len(d.Changes) == 0 {
			t.Errorf("%s: altered without a change", c.Name)
		}
		for _, ch := range d.Changes {
			checkMark(t, c.Name, ch.Signed, ch.SignedMark)
			checkMark(t, c.Name, ch.Received, ch.ReceivedMark)
		}
	}
	golden(t, "testdata/compare.json", cases)
}

func checkMark(t *testing.T, name, line string, m [2]int) {
	t.Helper()
	if m[0] < 0 || m[0] > m[1] || m[1] > len(line) {
		t.Errorf("%s: mark %v is outside %q", name, m, line)
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, received string
		want           []contact.Change
	}{
		{"phone number", strings.Replace(contacttest.Body, "Harbor Street.", "Harbor Street, call +1 555-0142.", 1), []contact.Change{{
			Kind: "phone", Signed: "your follow-up appointment is on 14 May 2031 at 10:30 at our office on Harbor Street.",
			Received:   "your follow-up appointment is on 14 May 2031 at 10:30 at our office on Harbor Street, call +1 555-0142.",
			SignedMark: [2]int{78, 78}, ReceivedMark: [2]int{91, 102},
		}, {
			Kind: "text", Signed: "your follow-up appointment is on 14 May 2031 at 10:30 at our office on Harbor Street.",
			Received:   "your follow-up appointment is on 14 May 2031 at 10:30 at our office on Harbor Street, call +1 555-0142.",
			SignedMark: [2]int{78, 85}, ReceivedMark: [2]int{78, 103},
		}}},
		{"date", strings.Replace(contacttest.Body, "14 May", "16 May", 1), []contact.Change{{
			Kind: "date", Signed: "your follow-up appointment is on 14 May 2031 at 10:30 at our office on Harbor Street.",
			Received:   "your follow-up appointment is on 16 May 2031 at 10:30 at our office on Harbor Street.",
			SignedMark: [2]int{33, 44}, ReceivedMark: [2]int{33, 44},
		}}},
		{"line inserted", contacttest.Altered, []contact.Change{
			{Kind: "link", Received: contacttest.Inserted, ReceivedMark: [2]int{34, 72}},
			{Kind: "phone", Received: contacttest.Inserted, ReceivedMark: [2]int{82, 93}},
			{Kind: "amount", Received: contacttest.Inserted, ReceivedMark: [2]int{26, 30}},
			{Kind: "text", Received: contacttest.Inserted, ReceivedMark: [2]int{0, 94}},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, d := contact.Compare(tt.received, contacttest.Body)
			if d == nil {
				t.Fatal("got no diff")
			}
			if diff := cmp.Diff(tt.want, d.Changes); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzCompare(f *testing.F) {
	for _, c := range compareCases() {
		f.Add(c.Received, c.Body)
	}
	f.Fuzz(func(t *testing.T, received, body string) {
		m, d := contact.Compare(received, body)
		same := strings.Join(words(received), " ") == strings.Join(words(body), " ")
		if (m == contact.Same) != same {
			t.Errorf("%q and %q: got %v, want same: %v", received, body, m, same)
		}
		if d == nil {
			return
		}
		for _, ch := range d.Changes {
			checkMark(t, "diff", ch.Signed, ch.SignedMark)
			checkMark(t, "diff", ch.Received, ch.ReceivedMark)
		}
	})
}

// words is the rule of comparison said another way.
func words(text string) []string {
	var ws []string
	for line := range strings.SplitSeq(contact.Canon(text), "\n") {
		ws = append(ws, strings.Fields(strings.TrimLeft(line, "> "))...)
	}
	return ws
}
