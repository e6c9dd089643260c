package archtest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// faces is the code that puts something before a patient's eyes.
var faces = []string{"tui/app", "tui/screen", "tui/plain", "tui/widget", "tui/leave", "tui/keys", "tui/style"}

// aWord is a literal that a reader would take for language: two words with a space between,
// or one that begins with a capital. Ids, keys, format verbs and colours do not.
var aWord = regexp.MustCompile(`\p{L}{2,}[,;:.]? +\p{L}+|\b\p{Lu}\p{Ll}{2,}`)

// TestNoWordOutsideTheCatalogue: every word of a screen stands in internal/words or in the
// content pack, so that no language has gaps that nobody sees.
func TestNoWordOutsideTheCatalogue(t *testing.T) {
	t.Parallel()
	files := 0
	for _, face := range faces {
		err := filepath.WalkDir(filepath.Join("..", "..", face), func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && strings.HasSuffix(d.Name(), "test"): // apptest: a made-up pack for tests
				return filepath.SkipDir
			case d.IsDir(), !strings.HasSuffix(name, ".go"), strings.HasSuffix(name, "_test.go"):
				return nil
			}
			files++
			for _, w := range wordsIn(t, name, nil) {
				t.Errorf("%s: a word of a screen belongs in internal/words or in the content", w)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 40 {
		t.Errorf("got %d files, want all that draw", files)
	}
}

// TestWordsAreSeen: the check above can fail.
func TestWordsAreSeen(t *testing.T) {
	t.Parallel()
	const text = "package x\nimport \"errors\"\nvar e = errors.New(\"the file is gone\")\nvar a, b, c = \"Press enter\", \"now\", \"crisis-line\"\nvar d = \"press any key\"\nvar f = \"Settings\"\n"
	got := wordsIn(t, "x.go", text)
	want := []string{`x.go:4: "Press enter"`, `x.go:5: "press any key"`, `x.go:6: "Settings"`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// wordsIn lists the literals of a file that read as language and are not the text of an error,
// which no face ever shows.
func wordsIn(t *testing.T, name string, text any) []string {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec, *ast.Field:
			return false
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok {
				if pkg, ok := f.X.(*ast.Ident); ok && (pkg.Name == "errors" || pkg.Name == "fmt" && f.Sel.Name == "Errorf") {
					return false
				}
			}
		case *ast.BasicLit:
			if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && aWord.MatchString(s) {
				p := set.Position(n.Pos())
				out = append(out, filepath.Base(p.Filename)+":"+strconv.Itoa(p.Line)+": "+strconv.Quote(s))
			}
		}
		return true
	})
	return out
}
