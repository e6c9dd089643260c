//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// bin is where the programs lie. TestMain sets it before any test runs.
var bin string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "chaperone-e2e-")
	if err != nil {
		fmt.Fprintf(os.Stderr, "make folder for programs: %v\n", err)
		return 1
	}
	defer os.RemoveAll(dir)
	bin = dir
	args := []string{"build", "-ldflags=-w", "-o", dir} // nobody debugs them: a third less linking
	if raced {
		// The programs are watched for races too.
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, "./tui/cmd/chaperone", "./tui/cmd/chaperone-demo", "./backend/cmd/chaperoned")...)
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build programs: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// program returns the path of a program that was built.
func program(name string) string { return filepath.Join(bin, name) }

// goCommand returns a go command in the root of the module.
func goCommand(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = filepath.Join("..", "..")
	return cmd
}
