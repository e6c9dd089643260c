package server

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/chaperone-privacy/chaperone/backend/store"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
)

// slowStore holds every Get until it is told to go on.
type slowStore struct {
	vaultsync.Store

	entered chan struct{}
	goOn    chan struct{}
}

func (s *slowStore) Get(ctx context.Context, key vaultsync.Key, have uint64) (vaultsync.Row, error) {
	s.entered <- struct{}{}
	select {
	case <-s.goOn:
		return s.Store.Get(ctx, key, have)
	case <-ctx.Done():
		return vaultsync.Row{}, ctx.Err()
	}
}

// At the end a request under way is answered, probes hear 503, and the data is closed.
func TestShutdownAnswersWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	for _, h2 := range []bool{false, true} {
		name := map[bool]string{false: "HTTP 1.1", true: "h2c"}[h2]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			slow := &slowStore{entered: make(chan struct{}, 1), goOn: make(chan struct{})}
			r := start(t, Config{
				Timeouts: Timeouts{Drain: 300 * time.Millisecond},
				wrap:     func(s vaultsync.Store) vaultsync.Store { slow.Store = s; return slow },
			})
			answered := make(chan error, 1)
			c := r.clients(t, h2)
			h := newHolder(t)
			go func() {
				_, err := c.vaults.Get(t.Context(), h.get(0))
				answered <- err
			}()
			<-slow.entered
			stopped := make(chan error, 1)
			go func() { stopped <- r.stop() }()
			probe := httpClient(t, false)
			waitFor(t, "readyz to say 503", func() bool {
				res, _ := fetch(t, probe, http.MethodGet, r.url+"/readyz", nil)
				return res.StatusCode == http.StatusServiceUnavailable
			})
			if res, _ := fetch(t, probe, http.MethodGet, r.url+"/healthz", nil); res.StatusCode != http.StatusOK {
				t.Errorf("healthz while draining: got %d, want 200", res.StatusCode)
			}
			select {
			case err := <-stopped:
				t.Fatalf("stopped (%v) before the request was answered", err)
			case <-time.After(400 * time.Millisecond): // longer than Drain
			}
			close(slow.goOn)
			wantCode(t, "the request under way", <-answered, connect.CodeNotFound)
			if err := <-stopped; err != nil {
				t.Errorf("run: got %v, want nil", err)
			}
			if _, err := net.DialTimeout("tcp", r.Addr().String(), time.Second); err == nil {
				t.Error("the port is still open")
			}
			if err := r.store.ping(context.WithoutCancel(t.Context())); !errors.Is(err, store.ErrClosed) {
				t.Errorf("ping after the end: got %v, want closed", err)
			}
		})
	}
}

// A request that does not end is cut off.
func TestShutdownDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	slow := &slowStore{entered: make(chan struct{}, 1), goOn: make(chan struct{})}
	r := start(t, Config{
		DB: MemoryDB, Timeouts: Timeouts{Shutdown: 100 * time.Millisecond, Deadline: 500 * time.Millisecond},
		wrap: func(s vaultsync.Store) vaultsync.Store { slow.Store = s; return slow },
	})
	answered := make(chan error, 1)
	c, h := r.clients(t, true), newHolder(t)
	go func() {
		_, err := c.vaults.Get(t.Context(), h.get(0))
		answered <- err
	}()
	<-slow.entered
	began := time.Now()
	if err := r.stop(); err != nil {
		t.Errorf("run: %v", err)
	}
	if took := time.Since(began); took > 1500*time.Millisecond {
		t.Errorf("took %v, want little more than the 100 ms of Shutdown", took)
	}
	if err := <-answered; err == nil {
		t.Error("the request was answered, want it cut off")
	}
}

// failing is a store that can be told to fail.
type failing struct {
	vaultsync.Store

	broken atomic.Bool
}

func (f *failing) Put(ctx context.Context, w vaultsync.Write) error {
	if f.broken.Load() {
		return store.ErrDiskFull
	}
	return f.Store.Put(ctx, w)
}

