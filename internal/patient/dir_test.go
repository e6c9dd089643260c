package patient

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func newDir(t testing.TB) *Dir {
	t.Helper()
	d, err := NewDir(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// files lists every file under the directory.
func (d *Dir) files(t testing.TB) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(d.root, func(p string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(d.root, p)
			list = append(list, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestDirReadWriteRemove(t *testing.T) {
	t.Parallel()
	d := newDir(t)
	if _, err := d.Read(VaultFile); !errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrDisk) {
		t.Errorf("missing file: got %v, want fs.ErrNotExist alone", err)
	}
	for _, data := range [][]byte{[]byte("one"), {}, bytes.Repeat([]byte("x"), 300<<10)} {
		for _, name := range []string{VaultFile, packFile} {
			if err := d.Write(name, data); err != nil {
				t.Fatal(err)
			}
			if got, err := d.Read(name); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s: got %d bytes and %v, want %d", name, len(got), err, len(data))
			}
		}
	}
	for _, p := range []string{".", "pack"} {
		if info, err := os.Stat(filepath.Join(d.root, p)); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: got mode %v and %v, want 0700", p, info.Mode(), err)
		}
	}
	if info, err := os.Stat(filepath.Join(d.root, VaultFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file: got mode %v and %v, want 0600", info.Mode(), err)
	}
	for range 2 {
		if err := d.Remove(VaultFile); err != nil {
			t.Errorf("remove: got %v", err)
		}
	}
	if d := cmp.Diff([]string{packFile}, d.files(t)); d != "" {
		t.Errorf("files left (-want +got):\n%s", d)
	}
}

func TestDirRefusesOtherNames(t *testing.T) {
	t.Parallel()
	d := newDir(t)
	for _, name := range []string{"", ".", "..", "../vault.bin", "/etc/passwd", "lock", "letter.txt", "pack/../vault.bin", "vault.bin.tmp", "pack/x.tmp"} {
		if err := d.Write(name, nil); !errors.Is(err, ErrDisk) {
			t.Errorf("write %q: got %v, want ErrDisk", name, err)
		}
		if _, err := d.Read(name); !errors.Is(err, ErrDisk) {
			t.Errorf("read %q: got %v, want ErrDisk", name, err)
		}
		if err := d.Remove(name); !errors.Is(err, ErrDisk) {
			t.Errorf("remove %q: got %v, want ErrDisk", name, err)
		}
	}
}

func TestDirLock(t *testing.T) {
	t.Parallel()
	a := newDir(t)
	b, err := NewDir(a.root)
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := a.Lock()
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]*Dir{"the same": a, "another": b} {
		if _, err := d.Lock(); !errors.Is(err, ErrAlreadyOpen) {
			t.Errorf("%s: got %v, want ErrAlreadyOpen", name, err)
		}
	}
	for range 2 {
		if err := unlock(); err != nil {
			t.Errorf("unlock: got %v", err)
		}
	}
	unlock, err = b.Lock()
	if err != nil {
		t.Fatalf("after unlock: got %v", err)
	}
	if err := unlock(); err != nil {
		t.Error(err)
	}
}

// TestDirHolder is not a test: it is the second process of TestDirLockOfKilledProcess.
func TestDirHolder(t *testing.T) {
	root := os.Getenv("CHAPERONE_TEST_HOLD")
	if root == "" {
		return
	}
	d, err := NewDir(root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Lock(); err != nil {
		t.Fatal(err)
	}
	os.Stdout.WriteString("held\n")
	time.Sleep(time.Minute)
}

func TestDirLockOfKilledProcess(t *testing.T) {
	t.Parallel()
	d := newDir(t)
	c := exec.Command(os.Args[0], "-test.run=^TestDirHolder$")
	c.Env = append(os.Environ(), "CHAPERONE_TEST_HOLD="+d.root)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Lock(); !errors.Is(err, ErrAlreadyOpen) {
		t.Errorf("while another process holds it: got %v, want ErrAlreadyOpen", err)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // killed
	unlock, err := d.Lock()
	if err != nil {
		t.Fatalf("after the other was killed: got %v", err)
	}
	if err := unlock(); err != nil {
		t.Error(err)
	}
}

func TestDirStepsAreInOrder(t *testing.T) {
	t.Parallel()
	d := newDir(t)
	var got []string
	d.step = func(name string) error { got = append(got, name); return nil }
	if err := d.Write(VaultFile, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := d.Remove(VaultFile); err != nil {
		t.Fatal(err)
	}
	want := []string{"create", "write", "sync", "rename", "sync directory", "remove", "sync directory"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("steps (-want +got):\n%s", d)
	}
}

func TestDirFailedWrite(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"create", "write", "sync", "rename"} {
		d := newDir(t)
		if err := d.Write(VaultFile, []byte("old")); err != nil {
			t.Fatal(err)
		}
		d.step = func(name string) error {
			if name != step {
				return nil
			}
			return &fs.PathError{Op: "write", Path: "/home/somebody/vault.bin", Err: syscall.ENOSPC}
		}
		err := d.Write(VaultFile, []byte("new"))
		if !errors.Is(err, ErrDisk) || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: got %v, want ErrDisk and ENOSPC", step, err)
		}
		if err != nil && strings.Contains(err.Error(), "/") {
			t.Errorf("%s: the error tells a path: %v", step, err)
		}
		if got, err := d.Read(VaultFile); err != nil || string(got) != "old" {
			t.Errorf("%s: got %q and %v, want the old content", step, got, err)
		}
		if got := d.files(t); !slices.Equal(got, []string{VaultFile}) {
			t.Errorf("%s: got files %v, want no litter", step, got)
		}
	}
}

func TestDirClearsLitterOfACrash(t *testing.T) {
	t.Parallel()
	d := newDir(t)
	if err := d.Write(packFile, []byte("x")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"vault.bin.tmp", "pack/pack.bin.tmp", "mine.tmp"} {
		if err := os.WriteFile(filepath.Join(d.root, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	unlock, err := d.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if got, want := d.files(t), []string{"lock", "mine.tmp", packFile}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestDirRemoveAll(t *testing.T) {
	t.Parallel()
	for _, foreign := range []bool{false, true} {
		d := newDir(t)
		if _, err := d.Lock(); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{VaultFile, keyFile, serverFile, pendingFile, packFile} {
			if err := d.Write(name, []byte("secret")); err != nil {
				t.Fatal(err)
			}
		}
		mine := filepath.Join(d.root, "letter.txt")
		if foreign {
			if err := os.WriteFile(mine, []byte("dear"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.RemoveAll(); err != nil {
			t.Fatalf("foreign file %v: got %v", foreign, err)
		}
		_, err := os.Stat(d.root)
		if foreign {
			if got := d.files(t); !slices.Equal(got, []string{"letter.txt"}) {
				t.Errorf("got %v, want the person's own file alone", got)
			}
		} else if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v, want the directory gone", err)
		}
		if err := d.RemoveAll(); err != nil {
			t.Errorf("again: got %v", err)
		}
		unlock, err := d.Lock()
		if err != nil {
			t.Fatalf("a new start: got %v", err)
		}
		if err := unlock(); err != nil {
			t.Error(err)
		}
	}
}

func TestDirIsClosedToOthers(t *testing.T) {
	t.Parallel()
	d := newDir(t)
	if err := os.MkdirAll(d.root, 0o755); err != nil {
		t.Fatal(err)
	}
	unlock, err := d.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if info, err := os.Stat(d.root); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("got mode %v and %v, want 0700", info.Mode(), err)
	}
}

func TestDirOnAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := NewDir(filepath.Join(file, "data"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Lock(); !errors.Is(err, ErrDisk) || strings.Contains(err.Error(), file) {
		t.Errorf("lock: got %v, want ErrDisk without a path", err)
	}
	if err := d.Write(VaultFile, nil); !errors.Is(err, ErrDisk) {
		t.Errorf("write: got %v, want ErrDisk", err)
	}
	if _, err := NewDir(""); !errors.Is(err, ErrDisk) {
		t.Errorf("no path: got %v, want ErrDisk", err)
	}
}

func TestDefaultHome(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, system string
		env          map[string]string
		want         string
		err          error
	}{
		{"override", "linux", map[string]string{"CHAPERONE_HOME": "/x/y", "HOME": "/home/p"}, "/x/y", nil},
		{"linux", "linux", map[string]string{"HOME": "/home/p"}, "/home/p/.local/share/chaperone", nil},
		{"linux with XDG", "linux", map[string]string{"HOME": "/home/p", "XDG_DATA_HOME": "/data"}, "/data/chaperone", nil},
		{"relative XDG is ignored", "linux", map[string]string{"HOME": "/home/p", "XDG_DATA_HOME": "data"}, "/home/p/.local/share/chaperone", nil},
		{"macOS", "darwin", map[string]string{"HOME": "/Users/p"}, "/Users/p/Library/Application Support/Chaperone", nil},
		{"Windows", "windows", map[string]string{"LocalAppData": "/local"}, "/local/Chaperone", nil},
		{"phone", "android", map[string]string{"HOME": "/"}, "", ErrNoHome},
		{"nothing set", "linux", nil, "", ErrNoHome},
	} {
		got, err := defaultHome(tt.system, func(k string) string { return tt.env[k] })
		if !errors.Is(err, tt.err) || filepath.ToSlash(got) != tt.want {
			t.Errorf("%s: got %q and %v, want %q and %v", tt.name, got, err, tt.want, tt.err)
		}
	}
}
