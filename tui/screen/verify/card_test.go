package verify

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/style"
)

// findings is every finding of the protocol, with its class (contact-protocol 9).
var findings = map[contact.Finding]contact.Class{
	contact.LogForked: contact.Red, contact.KeyStolen: contact.Red, contact.Forged: contact.Red, contact.Disowned: contact.Red,
	contact.NotForYou: contact.Red, contact.Altered: contact.Red, contact.Unknown: contact.Red,
	contact.Mistyped: contact.Grey, contact.NoPin: contact.Grey, contact.Unavailable: contact.Grey, contact.Unproven: contact.Grey,
	contact.Clock: contact.Grey, contact.Stale: contact.Grey,
	contact.Withdrawn: contact.Amber, contact.NotYet: contact.Amber, contact.Expired: contact.Amber,
	contact.GenuineForAnyone: contact.Amber, contact.GenuineOneKey: contact.Amber, contact.GenuineRemote: contact.Amber,
	contact.Genuine: contact.Green,
}

func judged(f contact.Finding) contact.Verdict {
	return contact.Verdict{
		Headline: f, Findings: []contact.Finding{f}, Clinic: "Example Aesthetics", Signer: "front desk", Body: "the signed text\n",
		StatusAt: time.Date(2026, time.November, 20, 9, 0, 0, 0, time.UTC), Expires: time.Date(2026, time.November, 30, 9, 0, 0, 0, time.UTC),
	}
}

// TestCard holds every finding, in both languages, to what a verdict must and must not show.
func TestCard(t *testing.T) {
	t.Parallel()
	st := style.New(style.Options{Profile: colorprofile.NoTTY})
	signs := map[contact.Class]string{contact.Red: st.Signs.Bad, contact.Grey: st.Signs.Unknown, contact.Green: st.Signs.Good}
	for f, class := range findings {
		for _, locale := range words.Locales() {
			for _, width := range []int{40, 80, 120} {
				card := Card(judged(f), words.For(locale), st, width)
				first := strings.TrimSpace(card)
				switch want := signs[class]; class {
				case contact.Amber:
					want = st.Signs.Open
					if f == contact.Withdrawn || f == contact.NotYet || f == contact.Expired {
						want = st.Signs.Crossed
					}
					fallthrough
				default:
					if f == contact.Unavailable {
						want = st.Signs.Silent
					}
					if !strings.HasPrefix(first, want) {
						t.Errorf("%s %s: got %q, want sign %q", f, locale, first, want)
					}
				}
				shown := strings.Contains(card, "the signed text")
				if want := class == contact.Green || class == contact.Amber; shown != want {
					t.Errorf("%s %s: body shown %v, want %v", f, locale, shown, want)
				}
				if class == contact.Green || class == contact.Amber {
					if flat := strings.Join(strings.Fields(card), " "); !strings.Contains(flat, "front desk") {
						t.Errorf("%s %s: the signer is not named in\n%s", f, locale, card)
					}
				}
				if strings.Contains(card, "{") {
					t.Errorf("%s %s: a placeholder is left in\n%s", f, locale, card)
				}
				for _, line := range strings.Split(card, "\n") {
					if ansi.StringWidth(line) > width {
						t.Errorf("%s %s: line wider than %d: %q", f, locale, width, line)
					}
				}
				if !strings.Contains(card, words.For(locale).T(words.VerdictDo)) {
					t.Errorf("%s %s: no next step", f, locale)
				}
			}
		}
	}
}

// TestCardWithoutColour says that the text is the same with and without colour.
func TestCardWithoutColour(t *testing.T) {
	t.Parallel()
	for f := range findings {
		plain := Card(judged(f), words.For("en"), style.New(style.Options{Profile: colorprofile.NoTTY}), 80)
		coloured := Card(judged(f), words.For("en"), style.New(style.Options{Profile: colorprofile.TrueColor, Dark: true}), 80)
		if ansi.Strip(coloured) != plain || coloured == plain {
			t.Errorf("%s: got\n%s\nwant the plain text in colour", f, coloured)
		}
	}
}

// TestUnknownFindingIsNotGreen gives a finding that this program does not know.
func TestUnknownFindingIsNotGreen(t *testing.T) {
	t.Parallel()
	card := Card(judged("SOMETHING_NEW"), words.For("en"), style.New(style.Options{Profile: colorprofile.NoTTY}), 80)
	if !strings.Contains(card, "We cannot tell") || strings.Contains(card, "the signed text") {
		t.Errorf("got\n%s\nwant no verdict and no body", card)
	}
}

