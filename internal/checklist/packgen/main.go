// Command packgen compiles the checklist's content into the pack that programs embed. Run it from
// the top of the repository: go run ./internal/checklist/packgen
//
// Without -key it signs with the development key. A release gives its own: a file that holds
// the private key as a C2SP signed-note signer.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/chaperone-privacy/chaperone/internal/checklist/compile"
)

func main() {
	content := flag.String("content", "internal/checklist/content", "read the source from `dir`")
	out := flag.String("out", "internal/checklist/pack", "write the pack to `dir`")
	coverage := flag.String("coverage", "docs/content-coverage.md", "write the coverage page to `file`")
	key := flag.String("key", "", "sign with the private key in `file`")
	flag.Parse()
	if err := run(*content, *out, *coverage, *key); err != nil {
		fmt.Fprintf(os.Stderr, "packgen: error: %v\n", err)
		os.Exit(1)
	}
}

func run(content, out, coverage, key string) error {
	var signer note.Signer
	if key != "" {
		data, err := os.ReadFile(key)
		if err != nil {
			return fmt.Errorf("read key: %w", err)
		}
		if signer, err = note.NewSigner(strings.TrimSpace(string(data))); err != nil {
			return fmt.Errorf("read key: %w", err)
		}
	}
	r, err := compile.Compile(os.DirFS(content), signer)
	if err != nil {
		return err
	}
	r.Files["pack.sig"] = r.Signature
	if err := clean(out, r.Files); err != nil {
		return err
	}
	for name, data := range r.Files {
		if err := write(filepath.Join(out, filepath.FromSlash(name)), data); err != nil {
			return err
		}
	}
	return write(coverage, r.Coverage)
}

// clean removes what an earlier run wrote and this one does not.
func clean(out string, files map[string][]byte) error {
	return filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(out, path)
		if err != nil {
			return err
		}
		if _, ok := files[filepath.ToSlash(name)]; ok {
			return nil
		}
		return os.Remove(path)
	})
}

func write(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}
