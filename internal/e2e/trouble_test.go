//go:build linux

package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFullDisk fills a small disk under a vault: what does not fit is refused in words, and
// everything from before is still there.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, "size=2m")
	home := filepath.Join(disk, "vault")
	env := environment(home)
	vaultAt(t, home)
	before := planOf(t, env)

	free := fill(t, disk)
	c := converse(t, env)
	c.choose("Start it")
	c.choose("I did it")
	if !strings.Contains(c.block, "the disk is full") {
		t.Errorf("on a full disk line mode says %q, want that the disk is full", c.block)
	}
	c.leave()
	if diff := cmp.Diff(before, planOf(t, env)); diff != "" {
		t.Errorf("the full disk changed the plan (-before +after):\n%s", diff)
	}
	refused(t, env, "", 4, "the disk is full", "use", "https://chaperone.example")

	free()
	do(t, env, "I did it")
	if after := planOf(t, env); after.Done != before.Done+1 {
		t.Errorf("with space again: %d done, want %d", after.Done, before.Done+1)
	}
}

// TestFullDiskFromTheStart makes no vault, and says so, when there is no room for one.
func TestFullDiskFromTheStart(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, "size=64k")
	fill(t, disk)
	refused(t, environment(filepath.Join(disk, "vault")), "1\n", 4, "the disk is full", "--plain")
}

// smallDisk mounts a disk of its own, or fails: a test of a full disk needs one.
func smallDisk(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Fatalf("mount a small disk (needs the right to mount): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount the small disk: %v", err)
		}
	})
	return dir
}

// fill leaves no room on a disk. The function it returns makes room again.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	file := filepath.Join(dir, "filler")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 64 << 10; size > 0; size /= 2 {
		for {
			if n, err := f.Write(make([]byte, size)); err != nil || n == 0 {
				break
			}
		}
	}
	return func() {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTruncatedVault(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	vaultAt(t, home)
	file := filepath.Join(home, "vault.bin")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, len(whole) / 2, len(whole) - 1} {
		if err := os.WriteFile(file, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, environment(home), "", 4, "damaged", "plan")
		left, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if len(left) != size {
			t.Errorf("the damaged vault of %d bytes has %d now", size, len(left))
		}
	}
	// The screens tell it too, after the terminal is a terminal again.
	x := open(t, standard, environment(home))
	if code := x.wait(); code != 4 {
		t.Errorf("screens on a damaged vault: exit code %d, want 4", code)
	}
	if !strings.Contains(x.text(), "hint:") {
		t.Errorf("screens on a damaged vault show\n%s\nwant an error and a hint", x.text())
	}
	// It can still be wiped.
	must(t, environment(home), "", "wipe", "--yes")
}

func TestNoPermission(t *testing.T) {
	t.Parallel()
	// A folder below a file cannot be read by anybody, root included.
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, environment(filepath.Join(file, "home")), "", 4, "", "plan")

	// A disk mounted read-only refuses writes to everybody.
	disk := smallDisk(t, "size=2m")
	home := filepath.Join(disk, "vault")
	vaultAt(t, home)
	if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatalf("mount again, read-only: %v", err)
	}
	refused(t, environment(home), "", 4, "does not let the program", "use", "https://chaperone.example")
}

// TestUnreadableFolder runs as somebody who may not look into the vault's folder.
func TestUnreadableFolder(t *testing.T) {
	t.Parallel()
	home := filepath.Join(t.TempDir(), "vault")
	vaultAt(t, home)
	r := asNobody(t, home, "plan")
	if r.code != 4 || !twoLines.MatchString(r.stderr) || !strings.Contains(r.stderr, "does not let the program") {
		t.Errorf("got exit code %d and %q, want 4 and that this device does not let the program", r.code, r.stderr)
	}
}

func TestSecondProcess(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	env := environment(home)
	vaultAt(t, home)
	c := converse(t, env)
	for _, args := range [][]string{{"plan"}, {"sync"}, {"recovery", "--print"}, {"wipe", "--yes"}, {"--plain"}, {"use"}} {
		refused(t, env, "", 4, "open in another window", args...)
	}
	bundle := filepath.Join(t.TempDir(), "x.chaperone")
	if err := os.WriteFile(bundle, []byte("CHAPB1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, env, "", 4, "open in another window", "verify", "--bundle", bundle)
	x := open(t, standard, env)
	if code := x.wait(); code != 4 {
		t.Errorf("a second window: exit code %d, want 4", code)
	}
	c.leave()
	must(t, env, "", "plan")
}

// TestEndOfInput ends the input at every question of a first visit: line mode leaves with
// exit code 0 each time.
func TestEndOfInput(t *testing.T) {
	t.Parallel()
	answers := []string{"1", "", "1", "1", "", "1 2", "1"}
	for n := range len(answers) + 1 {
		stdin := ""
		for _, a := range answers[:n] {
			stdin += a + "\n"
		}
		r := chaperone(t, environment(t.TempDir()), stdin, "--plain")
		if r.code != 0 || r.stderr != "" {
			t.Errorf("after %q: exit code %d, want 0; standard error %q", stdin, r.code, r.stderr)
		}
		if !strings.Contains(r.stdout, "You have left") {
			t.Errorf("after %q line mode does not say that it has left", stdin)
		}
	}
}

// TestOutputGone closes the reader of a result: the program fails, and does not hang.
func TestOutputGone(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	r := chaperoneTo(t, full, environment(t.TempDir()), "crisis")
	if r.code != 4 || !twoLines.MatchString(r.stderr) {
		t.Errorf("got exit code %d and %q, want 4 and an error with a hint", r.code, r.stderr)
	}
}

// chaperoneTo runs the program with standard output going to a file.
func chaperoneTo(t *testing.T, out *os.File, env []string, args ...string) result {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program("chaperone"), args...)
	cmd.Env = env
	cmd.Stdout = out
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{stderr: stderr.String(), code: cmd.ProcessState.ExitCode()}
}

// asNobody runs the program as a user who owns nothing.
func asNobody(t *testing.T, home string, args ...string) result {
	t.Helper()
	if os.Getuid() != 0 {
		// A tester who is not root takes the rights away from themselves.
		if err := os.Chmod(home, 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(home, 0o700) })
		return chaperone(t, environment(home), "", args...)
	}
	const nobody = 65534
	for dir := filepath.Dir(home); len(dir) > len(os.TempDir()); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program("chaperone"), args...)
	cmd.Env = environment(home)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run as nobody: %v", err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}
