// Package style is how the terminal looks: a few named tokens (Title, Muted, Danger and so
// on) and the signs that go with them. Screens use the tokens and never a colour.
//
// It promises a contrast of at least 4.5 to 1 for every token that carries text, on light
// and on dark terminals, with 24-bit, 256 and 16 colours (a test computes it), and that
// nothing is said by colour alone: without colour the same words and signs remain. It never
// sets a background and never asks the terminal anything.
package style

import (
	"strings"

	"github.com/charmbracelet/colorprofile"
)

// Style is one token, ready to render. The zero value leaves text as it is.
type Style struct{ open string }

// Render returns text in the style. Each line of it is closed on its own, so lines may be
// cut apart and put side by side.
func (s Style) Render(text string) string {
	if s.open == "" || text == "" {
		return text
	}
	if strings.IndexByte(text, '\n') < 0 {
		return s.open + text + "\x1b[m"
	}
	return s.open + strings.ReplaceAll(text, "\n", "\x1b[m\n"+s.open) + "\x1b[m"
}

// Set is the tokens for one terminal. It does not change; another theme is another Set.
type Set struct {
	Title   Style // the first line of a screen
	Strong  Style // a heading or the selected row
	Body    Style
	Muted   Style // what can be read later
	Accent  Style // what to do next
	Good    Style
	Caution Style
	Danger  Style
	Unknown Style
	Key     Style // the name of a key
	Rule    Style // lines that carry no text

	Signs   Signs
	Profile colorprofile.Profile
	Dark    bool
	ASCII   bool
	Links   bool // the terminal knows hyperlinks
}

// Signs are the marks of the interface, as Unicode or as ASCII.
type Signs struct {
	Good, Open, Crossed, Bad, Unknown string // the verdict's sign, beside its word
	Silent                            string // the same, when nobody answered
	Rule, Full, Empty                 string
	Cursor, Up, Down, Bullet, Mark    string
	Todo, Done, Off, On               string
}

// Options say which terminal a Set is for. The zero value is a light terminal without colour.
type Options struct {
	Dark    bool
	Profile colorprofile.Profile
	ASCII   bool // the terminal shows nothing but ASCII
	Links   bool // the terminal knows hyperlinks (OSC 8)
}

// New returns the tokens for a terminal.
func New(o Options) *Set {
	s := &Set{Signs: unicodeSigns, Profile: o.Profile, Dark: o.Dark, ASCII: o.ASCII, Links: o.Links}
	if o.ASCII {
		s.Signs = asciiSigns
	}
	if o.Profile <= colorprofile.NoTTY {
		return s
	}
	p := colours(o.Profile, o.Dark)
	s.Title = Style{sgr("1", "")}
	s.Strong = Style{sgr("1", "")}
	s.Muted = Style{sgr("", p.muted)}
	s.Accent = Style{sgr("1", p.accent)}
	s.Good = Style{sgr("1", p.good)}
	s.Caution = Style{sgr("1", p.caution)}
	s.Danger = Style{sgr("1", p.danger)}
	s.Unknown = Style{sgr("1", p.unknown)}
	s.Key = Style{sgr("", p.accent)}
	s.Rule = Style{sgr("", p.rule)}
	return s
}

var unicodeSigns = Signs{
	Good: "✓", Open: "▭", Crossed: "⊘", Bad: "✗", Unknown: "?", Silent: "…",
	Rule: "─", Full: "▰", Empty: "▱",
	Cursor: "›", Up: "↑", Down: "↓", Bullet: "·", Mark: "~",
	Todo: "○", Done: "✓", Off: "○", On: "●",
}

var asciiSigns = Signs{
	Good: "[ok]", Open: "[~]", Crossed: "[-]", Bad: "[x]", Unknown: "[?]", Silent: "[..]",
	Rule: "-", Full: "#", Empty: ".",
	Cursor: ">", Up: "^", Down: "v", Bullet: "-", Mark: "~",
	Todo: "[ ]", Done: "[x]", Off: "[ ]", On: "[x]",
}

// FromEnv returns the colours that the environment asks for, without asking the terminal.
// NO_COLOR counts with any value (no-color.org).
func FromEnv(environ []string, getenv func(string) string) colorprofile.Profile {
	p := colorprofile.Env(environ)
	if getenv("NO_COLOR") != "" && p > colorprofile.ASCII {
		p = colorprofile.ASCII
	}
	return p
}

// KnowsLinks reports whether a terminal takes hyperlinks, or at least passes over them. The
// console of Linux, and terminals that say they are dumb or nothing, might show what is
// between the signs.
func KnowsLinks(getenv func(string) string) bool {
	switch term := getenv("TERM"); term {
	case "", "dumb", "linux", "cons25", "vt100", "vt102", "vt220", "ansi":
		return false
	default:
		return true
	}
}

// QR renders a line of a QR code, white blocks on black, whatever the theme: a camera needs
// the real contrast.
func QR(line string) string { return "\x1b[97;40m" + line + "\x1b[m" }
