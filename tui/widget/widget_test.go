package widget

import (
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/style"
)

func TestSafe(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"plain", "Call 555-0142.", "Call 555-0142."},
		{"colours", "a\x1b[31mred\x1b[0mb", "aredb"},
		{"hyperlink", "\x1b]8;;https://evil.example.com\x07your clinic\x1b]8;;\x07", "your clinic"},
		{"title", "\x1b]0;surgery\x1b\\x", "x"},
		{"one-byte escapes", "a\u009b31mb", "a31mb"},
		{"clear the screen", "\x1b[2J\x1b[3Jx", "x"},
		{"bell and backspace", "a\a\bb", "ab"},
		{"right to left", "a\u202egpj.exe", "a·gpj.exe"},
		{"isolate", "\u2066x\u2069", "·x·"},
		{"zero width", "ex\u200bample", "ex·ample"},
		{"byte order mark", "\ufeffx", "·x"},
		{"tag characters", "x\U000e0041", "x·"},
		{"soft hyphen", "a\u00adb", "a·b"},
		{"not UTF-8", "a\xff", "a\uFFFD"},
		{"lines stay", "a\r\nb\tc", "a\nb    c"},
		{"letters of the world", "Señora Ünal 山田 שלום", "Señora Ünal 山田 שלום"},
	}
	for _, tt := range tests {
		if got := Safe(tt.in); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := Line("a\nb"); got != "a b" {
		t.Errorf("Line: got %q, want one line", got)
	}
}

func FuzzSafe(f *testing.F) {
	for _, s := range []string{"", "a\x1b[31mb", "\x1b]8;;x\x07y\x1b]8;;\x07", "\u202ex", "\x1b\x1b[\x1b]", "\u009b", "é\r\n\t", "\x1bP1;2q\x1b\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Safe(s)
		for _, r := range got {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
				t.Fatalf("Safe(%q) = %q keeps %U", s, got, r)
			}
		}
		if again := Safe(got); again != got {
			t.Fatalf("Safe is not done after one pass: %q, then %q", got, again)
		}
		for _, line := range Wrap(got, 20) {
			if w := ansi.StringWidth(line); w > 20 {
				t.Fatalf("Wrap: line of %d columns, want at most 20: %q", w, line)
			}
		}
	})
}

func TestProgress(t *testing.T) {
	t.Parallel()
	st := style.New(style.Options{ASCII: true, Profile: colorprofile.NoTTY})
	tests := []struct {
		done, total int
		want        string
	}{{0, 12, "............"}, {1, 100, "#..........."}, {6, 12, "######......"}, {12, 12, "############"}, {0, 0, "............"}, {5, 3, "############"}}
	for _, tt := range tests {
		if got := Progress(st, tt.done, tt.total, 12); got != tt.want {
			t.Errorf("%d of %d: got %q, want %q", tt.done, tt.total, got, tt.want)
		}
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	var plain style.Style
	tests := []struct {
		name, text, aside string
		width             int
		want              string
	}{
		{"beside", "Freeze", "15 min", 30, "Freeze                  15 min"},
		{"wrapped beside", "Freeze your credit at three bureaus", "15 min", 30, "Freeze your credit at   15 min\nthree bureaus"},
		{"below when narrow", "Freeze your credit", "about 15 minutes", 20, "Freeze your credit\n  about 15 minutes"},
		{"no aside", "Freeze", "", 20, "Freeze"},
	}
	for _, tt := range tests {
		if got := strings.Join(Spread(plain, tt.text, plain, tt.aside, tt.width), "\n"); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestFooterKeepsTheLastTwo(t *testing.T) {
	t.Parallel()
	w := words.For("es")
	h, a := keys.NewHome(), keys.NewAlways()
	all := []keys.Binding{h.Start, h.Verify, h.Plan, h.Settings, h.Recovery, h.Questions, a.Help, a.Leave}
	for wide := 10; wide <= 120; wide++ {
		rows := FooterKeys(w, all, wide)
		n := 0
		for _, row := range rows {
			n += len(row)
		}
		last := rows[len(rows)-1]
		if n > mostKeys || len(rows) > 2 || last[len(last)-1].Help != a.Leave.Help {
			t.Errorf("%d columns: got %d keys on %d lines, the last %v; want at most six on two, leave last", wide, n, len(rows), last[len(last)-1])
		}
	}
}

func TestFrameFollowsTheFocus(t *testing.T) {
	t.Parallel()
	st := style.New(style.Options{Profile: colorprofile.NoTTY})
	body := NewText(st, 40)
	for i := range 50 {
		body.Raw(string(rune('A' + i%26)))
	}
	for at := range 50 {
		f := Frame{Style: st, Words: words.For("en"), Width: 40, Height: 12}
		view, offset, _ := f.Render(Page{Title: "T", Body: body, Focus: at, FocusEnd: at + 1}, nil)
		room := 12 - 2 - 1 // less title, rule and status
		if at < offset || at >= offset+room {
			t.Errorf("line %d: got lines %d to %d shown", at, offset, offset+room)
		}
		if got := strings.Count(view, "\n") + 1; got > 12 {
			t.Errorf("got %d lines, want at most 12", got)
		}
	}
}

func TestInput(t *testing.T) {
	t.Parallel()
	in := Input{Max: 10}
	for _, r := range "añb c" {
		in.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	in.Update(tea.KeyPressMsg{Code: tea.KeyBackspace})
	if got := in.Value(); got != "añb " {
		t.Errorf("after backspace: got %q", got)
	}
	in.Update(tea.PasteMsg{Content: "x\x1b\ny"})
	if got := in.Value(); got != "añb xy" {
		t.Errorf("after paste: got %q, want no control characters", got)
	}
	in.Update(tea.PasteMsg{Content: "too long for it"})
	if got := in.Value(); got != "añb xy" {
		t.Errorf("past the most: got %q, want it refused", got)
	}
	in.Update(tea.KeyPressMsg{Code: 'w', Mod: tea.ModCtrl})
	if got := in.Value(); got != "añb " {
		t.Errorf("after ctrl-w: got %q", got)
	}
	in.Hidden = true
	body := NewText(style.New(style.Options{ASCII: true, Profile: colorprofile.NoTTY}), 40)
	in.Draw(body)
	if got := body.Lines()[0]; got != "> ****" {
		t.Errorf("hidden: got %q, want dots only", got)
	}
	if in.Update(tea.KeyPressMsg{Code: tea.KeyTab}) {
		t.Error("tab was taken as text")
	}
}
