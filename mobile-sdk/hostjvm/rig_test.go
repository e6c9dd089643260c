package hostjvm

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	module = "github.com/chaperone-privacy/chaperone"
	face   = module + "/mobile-sdk"
)

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// command runs a command and fails the test with its output when it fails.
func command(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	start := time.Now()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
	t.Logf("%s took %v", filepath.Base(name)+" "+args[0], time.Since(start).Round(10*time.Millisecond))
	return string(out)
}

// jdk returns the home of a Java development kit, installing Debian's when there is none.
func jdk(t *testing.T) string {
	t.Helper()
	if home := findJDK(); home != "" {
		return home
	}
	const pkg = "openjdk-17-jdk-headless"
	if apt, err := exec.LookPath("apt-get"); err == nil && os.Geteuid() == 0 {
		env := []string{"DEBIAN_FRONTEND=noninteractive"}
		command(t, "", env, apt, "update", "-q", "-o", "DPkg::Lock::Timeout=300")
		command(t, "", env, apt, "install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", pkg)
	}
	home := findJDK()
	if home == "" {
		t.Fatalf("no Java development kit: set JAVA_HOME, or install the package %s", pkg)
	}
	return home
}

func findJDK() string {
	candidates := []string{os.Getenv("JAVA_HOME")}
	if javac, err := exec.LookPath("javac"); err == nil {
		if javac, err = filepath.EvalSymlinks(javac); err == nil {
			candidates = append(candidates, filepath.Dir(filepath.Dir(javac)))
		}
	}
	more, _ := filepath.Glob("/usr/lib/jvm/*")
	for _, home := range append(candidates, more...) {
		if home == "" {
			continue
		}
		whole := true
		for _, part := range []string{"bin/java", "bin/javac", "include/jni.h", "include/linux/jni_md.h", "lib/libjsig.so"} {
			if _, err := os.Stat(filepath.Join(home, part)); err != nil {
				whole = false
			}
		}
		if whole {
			return home
		}
	}
	return ""
}

// bound is one run of gobind for all languages, shared by the tests: it reads the types of
// everything the face links and takes seconds.
type bound struct {
	once sync.Once
	dir  string
	out  string
	err  error
}

func (b *bound) generate(ctx context.Context, root string) (string, error) {
	b.once.Do(func() {
		if b.dir, b.err = os.MkdirTemp("", "gobind"); b.err != nil {
			return
		}
		cmd := exec.CommandContext(ctx, "go", "tool", "gobind", "-tags=chaperonetest", "-lang=java,objc,go", "-outdir="+b.dir, face)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		b.out, b.err = string(out), err
	})
	return b.dir, b.err
}

func generated(t *testing.T, b *bound) string {
	t.Helper()
	start := time.Now()
	dir, err := b.generate(t.Context(), root(t))
	if err != nil {
		t.Fatalf("gobind: %v\n%s", err, b.out)
	}
	t.Logf("gobind took %v", time.Since(start).Round(10*time.Millisecond))
	return dir
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t *testing.T, name, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

var logLibrary = regexp.MustCompile(`(?m)^\s*//\s*#cgo LDFLAGS: -llog$`)

// library builds the Android flavour of the bindings for this machine and returns its
// directory.
func library(t *testing.T, bindings, home string) string {
	t.Helper()
	src, lib := t.TempDir(), t.TempDir()
	files, err := filepath.Glob(filepath.Join(bindings, "src", "gobind", "*"))
	if err != nil || len(files) < 10 {
		t.Fatalf("got bindings %v, %v", files, err)
	}
	dropped := 0
	for _, f := range files {
		name := filepath.Base(f)
		if strings.Contains(name, "_darwin.") || strings.HasSuffix(name, ".objc.h") {
			continue
		}
		for _, ext := range []string{".c", ".go"} {
			if strings.HasSuffix(name, "_android"+ext) {
				name = strings.TrimSuffix(name, "_android"+ext) + "_host" + ext
			}
		}
		text := read(t, f)
		if logLibrary.MatchString(text) {
			dropped++
			text = logLibrary.ReplaceAllString(text, "")
		}
		write(t, filepath.Join(src, name), text)
	}
	if dropped == 0 {
		t.Error("no binding asks for -llog: the generated code has changed")
	}
	stubs, err := filepath.Abs("testdata/include")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(src, "go.mod"), read(t, filepath.Join(root(t), "go.mod")))
	write(t, filepath.Join(src, "go.sum"), read(t, filepath.Join(root(t), "go.sum")))
	env := []string{
		"GOFLAGS=-mod=mod", "CGO_ENABLED=1", "JAVA_HOME=" + home,
		"CGO_CFLAGS=-D__GOBIND_ANDROID__ -I" + home + "/include -I" + home + "/include/linux -I" + stubs +
			" -Wno-error=incompatible-pointer-types -Wno-incompatible-pointer-types",
	}
	command(t, src, env, "go", "mod", "edit", "-module=hostjvm.invalid/gobind",
		"-require="+module+"@v0.0.0", "-replace="+module+"="+root(t))
	// Unoptimised: this library is built to be called once.
	command(t, src, env, "go", "build", "-tags=chaperonetest", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-gcflags=all=-N -l",
		"-o", filepath.Join(lib, "libgojni.so"), ".")
	info, err := os.Stat(filepath.Join(lib, "libgojni.so"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("libgojni.so: %.1f MB", float64(info.Size())/1e6)
	return lib
}

// classes compiles the bindings, the stubs and the test program, and returns the directory
// of the classes and the names of the bound ones.
func classes(t *testing.T, bindings, home string) (dir string, names []string) {
	t.Helper()
	dir = t.TempDir()
	args := []string{"-nowarn", "-encoding", "UTF-8", "-d", dir}
	for _, from := range []string{filepath.Join(bindings, "java"), filepath.Join("testdata", "java")} {
		err := filepath.WalkDir(from, func(path string, _ fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".java") {
				args = append(args, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	command(t, "", nil, filepath.Join(home, "bin", "javac"), args...)
	found, err := filepath.Glob(filepath.Join(bindings, "java", "chaperone", "*.java"))
	if err != nil || len(found) < 8 {
		t.Fatalf("got classes %v, %v", found, err)
	}
	for _, f := range found {
		names = append(names, "chaperone."+strings.TrimSuffix(filepath.Base(f), ".java"))
	}
	return dir, names
}
