//go:build unix

package sqlite_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	zombiezen "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/chaperone-privacy/chaperone/backend/store"
	"github.com/chaperone-privacy/chaperone/backend/store/sqlite"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
)

// childMark and childDir make this test binary open a directory, say what came of it, and end.
const (
	childMark = "SQLITE_TEST_CHILD"
	childDir  = "SQLITE_TEST_DIR"
)

func TestMain(m *testing.M) {
	switch os.Getenv(childMark) {
	case "":
		os.Exit(m.Run())
	case "open":
		s, err := sqlite.Open(context.Background(), sqlite.Config{Dir: os.Getenv(childDir)})
		fmt.Print(err)
		if s != nil {
			_ = s.Close()
		}
	case "fill":
		fmt.Print(fill(os.Getenv(childDir)))
	}
	os.Exit(0)
}

// inChild runs a mode of TestMain, as another user if one is given, and returns what it printed.
func inChild(t *testing.T, mode, dir string, attr *syscall.SysProcAttr, wrap ...string) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append(wrap, program)
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), childMark+"="+mode, childDir+"="+dir)
	cmd.SysProcAttr = attr
	cmd.Dir = "/"
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("child: %v: %s", err, out)
	}
	return string(out)
}

// wantText checks an error that another process printed.
func wantText(t *testing.T, got string, want error) {
	t.Helper()
	if !strings.HasPrefix(got, "open sqlite database: "+want.Error()) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openStore(t, dir)
	_, err := sqlite.Open(t.Context(), sqlite.Config{Dir: dir})
	if !errors.Is(err, store.ErrInUse) {
		t.Errorf("second store of one process: got %v, want ErrInUse", err)
	}
	wantText(t, inChild(t, "open", dir, nil), store.ErrInUse)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := inChild(t, "open", dir, nil); got != "<nil>" {
		t.Errorf("after close: got %q, want no error", got)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	file := func(content []byte) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(dir, "chaperone.db"), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	sql := func(statements ...string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			conn, err := zombiezen.OpenConn(filepath.Join(dir, "chaperone.db"), zombiezen.OpenReadWrite|zombiezen.OpenCreate)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range statements {
				if err := sqlitex.ExecuteTransient(conn, s, nil); err != nil {
					t.Fatal(err)
				}
			}
			if err := conn.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name    string
		prepare func(*testing.T, string)
		want    error
	}{
		{"text", file(bytes.Repeat([]byte("not a database\n"), 100)), store.ErrDamaged},
		{"noise", file(noise(100_000)), store.ErrDamaged},
		{"header alone", file([]byte("SQLite format 3\x00")), store.ErrDamaged},
		{"database of another program", sql("CREATE TABLE t (v)"), store.ErrDamaged},
		{"application of another program", sql("PRAGMA application_id = 7", "CREATE TABLE t (v)"), store.ErrDamaged},
		{"newer release", sql("PRAGMA application_id = 0x43686170", "PRAGMA user_version = 1000"), store.ErrNewerSchema},
		{"folder in place of the file", func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Mkdir(filepath.Join(dir, "chaperone.db"), 0o700); err != nil {
				t.Fatal(err)
			}
		}, store.ErrPermission},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			tt.prepare(t, dir)
			before, _ := os.ReadFile(filepath.Join(dir, "chaperone.db")) // a folder: nothing
			for range 2 {                                                // the lock is given back as well
				s, err := sqlite.Open(t.Context(), sqlite.Config{Dir: dir})
				if !errors.Is(err, tt.want) || s != nil {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				if err != nil && strings.Contains(err.Error(), dir) {
					t.Errorf("got %q, want no path in it", err)
				}
			}
			if after, _ := os.ReadFile(filepath.Join(dir, "chaperone.db")); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestFileInPlaceOfTheDirectory(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), sqlite.Config{Dir: path}); !errors.Is(err, store.ErrPermission) {
		t.Errorf("got %v, want ErrPermission", err)
	}
}

// TestTruncated: a database that lost pages is refused or says that it is damaged. (Bytes lost
// inside a page are found by the patient's device: the blob is sealed.)
func TestTruncated(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openStore(t, dir)
	want := noise(256 << 10)
	w := vaultsync.Write{Blob: want}
	if err := s.Vaults().Put(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "chaperone.db")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int64{16_384, 100_000, info.Size() - 20_000} {
		if err := os.Truncate(path, info.Size()-cut); err != nil {
			t.Fatal(err)
		}
		s, err := sqlite.Open(t.Context(), sqlite.Config{Dir: dir})
		if err == nil {
			_, err = s.Vaults().Get(t.Context(), w.Key, 0)
			if err := s.Close(); err != nil {
				t.Errorf("close: got %v, want nil", err)
			}
		}
		if !errors.Is(err, store.ErrDamaged) {
			t.Errorf("%d bytes cut off: got %v, want ErrDamaged", cut, err)
		}
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	// Root may do everything, so that another user must try.
	var attr *syscall.SysProcAttr
	if os.Geteuid() == 0 {
		const nobody = 65534
		attr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	parent, err := os.MkdirTemp("", "chaperone-permission-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(parent) })
	mkdir := func(name string, mode fs.FileMode) string {
		dir := filepath.Join(parent, name)
		if err := errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, mode)); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	if err := os.Chmod(parent, 0o755); err != nil { //nolint:gosec // the other user must pass
		t.Fatal(err)
	}
	closed, readable := mkdir("closed", 0o000), mkdir("readable", 0o555)
	// The test binary may lie where the other user cannot reach it.
	program := copyProgram(t, parent)
	for _, dir := range []string{closed, readable, filepath.Join(readable, "new"), filepath.Join(closed, "new")} {
		cmd := exec.CommandContext(t.Context(), program)
		cmd.Env = append(os.Environ(), childMark+"=open", childDir+"="+dir)
		cmd.SysProcAttr = attr
		cmd.Dir = "/"
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("child: %v: %s", err, out)
		}
		wantText(t, string(out), store.ErrPermission)
	}
}

func copyProgram(t *testing.T, dir string) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "program")
	if err := os.WriteFile(path, program, 0o755); err != nil { //nolint:gosec // another user runs it
		t.Fatal(err)
	}
	return path
}

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b) // never fails
	return b
}

func openStore(t *testing.T, dir string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