func TestAFailingStoreIsUnavailableAndNotReady(t *testing.T) {
	t.Parallel()
	f := &failing{}
	r := start(t, Config{DB: MemoryDB, wrap: func(s vaultsync.Store) vaultsync.Store { f.Store = s; return f }})
	c, h := r.clients(t, true), newHolder(t)
	blob := make([]byte, 16<<10)
	f.broken.Store(true)
	ctx, info := connect.NewClientContext(t.Context())
	_, err := c.vaults.Put(ctx, h.put(0, blob))
	wantCode(t, "put on a full disk", err, connect.CodeUnavailable)
	if info.ResponseHeader().Get("Retry-After") == "" {
		t.Error("got no Retry-After")
	}
	f.broken.Store(false)
	if _, err := c.vaults.Put(t.Context(), h.put(0, blob)); err != nil {
		t.Errorf("put when there is room again: %v", err)
	}

	broken := errors.New("no answer")
	r.ready.mu.Lock()
	r.ready.ping, r.ready.asked = func(context.Context) error { return broken }, time.Time{}
	r.ready.mu.Unlock()
	res, text := fetch(t, httpClient(t, false), http.MethodGet, r.url+"/readyz", nil)
	if res.StatusCode != http.StatusServiceUnavailable || text != "not ready\n" {
		t.Errorf("readyz: got %d %q, want 503 not ready", res.StatusCode, text)
	}
	res, text = fetch(t, httpClient(t, false), http.MethodPost, r.url+"/grpc.health.v1.Health/Check", strings.NewReader("{}"), "Content-Type", "application/json")
	if res.StatusCode != http.StatusOK || !strings.Contains(text, "NOT_SERVING") {
		t.Errorf("health: got %d %q, want NOT_SERVING", res.StatusCode, text)
	}
}

func TestProbesDoNotBecomeTheStoresLoad(t *testing.T) {
	t.Parallel()
	var pings atomic.Int32
	at := time.Unix(1_800_000_000, 0)
	r := &readiness{ping: func(context.Context) error { pings.Add(1); return nil }, now: func() time.Time { return at }}
	if err := r.check(t.Context()); !errors.Is(err, errNotReady) {
		t.Errorf("before the start: got %v, want not ready", err)
	}
	r.serving.Store(true)
	for range 100 {
		if err := r.check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	at = at.Add(pingEvery)
	_ = r.check(t.Context())
	if got := pings.Load(); got != 2 {
		t.Errorf("got %d pings for 101 probes, want 2", got)
	}
}

func TestDataSurvivesARestart(t *testing.T) {
	t.Parallel()
	for _, engine := range engines[1:] {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			cfg := Config{Data: t.TempDir(), DB: engine.db(t)}
			h, blob := newHolder(t), bytes.Repeat([]byte{7}, 16<<10)
			first := start(t, cfg)
			if _, err := first.clients(t, true).vaults.Put(t.Context(), h.put(0, blob)); err != nil {
				t.Fatal(err)
			}
			if err := first.stop(); err != nil {
				t.Fatal(err)
			}
			got, err := start(t, cfg).clients(t, false).vaults.Get(t.Context(), h.get(0))
			if err != nil || !bytes.Equal(got.GetBlob(), blob) {
				t.Errorf("got %d bytes (%v), want what was put", len(got.GetBlob()), err)
			}
		})
	}
}

