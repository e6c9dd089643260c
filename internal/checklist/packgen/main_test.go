package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	t.Parallel()
	out, page := t.TempDir(), filepath.Join(t.TempDir(), "docs", "coverage.md")
	stale := filepath.Join(out, "i18n", "xx.json")
	if err := write(stale, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := run("../content", out, page, ""); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pack.json", "pack.sig", "i18n/en.json", "i18n/es.json"} {
		got, err := os.ReadFile(filepath.Join(out, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("..", "pack", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s: got other bytes than the committed ones", name)
		}
	}
	if _, err := os.Stat(stale); !os.IsNotExist(err) {
		t.Errorf("got %v, want what an earlier run wrote removed", err)
	}
	if data, err := os.ReadFile(page); err != nil || !strings.HasPrefix(string(data), "# What the content covers") {
		t.Errorf("got %v, want the coverage page", err)
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(broken, []byte("not a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][2]string{
		"no content": {t.TempDir(), ""},
		"no key":     {"../content", filepath.Join(t.TempDir(), "none")},
		"broken key": {"../content", broken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := t.TempDir()
			if err := run(args[0], out, filepath.Join(out, "page.md"), args[1]); err == nil {
				t.Error("got no error, want one")
			}
			if entries, err := os.ReadDir(out); err != nil || len(entries) != 0 {
				t.Errorf("got %v, want nothing written", entries)
			}
		})
	}
}
