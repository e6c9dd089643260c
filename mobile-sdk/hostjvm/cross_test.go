package hostjvm

import "testing"

// TestPhonesCompile: what a phone links compiles for phones. Without cgo nothing is linked.
func TestPhonesCompile(t *testing.T) {
	t.Parallel()
	for _, goos := range []string{"android", "ios"} {
		env := []string{"GOOS=" + goos, "GOARCH=arm64", "CGO_ENABLED=0", "GOPROXY=off"}
		command(t, root(t), env, "go", "build", "-o", "/dev/null", "./mobile-sdk")
	}
	env := []string{"GOOS=android", "GOARCH=arm64", "CGO_ENABLED=0", "GOPROXY=off"}
	command(t, root(t), env, "go", "vet", "./mobile-sdk")
}
