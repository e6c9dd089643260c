package clinic

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// section is one section of a page.
func section(t byte, data string) []byte {
	return append([]byte{t, 0, 0, 0, byte(len(data))}, data...)
}

func TestParsePage(t *testing.T) {
	t.Parallel()
	index := func(n byte) string { return "\x00\x00\x00\x00\x00\x00\x00" + string(n) }
	zeros := make([]byte, 100)
	tests := []struct {
		name string
		raw  []byte
		want Page
		ok   bool
	}{
		{"empty", zeros, Page{}, true},
		{"all", slices.Concat(section(1, "k"), section(2, "m"), section(3, "p"), section(4, index(7)+"note"), section(5, "proof"), section(6, index(7)), section(7, "s"), zeros),
			Page{Keys: []byte("k"), Msgs: []byte("m"), Policies: [][]byte{[]byte("p")}, Notes: []PageNote{{7, []byte("note"), []byte("proof")}}, More: true, Next: 8, Status: []byte("s")}, true},
		{"newer section", slices.Concat(section(99, "?"), section(1, "k")), Page{Keys: []byte("k")}, true},
		{"proof of nothing", section(5, "proof"), Page{}, false},
		{"two proofs", slices.Concat(section(4, index(1)+"n"), section(5, "a"), section(5, "b")), Page{}, false},
		{"falling", slices.Concat(section(4, index(2)+"n"), section(4, index(1)+"n")), Page{}, false},
		{"cut off", []byte{1, 0}, Page{}, false},
		{"too long", []byte{1, 0, 0, 0, 9, 'x'}, Page{}, false},
		{"between zeros", slices.Concat(zeros, section(1, "k")), Page{}, false},
		{"huge", make([]byte, maxPage+1), Page{}, false},
	}
	for _, tt := range tests {
		got, err := parsePage(tt.raw)
		if (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrBadAnswer) {
			t.Errorf("%s: got %v", tt.name, err)
		}
		if d := cmp.Diff(tt.want, got); tt.ok && d != "" {
			t.Errorf("%s: -want +got\n%s", tt.name, d)
		}
	}
}

func FuzzPage(f *testing.F) {
	f.Add(section(1, "k"))
	f.Add(slices.Concat(section(4, "\x00\x00\x00\x00\x00\x00\x00\x01note"), section(5, "proof"), make([]byte, 9)))
	f.Add([]byte{4, 0, 0, 0, 0})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := parsePage(raw)
		if err != nil {
			if !errors.Is(err, ErrBadAnswer) {
				t.Errorf("got %v", err)
			}
			return
		}
		for i, n := range p.Notes {
			if i > 0 && p.Notes[i-1].Index >= n.Index || p.Next <= n.Index {
				t.Errorf("notes do not rise, or the next page begins before note %d", n.Index)
			}
		}
	})
}

func FuzzEntries(f *testing.F) {
	f.Add([]byte{0, 1, 'a', 0, 0})
	f.Add([]byte{0, 9, 'a'})
	f.Fuzz(func(t *testing.T, raw []byte) {
		entries, err := splitEntries(raw)
		if err != nil {
			return
		}
		var back []byte
		for _, e := range entries {
			back = append(append(back, byte(len(e)>>8), byte(len(e))), e...)
		}
		if !bytes.Equal(back, raw) {
			t.Error("entries do not make up the bundle")
		}
	})
}

func TestTilePath(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		index, width int64
		want         string
	}{{0, 256, "000"}, {5, 1, "005.p/1"}, {1234067, 256, "x001/x234/067"}, {1000, 255, "x001/000.p/255"}} {
		if got := tilePath(tt.index, tt.width); got != tt.want {
			t.Errorf("%d, %d: got %s, want %s", tt.index, tt.width, got, tt.want)
		}
	}
}

func TestCleanServer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{"https://Clinic.example.com/", "https://clinic.example.com"},
		{" https://clinic.example.com:8443", "https://clinic.example.com:8443"},
		{"http://127.0.0.1:8440", "http://127.0.0.1:8440"},
		{"http://localhost", "http://localhost"},
		{"http://clinic.example.com", ""},
		{"https://user:secret@clinic.example.com", ""},
		{"https://clinic.example.com/path", ""},
		{"https://clinic.example.com/?q=1", ""},
		{"ftp://clinic.example.com", ""},
		{"clinic.example.com", ""},
		{"", ""},
	} {
		got, err := CleanServer(tt.in)
		if got != tt.want || (err == nil) != (tt.want != "") || err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: got %q, %v, want %q", tt.in, got, err, tt.want)
		}
	}
}

