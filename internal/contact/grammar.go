package contact

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// fields reads the lines `key SP value LF` of a note, in fixed order. The first error stays.
type fields struct {
	note  string         // for errors
	known []translog.Key // keys that were checked before
	lines []string
	err   error
}

// readNote checks the first line and that every line is ended. header holds whole lines.
func readNote(kind, header string) *fields {
	f := &fields{note: kind}
	if !strings.HasSuffix(header, "\n") {
		f.fail("last line")
		return f
	}
	f.lines = strings.Split(strings.TrimSuffix(header, "\n"), "\n")
	if f.lines[0] != kind {
		f.fail("first line")
		return f
	}
	f.lines = f.lines[1:]
	return f
}

// readBody is readNote for a note with a body behind an empty line.
func readBody(kind, text string) (*fields, string) {
	header, body, ok := strings.Cut(text, "\n\n")
	if !ok {
		f := &fields{note: kind}
		f.fail("no body")
		return f, ""
	}
	return readNote(kind, header+"\n"), body
}

func (f *fields) bodyBytes(body string) {
	if f.num("body-bytes") != int64(len(body)) {
		f.fail("body-bytes")
	}
}

func (f *fields) fail(what string) {
	if f.err == nil {
		f.err = fmt.Errorf("%s: %s: %w", f.note, what, ErrMalformed)
	}
}

// opt returns the value of the next line if its key is key.
func (f *fields) opt(key string) (string, bool) {
	if f.err != nil || len(f.lines) == 0 {
		return "", false
	}
	v, ok := strings.CutPrefix(f.lines[0], key+" ")
	if !ok {
		return "", false
	}
	if v == "" || strings.HasPrefix(v, " ") || strings.HasSuffix(v, " ") || strings.Contains(v, "  ") {
		f.fail(key)
		return "", false
	}
	f.lines = f.lines[1:]
	return v, true
}

func (f *fields) one(key string) string {
	v, ok := f.opt(key)
	if !ok {
		f.fail(key)
	}
	return v
}

// many returns the values of all next lines of this key. They rise strictly, bytewise.
func (f *fields) many(key string, min, max int) []string {
	var vs []string
	for {
		v, ok := f.opt(key)
		if !ok {
			break
		}
		if len(vs) > 0 && vs[len(vs)-1] >= v {
			f.fail(key + " out of order")
		}
		vs = append(vs, v)
	}
	if len(vs) < min || len(vs) > max {
		f.fail(key + " count")
	}
	return vs
}

// end reports the first error, or that lines are left.
func (f *fields) end() error {
	if f.err == nil && len(f.lines) > 0 {
		f.fail("unknown line")
	}
	return f.err
}

func (f *fields) num(key string) int64 { return f.parseNum(key, f.one(key)) }

func (f *fields) parseNum(key, v string) int64 {
	n, err := translog.ParseInt(v)
	if err != nil {
		f.fail(key)
	}
	return n
}

func (f *fields) optNum(key string) (int64, bool) {
	v, ok := f.opt(key)
	if !ok {
		return 0, false
	}
	return f.parseNum(key, v), true
}

func (f *fields) b32(key string) [32]byte { return f.parseB32(key, f.one(key)) }

func (f *fields) parseB32(key, v string) [32]byte {
	out, err := parse32(v)
	if err != nil {
		f.fail(key)
	}
	return out
}

func (f *fields) hex16(key, v string) [16]byte {
	out, err := parseHex16(v)
	if err != nil {
		f.fail(key)
	}
	return out
}

// list reads comma-separated words, rising strictly.
func (f *fields) list(key string, max int, ok func(string) bool) []string {
	ws := strings.Split(f.one(key), ",")
	for i, w := range ws {
		if f.err == nil && (!ok(w) || i == max || i > 0 && w <= ws[i-1]) {
			f.fail(key)
		}
	}
	return ws
}

func (f *fields) word(key string, ok func(string) bool) string {
	v := f.one(key)
	if f.err == nil && !ok(v) {
		f.fail(key)
	}
	return v
}

// split cuts a value into exactly n words.
func (f *fields) split(key, v string, n int) []string {
	w := strings.Split(v, " ")
	if len(w) != n {
		f.fail(key)
		return make([]string, n)
	}
	return w
}

// writer writes the lines of a note.
type writer struct{ strings.Builder }

func (w *writer) line(key string, values ...string) {
	w.WriteString(key)
	for _, v := range values {
		w.WriteString(" ")
		w.WriteString(v)
	}
	w.WriteString("\n")
}

func (w *writer) num(key string, n int64) { w.line(key, num(n)) }

func num(n int64) string { return strconv.FormatInt(n, 10) }

func among(words ...string) func(string) bool {
	return func(s string) bool { return slices.Contains(words, s) }
}

// slug reports whether s is 1 to max of a-z 0-9 and single inner hyphens.
func slug(max int) func(string) bool {
	return func(s string) bool {
		if s == "" || len(s) > max || s[0] == '-' || s[len(s)-1] == '-' || strings.Contains(s, "--") {
			return false
		}
		return only(s, func(c byte) bool { return c == '-' || isDigit(c) || isLower(c) })
	}
}

func only(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }

// phone reports whether s is an E.164 number: + and 7 to 15 digits, the first not 0.
func phone(s string) bool {
	return len(s) >= 8 && len(s) <= 16 && s[0] == '+' && s[1] != '0' && only(s[1:], isDigit)
}

// httpsOrigin reports whether s is https://host or https://host:port, lower case.
func httpsOrigin(s string) bool {
	host, ok := strings.CutPrefix(s, "https://")
	if !ok || len(s) > 200 {
		return false
	}
	if h, port, found := strings.Cut(host, ":"); found {
		n, err := translog.ParseInt(port)
		if err != nil || n < 1 || n > 65535 || n == 443 {
			return false
		}
		host = h
	}
	for l := range strings.SplitSeq(host, ".") {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
	}
	return only(host, func(c byte) bool { return c == '-' || c == '.' || isDigit(c) || isLower(c) })
}
