// Command wordsgen compiles the catalogue of package words: it reads en.json and es.json and
// writes keys.go and tables.go beside them. It refuses keys and placeholders that differ
// between the locales, so a catalogue that compiles is complete.
//
//	go run ./internal/words/wordsgen [-dir internal/words]
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	dir := flag.String("dir", "internal/words", "directory of the catalogue")
	flag.Parse()
	if err := run(*dir); err != nil {
		fmt.Fprintf(os.Stderr, "wordsgen: error: %v\n", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	keys, tables, err := generate(dir)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "keys.go"), keys, 0o644); err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tables.go"), tables, 0o644); err != nil {
		return fmt.Errorf("write tables: %w", err)
	}
	return nil
}
