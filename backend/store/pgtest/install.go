package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// programs returns the folder that holds initdb and postgres, installing them if need be.
func programs(ctx context.Context) (string, error) {
	if dir := find(ctx); dir != "" {
		return dir, nil
	}
	if err := install(ctx); err != nil {
		return "", fmt.Errorf("install postgresql: %w", err)
	}
	if dir := find(ctx); dir != "" {
		return dir, nil
	}
	return "", errors.New("postgresql was installed, but initdb and postgres are nowhere")
}

func find(ctx context.Context) string {
	var dirs []string
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
		dirs = append(dirs, filepath.Dir(path))
	}
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	dirs = append(dirs, newestFirst("/usr/lib/postgresql/*/bin")...)
	dirs = append(dirs, newestFirst("/usr/pgsql-*/bin")...)
	for _, dir := range dirs {
		if executable(filepath.Join(dir, "initdb")) && executable(filepath.Join(dir, "postgres")) {
			return dir
		}
	}
	return ""
}

// newestFirst sorts version folders by number: 9 before 15 is wrong.
func newestFirst(pattern string) []string {
	dirs, _ := filepath.Glob(pattern) // the pattern is well-formed
	number := func(dir string) int {
		name := strings.TrimPrefix(filepath.Base(filepath.Dir(dir)), "pgsql-")
		n, _ := strconv.Atoi(name) // 0 sorts last
		return n
	}
	slices.SortFunc(dirs, func(a, b string) int { return number(b) - number(a) })
	return dirs
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// install installs Debian's package. Test binaries run side by side, so that one installs and the
// others wait and find it there.
func install(ctx context.Context) error {
	if os.Geteuid() != 0 {
		return errors.New("there is no PostgreSQL, and only root can install it: run apt-get install postgresql")
	}
	lock, err := os.OpenFile(filepath.Join(os.TempDir(), "chaperone-pgtest.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	if find(ctx) != "" {
		return nil
	}
	// Debian's package makes and starts a server of its own unless it is told not to.
	const dir = "/etc/postgresql-common/createcluster.d"
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // a folder of the system, like its neighbours
		return err
	}
	conf := filepath.Join(dir, "chaperone-pgtest.conf")
	if err := os.WriteFile(conf, []byte("create_main_cluster = false\n"), 0o644); err != nil { //nolint:gosec // likewise
		return err
	}
	args := []string{"-o", "DPkg::Lock::Timeout=300", "install", "-y", "-q", "--no-install-recommends", "postgresql"}
	if apt(ctx, args...) == nil {
		return nil
	}
	if err := apt(ctx, "-o", "DPkg::Lock::Timeout=300", "update", "-q"); err != nil {
		return err
	}
	return apt(ctx, args...)
}

func apt(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("apt-get: %w: %s", err, tail(out.String()))
	}
	return nil
}

// tail returns the last lines of a program's output.
func tail(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}
