package widget_test

import (
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/chaperone-privacy/chaperone/tui/style"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

func TestLink(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, address string
		links, linked bool
	}{
		{"https", "https://help.example.com/page?a=1#b", true, true},
		{"a terminal without links", "https://help.example.com/page", false, false},
		{"http", "http://help.example.com/page", true, false},
		{"another scheme", "javascript:alert(1)", true, false},
		{"a file", "file:///etc/passwd", true, false},
		{"no host", "https:///page", true, false},
		{"somebody's name in it", "https://example.com@evil.example/page", true, false},
		{"a space", "https://help.example.com/a b", true, false},
		{"other letters", "https://exämple.com/", true, false},
		{"an escape sequence", "https://help.example.com/\x1b]0;title\x07", true, true},
		{"text", "Call us", true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := widget.NewText(style.New(style.Options{Profile: colorprofile.TrueColor, Links: tt.links}), 40)
			text.Link(text.Style.Muted, 4, tt.address)
			all := strings.Join(text.Lines(), "\n")
			if got := strings.Contains(all, "\x1b]8;id=0;https://"); got != tt.linked {
				t.Errorf("got linked %v, want %v: %q", got, tt.linked, all)
			}
			if strings.Count(all, "\x1b]8;;\x07") != strings.Count(all, "\x1b]8;id=") {
				t.Errorf("a link is not closed on its own line: %q", all)
			}
			if strings.Contains(all, "\x1b]0;") {
				t.Errorf("an escape sequence came through: %q", all)
			}
			for _, line := range text.Lines() {
				if w := ansi.StringWidth(line); w > text.Width {
					t.Errorf("got a line of %d columns, want at most %d", w, text.Width)
				}
			}
			shown := strings.ReplaceAll(strings.ReplaceAll(ansi.Strip(all), "\n    ", ""), "    ", "")
			if want := ansi.Strip(tt.address); !strings.HasPrefix(want, strings.Split(shown, " ")[0]) {
				t.Errorf("got %q to read, want %q", shown, want)
			}
		})
	}
}
