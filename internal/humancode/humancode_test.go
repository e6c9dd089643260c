package humancode_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/humancode"
)

// The vectors are shared with every other face that reads codes.
func TestVectors(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Input, Symbols, Error string
		Length                      int
	}
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	sentinels := map[string]error{"symbol": humancode.ErrSymbol, "length": humancode.ErrLength, "check": humancode.ErrCheck}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			got, err := humancode.Parse(v.Input, v.Length)
			if want := sentinels[v.Error]; !errors.Is(err, want) || (want == nil && err != nil) {
				t.Fatalf("got error %v, want %v", err, want)
			}
			if got.Symbols() != v.Symbols {
				t.Errorf("got %q, want %q", got.Symbols(), v.Symbols)
			}
		})
	}
}

func TestNewIsAcceptedAndUniform(t *testing.T) {
	t.Parallel()
	var seen [256]int
	for range 2000 {
		c, err := humancode.New(nil, humancode.MessageLen)
		if err != nil {
			t.Fatal(err)
		}
		back, err := humancode.Parse(strings.ToLower(c.Grouped()), humancode.MessageLen)
		if err != nil || back != c {
			t.Fatalf("got %v, %v; want the same code", back, err)
		}
		for _, s := range []byte(c.Symbols()) {
			seen[s]++
		}
	}
	for _, s := range []byte(humancode.Alphabet) {
		// 40000/31 = 1290 expected; 6 standard deviations is about 212.
		if n := seen[s]; n < 1078 || n > 1502 {
			t.Errorf("symbol %c drawn %d times, want about 1290", s, n)
		}
	}
}

func TestEverySubstitutionAndTranspositionIsCaught(t *testing.T) {
	t.Parallel()
	for _, n := range []int{humancode.MessageLen, humancode.RecoveryLen} {
		c, err := humancode.New(nil, n)
		if err != nil {
			t.Fatal(err)
		}
		good := []byte(c.Symbols())
		for i := range good {
			for _, s := range []byte(humancode.Alphabet) {
				bad := bytes.Clone(good)
				bad[i] = s
				if _, err := humancode.Parse(string(bad), n); (err == nil) != (s == good[i]) {
					t.Fatalf("substitution at %d: got %v", i, err)
				}
			}
			for j := range i {
				bad := bytes.Clone(good)
				bad[i], bad[j] = bad[j], bad[i]
				if _, err := humancode.Parse(string(bad), n); (err == nil) != (good[i] == good[j]) {
					t.Fatalf("transposition of %d and %d: got %v", i, j, err)
				}
			}
		}
	}
}

func TestNewRefusesLengthsTheCheckCannotCover(t *testing.T) {
	t.Parallel()
	for _, n := range []int{-1, 0, 1, 31, 62} {
		if _, err := humancode.New(nil, n); !errors.Is(err, humancode.ErrLength) {
			t.Errorf("New(%d): got %v, want ErrLength", n, err)
		}
	}
}

func TestCodeHidesItself(t *testing.T) {
	t.Parallel()
	c, err := humancode.New(nil, humancode.RecoveryLen)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "code", c)
	for _, out := range []string{log.String(), fmt.Sprint(c), fmt.Sprintf("%v %s", c, c)} {
		if strings.Contains(out, c.Symbols()) || !strings.Contains(out, "[redacted]") {
			t.Errorf("got %q, want the code hidden", out)
		}
	}
}

// A length that no code has is an error, not a panic.
func TestParseLengthRegression(t *testing.T) {
	t.Parallel()
	for _, n := range []int{-63, -1, 0, 1, 31, 1 << 62} {
		if c, err := humancode.Parse("2345", n); !errors.Is(err, humancode.ErrLength) || !c.IsZero() {
			t.Errorf("%d symbols: got %v, want %v", n, err, humancode.ErrLength)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("2345-6789-ABCD-EFGH-JKMN", 20)
	f.Add("0O1IL", 20)
	f.Add("2", -63)
	f.Fuzz(func(t *testing.T, in string, n int) {
		c, err := humancode.Parse(in, n)
		if err != nil {
			return
		}
		again, err := humancode.Parse(c.Grouped(), n)
		if err != nil || again != c {
			t.Fatalf("got %v, %v; want a canonical code to parse to itself", again, err)
		}
	})
}

func ExampleParse() {
	_, err := humancode.Parse("2345 6789 abcd efgh jkm0", humancode.MessageLen)
	fmt.Println(err)
	// Output: symbol 20: not a symbol of our codes
}
