package words_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/words"
)

// TestEveryKeyIsUsed reads the programs of this module for the constants of keys, and their
// page templates for the names. A key that nothing shows is a sentence that nobody reviews.
func TestEveryKeyIsUsed(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "gen" || name == "wordsgen") {
				return fs.SkipDir
			}
			return nil
		}
		switch filepath.Ext(name) {
		case ".go":
			if !strings.HasSuffix(name, "_test.go") {
				return goKeys(path, used)
			}
		case ".html", ".tmpl":
			return templateKeys(path, used)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	constants := constantsOf(t)
	if len(constants) < 100 {
		t.Fatalf("got %d keys, want the catalogue's", len(constants))
	}
	for _, id := range slices.Sorted(maps.Keys(constants)) {
		if !used[id] && !used[constants[id]] {
			t.Errorf("%s (%q) is not used by any program", id, constants[id])
		}
	}
}

// goKeys notes every words.X of a file, and every X inside package words itself.
func goKeys(path string, used map[string]bool) error {
	base := filepath.Base(path)
	own := filepath.Base(filepath.Dir(path)) == "words"
	if own && (base == "keys.go" || base == "tables.go") {
		return nil
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !own && !strings.Contains(string(src), "internal/words\"") {
		return nil
	}
	f, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "words" {
				used[n.Sel.Name] = true
			}
		case *ast.Ident:
			if own {
				used[n.Name] = true
			}
		}
		return true
	})
	return nil
}

// templateKeys notes every key that a template names in quotes.
func templateKeys(path string, used map[string]bool) error {
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for i, part := range strings.Split(string(src), `"`) {
		if i%2 == 1 {
			used[part] = true
		}
	}
	return nil
}

// constantsOf reads keys.go: the constant of every key, and its name.
func constantsOf(t *testing.T) map[string]string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "keys.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	at := 0
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			out[v.Names[0].Name] = words.Key(at).String()
			at++
		}
		return true
	})
	return out
}

// TestVoice holds the catalogue to the rules of the voice that a machine can see.
func TestVoice(t *testing.T) {
	t.Parallel()
	for _, locale := range words.Locales() {
		w := words.For(locale)
		for k := words.Key(0); k.String() != ""; k++ {
			text := w.T(k)
			lower := strings.ToLower(text)
			for _, never := range []string{"!", "¡", "don't worry", "no se preocupe", "simply", "please note", "  "} {
				if strings.Contains(lower, never) && !strings.HasPrefix(k.String(), "cli.") {
					t.Errorf("%s %s: got %q, want no %q", locale, k, text, never)
				}
			}
			first := []string{"home.", "welcome.", "questions.", "crisis.", "verdict.", "plan.", "task.", "restored.", "recovery."}
			if !slices.ContainsFunc(first, func(p string) bool { return strings.HasPrefix(k.String(), p) }) {
				continue
			}
			for _, jargon := range []string{"phishing", "hash", "signature", "merkle", "ephi", "surgery", "cirugía", " firma digital"} {
				if strings.Contains(lower, jargon) {
					t.Errorf("%s %s: got %q, want no %q on a first screen", locale, k, text, jargon)
				}
			}
		}
	}
}
