package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
)

const (
	maxBrotli = 1_200_000 // bytes of the module as a page loads it
	maxGzip   = 1_500_000
)

// module builds the WebAssembly module once for all tests.
type module struct {
	once sync.Once
	path string
	err  error
}

var built module

func (m *module) build(ctx context.Context) (string, error) {
	m.once.Do(func() {
		dir, err := os.MkdirTemp("", "lookup")
		if err != nil {
			m.err = err
			return
		}
		m.path = filepath.Join(dir, "lookup.wasm")
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", m.path, ".")
		cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			m.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	return m.path, m.err
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.path != "" {
		_ = os.RemoveAll(filepath.Dir(built.path))
	}
	os.Exit(code)
}

func wasm(t *testing.T) string {
	t.Helper()
	path, err := built.build(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSize(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), nodejs(t), filepath.Join("testdata", "size.cjs"), wasm(t))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, stderr.String())
	}
	var raw, gzSize, brSize int
	if _, err := fmt.Sscan(string(out), &raw, &gzSize, &brSize); err != nil {
		t.Fatalf("read sizes %q: %v", out, err)
	}
	t.Logf("lookup.wasm: %d bytes, gzip %d, brotli %d", raw, gzSize, brSize)
	if brSize > maxBrotli || gzSize > maxGzip {
		t.Errorf("got %d bytes brotli and %d gzip, want at most %d and %d", brSize, gzSize, maxBrotli, maxGzip)
	}
	if brSize < 100_000 {
		t.Errorf("got %d bytes, want a module with a verifier in it", brSize)
	}
}

// TestLinksOnlyTheDomain: what a page loads has neither a network nor wire types in it.
func TestLinksOnlyTheDomain(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", ".")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 50 {
		t.Fatalf("got %d dependencies, want more", len(deps))
	}
	allowed := map[string]bool{}
	for _, p := range []string{"contact", "translog", "humancode", "indicator"} {
		allowed["github.com/chaperone-privacy/chaperone/internal/"+p] = true
	}
	for _, d := range deps {
		switch {
		case d == "net" || strings.HasPrefix(d, "net/http") || d == "database/sql" || d == "testing":
			t.Errorf("the module links %s", d)
		case strings.HasPrefix(d, "google.golang.org/") || strings.HasPrefix(d, "connectrpc.com/"):
			t.Errorf("the module links %s", d)
		case strings.HasPrefix(d, "github.com/chaperone-privacy/chaperone/internal/") && !allowed[d]:
			t.Errorf("the module links %s", d)
		}
	}
}

type verdictCall struct {
	name     string
	bundle   []byte
	text     *string
	memory   string
	class    string
	headline string
	err      string
}

func calls(t *testing.T) (list []verdictCall, now time.Time) {
	t.Helper()
	w := contacttest.New(t)
	memory, err := json.Marshal(w.Memory)
	if err != nil {
		t.Fatal(err)
	}
	genuine, altered := contacttest.Body, contacttest.Altered
	bundle := w.Bundle()
	return []verdictCall{
		{"genuine", bundle, &genuine, string(memory), "amber", "GENUINE_FOR_ANYONE", ""},
		{"genuine without a text", bundle, nil, string(memory), "amber", "GENUINE_FOR_ANYONE", ""},
		{"altered", bundle, &altered, string(memory), "red", "ALTERED", ""},
		{"no pin", bundle, &genuine, "", "grey", "NO_PIN", ""},
		{"no bundle", []byte("CHAPB1"), nil, string(memory), "", "", "malformed"},
		{"damaged memory", bundle, &genuine, "{", "", "", "memory"},
	}, w.Clock
}

