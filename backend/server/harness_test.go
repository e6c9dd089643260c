package server

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"github.com/chaperone-privacy/chaperone/backend/limit"
	"github.com/chaperone-privacy/chaperone/backend/store/pgtest"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// engines are the databases that whole-server tests run on: all of them, always.
var engines = []struct {
	name string
	db   func(t *testing.T) string
}{
	{"memory", func(*testing.T) string { return MemoryDB }},
	{"sqlite", func(*testing.T) string { return "" }},
	{"postgres", func(t *testing.T) string { return pgtest.Database(t) }},
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// running is a server under test.
type running struct {
	*Server

	url  string
	logs *lockedBuffer
	stop func() error // ends it and returns what Run returned; may be called again
}

// start runs a server on ports of the system's choice until the test ends. Limits are off unless
// cfg sets them; the log is at debug.
func start(t *testing.T, cfg Config) *running {
	t.Helper()
	logs := &lockedBuffer{}
	if cfg.Data == "" {
		cfg.Data = t.TempDir()
	}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	if cfg.Metrics == "" {
		cfg.Metrics = "127.0.0.1:0"
	}
	if cfg.Limits.Rates == nil {
		cfg.Limits.Rates = map[limit.Class]limit.Rate{}
	}
	cfg.Log = slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatalf("new server: %v", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	select {
	case <-s.Ready():
	case err := <-done:
		cancel()
		t.Fatalf("run: %v", err)
	}
	r := &running{Server: s, logs: logs, url: "http://" + s.Addr().String()}
	r.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Errorf("run: %v", err)
		}
		if t.Failed() {
			t.Logf("log of the server:\n%s", logs)
		}
	})
	return r
}

// httpClient speaks HTTP/1.1 or h2c, and nothing else.
func httpClient(t *testing.T, h2 bool) *http.Client {
	t.Helper()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(!h2)
	protocols.SetUnencryptedHTTP2(h2)
	tr := &http.Transport{Protocols: protocols}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 10 * time.Second}
}

// clients are the two services over one transport.
type clients struct {
	checklists chaperonev1connect.ChecklistServiceClient
	vaults     chaperonev1connect.VaultServiceClient
}

func clientsOver(tr connect.Transport) clients {
	c := connect.NewClient(tr)
	return clients{chaperonev1connect.NewChecklistServiceClient(c), chaperonev1connect.NewVaultServiceClient(c)}
}

func (r *running) clients(t *testing.T, h2 bool, opts ...connecthttp.Option) clients {
	t.Helper()
	return clientsOver(connecthttp.NewTransport(httpClient(t, h2), r.url, opts...))
}

// holder holds a recovery code's keys.
type holder struct {
	seed [32]byte
	id   [32]byte
	now  func() time.Time
}

func newHolder(t *testing.T) *holder {
	t.Helper()
	h := &holder{now: time.Now}
	for _, b := range [][]byte{h.seed[:], h.id[:]} {
		if _, err := io.ReadFull(rand.Reader, b); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func (h *holder) proof(op vault.Op, revision uint64, blob []byte) *chaperonev1.VaultProof {
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails
	at := h.now()
	return &chaperonev1.VaultProof{
		PublicKey:   ed25519.NewKeyFromSeed(h.seed[:])[32:],
		UnixSeconds: at.Unix(),
		Nonce:       nonce[:],
		Signature:   vault.SignRequest(h.seed, op, h.id, revision, blob, at, nonce),
	}
}

func (h *holder) put(base uint64, blob []byte) *chaperonev1.VaultServicePutRequest {
	return &chaperonev1.VaultServicePutRequest{VaultId: h.id[:], Proof: h.proof(vault.OpPut, base, blob), BaseRevision: base, Blob: blob}
}

func (h *holder) get(have uint64) *chaperonev1.VaultServiceGetRequest {
	return &chaperonev1.VaultServiceGetRequest{VaultId: h.id[:], Proof: h.proof(vault.OpGet, have, nil), HaveRevision: have}
}

func (h *holder) delete() *chaperonev1.VaultServiceDeleteRequest {
	return &chaperonev1.VaultServiceDeleteRequest{VaultId: h.id[:], Proof: h.proof(vault.OpDelete, 0, nil)}
}

func wantCode(t *testing.T, what string, err error, want connect.Code) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: got no error, want %v", what, want)
	} else if got := connect.CodeOf(err); got != want {
		t.Errorf("%s: got %v (%v), want %v", what, got, err, want)
	}
}

// fetch answers a plain request.
func fetch(t *testing.T, c *http.Client, method, url string, body io.Reader, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: read: %v", method, url, err)
	}
	return res, string(text)
}
