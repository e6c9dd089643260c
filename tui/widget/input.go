package widget

import (
	"strings"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"github.com/charmbracelet/x/ansi"
)

// Input is a text field of one line. The cursor stays at the end: what is typed here is a
// code, a name of a file or a passphrase, which one corrects from the end or clears.
type Input struct {
	Hidden bool // show dots
	Max    int  // most bytes; 0: 4096
	value  string
}

// Value returns what was typed.
func (i *Input) Value() string { return i.value }

// Set replaces what was typed.
func (i *Input) Set(s string) { i.value = s }

// Update takes a key press or a paste; it reports whether it was for the field.
func (i *Input) Update(msg tea.Msg) bool {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		i.add(msg.Content)
		return true
	case tea.KeyPressMsg:
		switch msg.String() {
		case "backspace", "ctrl+h":
			if _, n := utf8.DecodeLastRuneInString(i.value); n > 0 {
				i.value = i.value[:len(i.value)-n]
			}
			return true
		case "ctrl+u":
			i.value = ""
			return true
		case "ctrl+w":
			s := strings.TrimRightFunc(i.value, unicode.IsSpace)
			i.value = s[:strings.LastIndexFunc(s, unicode.IsSpace)+1]
			return true
		}
		if msg.Text != "" && !msg.Mod.Contains(tea.ModAlt) {
			i.add(msg.Text)
			return true
		}
	}
	return false
}

func (i *Input) add(s string) {
	most := i.Max
	if most == 0 {
		most = 4096
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(i.value)+len(s) <= most {
		i.value += s
	}
}

// Draw adds the field to a body and returns where the cursor is.
func (i *Input) Draw(t *Text) *Point {
	st := t.Style
	shown := Line(i.value)
	if strings.HasSuffix(i.value, " ") {
		shown += " "
	}
	if i.Hidden {
		shown = strings.Repeat("*", utf8.RuneCountInString(i.value))
	}
	lead := ansi.StringWidth(st.Signs.Cursor) + 1
	room := t.Width - lead - 1
	if w := ansi.StringWidth(shown); w > room {
		shown = ansi.TruncateLeft(shown, w-room, "")
	}
	t.Raw(st.Accent.Render(st.Signs.Cursor) + " " + st.Body.Render(shown))
	return &Point{lead + ansi.StringWidth(shown), t.Len() - 1}
}
