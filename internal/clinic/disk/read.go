package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ReadFile returns a file of a folder that another process may have; nil when there is none. It
// fails with [ErrDisk].
func ReadFile(root, name string) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("name of a file: %w: %w", ErrDisk, fs.ErrInvalid)
	}
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, trouble("read "+name, err)
	}
	return data, nil
}

// ReadJournal hands on the records of a journal that another process may be writing: those that
// are whole. It changes nothing; a journal that is not there has none. It fails with [ErrDisk],
// [ErrDamaged] or what read fails with.
func ReadJournal(root, name string, read func([]byte) error) error {
	if !fs.ValidPath(name) {
		return fmt.Errorf("name of a file: %w: %w", ErrDisk, fs.ErrInvalid)
	}
	f, err := os.Open(filepath.Join(root, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return trouble("read "+name, err)
	}
	defer f.Close()
	_, _, err = records(f, name, read)
	return err
}