// TestCardIsSafe plants terminal commands in everything that comes from elsewhere.
func TestCardIsSafe(t *testing.T) {
	t.Parallel()
	evil := "x\x1b[2J\x1b]8;;https://evil.example.com\x07y\u202ez"
	for f := range findings {
		v := judged(f)
		v.Clinic, v.Signer, v.Body, v.Kind = evil, evil, evil, evil
		v.Diff = &contact.Diff{Changes: []contact.Change{{Kind: "phone", Signed: evil, Received: evil + evil, ReceivedMark: [2]int{1, 9}}}}
		card := Card(v, words.For("en"), style.New(style.Options{Profile: colorprofile.NoTTY}), 60)
		for _, s := range details(words.For("en"), patient.Checked{Verdict: v}) {
			card += strings.Join(s.Lines, "\n")
		}
		if strings.ContainsAny(card, "\x1b\x07\u202e") || strings.Contains(card, "evil") {
			t.Errorf("%s: got %q, want it neutralised", f, card)
		}
	}
}

func TestMarkLines(t *testing.T) {
	t.Parallel()
	draw := func(text string, marks [][2]int, width int) string {
		var out []string
		for _, l := range markLines(text, marks, width) {
			out = append(out, l.text)
			if len(l.spans) > 0 {
				out = append(out, l.under("~"))
			}
		}
		return strings.Join(out, "\n")
	}
	tests := []struct {
		name, text string
		marks      [][2]int
		width      int
		want       string
	}{
		{"one line", "Call 555-0199 now", [][2]int{{5, 13}}, 40, "Call 555-0199 now\n     ~~~~~~~~"},
		{"wrapped before", "Call us, 555-0199 now", [][2]int{{9, 17}}, 14, "Call us,\n555-0199 now\n~~~~~~~~"},
		{"marked over two lines", "pay here today", [][2]int{{4, 14}}, 9, "pay here\n    ~~~~~\ntoday\n~~~~~"},
		{"wide letters", "電話 555", [][2]int{{7, 10}}, 20, "電話 555\n     ~~~"},
		{"nothing marked", "same", [][2]int{{0, 0}}, 20, "same"},
		{"mark past the end", "abc", [][2]int{{1, 99}}, 20, "abc\n ~~"},
		{"two marks", "Pay $450 at x.invalid now", [][2]int{{12, 21}, {4, 8}}, 40, "Pay $450 at x.invalid now\n    ~~~~    ~~~~~~~~~"},
		{"marks that overlap", "abcdef", [][2]int{{0, 3}, {1, 5}}, 20, "abcdef\n~~~~~"},
		{"mark backwards", "abc", [][2]int{{2, 1}}, 20, "abc"},
	}
	for _, tt := range tests {
		if got := draw(tt.text, tt.marks, tt.width); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

// One line with three things changed in it is shown once.
func TestPlaces(t *testing.T) {
	t.Parallel()
	line := "Pay $450 at x.invalid, or call 202-555-0199."
	d := &contact.Diff{Changes: []contact.Change{
		{Kind: "link", Received: line, ReceivedMark: [2]int{12, 21}},
		{Kind: "phone", Signed: "Call 202-555-0142.", Received: "Call 202-555-0143.", SignedMark: [2]int{5, 17}, ReceivedMark: [2]int{5, 17}},
		{Kind: "amount", Received: line, ReceivedMark: [2]int{4, 8}},
		{Kind: "link", Received: line, ReceivedMark: [2]int{0, 3}},
		{Kind: "text", Received: line, ReceivedMark: [2]int{0, 44}},
	}}
	got := places(words.For("en"), d)
	if len(got) != 2 || len(got[0].receivedMarks) != 3 || strings.Join(got[0].notes, "|") != "link changed|amount changed" {
		t.Errorf("got %d places, first %+v; want two, the first with three marks and two notes", len(got), got[0])
	}
}

func FuzzMarkLines(f *testing.F) {
	f.Add("Call us at 555-0199 about it", 11, 19, 20)
	f.Add("電話\x1b[31m", 0, 3, 2)
	f.Add("", 0, 0, 1)
	f.Add("a\nb c", -1, 99, 3)
	f.Fuzz(func(t *testing.T, text string, from, to, width int) {
		if width < 2 || width > 200 {
			return
		}
		for _, l := range markLines(text, [][2]int{{from, to}, {to, to + 3}}, width) {
			if ansi.StringWidth(l.text) > width || ansi.StringWidth(l.under("~")) > width || !utf8.ValidString(l.text) {
				t.Fatalf("markLines(%q, %d, %d, %d): line %+v", text, from, to, width, l)
			}
		}
	})
}
