package screen

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Why a text was not saved.
var (
	// ErrFileExists: there is a file of that name, and it was left as it is.
	ErrFileExists = errors.New("file exists already")
	// ErrFile: the file could not be written; what there was of it is gone again.
	ErrFile = errors.New("file not written")
)

// SaveNew writes a text that a person wants to keep outside the vault. It never overwrites a
// file; the new one can be read by this account alone. It blocks until the text is on disk.
// The error is [ErrFileExists] or [ErrFile].
func SaveNew(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return ErrFileExists
	case err != nil:
		return fmt.Errorf("create file: %w: %w", ErrFile, err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		// It is ours and half written; what matters is told by err.
		_ = os.Remove(name)
		return fmt.Errorf("write file: %w: %w", ErrFile, err)
	}
	return nil
}
