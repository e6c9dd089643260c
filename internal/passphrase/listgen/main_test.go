package main

import (
	"os"
	"testing"
)

// TestListIsCurrent wants the list in the repository to be the one that is written here.
func TestListIsCurrent(t *testing.T) {
	t.Parallel()
	got, err := os.ReadFile("../words.txt")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != list() {
		t.Error("words.txt is not current: run go generate ./internal/passphrase")
	}
}
