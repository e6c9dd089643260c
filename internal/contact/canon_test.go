package contact_test

import (
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// canonCase has its input in base64, because not all of it is UTF-8.
type canonCase struct {
	Name   string `json:"name"`
	In     string `json:"in_base64"`
	Out    string `json:"out"`
	Hidden bool   `json:"hidden"`
}

func canonCases() []canonCase {
	c := func(name, in, out string, hidden bool) canonCase {
		return canonCase{name, base64.StdEncoding.EncodeToString([]byte(in)), out, hidden}
	}
	return []canonCase{
		c("empty", "", "\n", false),
		c("only spaces", " \t \n\n ", "\n", false),
		c("already canonical", "Hello.\n\nBye.\n", "Hello.\n\nBye.\n", false),
		c("no line end", "Hello.", "Hello.\n", false),
		c("each bad byte", "a\xff\xfeb", "a\ufffd\ufffdb\n", false),
		c("cut-off sequence", "a\xe2\x82", "a\ufffd\ufffd\n", false),
		c("encoded surrogate", "\xed\xa0\x80", "\ufffd\ufffd\ufffd\n", false),
		c("CRLF, CR, VT, FF", "a\r\nb\rc\vd\fe", "a\nb\nc\nd\ne\n", false),
		c("CR CR LF", "a\r\r\nb", "a\n\nb\n", false),
		c("NEL, LS, PS", "a\u0085b\u2028c\u2029d", "a\nb\nc\nd\n", false),
		c("TAB and wide spaces", "a\tb\u00a0c\u3000d\u202fe", "a b c d e\n", false),
		c("runs of spaces", "a \t  b", "a b\n", false),
		c("lines trimmed", "  a  \n\tb\t", "a\nb\n", false),
		c("many empty lines", "\n\na\n\n\n\nb\n \n\n", "a\n\nb\n", false),
		c("zero-width space", "a\u200bb", "ab\n", true),
		c("zero-width joiner between spaces", "a \u200d b", "a b\n", true),
		c("bidirectional override", "\u202etxt.exe\u202c", "txt.exe\n", true),
		c("bidirectional isolate", "\u2066a\u2069", "a\n", true),
		c("soft hyphen", "ap\u00adpoint", "appoint\n", true),
		c("byte order mark", "\ufeffa", "a\n", true),
		c("variation selector", "a\ufe0f", "a\n", true),
		c("tag characters", "a\U000e0041\U000e007f", "a\n", true),
		c("Hangul fillers", "a\u115f\u3164\uffa0b", "ab\n", true),
		c("interlinear annotation", "\ufff9a\ufffab\ufffb", "ab\n", true),
		c("combining grapheme joiner splits no letter", "e\u034f\u0301", "é\n", true),
		c("NFC composes", "e\u0301", "é\n", false),
		c("NFC reorders", "a\u0301\u0323", "ạ\u0301\n", false),
		c("NFC singletons", "\u212b\u2126", "ÅΩ\n", false),
		c("NFC not NFKC", "ﬁ①", "ﬁ①\n", false),
		c("unassigned in 15.0 stays", "a\U0001fae9b", "a\U0001fae9b\n", false),
		c("escape stays", "a\x1b[31mb", "a\x1b[31mb\n", false),
		c("more than 30 marks: plain NFC", "q"+strings.Repeat("\u0301", 31)+"\u0316", "q\u0316"+strings.Repeat("\u0301", 31)+"\n", false),
		c("NUL stays", "a\x00b", "a\x00b\n", false),
	}
}

func TestCanon(t *testing.T) {
	t.Parallel()
	cases := canonCases()
	golden(t, "testdata/canon.json", cases)
	for _, tt := range cases {
		in, err := base64.StdEncoding.DecodeString(tt.In)
		if err != nil {
			t.Fatal(err)
		}
		if got := contact.Canon(string(in)); got != tt.Out {
			t.Errorf("%s: got %q, want %q", tt.Name, got, tt.Out)
		}
		if got := contact.Hidden(string(in)); got != tt.Hidden {
			t.Errorf("%s: hidden: got %v, want %v", tt.Name, got, tt.Hidden)
		}
	}
}

func TestCheckBody(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		ok         bool
	}{
		{"plain", "Hello.\n", true},
		{"two paragraphs", "Hola, ¿qué tal?\n\nAdiós.\n", true},
		{"other scripts", "Здравствуйте. 您好。\n", true},
		{"emoji", "Hello 🙂\n", true},
		{"too short", "\n", false},
		{"longest", strings.Repeat("a", contact.MaxBody-1) + "\n", true},
		{"too long", strings.Repeat("a", contact.MaxBody) + "\n", false},
		{"no line end", "Hello.", false},
		{"CRLF", "Hello.\r\n", false},
		{"escape", "Hello\x1b[2J.\n", false},
		{"bell", "Hello\a.\n", false},
		{"DEL", "Hello\x7f.\n", false},
		{"C1 control", "Hello\u009b31m.\n", false},
		{"bidi override", "Hello \u202e.\n", false},
		{"zero width", "Hel\u200blo.\n", false},
		{"private use", "Hello \ue000.\n", false},
		{"private use, plane 16", "Hello \U00100000.\n", false},
		{"braille blank", "Hello \u2800.\n", false},
		{"unassigned in 15.0", "Hello \U0001fae9.\n", false},
		{"noncharacter", "Hello \uffff.\n", false},
		{"replacement character", "Hello \ufffd.\n", false},
		{"decomposed", "Cafe\u0301.\n", false},
	}
	for _, tt := range tests {
		err := contact.CheckBody(tt.body)
		if ok := err == nil; ok != tt.ok || !ok && !errors.Is(err, contact.ErrBody) {
			t.Errorf("%s: got %v, want ok %v", tt.name, err, tt.ok)
		}
	}
}

