package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGeneratedFilesAreCurrent(t *testing.T) {
	t.Parallel()
	keys, tables, err := generate("..")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"keys.go": keys, "tables.go": tables} {
		got, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run go run ./internal/words/wordsgen", name)
		}
	}
}

func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, en, es, want string }{
		{"missing in Spanish", `{"a.b":"x"}`, `{}`, `es.json lacks "a.b"`},
		{"missing in English", `{}`, `{"a.b":"x"}`, `en.json lacks "a.b"`},
		{"placeholders differ", `{"a.b":"{n} x"}`, `{"a.b":"{m} x"}`, "placeholders {n} in en.json, {m} in es.json"},
		{"plural in one only", `{"a.b":{"one":"x","other":"{n}"}}`, `{"a.b":"{n}"}`, "plural in one locale only"},
		{"key twice", `{"a.b":"x","a.b":"y"}`, `{"a.b":"x"}`, "stands twice"},
		{"bad key", `{"A":"x"}`, `{}`, "want screen.what"},
		{"empty text", `{"a.b":" "}`, `{}`, "empty text"},
		{"plural without a number", `{"a.b":{"one":"x","other":"y"}}`, `{}`, "needs {n}"},
		{"unknown plural form", `{"a.b":{"one":"x","other":"{n}","few":"z"}}`, `{}`, "one and other"},
		{"one constant for two keys", `{"a.b_c":"x","a.b.c":"y"}`, `{"a.b_c":"x","a.b.c":"y"}`, "give one constant ABC"},
		{"text after the object", `{} {}`, `{}`, "text after"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, text := range map[string]string{"en.json": tt.en, "es.json": tt.es} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, _, err := generate(dir)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
}
