package leave

import (
	"testing"
	"time"
)

func TestWatcher(t *testing.T) {
	t.Parallel()
	type read struct {
		bytes string
		after time.Duration // since the read before
	}
	const ms = time.Millisecond
	tests := []struct {
		name  string
		reads []read
		want  bool
	}{
		{"ctrl-x", []read{{"\x18", 0}}, true},
		{"ctrl-x behind text", []read{{"hello\x18", 0}}, true},
		{"ctrl-x in the kitty protocol", []read{{"\x1b[120;5u", 0}}, true},
		{"ctrl-x in modifyOtherKeys", []read{{"\x1b[27;5;120~", 0}}, true},
		{"x alone", []read{{"x", 0}}, false},
		{"esc twice", []read{{"\x1b", 0}, {"\x1b", 200 * ms}}, true},
		{"esc twice in one read", []read{{"\x1b\x1b", 0}}, true},
		{"esc twice in the kitty protocol", []read{{"\x1b[27u", 0}, {"\x1b[27u", 300 * ms}}, true},
		{"esc twice at the limit", []read{{"\x1b", 0}, {"\x1b", EscWindow}}, true},
		{"esc twice too slowly", []read{{"\x1b", 0}, {"\x1b", EscWindow + ms}}, false},
		{"the second of a slow pair counts as a first", []read{{"\x1b", 0}, {"\x1b", 700 * ms}, {"\x1b", 100 * ms}}, true},
		{"esc once", []read{{"\x1b", 0}}, false},
		{"a key between", []read{{"\x1b", 0}, {"a", 50 * ms}, {"\x1b", 50 * ms}}, false},
		{"a reply of the terminal between", []read{{"\x1b", 0}, {"\x1b[?2026;2$y", 50 * ms}, {"\x1b", 50 * ms}}, true},
		{"a colour reply after esc", []read{{"\x1b", 0}, {"\x1b]11;rgb:0000/0000/0000\x1b\\", 50 * ms}}, false},
		{"arrow keys", []read{{"\x1b[A", 0}, {"\x1b[A", 10 * ms}, {"\x1bOB", 10 * ms}}, false},
		{"arrow keys cut in two", []read{{"\x1b", 0}, {"[A", ms}, {"\x1b", 10 * ms}, {"[A", ms}}, false},
		{"esc, then an arrow", []read{{"\x1b", 0}, {"\x1b[A", 50 * ms}}, false},
		{"alt and an arrow", []read{{"\x1b\x1b[A", 0}}, false},
		{"alt and a letter", []read{{"\x1bx", 0}, {"\x1bx", 50 * ms}}, false},
		{"pasted ctrl-x", []read{{"\x1b[200~a\x18b\x1b[201~", 0}}, false},
		{"a paste in two reads", []read{{"\x1b[200~a", 0}, {"\x18b\x1b[201~", 10 * ms}}, false},
		{"ctrl-x behind a paste", []read{{"\x1b[200~a\x1b[201~\x18", 0}}, true},
		{"a paste that never ends does not lock the door", []read{{"\x1b[200~a", 0}, {"\x18", 200 * ms}}, true},
		{"two escs behind text in line mode", []read{{"abc\x1b", 0}, {"\x1b", 100 * ms}}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			now := time.Unix(1_800_000_000, 0)
			var w watcher
			got := false
			for _, r := range tt.reads {
				now = now.Add(r.after)
				got = got || w.sees([]byte(r.bytes), now)
			}
			if got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// FuzzWatcher looks for a stream that makes the watcher stop moving or read out of bounds.
func FuzzWatcher(f *testing.F) {
	for _, s := range []string{"\x18", "\x1b", "\x1b\x1b[", "\x1b[", "\x1b]11;\x1b", "\x1b[200~\x18", "\x1b[?"} {
		f.Add([]byte(s), []byte("\x1b"))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var w watcher
		now := time.Unix(1_800_000_000, 0)
		w.sees(a, now)
		w.sees(b, now.Add(time.Second))
		if !w.sees([]byte("\x18"), now.Add(2*time.Second)) {
			t.Errorf("after %q and %q a Ctrl-X does not leave", a, b)
		}
		clean(string(a))
	})
}
