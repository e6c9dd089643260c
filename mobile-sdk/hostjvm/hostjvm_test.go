package hostjvm

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	// The face is named so that a change of it runs these tests again.
	_ "github.com/chaperone-privacy/chaperone/mobile-sdk"
)

func TestBindings(t *testing.T) {
	t.Parallel()
	var b bound
	dir := generated(t, &b)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })

	t.Run("nothing is skipped", func(t *testing.T) { nothingSkipped(t, dir, b.out) })
	t.Run("run on the JVM", func(t *testing.T) { runOnJVM(t, dir) })
}

// nothingSkipped: what gobind cannot bind vanishes with nothing but a comment.
func nothingSkipped(t *testing.T, dir, out string) {
	if strings.Contains(out, "skipped") {
		t.Errorf("gobind says:\n%s", out)
	}
	seen := map[string]int{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen[filepath.Ext(path)]++
		for line := range bytes.Lines(data) {
			if bytes.Contains(line, []byte("// skipped")) {
				t.Errorf("%s: %s", filepath.Base(path), bytes.TrimSpace(line))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, ext := range []string{".java", ".go", ".m", ".h"} {
		if seen[ext] == 0 {
			t.Errorf("got no %s file: a language is missing", ext)
		}
	}
}

func runOnJVM(t *testing.T, bindings string) {
	home := jdk(t)
	lib := library(t, bindings, home)
	dir, names := classes(t, bindings, home)
	work := t.TempDir()
	prepare(t, work)

	start := time.Now()
	args := append([]string{"-Xmx128m", "-Djava.library.path=" + lib, "-cp", dir, "HostTest", work}, names...)
	cmd := exec.CommandContext(t.Context(), filepath.Join(home, "bin", "java"), args...)
	cmd.Env = append(os.Environ(), "LD_PRELOAD="+filepath.Join(home, "lib", "libjsig.so"))
	cmd.Dir = work // where a crash would leave its report
	out, err := cmd.CombinedOutput()
	t.Logf("java took %v\n%s", time.Since(start).Round(10*time.Millisecond), out)
	if err != nil {
		t.Errorf("java: %v", err)
	}
	if !bytes.Contains(out, []byte(" checks, 0 failed")) {
		t.Error("the program did not come to its end")
	}
}
