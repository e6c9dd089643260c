package passphrase_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/chaperone-privacy/chaperone/internal/passphrase"
)

// fixed is a source that always begins in the same way.
func fixed() passphrase.Generator {
	return passphrase.Generator{Rand: rand.NewChaCha8([32]byte{1})}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for n := passphrase.MinWords; n <= passphrase.MaxWords; n++ {
		s, err := passphrase.Generator{}.Words(n)
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Split(string(s.Text), "-")
		if len(words) != n {
			t.Errorf("%d words: got %d", n, len(words))
		}
		seen := map[string]bool{}
		for _, w := range words {
			if seen[w] || len(w) < 3 {
				t.Errorf("got %q twice or too short", w)
			}
			seen[w] = true
		}
		if want := float64(n) * math.Log2(7776); s.Bits > want || s.Bits < want-0.1 {
			t.Errorf("%d words: got %.2f bits, want just under %.2f", n, s.Bits, want)
		}
	}
}

func TestCharacters(t *testing.T) {
	t.Parallel()
	for n := passphrase.MinLength; n <= passphrase.MaxLength; n++ {
		s, err := passphrase.Generator{}.Characters(n)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Text) != n {
			t.Errorf("%d characters: got %d", n, len(s.Text))
		}
		if bytes.ContainsAny(s.Text, "0O1lI") {
			t.Errorf("got %q, want no signs that look alike", s.Text)
		}
		// Never more than free choice among all 67 characters, and not far below it.
		if free := float64(n) * math.Log2(67); s.Bits > free || s.Bits < free-16 {
			t.Errorf("%d characters: got %.2f bits, free choice has %.2f", n, s.Bits, free)
		}
	}
}

