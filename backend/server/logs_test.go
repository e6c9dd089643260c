package server

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/chaperone-privacy/chaperone/backend/keylog/keylogtest"
	"github.com/chaperone-privacy/chaperone/backend/limit"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/backend/rpc"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// outside are two witnesses of their own, reached over HTTP, and the policy that asks for both.
func outside(t *testing.T, data string) (policy string, heads []logwriter.HeadFiles) {
	t.Helper()
	text, err := LogPolicy(Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	own, err := translog.ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for _, l := range own.Logs {
		fmt.Fprintf(&lines, "log %s\n", l)
	}
	for i := range 2 {
		seed := sha256.Sum256([]byte{byte(i)})
		dir := logwriter.HeadFiles{Dir: t.TempDir()}
		w, err := logwriter.NewLocal(fmt.Sprintf("w%d.example.com", i), ed25519.NewKeyFromSeed(seed[:]), dir, time.Now, own.Logs...)
		if err != nil {
			t.Fatal(err)
		}
		srv := httptest.NewServer(logwriter.WitnessHandler(w))
		t.Cleanup(srv.Close)
		heads = append(heads, dir)
		fmt.Fprintf(&lines, "witness w%d %s %s\n", i, w.Key(), srv.URL)
	}
	lines.WriteString("group both all w0 w1\nquorum both\n")
	path := filepath.Join(t.TempDir(), "policy")
	if err := os.WriteFile(path, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, heads
}

// A server whose data was restored from an old backup signs nothing and takes nothing, and goes on
// answering what it knows.
func TestRestoredBackupIsStopped(t *testing.T) {
	t.Parallel()
	data, backup := t.TempDir(), t.TempDir()
	policyFile, _ := outside(t, data)
	clinic := keylogtest.New(t, "a")
	admit(t, data, clinic)
	r := start(t, Config{Data: data, Policy: policyFile, every: time.Millisecond})
	client := contactOver(t, r, true)
	policy := policyOf(t, client, clinic)
	for _, note := range [][]byte{clinic.Profile(t, 1), clinic.Grant(t, "Front desk", time.Now().Add(-time.Hour))} {
		if _, err := client.AppendNote(t.Context(), &chaperonev1.AppendNoteRequest{Note: note}); err != nil {
			t.Fatal(err)
		}
	}
	publish := func(n int) (*chaperonev1.PublishResponse, error) {
		return client.Publish(t.Context(), publication(clinic, n))
	}
	first, err := publish(0)
	if err != nil {
		t.Fatal(err)
	}
	wantProven(t, policy, first.GetProof(), publication(clinic, 0).GetLeaf(), 0, "localhost/msgs")
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(backup, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	r = start(t, Config{Data: data, Policy: policyFile, every: time.Millisecond})
	client = contactOver(t, r, true)
	second, err := publish(1)
	if err != nil || len(second.GetProof()) == 0 {
		t.Fatalf("publish: %d bytes of proof, %v", len(second.GetProof()), err)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}

	r = start(t, Config{Data: backup, Policy: policyFile, every: time.Millisecond})
	client = contactOver(t, r, true)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := r.Server.logs.msgs.Wait(ctx, 1000); !errors.Is(err, logwriter.ErrBehind) {
		t.Fatalf("got %v, want ErrBehind", err)
	}
	_, err = publish(2)
	wantCode(t, "publish on a stopped log", err, connect.CodeFailedPrecondition)
	wantFound(t, client, clinic, policy, 0)
	_, metrics := fetch(t, httpClient(t, false), http.MethodGet, "http://"+r.MetricsAddr().String()+"/metrics", nil)
	for _, line := range []string{`chaperone_log_stopped{log="msgs"} 1`, `chaperone_log_stopped{log="keys"} 0`} {
		if !strings.Contains(metrics, line) {
			t.Errorf("metrics do not say %s", line)
		}
	}
}

func TestPolicyIsRefused(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	good, _ := outside(t, data)
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := outside(t, t.TempDir()) // of another server's logs
	write := func(s string) string {
		path := filepath.Join(t.TempDir(), "policy")
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var noAddress []string
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); f[0] == "witness" {
			line = strings.Join(f[:3], " ") + "\n"
		}
		noAddress = append(noAddress, line)
	}
	for what, path := range map[string]string{
		"missing": filepath.Join(data, "none"), "other logs": other, "no address": write(strings.Join(noAddress, "")),
		"no quorum": write(strings.Replace(string(text), "quorum both", "quorum none", 1)),
		"too long":  write(string(text) + strings.Repeat("# padding\n", 1000)),
	} {
		s, err := New(t.Context(), Config{Data: data, Listen: "127.0.0.1:0", Metrics: Off, Policy: path})
		if !errors.Is(err, ErrPolicy) {
			t.Errorf("%s: got %v, want ErrPolicy", what, err)
			if err == nil {
				_ = s.Close()
			}
			continue
		}
		if trouble := Explain(err, data); !trouble.Usage || trouble.Hint == "" {
			t.Errorf("%s: got %+v, want a usage error with a hint", what, trouble)
		}
	}
}

// Tiles have a limit of their own, and it is a 429.
func TestTilesAreLimited(t *testing.T) {
	t.Parallel()
	r := start(t, Config{DB: MemoryDB, Limits: Limits{Rates: map[limit.Class]limit.Rate{rpc.ClassLog: {PerMinute: 5}}}})
	refused := 0
	for range 20 {
		res, _ := fetch(t, httpClient(t, false), http.MethodGet, r.url+"/log/msgs/checkpoint", nil)
		if res.StatusCode == http.StatusTooManyRequests && res.Header.Get("Retry-After") != "" {
			refused++
		}
	}
	if refused == 0 {
		t.Error("got no refusal in 20 requests at 5 a minute")
	}
}

// Many devices publish while the server is told to end: what was acknowledged is there.
func TestNothingIsLostAtShutdown(t *testing.T) {
	t.Parallel()
	cfg := Config{Data: t.TempDir(), every: time.Millisecond}
	clinic := keylogtest.New(t, "a")
	admit(t, cfg.Data, clinic)
	r := start(t, cfg)
	client := contactOver(t, r, true)
	for _, note := range [][]byte{clinic.Profile(t, 1), clinic.Grant(t, "Front desk", time.Now().Add(-time.Hour))} {
		if _, err := client.AppendNote(t.Context(), &chaperonev1.AppendNoteRequest{Note: note}); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	acknowledged := map[int]uint64{}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for n := w; n < 4000; n += 8 {
				p, err := client.Publish(t.Context(), publication(clinic, n, func(p *chaperonev1.PublishRequest) { p.AwaitProof = n%50 == 0 }))
				if err != nil {
					return
				}
				mu.Lock()
				acknowledged[n] = p.GetIndex()
				mu.Unlock()
			}
		})
	}
	time.Sleep(200 * time.Millisecond)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if len(acknowledged) == 0 {
		t.Fatal("nothing was acknowledged")
	}
	r = start(t, cfg)
	client = contactOver(t, r, true)
	policy := policyOf(t, client, clinic)
	for n, index := range acknowledged {
		p, err := client.Publish(t.Context(), publication(clinic, n))
		if err != nil || p.GetIndex() != index {
			t.Fatalf("message %d: got index %d, %v, want %d", n, p.GetIndex(), err, index)
		}
		wantProven(t, policy, p.GetProof(), publication(clinic, n).GetLeaf(), index, "localhost/msgs")
	}
}
