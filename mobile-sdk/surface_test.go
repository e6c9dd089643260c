package chaperone_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/go/packages"
)

var update = flag.Bool("update", false, "write the golden files anew")

const path = "github.com/chaperone-privacy/chaperone/mobile-sdk"

// load reads the face's types. It starts the go command, and a process that is being started
// holds a copy of every open file, locks among them: tests that use it do not run beside those
// that open a vault.
func load(t *testing.T) *types.Package {
	t.Helper()
	pkgs, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedExportFile,
	}, path)
	if err != nil || len(pkgs) != 1 || len(pkgs[0].Errors) > 0 || pkgs[0].Types == nil {
		t.Fatalf("load %s: %v %v", path, err, pkgs)
	}
	return pkgs[0].Types
}

// walker checks the exported surface against the rules of docs/sdk.md.
type walker struct {
	pkg  *types.Package
	errs []string
}

func (w *walker) errorf(format string, args ...any) {
	w.errs = append(w.errs, fmt.Sprintf(format, args...))
}

// crosses reports whether gobind binds t for every language.
func (w *walker) crosses(t types.Type) bool {
	switch t := t.(type) {
	case *types.Basic:
		switch t.Kind() {
		case types.String, types.Bool, types.Int, types.Int64, types.Float64:
			return true
		}
	case *types.Slice:
		return types.Identical(t.Elem(), types.Typ[types.Byte])
	case *types.Pointer:
		n, ok := t.Elem().(*types.Named)
		if !ok || n.Obj().Pkg() != w.pkg || !n.Obj().Exported() {
			return false
		}
		_, ok = n.Underlying().(*types.Struct)
		return ok
	case *types.Named:
		if types.Identical(t, types.Universe.Lookup("error").Type()) {
			return true
		}
		return t.Obj().Pkg() == w.pkg && t.Obj().Exported() && types.IsInterface(t)
	}
	return false
}

func isError(t types.Type) bool {
	return types.Identical(t, types.Universe.Lookup("error").Type())
}

func (w *walker) signature(name string, sig *types.Signature, hostSide bool) {
	if sig.TypeParams().Len() > 0 || sig.Variadic() {
		w.errorf("%s: generic or variadic", name)
	}
	for p := range sig.Params().Variables() {
		if !w.crosses(p.Type()) {
			w.errorf("%s: parameter %s of type %s does not cross", name, p.Name(), p.Type())
		}
		if slices.Contains(reserved, p.Name()) || p.Name() == "" || p.Name() == "_" {
			w.errorf("%s: parameter named %q", name, p.Name())
		}
	}
	results := sig.Results()
	switch results.Len() {
	case 0:
		return
	case 1:
	case 2:
		if !isError(results.At(1).Type()) {
			w.errorf("%s: second result is %s, want error", name, results.At(1).Type())
		}
		_, pointer := results.At(0).Type().(*types.Pointer)
		_, bytes := results.At(0).Type().(*types.Slice)
		if !pointer && !bytes {
			w.errorf("%s: (%s, error) is not imported as throwing by Swift", name, results.At(0).Type())
		}
	default:
		w.errorf("%s: %d results", name, results.Len())
	}
	for r := range results.Variables() {
		if !w.crosses(r.Type()) {
			w.errorf("%s: result of type %s does not cross", name, r.Type())
		}
		if _, ok := r.Type().(*types.Slice); ok && !hostSide {
			w.errorf("%s: returns bytes: prove that they are never empty, then allow it here", name)
		}
	}
}

// reserved are names that a bound language takes for itself.
var reserved = strings.Fields(`class template new delete private public protected operator namespace this friend virtual
	self super default func in inout init let var protocol extension where guard repeat throws fun val object when
	final native abstract synchronized`)

// keywords cannot name a method in Java, Kotlin or Swift without quoting.
var keywords = strings.Fields(`do is as in for if else while switch case break continue return try catch throw class default
	new null true false this super import package interface enum struct typealias when fun val var object goto const void
	int long boolean byte char short float double native static final public private protected`)

// taken are methods of java.lang.Object and NSObject.
var taken = strings.Fields(`Class GetClass Hash HashCode Description DebugDescription Init Copy MutableCopy Self Superclass
	Retain Release Autorelease Dealloc Notify NotifyAll Wait ToString Equals IsEqual Clone Finalize Zone`)

func (w *walker) object(obj types.Object) {
	switch obj := obj.(type) {
	case *types.Const:
		if b, ok := obj.Type().(*types.Basic); !ok || b.Info()&types.IsUntyped == 0 {
			w.errorf("%s: constant of type %s vanishes", obj.Name(), obj.Type())
		}
	case *types.Var:
		w.errorf("%s: exported variables get a setter", obj.Name())
	case *types.Func:
		sig := obj.Signature()
		w.signature(obj.Name(), sig, false)
		if n := sig.Results().Len(); strings.HasPrefix(obj.Name(), "New") && n > 0 && isError(sig.Results().At(n-1).Type()) {
			w.errorf("%s: a constructor that fails loses its error in Objective-C; make it a method", obj.Name())
		}
	case *types.TypeName:
		w.typeName(obj)
	}
}

