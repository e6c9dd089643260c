package chaperone

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// parseFace reads the source of the face, tests left out.
func parseFace(t *testing.T) []*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	if len(files) < 8 {
		t.Fatalf("got %d files, want the whole face", len(files))
	}
	return files
}

// TestEveryExportedFunctionIsGuarded reads the source: an exported function either begins by
// deferring a guard, or does nothing but return a field, its length, or a new empty struct.
func TestEveryExportedFunctionIsGuarded(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, f := range parseFace(t) {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() || !exportedReceiver(fn) {
				continue
			}
			seen++
			if !deferred(fn) && !trivial(fn) {
				t.Errorf("%s does not begin with a guard", fn.Name.Name)
			}
			if deferred(fn) && fn.Type.Results.NumFields() > 0 && !guardsItsResult(fn) {
				t.Errorf("%s guards something else than its last result", fn.Name.Name)
			}
		}
	}
	if seen < 40 {
		t.Errorf("got %d exported functions, want the whole face", seen)
	}
}

func exportedReceiver(fn *ast.FuncDecl) bool {
	if fn.Recv == nil {
		return true
	}
	typ := fn.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}

func guardCall(fn *ast.FuncDecl) *ast.CallExpr {
	if len(fn.Body.List) == 0 {
		return nil
	}
	d, ok := fn.Body.List[0].(*ast.DeferStmt)
	if !ok {
		return nil
	}
	id, ok := d.Call.Fun.(*ast.Ident)
	if !ok || (id.Name != "guard" && id.Name != "guardValue" && id.Name != "guardNone") {
		return nil
	}
	return d.Call
}

func deferred(fn *ast.FuncDecl) bool { return guardCall(fn) != nil }

func guardsItsResult(fn *ast.FuncDecl) bool {
	call := guardCall(fn)
	list := fn.Type.Results.List
	last := list[len(list)-1]
	if len(call.Args) == 0 || len(last.Names) != 1 {
		return false
	}
	addr, ok := call.Args[0].(*ast.UnaryExpr)
	if !ok || addr.Op != token.AND {
		return false
	}
	id, ok := addr.X.(*ast.Ident)
	return ok && id.Name == last.Names[0].Name
}

func trivial(fn *ast.FuncDecl) bool {
	if len(fn.Body.List) != 1 {
		return false
	}
	ret, ok := fn.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 1 {
		return false
	}
	switch e := ret.Results[0].(type) {
	case *ast.SelectorExpr:
		return isReceiver(fn, e.X)
	case *ast.CallExpr:
		id, ok := e.Fun.(*ast.Ident)
		if !ok || id.Name != "len" {
			return false
		}
		sel, ok := e.Args[0].(*ast.SelectorExpr)
		return ok && isReceiver(fn, sel.X)
	case *ast.UnaryExpr:
		lit, ok := e.X.(*ast.CompositeLit)
		return ok && len(lit.Elts) == 0
	}
	return false
}

func isReceiver(fn *ast.FuncDecl, e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && fn.Recv != nil && len(fn.Recv.List[0].Names) == 1 && id.Name == fn.Recv.List[0].Names[0].Name
}

// TestNoGoroutines: a goroutine that panics ends the host, and no guard of the caller helps.
func TestNoGoroutines(t *testing.T) {
	t.Parallel()
	for _, f := range parseFace(t) {
		ast.Inspect(f, func(n ast.Node) bool {
			if _, ok := n.(*ast.GoStmt); ok {
				t.Error("the face starts a goroutine")
			}
			return true
		})
	}
}

// TestBytesAreCloned: memory that the host handed in is freed when the call returns, so an
// exported function does nothing with such bytes but clone them.
func TestBytesAreCloned(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, f := range parseFace(t) {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() || !exportedReceiver(fn) {
				continue
			}
			for _, p := range fn.Type.Params.List {
				arr, ok := p.Type.(*ast.ArrayType)
				if !ok || arr.Len != nil {
					continue
				}
				for _, name := range p.Names {
					seen++
					if uses, cloned := countUses(fn.Body, name.Name); uses == 0 || uses != cloned {
						t.Errorf("%s uses %s %d times and clones it %d times", fn.Name.Name, name.Name, uses, cloned)
					}
				}
			}
		}
	}
	if seen == 0 {
		t.Error("got no function that takes bytes, want Verify")
	}
}

func countUses(body *ast.BlockStmt, name string) (uses, cloned int) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			sel, ok := n.Fun.(*ast.SelectorExpr)
			if ok && sel.Sel.Name == "Clone" && len(n.Args) == 1 {
				if id, ok := n.Args[0].(*ast.Ident); ok && id.Name == name {
					cloned++
				}
			}
		case *ast.Ident:
			if n.Name == name {
				uses++
			}
		}
		return true
	})
	return uses, cloned
}
