//go:build unix

package patient

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// A process that is being started holds every open file until it runs its own program. The
// lock must not stay with it: the next open would be told "already open" by nobody.
func TestRegressionLockIsNotLeftToAChild(t *testing.T) {
	t.Parallel()
	d, err := NewDir(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := d.Lock()
	if err != nil {
		t.Fatal(err)
	}
	child, err := unix.Dup(int(d.lock.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	held := os.NewFile(uintptr(child), "held by a child")
	defer held.Close()
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	unlock, err = d.Lock()
	if err != nil {
		t.Fatalf("lock again: got %v, want it free", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
}
