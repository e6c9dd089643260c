package app

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestReadFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, size := range map[string]int{"fits": maxFile, "large": maxFile + 1} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if data, err := readFile(filepath.Join(dir, "fits")); err != nil || len(data) != maxFile {
		t.Errorf("largest: got %d bytes, %v", len(data), err)
	}
	if _, err := readFile(filepath.Join(dir, "large")); !errors.Is(err, errTooLarge) {
		t.Errorf("too large: got %v, want errTooLarge", err)
	}
	if _, err := readFile(dir); err == nil {
		t.Error("a directory: got no error")
	}
}
