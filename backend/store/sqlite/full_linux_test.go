package sqlite_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/chaperone-privacy/chaperone/backend/store"
	"github.com/chaperone-privacy/chaperone/backend/store/sqlite"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
)

// TestFullDisk writes to a file system of 4 MiB until it is full, in a mount namespace of its own.
// It fails, never skips, where it cannot mount one.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	got := onSmallDisk(t, "size=4m", "fill")
	if got != "ok" {
		t.Errorf("got %s", got)
	}
}

// TestReadOnlyDisk opens a store on a file system that refuses writes.
func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	wantText(t, onSmallDisk(t, "size=4m,ro", "open"), store.ErrReadOnly)
}

// TestTinyDisk opens a store where not even the tables fit.
func TestTinyDisk(t *testing.T) {
	t.Parallel()
	wantText(t, onSmallDisk(t, "size=16k", "open"), store.ErrDiskFull)
}

// onSmallDisk runs a mode of TestMain in a fresh tmpfs and returns what it printed.
func onSmallDisk(t *testing.T, options, mode string) string {
	t.Helper()
	dir := t.TempDir()
	const script = `mount -t tmpfs -o "$1" tmpfs "$2" && shift 2 && exec "$@"`
	wrap := []string{"unshare", "--mount"}
	if os.Geteuid() != 0 {
		wrap = append(wrap, "--map-root-user")
	}
	if _, err := exec.LookPath(wrap[0]); err != nil {
		t.Fatalf("a small file system needs the program unshare: %v", err)
	}
	return inChild(t, mode, dir, nil, append(wrap, "sh", "-c", script, "sh", options, dir)...)
}

// fill runs in the child. It returns "ok", or what went wrong.
func fill(dir string) string {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, sqlite.Config{Dir: dir})
	if err != nil {
		return fmt.Sprintf("open: %v", err)
	}
	blob := noise(64 << 10)
	write := func(n int) vaultsync.Write {
		w := vaultsync.Write{Blob: bytes.Clone(blob)}
		binary.BigEndian.PutUint64(w.Key[:], uint64(n))
		w.Blob[0] = byte(n)
		return w
	}
	stored := 0
	for ; stored < 1000; stored++ {
		if err = s.Vaults().Put(ctx, write(stored)); err != nil {
			break
		}
	}
	if !errors.Is(err, store.ErrDiskFull) || strings.Contains(err.Error(), dir) {
		return fmt.Sprintf("put %d: got %v, want ErrDiskFull", stored, err)
	}
	for range 3 { // it goes on saying so
		if err := s.Vaults().Put(ctx, write(stored)); !errors.Is(err, store.ErrDiskFull) {
			return fmt.Sprintf("put on a full disk: got %v, want ErrDiskFull", err)
		}
	}
	for round := range 2 { // reads go on, and everything acknowledged is there after reopening
		for n := range stored {
			row, err := s.Vaults().Get(ctx, write(n).Key, 0)
			if err != nil || !bytes.Equal(row.Blob, write(n).Blob) {
				return fmt.Sprintf("round %d, get %d of %d: got %d bytes, %v", round, n, stored, len(row.Blob), err)
			}
		}
		if _, err := s.Vaults().Get(ctx, write(stored).Key, 0); !errors.Is(err, vaultsync.ErrNotFound) {
			return fmt.Sprintf("round %d, get of what was refused: got %v, want ErrNotFound", round, err)
		}
		if err := s.Close(); err != nil && !errors.Is(err, store.ErrDiskFull) {
			return fmt.Sprintf("close: %v", err)
		}
		if s, err = sqlite.Open(ctx, sqlite.Config{Dir: dir}); err != nil {
			return fmt.Sprintf("reopen: %v", err)
		}
	}
	if stored < 10 {
		return fmt.Sprintf("only %d writes fitted", stored)
	}
	return "ok"
}