func (w *walker) typeName(obj *types.TypeName) {
	named, ok := obj.Type().(*types.Named)
	if !ok || obj.IsAlias() || named.TypeParams().Len() > 0 {
		w.errorf("%s: alias or generic type", obj.Name())
		return
	}
	switch under := named.Underlying().(type) {
	case *types.Struct:
		for f := range under.Fields() {
			if f.Exported() {
				w.errorf("%s.%s: exported field", obj.Name(), f.Name())
			}
		}
		for m := range types.NewMethodSet(types.NewPointer(named)).Methods() {
			if f := m.Obj().(*types.Func); f.Exported() {
				w.method(obj.Name(), f, false)
			}
		}
	case *types.Interface:
		for f := range under.Methods() {
			if !f.Exported() {
				w.errorf("%s.%s: a host cannot implement it", obj.Name(), f.Name())
				continue
			}
			w.method(obj.Name(), f, true)
		}
	default:
		w.errorf("%s: type %s vanishes", obj.Name(), under)
	}
}

func (w *walker) method(recv string, f *types.Func, hostSide bool) {
	name := recv + "." + f.Name()
	if slices.Contains(taken, f.Name()) || slices.Contains(keywords, strings.ToLower(f.Name()[:1])+f.Name()[1:]) {
		w.errorf("%s: the name is taken by a bound language", name)
	}
	w.signature(name, f.Signature(), hostSide)
}

func walk(pkg *types.Package) []string {
	w := &walker{pkg: pkg}
	for _, name := range pkg.Scope().Names() {
		if obj := pkg.Scope().Lookup(name); obj.Exported() {
			w.object(obj)
		}
	}
	return w.errs
}

func TestSurfaceCrosses(t *testing.T) {
	for _, e := range walk(load(t)) {
		t.Error(e)
	}
}

// TestWalkerRejects proves that the walker sees what it is there for.
func TestWalkerRejects(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"string list":          `func F(s []string) {}`,
		"map":                  `func F(m map[string]string) {}`,
		"variadic":             `func F(s ...string) {}`,
		"generic":              `func F[T any](v int) {}`,
		"func":                 `func F(f func()) {}`,
		"unsigned":             `func F(n uint64) {}`,
		"named int":            `type K int; const A K = 1`,
		"struct by value":      `type S struct{}; func F(s S) {}`,
		"foreign type":         `import "time"; func F(d time.Duration) {}`,
		"foreign pointer":      `import "time"; func F() *time.Timer { return nil }`,
		"channel":              `func F() chan int { return nil }`,
		"any":                  `func F(v any) {}`,
		"two values":           `func F() (string, int) { return "", 0 }`,
		"string and error":     `func F() (string, error) { return "", nil }`,
		"three results":        `func F() (int, int, error) { return 0, 0, nil }`,
		"fallible constructor": `type S struct{}; func NewS() (*S, error) { return nil, nil }`,
		"variable":             `var ErrX error`,
		"field":                `type S struct{ A int }`,
		"embedded":             `import "sync"; type S struct{ sync.Mutex }`,
		"bytes out":            `type S struct{}; func (s *S) B() []byte { return nil }`,
		"unexported method":    `type I interface{ m() }`,
		"object's method":      `type S struct{}; func (s *S) Hash() string { return "" }`,
		"keyword":              `func F(class string) {}`,
		"keyword method":       `type S struct{}; func (s *S) Do() {}`,
		"alias":                `type A = string`,
		"generic type":         `type S[T any] struct{}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, "x.go", "package x; "+src, 0)
			if err != nil {
				t.Fatal(err)
			}
			pkg, err := (&types.Config{Importer: sourceImporter{}}).Check("x", fset, []*ast.File{f}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if errs := walk(pkg); len(errs) == 0 {
				t.Errorf("got no complaint about %q", src)
			}
		})
	}
}

// sourceImporter knows just enough of two packages for the cases above.
type sourceImporter struct{}

func (sourceImporter) Import(path string) (*types.Package, error) {
	pkg := types.NewPackage(path, path)
	add := func(name string, under types.Type) {
		obj := types.NewTypeName(token.NoPos, pkg, name, nil)
		types.NewNamed(obj, under, nil)
		pkg.Scope().Insert(obj)
	}
	switch path {
	case "time":
		add("Duration", types.Typ[types.Int64])
		add("Timer", types.NewStruct(nil, nil))
	case "sync":
		add("Mutex", types.NewStruct(nil, nil))
	}
	pkg.MarkComplete()
	return pkg, nil
}

// TestSurfaceGolden makes a change of the exported surface deliberate.
func TestSurfaceGolden(t *testing.T) {
	got := surface(load(t))
	golden := filepath.Join("testdata", "surface.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the exported surface changed; run with -update if that is meant (-want +got):\n%s", diff)
	}
}

// surface lists every exported declaration, one a line.
func surface(pkg *types.Package) string {
	var b strings.Builder
	own := types.RelativeTo(pkg)
	for _, name := range pkg.Scope().Names() {
		obj := pkg.Scope().Lookup(name)
		if !obj.Exported() {
			continue
		}
		if c, ok := obj.(*types.Const); ok {
			fmt.Fprintln(&b, "const", name, "=", c.Val())
			continue
		}
		typ, ok := obj.(*types.TypeName)
		if !ok {
			fmt.Fprintln(&b, types.ObjectString(obj, own))
			continue
		}
		if types.IsInterface(typ.Type()) {
			fmt.Fprintln(&b, "type", name, types.TypeString(typ.Type().Underlying(), own))
			continue
		}
		fmt.Fprintln(&b, "type", name, "struct{…}")
		for m := range types.NewMethodSet(types.NewPointer(typ.Type())).Methods() {
			if f := m.Obj().(*types.Func); f.Exported() {
				fmt.Fprintf(&b, "\tfunc (*%s) %s%s\n", name, f.Name(), strings.TrimPrefix(types.TypeString(f.Type(), own), "func"))
			}
		}
	}
	return b.String()
}
