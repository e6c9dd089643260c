package leave

import (
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxLine is the longest line that [Lines] returns, in bytes.
const MaxLine = 64 << 10

// ErrLineTooLong says that a line is longer than MaxLine. The rest of it was skipped.
var ErrLineTooLong = errors.New("line too long")

// Lines reads lines from a guarded input. On a terminal the terminal's own line editing
// stays in place.
type Lines struct {
	d   *Door
	in  *Input
	buf []byte
	err error
}

// Lines returns a line reader. Nothing else may read from the input meanwhile.
func (d *Door) Lines() *Lines { return &Lines{d: d, in: d.Input()} }

// Next returns the next line without its end, with control characters and escape sequences
// taken out. With hidden set, a terminal does not show what is typed. After the last line it
// returns io.EOF.
func (l *Lines) Next(hidden bool) (string, error) {
	if l.d.inTerm != nil {
		l.d.inTerm.lines(l.d.in, hidden)
		defer l.d.inTerm.restore(l.d.in)
	}
	long := false
	for {
		if i := strings.IndexByte(string(l.buf), '\n'); i >= 0 {
			line := string(l.buf[:i])
			l.buf = append(l.buf[:0], l.buf[i+1:]...)
			if long || len(line) > MaxLine {
				return "", ErrLineTooLong
			}
			return clean(line), nil
		}
		if len(l.buf) > MaxLine {
			l.buf, long = l.buf[:0], true
		}
		if l.err != nil {
			rest := clean(string(l.buf))
			l.buf = nil
			if long {
				return "", ErrLineTooLong
			}
			if rest != "" {
				return rest, nil
			}
			return "", l.err
		}
		var chunk [4096]byte
		n, err := l.in.Read(chunk[:])
		l.buf = append(l.buf, chunk[:n]...)
		if n == 0 && err == nil {
			err = io.EOF // Ctrl-D on an empty line
		}
		l.err = err
	}
}

// clean takes escape sequences and control characters out of a typed line.
func clean(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] == esc {
			n, _ := next([]byte(s[i:]))
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsControl(r) || r == '\t' {
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}
