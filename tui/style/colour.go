package style

import (
	"fmt"
	"strconv"

	"github.com/charmbracelet/colorprofile"
)

// palette is the colours of one kind of terminal: "#rrggbb", the number of an xterm colour,
// or "" for the terminal's own text colour.
type palette struct{ accent, good, caution, danger, unknown, muted, rule string }

// colours picks a palette. With 16 colours on a light ground only red and blue are dark
// enough to read, so the other tokens stay in the text colour, in bold.
func colours(p colorprofile.Profile, dark bool) palette {
	switch {
	case p <= colorprofile.ASCII:
		return palette{}
	case p == colorprofile.ANSI && dark:
		return palette{"14", "10", "11", "9", "14", "7", "8"}
	case p == colorprofile.ANSI:
		return palette{"4", "", "", "1", "", "", "7"}
	case p == colorprofile.ANSI256 && dark:
		return palette{"79", "114", "179", "174", "110", "248", "240"}
	case p == colorprofile.ANSI256:
		return palette{"23", "22", "94", "124", "60", "240", "250"}
	case dark:
		return palette{"#6fcfc0", "#8fd18a", "#e0b45c", "#ea948d", "#93b4d6", "#acb2b2", "#4f5a5a"}
	default:
		return palette{"#0d625d", "#2a642d", "#7a5000", "#a12d28", "#3f5a78", "#56595c", "#b4bcbc"}
	}
}

// sgr returns the sequence that starts an attribute and a text colour.
func sgr(attr, colour string) string {
	params := attr
	if colour != "" {
		if params != "" {
			params += ";"
		}
		params += foreground(colour)
	}
	if params == "" {
		return ""
	}
	return "\x1b[" + params + "m"
}

func foreground(colour string) string {
	if colour[0] == '#' {
		rgb, _ := strconv.ParseUint(colour[1:], 16, 32) // the palettes are constants; a test parses them all
		return fmt.Sprintf("38;2;%d;%d;%d", rgb>>16, rgb>>8&0xff, rgb&0xff)
	}
	n, _ := strconv.Atoi(colour)
	switch {
	case n < 8:
		return strconv.Itoa(30 + n)
	case n < 16:
		return strconv.Itoa(90 + n - 8)
	}
	return "38;5;" + colour
}