// TestCharacterBits counts by hand what the shortest draw can be: C(15,3)·C(12,2) places,
// 49^10 letters, 8^3 digits, 10^2 signs.
func TestCharacterBits(t *testing.T) {
	t.Parallel()
	s, err := fixed().Characters(15)
	if err != nil {
		t.Fatal(err)
	}
	want := math.Log2(455*66) + 10*math.Log2(49) + 3*3 + 2*math.Log2(10)
	if math.Abs(s.Bits-want) > 1e-9 {
		t.Errorf("got %v bits, want %v", s.Bits, want)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for _, n := range []int{-1, 0, passphrase.MinWords - 1, passphrase.MaxWords + 1, math.MaxInt} {
		if _, err := (passphrase.Generator{}).Words(n); !errors.Is(err, passphrase.ErrWords) {
			t.Errorf("Words(%d): got %v, want ErrWords", n, err)
		}
	}
	for _, n := range []int{-1, 0, passphrase.MinLength - 1, passphrase.MaxLength + 1, math.MinInt} {
		if _, err := (passphrase.Generator{}).Characters(n); !errors.Is(err, passphrase.ErrLength) {
			t.Errorf("Characters(%d): got %v, want ErrLength", n, err)
		}
	}
}

// TestSource draws from the source that was given and from nothing else.
func TestSource(t *testing.T) {
	t.Parallel()
	for name, draw := range map[string]func(passphrase.Generator) (passphrase.Suggestion, error){
		"words":      func(g passphrase.Generator) (passphrase.Suggestion, error) { return g.Words(6) },
		"characters": func(g passphrase.Generator) (passphrase.Suggestion, error) { return g.Characters(20) },
	} {
		a, err := draw(fixed())
		if err != nil {
			t.Fatal(err)
		}
		b, _ := draw(fixed())
		c, _ := draw(passphrase.Generator{})
		if string(a.Text) != string(b.Text) {
			t.Errorf("%s: got another draw from the same source", name)
		}
		if string(a.Text) == string(c.Text) {
			t.Errorf("%s: got the same draw from another source", name)
		}
		broken := errors.New("no randomness")
		if _, err := draw(passphrase.Generator{Rand: failing{broken}}); !errors.Is(err, broken) {
			t.Errorf("%s: got %v, want the source's error", name, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestEven counts the letters of many draws: none comes up much more or less than the others.
func TestEven(t *testing.T) {
	t.Parallel()
	g := fixed()
	count := map[byte]int{}
	const draws = 2000
	for range draws {
		s, err := g.Characters(20)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range s.Text {
			count[c]++
		}
	}
	for _, class := range []struct {
		signs string
		each  int
	}{{"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ", 15}, {"23456789", 3}, {"-_.!*+=@#%", 2}} {
		want := float64(draws*class.each) / float64(len(class.signs))
		for _, c := range []byte(class.signs) {
			if off := (float64(count[c]) - want) / math.Sqrt(want); math.Abs(off) > 5 {
				t.Errorf("%q came %d times, want about %.0f", c, count[c], want)
			}
		}
	}
}

func TestNothingIsLogged(t *testing.T) {
	t.Parallel()
	s, err := fixed().Words(6)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("drawn", "suggestion", s)
	fmt.Fprintf(&b, "%v %+v %s", s, s, s)
	for _, w := range strings.Split(string(s.Text), "-") {
		if strings.Contains(b.String(), w) {
			t.Fatalf("got %q in %q", w, b.String())
		}
	}
	text := s.Text
	s.Clear()
	if s.Text != nil || bytes.ContainsFunc(text, func(r rune) bool { return r != 0 }) {
		t.Errorf("got %q after Clear, want nothing", text)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, password string
		names          []string
		level          passphrase.Level
		reason         passphrase.Reason
	}{
		{"nothing", "", nil, "", ""},
		{"one letter", "q", nil, passphrase.Weak, passphrase.TooShort},
		{"the commonest", "password", nil, passphrase.Weak, passphrase.Common},
		{"with signs for letters", "P@ssw0rd", nil, passphrase.Weak, passphrase.Common},
		{"backwards", "drowssap", nil, passphrase.Weak, passphrase.Common},
		{"common and a year", "password2019", nil, passphrase.Weak, passphrase.Common},
		{"Spanish", "contraseña", nil, passphrase.Weak, passphrase.Common},
		{"a name", "kowalski", nil, passphrase.Weak, passphrase.Person},
		{"a word", "photosynthesis", nil, passphrase.Weak, passphrase.Word},
		{"keys in a row", "ytrfgvbnhjkiol", nil, passphrase.Fair, passphrase.Keyboard},
		{"letters in a row", "abcdefghijklmnop", nil, passphrase.Weak, passphrase.Run},
		{"digits in a row", "98765432109876543210", nil, passphrase.Weak, passphrase.Repeat},
		{"one letter again and again", "zzzzzzzzzzzzzzzzzzzz", nil, passphrase.Weak, passphrase.Repeat},
		{"a part again and again", "kq7kq7kq7kq7kq7kq7", nil, passphrase.Weak, passphrase.Repeat},
		{"a day", "13.11.1972", nil, passphrase.Weak, passphrase.Date},
		{"a day without signs", "13111972", nil, passphrase.Weak, passphrase.Date},
		{"an app", "Instagram", []string{"Instagram"}, passphrase.Weak, passphrase.Named},
		{"a clinic of two words", "exampleaesthetics", []string{"Example Aesthetics"}, passphrase.Weak, passphrase.Named},
		{"this program", "chaperone", nil, passphrase.Weak, passphrase.Named},
		{"short but wild", "kX9#vQ2!mZ7", nil, passphrase.Fair, passphrase.TooShort},
		{"one short of enough", "kX9#vQ2!mZ7%rT", nil, passphrase.Fair, passphrase.TooShort},
		{"enough", "kX9#vQ2!mZ7%rT4", nil, passphrase.Strong, ""},
		{"words", "gherkin-uncouth-sandal-whiff-jogger-tusk", nil, passphrase.Strong, ""},
		{"words with spaces", "gherkin uncouth sandal whiff jogger", nil, passphrase.Strong, ""},
		{"other letters", "пароль-который-длинный", nil, passphrase.Strong, ""},
		{"not text", "\xff\xfe\xfd", nil, passphrase.Weak, passphrase.TooShort},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := passphrase.Judge([]byte(tt.password), tt.names...)
			if s.Level != tt.level || s.Reason != tt.reason {
				t.Errorf("%q: got %s, %s (%.1f bits), want %s, %s", tt.password, s.Level, s.Reason, s.Bits, tt.level, tt.reason)
			}
		})
	}
}

// TestSuggestionsAreStrong judges what is suggested, whatever length was asked for.
func TestSuggestionsAreStrong(t *testing.T) {
	t.Parallel()
	g := fixed()
	for range 30 {
		words, err := g.Words(passphrase.MinWords)
		if err != nil {
			t.Fatal(err)
		}
		characters, err := g.Characters(passphrase.MinLength)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []passphrase.Suggestion{words, characters} {
			if got := passphrase.Judge(s.Text); got.Level != passphrase.Strong {
				t.Errorf("%q: got %s, %s, want strong", s.Text, got.Level, got.Reason)
			}
		}
	}
}

// TestLongerIsNotWeaker grows a password: more of the same kind never lowers its level.
func TestLongerIsNotWeaker(t *testing.T) {
	t.Parallel()
	order := map[passphrase.Level]int{"": 0, passphrase.Weak: 1, passphrase.Fair: 2, passphrase.Strong: 3}
	const wild = "Tq7#mV2xLp9!Zk4wRb8%Hn3cJd6@Fs5gYv"
	last := 0
	for n := range len(wild) + 1 {
		got := order[passphrase.Judge([]byte(wild[:n])).Level]
		if got < last {
			t.Errorf("%q: got level %d, want at least %d", wild[:n], got, last)
		}
		last = got
	}
}

func FuzzJudge(f *testing.F) {
	for _, s := range []string{"", "a", "aaaa", "password1", "P@$$w0rd|7!1", "ñandú", "1/1/91", "\xff", strings.Repeat("ab", 60), "qwErTY12.12.12"} {
		f.Add([]byte(s), "Example App")
	}
	f.Fuzz(func(t *testing.T, password []byte, name string) {
		before := bytes.Clone(password)
		s := passphrase.Judge(password, name)
		if !bytes.Equal(before, password) {
			t.Fatal("the password was changed")
		}
		if (s.Level == "") != (len(password) == 0) {
			t.Fatalf("got level %q for %d bytes", s.Level, len(password))
		}
		if (s.Reason == "") != (s.Level == "" || s.Level == passphrase.Strong) {
			t.Fatalf("got level %q with reason %q", s.Level, s.Reason)
		}
		if s.Level == passphrase.Strong && s.Length < passphrase.MinLength {
			t.Fatalf("got strong for %d characters", s.Length)
		}
		if math.IsNaN(s.Bits) || s.Bits < 0 || s.Length != utf8.RuneCountInString(strings.ToValidUTF8(string(password), "\uFFFD")) {
			t.Fatalf("got %v bits, length %d", s.Bits, s.Length)
		}
	})
}

func BenchmarkJudge(b *testing.B) {
	password := []byte("gherkin-uncouth-sandal-whiff-jogger-tusk")
	for b.Loop() {
		passphrase.Judge(password, "Instagram", "Example Aesthetics")
	}
}
