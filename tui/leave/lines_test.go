package leave

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func TestLines(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     []string
	}{
		{"two lines", "a\nb\n", []string{"a", "b"}},
		{"no end of line at the end", "a\nb", []string{"a", "b"}},
		{"carriage returns", "a\r\nb\r\n", []string{"a", "b"}},
		{"nothing", "", nil},
		{"empty lines count", "\n\n", []string{"", ""}},
		{"escape sequences go", "a\x1b[31mb\x1b]2;x\x07c\n", []string{"abc"}},
		{"control characters go", "a\x00\x07b\n", []string{"ab"}},
		{"invalid UTF-8", "a\xffb\n", []string{"a\uFFFDb"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			lines := door(t, tt.in).Lines()
			for i, want := range tt.want {
				got, err := lines.Next(false)
				if err != nil || got != want {
					t.Fatalf("line %d: got %q, %v, want %q", i, got, err, want)
				}
			}
			if got, err := lines.Next(false); !errors.Is(err, io.EOF) {
				t.Fatalf("at the end: got %q, %v, want io.EOF", got, err)
			}
		})
	}
}

func TestLinesTooLong(t *testing.T) {
	t.Parallel()
	lines := door(t, strings.Repeat("x", 3*MaxLine)+"\nnext\n").Lines()
	if _, err := lines.Next(false); !errors.Is(err, ErrLineTooLong) {
		t.Fatalf("got %v, want %v", err, ErrLineTooLong)
	}
	if got, err := lines.Next(false); err != nil || got != "next" {
		t.Fatalf("after it: got %q, %v, want %q", got, err, "next")
	}
}

func TestLeaveIsSilentWithoutTerminal(t *testing.T) {
	t.Parallel()
	out, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	var codes []int
	d := New(Config{Out: out, Exit: func(code int) { codes = append(codes, code) }})
	if _, err := io.WriteString(d.Output(), "before"); err != nil {
		t.Fatal(err)
	}
	d.Leave(7)
	d.Leave(8)
	if _, err := io.WriteString(d.Output(), "after"); err != nil {
		t.Fatal(err)
	}
	if len(codes) != 1 || codes[0] != 7 {
		t.Errorf("exit codes: got %v, want [7]", codes)
	}
	got, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != "before" {
		t.Errorf("written: got %q, want %q", got, "before")
	}
}

func door(t *testing.T, in string) *Door {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = io.WriteString(w, in)
		w.Close()
	}()
	t.Cleanup(func() { r.Close() })
	return New(Config{In: r, Exit: func(int) { t.Error("left without being asked") }})
}
