//go:build unix

package sqlite

import (
	"errors"
	"os"
	"syscall"

	"github.com/chaperone-privacy/chaperone/backend/store"
)

// lockFile takes an exclusive lock on path, which the kernel drops when the process dies.
// The file stays, for removing it would let two processes each lock a file of that name.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, store.ErrInUse
		}
		return nil, err
	}
	return f, nil
}

// unlockFile gives the lock back. Closing alone would not do when a child process is just being
// started, for it holds a copy of the file until it runs its own program.
func unlockFile(f *os.File) error {
	return errors.Join(syscall.Flock(int(f.Fd()), syscall.LOCK_UN), f.Close())
}
