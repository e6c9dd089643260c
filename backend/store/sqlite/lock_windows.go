package sqlite

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"

	"github.com/chaperone-privacy/chaperone/backend/store"
)

// lockFile takes an exclusive lock on path, which the kernel drops when the process dies.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	if err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{}); err != nil {
		_ = f.Close()
		if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
			return nil, store.ErrInUse
		}
		return nil, err
	}
	return f, nil
}

// unlockFile gives the lock back.
func unlockFile(f *os.File) error {
	err := windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, &windows.Overlapped{})
	return errors.Join(err, f.Close())
}
