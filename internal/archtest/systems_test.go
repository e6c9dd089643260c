package archtest_test

import (
	"os"
	"testing"

	"golang.org/x/tools/go/packages"
)

// TestOtherSystems: what runs elsewhere type-checks there, every dependency included. Code for
// other systems is made by `make cross`, by `make web` and when an app is bound.
func TestOtherSystems(t *testing.T) {
	t.Parallel()
	tests := []struct{ goos, goarch, program string }{
		{"android", "arm64", "./mobile-sdk"},
		{"ios", "arm64", "./mobile-sdk"},
		{"windows", "amd64", "./tui/cmd/chaperone"},
		{"darwin", "arm64", "./tui/cmd/chaperone"},
		{"windows", "amd64", "./tui/cmd/chaperone-clinic"},
		{"darwin", "arm64", "./tui/cmd/chaperone-clinic"},
		{"js", "wasm", "./internal/checklist"},
		{"js", "wasm", "./internal/contact"},
	}
	for _, tt := range tests {
		t.Run(tt.goos+" "+tt.program, func(t *testing.T) {
			loaded, err := packages.Load(&packages.Config{
				Context: t.Context(),
				Dir:     "../..",
				Env:     append(os.Environ(), "GOOS="+tt.goos, "GOARCH="+tt.goarch, "CGO_ENABLED=0"),
				Mode: packages.NeedName | packages.NeedImports | packages.NeedDeps | packages.NeedFiles |
					packages.NeedCompiledGoFiles | packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedModule,
			}, tt.program)
			if err != nil {
				t.Fatal(err)
			}
			seen := 0
			packages.Visit(loaded, nil, func(p *packages.Package) {
				seen++
				for _, err := range p.Errors {
					t.Errorf("%s: %v", p.PkgPath, err)
				}
			})
			if seen < 50 {
				t.Errorf("got %d packages, want the program and all it links", seen)
			}
		})
	}
}
