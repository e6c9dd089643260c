package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestSuiteIsVets: the suite is the one of the Go that builds this, so that leaving go vet
// out loses no check.
func TestSuiteIsVets(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "tool", "vet", "help").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(out), "Registered analyzers:")
	list, _, _ = strings.Cut(list, "By default")
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^    (\w+) `).FindAllStringSubmatch(list, -1) {
		want = append(want, m[1])
	}
	var got []string
	for _, a := range vet {
		got = append(got, a.Name)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) || len(want) < 30 {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// TestFindsBoth: a mistake only vet knows and one only staticcheck knows are both found.
func TestFindsBoth(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "lint")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module lint.invalid/bad\n\ngo 1.26\n")
	write("bad.go", `// Package bad has two mistakes.
package bad

import "fmt"

type tagged struct {
	A int "json:a"
}

// Say prints.
func Say(x int) {
	x = x
	fmt.Println(tagged{}.A, x)
	return
}
`)
	cmd := exec.CommandContext(t.Context(), program, "./...")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Errorf("got no failure, want one\n%s", out)
	}
	for _, want := range []string{"(structtag)", "(assign)", "(S1023)"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("got no %s in\n%s", want, out)
		}
	}
}
