package hostjvm

import (
	"os"
	"testing"

	"golang.org/x/tools/go/packages"
)

// TestPhonesCompile: what a phone links type-checks for phones, every dependency included, and
// without what only tests need. Code for them is generated when an app is bound.
func TestPhonesCompile(t *testing.T) {
	t.Parallel()
	for _, goos := range []string{"android", "ios"} {
		loaded, err := packages.Load(&packages.Config{
			Context: t.Context(),
			Dir:     root(t),
			Env:     append(os.Environ(), "GOOS="+goos, "GOARCH=arm64", "CGO_ENABLED=0"),
			Mode: packages.NeedName | packages.NeedImports | packages.NeedDeps | packages.NeedFiles |
				packages.NeedCompiledGoFiles | packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedModule,
		}, face)
		if err != nil {
			t.Fatalf("%s: %v", goos, err)
		}
		seen := 0
		packages.Visit(loaded, nil, func(p *packages.Package) {
			seen++
			for _, err := range p.Errors {
				t.Errorf("%s: %s: %v", goos, p.PkgPath, err)
			}
		})
		if seen < 100 {
			t.Errorf("%s: got %d packages, want the face and all it links", goos, seen)
		}
	}
}
