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
// stays in place, and keys are watched all the time: the quick exit works while the program
// is busy, too.
type Lines struct {
	d      *Door
	in     *Input
	buf    []byte
	err    error
	chunks chan chunk // nil when the input is no terminal
}

type chunk struct {
	bytes []byte
	err   error
}

// Lines returns a line reader. Nothing else may read from the input until the process ends.
// On a terminal it changes the terminal's settings; [Door.Restore] and [Door.Leave] undo that.
func (d *Door) Lines() *Lines {
	l := &Lines{d: d, in: d.Input()}
	if d.inTerm != nil {
		d.inTerm.lines(d.in, false)
		l.chunks = make(chan chunk)
		go l.watch()
	}
	return l
}

// watch reads until the terminal is gone. It ends with the process at the latest.
func (l *Lines) watch() {
	for {
		p := make([]byte, 4096)
		n, err := l.in.Read(p)
		if n == 0 && err == nil {
			err = io.EOF // Ctrl-D on an empty line
		}
		l.chunks <- chunk{p[:n], err}
		if err != nil {
			return
		}
	}
}

// read waits for more of the input.
func (l *Lines) read() ([]byte, error) {
	if l.chunks != nil {
		c := <-l.chunks
		return c.bytes, c.err
	}
	p := make([]byte, 4096)
	n, err := l.in.Read(p)
	return p[:n], err
}

// Next returns the next line without its end, with control characters and escape sequences
// taken out. With hidden set, a terminal does not show what is typed. After the last line it
// returns io.EOF.
func (l *Lines) Next(hidden bool) (string, error) {
	if l.d.inTerm != nil && hidden {
		l.d.inTerm.lines(l.d.in, true)
		defer l.d.inTerm.lines(l.d.in, false)
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
		more, err := l.read()
		l.buf = append(l.buf, more...)
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
