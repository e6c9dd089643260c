package leave

import (
	"bytes"
	"time"
)

const (
	esc   = 0x1b
	ctrlX = 0x18
)

// The spellings of the keys under the keyboard protocols that a terminal may have been
// asked for. The bytes of one key press arrive in one read.
var (
	ctrlXSpellings = [...]string{"\x1b[120;5u", "\x1b[120;5:1u", "\x1b[27;5;120~"}
	escSpellings   = [...]string{"\x1b[27u", "\x1b[27;1u", "\x1b[27;1:1u"}
	pasteStart     = []byte("\x1b[200~")
	pasteEnd       = []byte("\x1b[201~")
)

// pasteGap is how long a pause inside a paste may be. A paste whose end was lost is over
// after it, so that it can never lock the door.
const pasteGap = 100 * time.Millisecond

// watcher finds the two signs in a stream of key bytes. Pasted text does not count.
type watcher struct {
	escAt   time.Time // when an Esc that may be the first of two was pressed
	pasteAt time.Time // when the last bytes of an unfinished paste came; zero: none
}

// sees reports whether the bytes of one read complete a sign.
func (w *watcher) sees(p []byte, now time.Time) bool {
	p = w.typed(p, now)
	for len(p) > 0 {
		switch n, key := next(p); key {
		case keyLeave:
			return true
		case keyEsc:
			if !w.escAt.IsZero() && now.Sub(w.escAt) <= EscWindow {
				return true
			}
			w.escAt = now
			p = p[n:]
		case keyReply:
			p = p[n:]
		default:
			w.escAt = time.Time{}
			p = p[n:]
		}
	}
	return false
}

// typed returns p without pasted text.
func (w *watcher) typed(p []byte, now time.Time) []byte {
	inPaste := !w.pasteAt.IsZero() && now.Sub(w.pasteAt) <= pasteGap
	w.pasteAt = time.Time{}
	if !inPaste && !bytes.Contains(p, pasteStart) {
		return p
	}
	var keep []byte
	for len(p) > 0 {
		mark := pasteStart
		if inPaste {
			mark = pasteEnd
		}
		i := bytes.Index(p, mark)
		if i < 0 {
			if inPaste {
				w.pasteAt = now
				return keep
			}
			return append(keep, p...)
		}
		if !inPaste {
			keep = append(keep, p[:i]...)
		}
		p, inPaste = p[i+len(mark):], !inPaste
	}
	if inPaste {
		w.pasteAt = now
	}
	return keep
}

type key int

const (
	keyOther key = iota
	keyEsc
	keyLeave
	keyReply // an answer of the terminal itself; nobody pressed it
)

// next returns the length and the meaning of the first key in p.
func next(p []byte) (int, key) {
	switch p[0] {
	case ctrlX:
		return 1, keyLeave
	case esc:
	default:
		return 1, keyOther
	}
	for _, s := range ctrlXSpellings {
		if bytes.HasPrefix(p, []byte(s)) {
			return len(s), keyLeave
		}
	}
	for _, s := range escSpellings {
		if bytes.HasPrefix(p, []byte(s)) {
			return len(s), keyEsc
		}
	}
	if len(p) == 1 || (p[1] == esc && (len(p) == 2 || !introduces(p[2]))) {
		return 1, keyEsc
	}
	switch p[1] {
	case '[', 'O':
		n := 2
		for n < len(p) && (p[n] < 0x40 || p[n] > 0x7e) {
			n++
		}
		if n == len(p) {
			return n, keyOther
		}
		if p[1] == '[' && (p[2] == '?' || p[2] == '>') || p[n] == 'R' || p[n] == 'I' {
			return n + 1, keyReply
		}
		return n + 1, keyOther
	case ']', 'P', '_':
		for n := 2; n < len(p); n++ {
			if p[n] == 0x07 {
				return n + 1, keyReply
			}
			if p[n] == esc && n+1 < len(p) && p[n+1] == '\\' {
				return n + 2, keyReply
			}
		}
		return len(p), keyReply
	}
	return 2, keyOther
}

// introduces reports whether b makes a sequence out of the Esc before it.
func introduces(b byte) bool { return b == '[' || b == 'O' }
