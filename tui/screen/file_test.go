package screen_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/chaperone-privacy/chaperone/tui/screen"
)

func TestSaveNew(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "letter.md")
	if err := screen.SaveNew(name, []byte("a")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("got mode %v, want 0600", got)
	}
	if err := screen.SaveNew(name, []byte("b")); !errors.Is(err, screen.ErrFileExists) {
		t.Errorf("a second time: got %v, want ErrFileExists", err)
	}
	link := filepath.Join(filepath.Dir(name), "link")
	if err := os.Symlink(filepath.Join(filepath.Dir(name), "elsewhere"), link); err != nil {
		t.Fatal(err)
	}
	if err := screen.SaveNew(link, []byte("b")); !errors.Is(err, screen.ErrFileExists) {
		t.Errorf("through a link: got %v, want ErrFileExists", err)
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != "a" {
		t.Errorf("got %q, %v, want what was saved first", got, err)
	}
	if err := screen.SaveNew(filepath.Join(name, "below"), []byte("b")); !errors.Is(err, screen.ErrFile) {
		t.Errorf("where there is no folder: got %v, want ErrFile", err)
	}
}