func TestDataDirectoryIsPrivate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "chaperoned")
	start(t, Config{Data: dir})
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("got mode %v (%v), want 0700", info.Mode(), err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: got mode %v, want nothing for group and others", f.Name(), info.Mode())
		}
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		kept     string // "" for none
		given    string
		loopback bool
		want     string
		err      error
	}{
		{name: "first start on loopback", loopback: true, want: "localhost"},
		{name: "first start on loopback with a name", given: "a.example.com", loopback: true, want: "a.example.com"},
		{name: "first start for others", given: "a.example.com", want: "a.example.com"},
		{name: "first start for others without a name", err: ErrConfig},
		{name: "first start for others as localhost", given: "localhost", err: ErrConfig},
		{name: "later without a name", kept: "a.example.com", want: "a.example.com"},
		{name: "later with the same name", kept: "a.example.com", given: "a.example.com", want: "a.example.com"},
		{name: "later with another name", kept: "a.example.com", given: "b.example.com", err: ErrOrigin},
		{name: "local data for others", kept: "localhost", err: ErrOrigin},
		{name: "local data with a name", kept: "localhost", given: "a.example.com", loopback: true, err: ErrOrigin},
		{name: "damaged", kept: "\x00\x01", loopback: true, err: ErrOrigin},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "origin")
			if tt.kept != "" {
				if err := os.WriteFile(path, []byte(tt.kept+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := settleOrigin(dir, tt.given, tt.loopback)
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Fatalf("got %q (%v), want %q (%v)", got, err, tt.want, tt.err)
			}
			after, _ := os.ReadFile(path)
			want := tt.kept
			if want == "" {
				want = tt.want
			}
			if strings.TrimSuffix(string(after), "\n") != want {
				t.Errorf("got %q kept, want %q", after, want)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, ".origin-*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestConfigIsCheckedBeforeAnythingIsOpened(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "never")
	tests := []struct {
		name string
		cfg  Config
	}{
		{"no data directory", Config{}},
		{"listen without a port", Config{Data: dir, Listen: "127.0.0.1"}},
		{"metrics without a port", Config{Data: dir, Metrics: "yes"}},
		{"certificate without a key", Config{Data: dir, TLSCert: "cert.pem"}},
		{"origin with a scheme", Config{Data: dir, Origin: "https://a.example.com"}},
		{"origin in capitals", Config{Data: dir, Origin: "A.example.com"}},
		{"origin with a newline", Config{Data: dir, Origin: "a.example.com\nb"}},
		{"another database", Config{Data: dir, DB: "mysql://root:secret@db/x"}},
		{"a database that is no URL", Config{Data: dir, DB: "postgres://%zz"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := New(t.Context(), tt.cfg)
			if !errors.Is(err, ErrConfig) {
				t.Fatalf("got %v, want a bad setting", err)
			}
			trouble := Explain(err, dir)
			if !trouble.Usage || trouble.Hint == "" || strings.Contains(trouble.What, "secret") {
				t.Errorf("got %+v, want usage, a hint and no password", trouble)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("the data directory was made")
			}
		})
	}
}

func TestTLSAndARenewedCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writePair(t, cert, key, "first.example.com")
	var ahead atomic.Int64 // seconds
	r := start(t, Config{
		DB: MemoryDB, TLSCert: cert, TLSKey: key,
		Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load()) * time.Second) },
	})
	served := func() string {
		t.Helper()
		tr := &http.Transport{
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // a certificate of this test
			ForceAttemptHTTP2: true,
		}
		defer tr.CloseIdleConnections()
		res, err := (&http.Client{Transport: tr, Timeout: 5 * time.Second}).Get("https://" + r.Addr().String() + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusOK || res.ProtoMajor != 2 {
			t.Errorf("got %d over HTTP/%d, want 200 over HTTP/2", res.StatusCode, res.ProtoMajor)
		}
		return res.TLS.PeerCertificates[0].Subject.CommonName
	}
	if got := served(); got != "first.example.com" {
		t.Errorf("got %s, want the first certificate", got)
	}
	writePair(t, cert, key, "second.example.com")
	later := time.Now().Add(time.Hour)
	for _, f := range []string{cert, key} {
		if err := os.Chtimes(f, later, later); err != nil {
			t.Fatal(err)
		}
	}
	ahead.Add(61)
	if got := served(); got != "second.example.com" {
		t.Errorf("got %s, want the renewed certificate", got)
	}
	if err := os.WriteFile(cert, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	ahead.Add(61)
	if got := served(); got != "second.example.com" {
		t.Errorf("got %s, want the old certificate while the new one is half-written", got)
	}
}

func writePair(t *testing.T, cert, key, name string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{name},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// waitFor asks every few milliseconds, for at most two seconds.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}