func (c verdictCall) check(t *testing.T, a answer) {
	t.Helper()
	if a.Schema != schemaVerdict || a.Class != c.class || a.Headline != c.headline || a.Error != c.err {
		t.Errorf("%s: got class %q, headline %q, error %q, want %q, %q, %q",
			c.name, a.Class, a.Headline, a.Error, c.class, c.headline, c.err)
	}
	if (a.Body != "") != (c.class == "amber" || c.class == "green") {
		t.Errorf("%s: got a body of %d bytes in class %q", c.name, len(a.Body), a.Class)
	}
	if (c.headline == "ALTERED") != (len(a.Changes) > 0) {
		t.Errorf("%s: got %d changes", c.name, len(a.Changes))
	}
	if (a.Memory == nil) != (c.err != "") {
		t.Errorf("%s: got memory %v with error %q", c.name, a.Memory, a.Error)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	list, now := calls(t)
	for _, c := range list {
		var a answer
		if err := json.Unmarshal([]byte(verify(c.bundle, c.text, c.memory, now)), &a); err != nil {
			t.Fatal(err)
		}
		c.check(t, a)
	}
}

// TestMemoryGoesRound: what one answer gives is what the next call takes, and pins stay.
func TestMemoryGoesRound(t *testing.T) {
	t.Parallel()
	list, now := calls(t)
	memory := list[0].memory
	for range 2 {
		var a answer
		if err := json.Unmarshal([]byte(verify(list[0].bundle, nil, memory, now)), &a); err != nil {
			t.Fatal(err)
		}
		if a.Memory == nil || len(a.Memory.Pins) != 1 || a.Memory.Now == 0 {
			t.Fatalf("got memory %+v, want the pin and a time", a.Memory)
		}
		kept, err := json.Marshal(a.Memory)
		if err != nil {
			t.Fatal(err)
		}
		memory = string(kept)
	}
}

func TestParseCode(t *testing.T) {
	t.Parallel()
	good := "2222-2222-2222-2222-2222"
	for _, tt := range []struct{ typed, code, problem string }{
		{good, good, ""},
		{" 22222222 22222222.2222 ", good, ""},
		{"2222-2222-2222-2222-2223", "", "check"},
		{"2222", "", "length"},
		{"", "", "length"},
		{"2222-2222-2222-2222-222O", "", "symbol"},
	} {
		var a codeAnswer
		if err := json.Unmarshal([]byte(parseCode(tt.typed)), &a); err != nil {
			t.Fatal(err)
		}
		if a.Schema != schemaCode || a.Code != tt.code || a.Problem != tt.problem {
			t.Errorf("%q: got %+v, want code %q, problem %q", tt.typed, a, tt.code, tt.problem)
		}
	}
}

// TestInNode runs the module the way a Worker does and compares every answer with the same
// code run natively.
func TestInNode(t *testing.T) {
	node := nodejs(t)
	list, now := calls(t)
	type call map[string][]any
	var in []call
	for _, c := range list {
		in = append(in, call{"verify": {base64.StdEncoding.EncodeToString(c.bundle), c.text, c.memory, now.Unix()}})
	}
	in = append(in,
		call{"verify": {nil, nil, "", now.Unix()}},
		call{"verify": {"", nil, "", "soon"}},
		call{"parseCode": {"2222 2222 2222 2222 2222"}},
		call{"parseCode": {7}},
	)
	data, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "calls.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	goroot, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	glue := filepath.Join(strings.TrimSpace(string(goroot)), "lib", "wasm", "wasm_exec.js")
	start := time.Now()
	cmd := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "drive.cjs"), glue, wasm(t), file)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, stderr.String())
	}
	var got struct {
		MS      float64           `json:"ms"`
		Answers []json.RawMessage `json:"answers"`
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	t.Logf("node took %v, %d calls %.1f ms", time.Since(start).Round(time.Millisecond), len(in), got.MS)
	if len(got.Answers) != len(in) {
		t.Fatalf("got %d answers, want %d", len(got.Answers), len(in))
	}
	for i, c := range list {
		var a, native answer
		if err := json.Unmarshal(got.Answers[i], &a); err != nil {
			t.Fatal(err)
		}
		c.check(t, a)
		if err := json.Unmarshal([]byte(verify(c.bundle, c.text, c.memory, now)), &native); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(native, a); diff != "" {
			t.Errorf("%s: browser and native differ (-native +browser):\n%s", c.name, diff)
		}
	}
	for i, want := range []string{`"error":"internal"`, `"error":"malformed"`, `"code":"2222-2222-2222-2222-2222"`, `"problem":"symbol"`} {
		if a := string(got.Answers[len(list)+i]); !strings.Contains(a, want) || strings.Contains(a, `"class"`) {
			t.Errorf("odd call %d: got %s, want %s and no class", i, a, want)
		}
	}
}

// nodejs returns node, installing Debian's when there is none.
func nodejs(t *testing.T) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err == nil {
		return node
	}
	if apt, err := exec.LookPath("apt-get"); err == nil && os.Geteuid() == 0 {
		for _, args := range [][]string{{"update", "-q"}, {"install", "-y", "-q", "--no-install-recommends", "nodejs"}} {
			cmd := exec.CommandContext(t.Context(), apt, append([]string{"-o", "DPkg::Lock::Timeout=300"}, args...)...)
			cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("apt-get %s: %v\n%s", args[0], err, out)
			}
		}
	}
	node, err = exec.LookPath("node")
	if err != nil {
		t.Fatal("no node: install the package nodejs")
	}
	return node
}