// A server that is slow, endless, sends elsewhere or answers garbage costs a bounded time and
// amount, and is never believed.
func TestHostileLog(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/log/keys/checkpoint", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/log/msgs/checkpoint", func(w http.ResponseWriter, _ *http.Request) {
		block := make([]byte, 64<<10)
		for range 200 {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/log/msgs/tile/entries/000.p/3", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte{0, 1, 'a'}) })
	mux.HandleFunc("/log/msgs/tile/entries/001.p/1", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/log/msgs/tile/entries/000.p/3", http.StatusFound)
	})
	mux.HandleFunc("/log/msgs/tile/0/000.p/2", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 63)) })
	h := httptest.NewServer(mux)
	t.Cleanup(h.Close)
	s, err := NewServer(ServerConfig{URL: h.URL, HTTP: &http.Client{Timeout: 300 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	start := time.Now()
	for _, tt := range []struct {
		name string
		do   func() error
		want error
	}{
		{"never", func() error { _, err := s.Checkpoint(ctx, KeysLog); return err }, ErrOffline},
		{"endless", func() error { _, err := s.Checkpoint(ctx, MsgsLog); return err }, ErrBadAnswer},
		{"too few entries", func() error { _, err := s.Entries(ctx, MsgsLog, 0, 3); return err }, ErrBadAnswer},
		{"sent elsewhere", func() error { _, err := s.Entries(ctx, MsgsLog, 256, 1); return err }, ErrOffline},
		{"half a hash", func() error { _, err := s.Tile(ctx, MsgsLog, 0, 0, 2); return err }, ErrBadAnswer},
		{"not there", func() error { _, err := s.Entries(ctx, MsgsLog, 512, 1); return err }, ErrNotThere},
		{"no such log", func() error { _, err := s.Checkpoint(ctx, "../keys"); return err }, ErrNotThere},
		{"no page", func() error { _, err := s.GetClinic(ctx, [32]byte{}, 0); return err }, ErrOffline},
	} {
		if err := tt.do(); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}

// A log that took the place of another is read in its place, from where the server has it.
func TestReplacedLog(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	there := map[string]string{"/log/keys/checkpoint": "one", "/log/keys/tile/entries/000.p/1": "\x00\x01a"}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, ok := there[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(h.Close)
	s, err := NewServer(ServerConfig{URL: h.URL})
	if err != nil {
		t.Fatal(err)
	}
	want := func(checkpoint, entry string) {
		t.Helper()
		c, err := s.Checkpoint(t.Context(), KeysLog)
		if err != nil || string(c) != checkpoint {
			t.Errorf("checkpoint: got %q, %v, want %q", c, err, checkpoint)
		}
		if e, err := s.Entries(t.Context(), KeysLog, 0, 1); err != nil || string(e[0]) != entry {
			t.Errorf("entries: got %q, %v, want %q", e, err, entry)
		}
	}
	want("one", "a")
	mu.Lock()
	there["/log/2/keys/checkpoint"], there["/log/2/keys/tile/entries/000.p/1"] = "two", "\x00\x01b"
	there["/log/3/keys/checkpoint"], there["/log/3/keys/tile/entries/000.p/1"] = "three", "\x00\x01c"
	mu.Unlock()
	want("three", "c")
	want("three", "c")
	mu.Lock()
	delete(there, "/log/3/keys/checkpoint")
	delete(there, "/log/2/keys/checkpoint")
	mu.Unlock()
	want("one", "a")
	if _, err := s.Checkpoint(t.Context(), MsgsLog); !errors.Is(err, ErrNotThere) {
		t.Errorf("an empty log: got %v", err)
	}
}

func TestKeepDay(t *testing.T) {
	t.Parallel()
	for expires, want := range map[string]string{"2031-01-31": "2031-05-01", "2031-09-01": "2032-01-01", "2031-12-15": "2032-04-01"} {
		at, err := time.Parse(time.DateOnly, expires)
		if err != nil {
			t.Fatal(err)
		}
		if got := time.Unix(KeepDay(at)*24*3600, 0).UTC().Format(time.DateOnly); got != want {
			t.Errorf("%s: got %s, want %s", expires, got, want)
		}
	}
}