func TestMixedScripts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want bool
	}{
		{"plain", false},
		{"Аррle", true},                    // Cyrillic with Latin le
		{"Привет world", false},            // two words
		{"naïve café Ærø", false},          // Latin
		{"日本のカメラ", false},                  // one way of writing
		{"pаypal", true},                   // one Cyrillic letter
		{"Ωmega", true},                    // Greek with Latin
		{"covid-19 2031", false},           // digits are of no script
		{"e\u0301cole", false},             // a combining mark is of no script
		{"clinic\u0456", true},             // Ukrainian i
		{"한국어 漢字", false},                  // Korean
		{"\u13aa\u13b3\u13acclinic", true}, // Cherokee looks like Latin
	}
	for _, tt := range tests {
		if got := contact.MixedScripts(tt.text); got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.text, got, tt.want)
		}
	}
}

func FuzzCanon(f *testing.F) {
	for _, c := range canonCases() {
		in, err := base64.StdEncoding.DecodeString(c.In)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(in))
	}
	f.Fuzz(func(t *testing.T, in string) {
		once := contact.Canon(in)
		if twice := contact.Canon(once); twice != once {
			t.Errorf("not idempotent: %q, %q, %q", in, once, twice)
		}
		if !utf8.ValidString(once) || !strings.HasSuffix(once, "\n") || contact.Hidden(once) || strings.Contains(once, "\n\n\n") || strings.Contains(once, "  ") {
			t.Errorf("not canonical: %q", once)
		}
		if m, _ := contact.Compare(in, once); m != contact.Same {
			t.Errorf("%q does not compare the same as its canonical form", in)
		}
	})
}

// Canon is idempotent for every code point of the first two planes between letters, and for random rows of those that
// its steps treat in a special way.
func TestCanonIsIdempotent(t *testing.T) {
	t.Parallel()
	check := func(in string) {
		once := contact.Canon(in)
		if twice := contact.Canon(once); twice != once {
			t.Fatalf("%q: got %q, then %q", in, once, twice)
		}
	}
	for r := rune(0); r <= 0x1FFFF; r++ {
		check("a" + string(r) + "\u0301 b")
	}
	special := []rune("\r\n\v\f\t \u0085\u2028\u00a0\u200b\u00ad\u034f\ufff9\u0301\u0323\u0345\u0378e\uac00\u11a8\u1100\u1161\U0001fae9\u115f\u212b>")
	r := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		var b strings.Builder
		for range 1 + r.IntN(8) {
			b.WriteRune(special[r.IntN(len(special))])
		}
		check(b.String())
	}
}

// A letter with more than 30 marks: the library's NFC puts in a joiner, which nobody sees, and sorts
// the marks before it and after it for themselves. Ours is the NFC of UAX 15.
func TestCanonManyMarksRegression(t *testing.T) {
	t.Parallel()
	acute := strings.Repeat("\u0301", 40)
	for name, tt := range map[string]struct{ in, want string }{
		"one class":                {"a" + acute, "\u00e1" + acute[2:] + "\n"},
		"a lower mark at the end":  {"q" + acute + "\u0316", "q\u0316" + acute + "\n"},
		"composes past lower ones": {"a" + strings.Repeat("\u0316", 40) + "\u0301", "\u00e1" + strings.Repeat("\u0316", 40) + "\n"},
		"blocked by its own class": {"q\u0300" + acute, "q\u0300" + acute + "\n"},
		"marks without a letter":   {acute + "\u0316", "\u0316" + acute + "\n"},
		"a letter after them":      {"q" + acute + "e\u0301", "q" + acute + "\u00e9\n"},
		"syllables":                {"q" + acute + "\u1100\u1161\u11a8", "q" + acute + "\uac01\n"},
		"what never composes":      {"q" + acute + "\u0915\u093c", "q" + acute + "\u0915\u093c\n"},
		"the joiner itself":        {"q" + acute + "\u034f\u0316", "q\u0316" + acute + "\n"},
	} {
		got := contact.Canon(tt.in)
		if got != tt.want || contact.Hidden(got) {
			t.Errorf("%s: got %+q, want %+q", name, got, tt.want)
		}
		if again := contact.Canon(got); again != got {
			t.Errorf("%s: got %+q the second time, want %+q", name, again, got)
		}
	}
}

// In a text with such a letter the rest is what it is without it: our composition is the library's.
func TestCanonComposesRegression(t *testing.T) {
	t.Parallel()
	many := "q" + strings.Repeat("\u0301", 40)
	var lines []string
	check := func(line string, last bool) {
		if lines = append(lines, "x"+line); len(lines) < 500 && !last {
			return
		}
		in := strings.Join(lines, "\n")
		if got, want := contact.Canon(many+"\n"+in), many+"\n"+contact.Canon(in); got != want {
			t.Fatalf("got %+q, want %+q", got, want)
		}
		lines = nil
	}
	for r := rune(0xA0); r <= 0x1FFFF; r++ {
		check(" e"+string(r)+"\u0323\u0301 z", r == 0x1FFFF)
	}
	special := []rune("e\u0301\u0323\u0345\u0308\u0304\u1100\u1161\u11a8\uac00\u0915\u093c\u09c7\u09be\u0f71\u0f72\u212b\u0344\u1e9b\u0316\u05d0\u05b7\U000110a5\U000110ba\U0001d15f")
	r := rand.New(rand.NewPCG(5, 6))
	const rows = 5000
	for i := range rows {
		var b strings.Builder
		for range 1 + r.IntN(9) {
			b.WriteRune(special[r.IntN(len(special))])
		}
		check(b.String(), i == rows-1)
	}
}
