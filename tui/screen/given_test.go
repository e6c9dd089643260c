package screen_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// someCode returns a code that is always the same.
func someCode(t testing.TB) humancode.Code {
	t.Helper()
	c, err := humancode.New(strings.NewReader(strings.Repeat("\x01\x09\x20\x7b\x33", 20)), humancode.MessageLen)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestReadGiven(t *testing.T) {
	t.Parallel()
	c := someCode(t)
	code, grouped, spaced := c.Symbols(), c.Grouped(), strings.ReplaceAll(c.Grouped(), "-", " ")
	tests := []struct {
		name, in string
		want     screen.Given
	}{
		{"nothing", " \n ", screen.Given{}},
		{"a code", code, screen.Given{Kind: screen.GivenCode, Code: code}},
		{"a code in small letters", " " + strings.ToLower(grouped) + "\n", screen.Given{Kind: screen.GivenCode, Code: strings.ToLower(grouped)}},
		{"a code with spaces", spaced, screen.Given{Kind: screen.GivenCode, Code: spaced}},
		{"a code as scanned", "chaperone1:" + code, screen.Given{Kind: screen.GivenCode, Code: code}},
		{"half a code", "7K3M-9Q", screen.Given{Kind: screen.GivenCode, Code: "7K3M-9Q"}},
		{"a code with a sign that looks like another", "7K3M-0QRT", screen.Given{Kind: screen.GivenCode, Code: "7K3M-0QRT"}},
		{"a code in odd groups", "7K3 M9QR T4 ABC2E 2345 6", screen.Given{Kind: screen.GivenCode, Code: "7K3 M9QR T4 ABC2E 2345 6"}},
		{"one word", "hello", screen.Given{Kind: screen.GivenCode, Code: "hello"}},
		{"a file", "letter.chaperone", screen.Given{Kind: screen.GivenFile, File: "letter.chaperone"}},
		{"a dropped file", "'/home/me/my letter.CHAPERONE' ", screen.Given{Kind: screen.GivenFile, File: "/home/me/my letter.CHAPERONE"}},
		{"a file of a drive", `C:\letters\x`, screen.Given{Kind: screen.GivenFile, File: `C:\letters\x`}},
		{"a file in the folder above", "../x", screen.Given{Kind: screen.GivenFile, File: "../x"}},
		{"a phone number", "+1 (202) 555-0142", screen.Given{Kind: screen.GivenSender, Sender: "+1 (202) 555-0142"}},
		{"digits that are symbols too", "2345 6789", screen.Given{Kind: screen.GivenSender, Sender: "2345 6789"}},
		{"an address", "desk@clinic.example.com", screen.Given{Kind: screen.GivenSender, Sender: "desk@clinic.example.com"}},
		{"a domain", "clinic-pay.example.com", screen.Given{Kind: screen.GivenSender, Sender: "clinic-pay.example.com"}},
		{"a link", "https://pay.example.com/now", screen.Given{Kind: screen.GivenText, Text: "https://pay.example.com/now"}},
		{"a sentence", "Call us", screen.Given{Kind: screen.GivenText, Text: "Call us"}},
		{"a sentence with a number", "Please ring 202-555-0142 today", screen.Given{Kind: screen.GivenText, Text: "Please ring 202-555-0142 today"}},
		{"a sentence as long as a code", "please ring 202-555-0199", screen.Given{Kind: screen.GivenText, Text: "please ring 202-555-0199"}},
		{"a short sentence as long as a code", "ask at desk 222-555-9999 now", screen.Given{Kind: screen.GivenText, Text: "ask at desk 222-555-9999 now"}},
		{"a code in odd groups with a slip", "7K3 M9QR TO ABC2E 2345 6", screen.Given{Kind: screen.GivenCode, Code: "7K3 M9QR TO ABC2E 2345 6"}},
		{"a message", "Dear patient,\r\nplease call.\r\n", screen.Given{Kind: screen.GivenText, Text: "Dear patient,\nplease call."}},
		{"a message with a code", "Dear patient,\rplease call.\rCode: " + grouped + ".\rThe desk", screen.Given{
			Kind: screen.GivenCode, Code: grouped, Text: "Dear patient,\nplease call.\nCode: \nThe desk",
		}},
		{"a message with a code in groups", "Check " + spaced + " before you call.", screen.Given{
			Kind: screen.GivenCode, Code: spaced, Text: "Check before you call.",
		}},
		{"a message with a scanned code", "See\nCHAPERONE1:" + code, screen.Given{Kind: screen.GivenCode, Code: code, Text: "See"}},
		{"words of four letters", "That\nwhen they have been seen them", screen.Given{Kind: screen.GivenText, Text: "That\nwhen they have been seen them"}},
		{"a message file", "CHAPB1\n\x01\x00", screen.Given{Kind: screen.GivenBundle, Bundle: []byte("CHAPB1\n\x01\x00")}},
		{"a pasted message file", "\n CHAPB1\rxyz", screen.Given{Kind: screen.GivenBundle, Bundle: []byte("CHAPB1\nxyz")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, screen.ReadGiven(tt.in)); diff != "" {
				t.Errorf("ReadGiven(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestReadCodeSoFar(t *testing.T) {
	t.Parallel()
	c := someCode(t)
	wrong := "3" + c.Symbols()[1:]
	if wrong == c.Symbols() {
		wrong = "4" + c.Symbols()[1:]
	}
	tests := []struct {
		name, in string
		want     screen.CodeSoFar
	}{
		{"nothing", "", screen.CodeSoFar{}},
		{"some", "7k3m9", screen.CodeSoFar{Groups: "7K3M-9", Count: 5}},
		{"a sign that is none", "7k-o1", screen.CodeSoFar{Groups: "7KO1", Count: 4, Bad: 'O'}},
		{"whole", c.Grouped(), screen.CodeSoFar{Groups: c.Grouped(), Count: 20, Whole: true}},
		{"wrong", wrong, screen.CodeSoFar{Groups: wrong[:4] + c.Grouped()[4:], Count: 20, Wrong: true}},
		{"too long", c.Symbols() + "A", screen.CodeSoFar{Groups: c.Grouped() + "-A", Count: 21, Wrong: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, screen.ReadCodeSoFar(tt.in)); diff != "" {
				t.Errorf("ReadCodeSoFar(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestFilename(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{" letter.chaperone ", "letter.chaperone"},
		{"'my letter.chaperone' ", "my letter.chaperone"},
		{`"my letter.chaperone"`, "my letter.chaperone"},
		{`my\ letter.chaperone`, "my letter.chaperone"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := screen.Filename(tt.in); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestChannel(t *testing.T) {
	t.Parallel()
	for sender, want := range map[string]string{
		"": "", "Example Aesthetics": "", "clinic.example.com": "", "+1 202 555 0142": "sms", "desk@example.com": "email",
	} {
		if got := screen.Channel(sender); got != want {
			t.Errorf("%q: got %q, want %q", sender, got, want)
		}
	}
}

// FuzzReadGiven: whatever is pasted is one kind of thing, and nothing of a message is lost but
// the code in it.
func FuzzReadGiven(f *testing.F) {
	c := someCode(f)
	f.Add("Dear patient,\nCode: " + c.Grouped() + "\nThe desk")
	f.Add(c.Symbols())
	f.Add("CHAPB1\r\n\x01")
	f.Add("+1 202 555 0142")
	f.Add("\u202e7K3M\u00a09QRT \xff")
	f.Fuzz(func(t *testing.T, in string) {
		g := screen.ReadGiven(in)
		switch g.Kind {
		case screen.GivenNothing:
			if strings.TrimSpace(in) != "" {
				t.Errorf("%q is taken for nothing", in)
			}
		case screen.GivenCode:
			if g.Code == "" {
				t.Errorf("%q: got no code", in)
			}
			if g.Text != "" {
				if _, err := humancode.Parse(g.Code, humancode.MessageLen); err != nil {
					t.Errorf("%q: the code in the text does not hold: %v", in, err)
				}
				if lost := len(strings.Fields(in)) - len(strings.Fields(g.Text)); lost > 5 {
					t.Errorf("%q: %d words are lost", in, lost)
				}
			}
		case screen.GivenBundle:
			if !screen.IsBundle(g.Bundle) {
				t.Errorf("%q: got a message file that begins otherwise", in)
			}
		}
		screen.ReadCodeSoFar(in)
	})
}
