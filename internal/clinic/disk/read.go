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

// ReadJournal returns the records of a journal that another process may be writing: those that
// are whole. It changes nothing, and fails with [ErrDisk] or [ErrDamaged].
func ReadJournal(root, name string) ([][]byte, error) {
	raw, err := ReadFile(root, name)
	if err != nil {
		return nil, err
	}
	records, _, err := split(raw)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return records, nil
}
