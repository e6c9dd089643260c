package widget

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/chaperone-privacy/chaperone/tui/style"
)

// Link adds an address, whole and as text, so that it can be read, copied and typed. On a
// terminal that knows hyperlinks (OSC 8) it can be opened as well, also where it is broken
// over several lines. What is not an https address stays text.
func (t *Text) Link(s style.Style, by int, address string) {
	address = Line(address)
	open := ""
	if t.Style.Links && isHTTPS(address) {
		// Lines with one id are one link. The id says where it stands on the screen, and nothing.
		open = ansi.SetHyperlink(address, "id="+strconv.Itoa(t.Len()))
	}
	pad := strings.Repeat(" ", by)
	for _, line := range Wrap(address, min(Measure, t.Width)-by) {
		line = s.Render(line)
		if open != "" {
			line = open + line + ansi.ResetHyperlink()
		}
		t.lines = append(t.lines, pad+line)
	}
}

// isHTTPS reports whether an address is https to a host, in signs that can do no harm inside
// an escape sequence.
func isHTTPS(address string) bool {
	for _, c := range []byte(address) {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil
}
