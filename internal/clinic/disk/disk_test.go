package disk_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
)

// journal opens one and returns its records.
func journal(d *disk.Dir, name string) (j *disk.Journal, records [][]byte, err error) {
	j, err = d.Journal(name, func(r []byte) error { records = append(records, r); return nil })
	return j, records, err
}

func open(t *testing.T, root string) *disk.Dir {
	t.Helper()
	d, err := disk.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func TestFiles(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "a", "b")
	d := open(t, root)
	if info, err := os.Stat(root); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: got %v, %v, want mode 0700", info, err)
	}
	if _, err := disk.Open(root); !errors.Is(err, disk.ErrAlreadyOpen) {
		t.Errorf("second: got %v, want %v", err, disk.ErrAlreadyOpen)
	}
	if _, err := d.Read("x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent: got %v, want %v", err, fs.ErrNotExist)
	}
	for _, name := range []string{"../x", "/x", "lock", "a.tmp", "."} {
		if err := d.Write(name, nil); !errors.Is(err, disk.ErrDisk) {
			t.Errorf("write %q: got %v, want %v", name, err, disk.ErrDisk)
		}
	}
	if err := d.Write("keys/one", []byte("1")); err != nil {
		t.Fatal(err)
	}
	if names, err := d.List("keys"); err != nil || !cmp.Equal(names, []string{"keys/one"}) {
		t.Errorf("list: got %v, %v", names, err)
	}
	// Every step of a replacement may fail: the old file or the new one is there, whole.
	for _, step := range []string{"create", "write", "sync", "rename", "sync folder"} {
		d.Step = func(s string) error {
			if s == step {
				return syscall.ENOSPC
			}
			return nil
		}
		err := d.Write("keys/one", []byte("2"))
		if !errors.Is(err, syscall.ENOSPC) || !errors.Is(err, disk.ErrDisk) {
			t.Errorf("%s: got %v, want %v", step, err, syscall.ENOSPC)
		}
		d.Step = nil
		got, err := d.Read("keys/one")
		if err != nil || string(got) != "1" && (step != "sync folder" || string(got) != "2") {
			t.Errorf("%s: read %q, %v", step, got, err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "keys", "two.tmp"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	d = open(t, root)
	if _, err := os.Stat(filepath.Join(root, "keys", "two.tmp")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what a crash left: got %v, want it gone", err)
	}
	if err := d.Remove("keys/one"); err != nil || d.Has("keys/one") {
		t.Errorf("remove: got %v", err)
	}
}

func TestJournal(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	d := open(t, root)
	j, _, err := journal(d, "outbox.log")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]byte{[]byte("one"), {}, bytes.Repeat([]byte("x"), 5000)}
	if err := j.Append(want[:2]...); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(want[2]); err != nil {
		t.Fatal(err)
	}
	// A full disk: nothing of it counts, and the journal goes on.
	d.Step = func(s string) error {
		if s == "sync" {
			return syscall.ENOSPC
		}
		return nil
	}
	if err := j.Append([]byte("lost")); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("full disk: got %v, want %v", err, syscall.ENOSPC)
	}
	d.Step = nil
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "outbox.log")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first := 16 + len("one")
	second := first + 16
	for _, tt := range []struct {
		name string
		raw  []byte
		want [][]byte
		err  error
	}{
		{"whole", whole, want, nil},
		{"cut in a head", whole[:second+5], want[:2], nil},
		{"cut in the data", whole[:second+100], want[:2], nil},
		{"last record wrong", flip(whole, len(whole)-1), want[:2], nil},
		{"zeros behind", append(bytes.Clone(whole), make([]byte, 4096)...), nil, nil},
		{"first record wrong", flip(whole, 17), nil, disk.ErrDamaged},
		{"first length wrong", flip(whole, 1), nil, disk.ErrDamaged},
		{"last length wrong", flip(whole, second+3), nil, disk.ErrDamaged},
		{"empty", nil, nil, nil},
	} {
		if err := os.WriteFile(file, tt.raw, 0o600); err != nil {
			t.Fatal(err)
		}
		j, got, err := journal(d, "outbox.log")
		if !errors.Is(err, tt.err) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.err)
		}
		if err != nil {
			continue
		}
		if tt.name == "zeros behind" {
			tt.want = want
			got = got[:min(len(got), 3)]
		}
		if len(got) != len(tt.want) || !cmp.Equal(bytes.Join(got, []byte("|")), bytes.Join(tt.want, []byte("|"))) {
			t.Errorf("%s: got %d records, want %d", tt.name, len(got), len(tt.want))
		}
		if err := j.Append([]byte("more")); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
		if j, got, err = journal(d, "outbox.log"); err != nil || string(got[len(got)-1]) != "more" {
			t.Errorf("%s: after more: got %d records, %v", tt.name, len(got), err)
		} else if err := j.Close(); err != nil {
			t.Error(err)
		}
	}
}

func flip(raw []byte, at int) []byte {
	out := bytes.Clone(raw)
	out[at] ^= 1
	return out
}

func TestSaveNew(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "letter")
	if err := disk.SaveNew(file, []byte("a")); err != nil {
		t.Fatal(err)
	}
	if err := disk.SaveNew(file, []byte("b")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("again: got %v, want %v", err, fs.ErrExist)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "a" {
		t.Errorf("got %q, %v, want the first", got, err)
	}
}
