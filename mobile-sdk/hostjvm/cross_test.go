package hostjvm

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestPhonesCompile: what a phone links compiles for phones. Without cgo nothing is linked.
func TestPhonesCompile(t *testing.T) {
	t.Parallel()
	for _, goos := range []string{"android", "ios"} {
		env := []string{"GOOS=" + goos, "GOARCH=arm64", "CGO_ENABLED=0"}
		command(t, root(t), env, "go", "build", "-o", "/dev/null", "./mobile-sdk")
	}
	// The files are named so that what only tests need is not compiled for a phone.
	args := []string{"vet"}
	files, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := filepath.Base(f); !strings.HasSuffix(name, "_test.go") && !strings.HasSuffix(name, "_chaperonetest.go") {
			args = append(args, "./mobile-sdk/"+name)
		}
	}
	if len(args) < 8 {
		t.Fatalf("got files %v, want the whole face", args)
	}
	command(t, root(t), []string{"GOOS=android", "GOARCH=arm64", "CGO_ENABLED=0"}, "go", args...)
}
