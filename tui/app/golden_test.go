package app_test

import (
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/chaperone-privacy/chaperone/tui/app"
)

// fits fails when a view is wider or taller than its terminal.
func fits(t *testing.T, view string, at size) {
	t.Helper()
	lines := strings.Split(view, "\n")
	if len(lines) > at.h {
		t.Errorf("got %d lines, want at most %d", len(lines), at.h)
	}
	for i, line := range lines {
		if w := ansi.StringWidth(line); w > at.w {
			t.Errorf("line %d is %d columns wide, want at most %d: %q", i+1, w, at.w, line)
		}
	}
}

// TestGolden pins what every state looks like, without colour.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, s := range states() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, at := range []size{{40, 20}, {80, 24}, {120, 40}} {
				t.Run(at.String(), func(t *testing.T) {
					r, _ := s.open(t, at, "en", colorprofile.NoTTY)
					fits(t, r.View(), at)
					golden.RequireEqual(t, r.View()+"\n")
				})
			}
			t.Run("es-80x24", func(t *testing.T) {
				r, _ := s.open(t, size{80, 24}, "es", colorprofile.NoTTY)
				fits(t, r.View(), size{80, 24})
				golden.RequireEqual(t, r.View()+"\n")
			})
		})
	}
}

// TestGoldenColour pins one state of each screen in colour.
func TestGoldenColour(t *testing.T) {
	t.Parallel()
	for _, s := range states() {
		if !s.colour {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			r, _ := s.open(t, size{80, 24}, "en", colorprofile.TrueColor)
			fits(t, r.View(), size{80, 24})
			golden.RequireEqual(t, r.View()+"\n")
			plain, _ := s.open(t, size{80, 24}, "en", colorprofile.NoTTY)
			if got, want := ansi.Strip(r.View()), plain.View(); got != want {
				t.Errorf("colour changes the text: got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestEverySize shows every state on odd terminals, in both languages.
func TestEverySize(t *testing.T) {
	t.Parallel()
	for _, s := range states() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, at := range []size{{20, 8}, {40, 20}, {57, 21}, {60, 24}, {200, 60}} {
				for _, locale := range []string{"en", "es"} {
					r, _ := s.open(t, at, locale, colorprofile.ANSI256)
					fits(t, r.View(), at)
				}
			}
		})
	}
}

// TestASCII shows every state on a terminal that has nothing but ASCII. Spanish has its own
// letters, so this is for English.
func TestASCII(t *testing.T) {
	t.Parallel()
	for _, s := range states() {
		if s.name == "recovery-qr" { // not offered there
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			r, _ := s.with(t, app.Config{Theme: "dark", Profile: colorprofile.NoTTY, ASCII: true, Width: 80, Height: 24})
			for _, c := range strings.ReplaceAll(strings.ReplaceAll(r.View(), "Español", ""), "…", "") {
				if c > 0x7e {
					t.Errorf("got %q on the screen, want ASCII", c)
				}
			}
		})
	}
}
