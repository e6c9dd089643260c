package style

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
)

// xterm16 is xterm's default palette, which 16-colour terminals come near.
var xterm16 = [16]uint32{
	0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
	0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
}

func rgb(t *testing.T, colour string) uint32 {
	t.Helper()
	if strings.HasPrefix(colour, "#") {
		v, err := strconv.ParseUint(colour[1:], 16, 32)
		if err != nil || len(colour) != 7 {
			t.Fatalf("colour %q: %v", colour, err)
		}
		return uint32(v)
	}
	n, err := strconv.Atoi(colour)
	if err != nil || n > 255 {
		t.Fatalf("colour %q: %v", colour, err)
	}
	switch {
	case n < 16:
		return xterm16[n]
	case n < 232:
		step := func(i int) uint32 {
			if i == 0 {
				return 0
			}
			return uint32(55 + 40*i)
		}
		n -= 16
		return step(n/36)<<16 | step(n/6%6)<<8 | step(n%6)
	}
	g := uint32(8 + 10*(n-232))
	return g<<16 | g<<8 | g
}

// contrast is WCAG 2.2's contrast ratio.
func contrast(a, b uint32) float64 {
	lum := func(c uint32) float64 {
		channel := func(v uint32) float64 {
			s := float64(v&0xff) / 255
			if s <= 0.04045 {
				return s / 12.92
			}
			return math.Pow((s+0.055)/1.055, 2.4)
		}
		return 0.2126*channel(c>>16) + 0.7152*channel(c>>8) + 0.0722*channel(c)
	}
	la, lb := lum(a), lum(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func TestContrast(t *testing.T) {
	t.Parallel()
	grounds := map[bool][]uint32{
		true:  {0x000000, 0x1e1e1e, 0x282c34, 0x002b36},
		false: {0xffffff, 0xf5f5f5, 0xfdf6e3},
	}
	for _, profile := range []colorprofile.Profile{colorprofile.ANSI, colorprofile.ANSI256, colorprofile.TrueColor} {
		for _, dark := range []bool{true, false} {
			p := reflect.ValueOf(colours(profile, dark))
			for i := range p.NumField() {
				name, colour := p.Type().Field(i).Name, p.Field(i).String()
				if name == "rule" || colour == "" {
					continue
				}
				for _, ground := range grounds[dark] {
					// A terminal with 16 colours has a ground from the same palette.
					if profile == colorprofile.ANSI && ground != 0 && ground != 0xffffff {
						continue
					}
					if got := contrast(rgb(t, colour), ground); got < 4.5 {
						t.Errorf("%v dark=%v %s %s on #%06x: contrast got %.2f, want >= 4.5", profile, dark, name, colour, ground, got)
					}
				}
			}
		}
	}
}

func TestContrastKnowsBlackOnWhite(t *testing.T) {
	t.Parallel()
	if got := fmt.Sprintf("%.1f", contrast(0, 0xffffff)); got != "21.0" {
		t.Errorf("contrast of black on white: got %s, want 21.0", got)
	}
}

func TestNoColour(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		env  map[string]string
		want colorprofile.Profile
	}{
		{"any value of NO_COLOR", map[string]string{"TERM": "xterm-256color", "NO_COLOR": "please"}, colorprofile.ASCII},
		{"empty NO_COLOR does not count", map[string]string{"TERM": "xterm-256color", "NO_COLOR": ""}, colorprofile.ANSI256},
		{"24 bit", map[string]string{"TERM": "xterm-256color", "COLORTERM": "truecolor"}, colorprofile.TrueColor},
		{"16", map[string]string{"TERM": "xterm"}, colorprofile.ANSI},
	}
	for _, tt := range tests {
		var environ []string
		for k, v := range tt.env {
			environ = append(environ, k+"="+v)
		}
		if got := FromEnv(environ, func(k string) string { return tt.env[k] }); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
	s := New(Options{Profile: colorprofile.ASCII})
	if got := s.Danger.Render("x"); strings.Contains(got, "3") && got != "\x1b[1mx\x1b[m" {
		t.Errorf("without colour: got %q, want bold at most", got)
	}
	if got := New(Options{Profile: colorprofile.NoTTY}).Danger.Render("x"); got != "x" {
		t.Errorf("no terminal: got %q, want the text alone", got)
	}
}

func TestASCIISigns(t *testing.T) {
	t.Parallel()
	signs := reflect.ValueOf(New(Options{ASCII: true}).Signs)
	for i := range signs.NumField() {
		for _, r := range signs.Field(i).String() {
			if r > 0x7e {
				t.Errorf("%s: got %q, want ASCII", signs.Type().Field(i).Name, r)
			}
		}
	}
}

func TestRenderClosesEachLine(t *testing.T) {
	t.Parallel()
	got := New(Options{Profile: colorprofile.ANSI, Dark: true}).Danger.Render("a\nb")
	if want := "\x1b[1;91ma\x1b[m\n\x1b[1;91mb\x1b[m"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
