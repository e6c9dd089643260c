package server

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/chaperone-privacy/chaperone/backend/limit"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/backend/rpc"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
	"github.com/chaperone-privacy/chaperone/backend/web"
	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

// errCertificate: a TLS file cannot be used.
var errCertificate = errors.New("certificate cannot be used")

// Server is a server whose data is open and whose addresses are bound.
type Server struct {
	cfg    Config
	origin string
	store  *engine
	vaults *vaultsync.Service
	logs   *logs
	rates  *limit.Rates
	rpc    *connect.Server
	rules  *rpc.Rules
	pack   func() (*checklist.Pack, error) // opened at the first call
	gate   *limit.Gate
	ready  *readiness
	log    *slog.Logger

	main    *http.Server
	mainLn  net.Listener
	probe   *http.Server // metrics; nil when off
	probeLn net.Listener

	started chan struct{} // closed once requests are served
	once    sync.Once     // guards release
	err     error         // what release returned; under once
}

// New opens the data, migrates it, and binds the addresses. It serves nothing until Run. The
// caller runs it or closes it.
func New(ctx context.Context, cfg Config) (_ *Server, err error) {
	cfg, err = cfg.check()
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, log: cfg.Log, started: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.release())
		}
	}()
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	if err := s.listen(ctx); err != nil {
		return nil, err
	}
	if err := s.assemble(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// listen binds the addresses. It comes before the data is opened, so that a port in use leaves
// the data untouched.
func (s *Server) listen(ctx context.Context) (err error) {
	var lc net.ListenConfig
	if s.mainLn, err = lc.Listen(ctx, "tcp", s.cfg.Listen); err != nil {
		return &listenError{s.cfg.Listen, "--listen", err}
	}
	conns := s.cfg.Limits.Conns
	trusted := s.cfg.TrustedProxies
	conns.Exempt = func(a netip.Addr) bool { return within(trusted, a) }
	s.mainLn = limit.Listen(s.mainLn, conns)
	if s.cfg.Metrics == Off {
		return nil
	}
	if s.probeLn, err = lc.Listen(ctx, "tcp", s.cfg.Metrics); err != nil {
		return &listenError{s.cfg.Metrics, "--metrics", err}
	}
	s.probeLn = limit.Listen(s.probeLn, limit.ConnsConfig{Total: 64, PerSource: 16})
	return nil
}

// listenError says which address could not be bound, and the flag that chooses another.
type listenError struct {
	addr, flag string
	err        error
}

func (e *listenError) Error() string { return fmt.Sprintf("listen on %s: %v", e.addr, e.err) }
func (e *listenError) Unwrap() error { return e.err }

// assemble opens the data and joins everything.
func (s *Server) assemble(ctx context.Context) (err error) {
	var (
		storeErr, originErr, keysErr error
		kept                         map[string]ed25519.PrivateKey
		wg                           sync.WaitGroup
	)
	wg.Go(func() {
		s.store, storeErr = openStore(ctx, s.cfg.Data, s.cfg.DB, s.log, func() {
			// The store's lock is held from here on: nobody else writes these files. Each waits for
			// the disk, as the migrations do.
			wg.Go(func() { s.origin, originErr = settleOrigin(s.cfg.Data, s.cfg.Origin, onLoopback(s.cfg.Listen)) })
			wg.Go(func() { kept, keysErr = s.cfg.loadKeys() })
		})
	})
	s.gate = limit.NewGate(s.cfg.Limits.Gate)
	counts := newMetrics(s.gate)
	s.rules = rpc.NewRules()
	s.pack = sync.OnceValues(checklist.Embedded)
	wg.Wait()
	switch {
	case storeErr != nil:
		return storeErr
	case originErr != nil:
		return originErr
	case keysErr != nil:
		return keysErr
	}
	vaults := s.store.vaults
	if s.cfg.wrap != nil {
		vaults = s.cfg.wrap(vaults)
	}
	s.vaults, err = vaultsync.New(vaultsync.Config{
		Store: &timedVaults{vaults, s.cfg.Now, counts}, Now: s.cfg.Now, Log: s.log,
	})
	if err != nil {
		return fmt.Errorf("start vaults: %w", err)
	}
	if s.logs, err = openLogs(ctx, s.cfg, s.origin, kept, s.store, s.log); err != nil {
		return err
	}
	counts.watchLogs(s.logs)
	s.rates = limit.NewRates(limit.RatesConfig{Classes: s.cfg.Limits.Rates, Now: s.cfg.Now})
	s.rpc, err = rpc.New(rpc.Config{
		Pack: s.pack, Vaults: s.vaults, Envelopes: s.logs.envelopes, Notes: s.logs.notes, Daily: s.cfg.Limits.PublishPerDay,
		Rates: s.rates, Gate: s.gate, Observer: counts, Rules: s.rules,
		Deadline: s.cfg.Timeouts.Deadline, Reflection: s.cfg.Reflection,
		Now: s.cfg.Now, Rand: s.cfg.Rand, Log: s.log,
	})
	if err != nil {
		return err
	}
	s.ready = &readiness{ping: s.store.ping, now: s.cfg.Now}
	if s.main, err = s.mainServer(); err != nil {
		return err
	}
	if s.probeLn != nil {
		mux := newRouter(web.NotFound(), nil)
		mux.Handle("/metrics", counts.handler())
		s.probe = s.httpServer(mux)
	}
	return nil
}

// mainServer returns the HTTP server of everything but the metrics.
func (s *Server) mainServer() (*http.Server, error) {
	mux := newRouter(web.NotFound(), s.cfg.TrustedProxies)
	rpc.Mount(mux, s.rpc)
	health := &healthChecker{ready: s.ready, services: map[string]bool{}}
	for spec := range s.rpc.Specs() {
		name, _, _ := strings.Cut(strings.TrimPrefix(spec.Procedure, "/"), "/")
		health.services[name] = true
	}
	path, handler := healthHandler(health)
	mux.Handle(path, rpc.Guard(handler, maxHealthMessage))
	mux.Handle("/", web.Front())
	tiles := func(r logwriter.Reader) {
		prefix := "/log/" + r.Log.String() + "/"
		r.Store = s.store.logs
		mux.Handle(prefix, s.limited(logwriter.TilesHandler(r, prefix)))
	}
	for _, l := range s.logs.use.list() {
		tiles(logwriter.Reader{Log: l})
	}
	for i := range s.logs.frozen { // where they always were
		tiles(logwriter.Reader{Log: s.logs.frozen[i].Log, End: &s.logs.frozen[i]})
	}
	mux.Handle("/healthz", web.Probe(func(*http.Request) error { return nil }, "ok", ""))
	mux.Handle("/readyz", web.Probe(func(r *http.Request) error { return s.ready.check(r.Context()) }, "ready", "not ready"))

	srv := s.httpServer(mux)
	if s.cfg.TLSCert != "" {
		cert, err := loadCertificate(s.cfg.TLSCert, s.cfg.TLSKey, s.cfg.Now, s.log)
		if err != nil {
			return nil, err
		}
		srv.TLSConfig = cert.config()
	}
	return srv, nil
}

// httpServer returns a server with every time and size bounded.
func (s *Server) httpServer(handler http.Handler) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	t := s.cfg.Timeouts
	return &http.Server{
		Handler:           handler,
		Protocols:         protocols,
		ReadHeaderTimeout: t.ReadHeader,
		ReadTimeout:       t.Read,
		WriteTimeout:      t.Write,
		IdleTimeout:       t.Idle,
		MaxHeaderBytes:    16 << 10,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams:          64,
			MaxReadFrameSize:              64 << 10,
			MaxReceiveBufferPerConnection: 1 << 20,
			MaxReceiveBufferPerStream:     512 << 10,
			MaxDecoderHeaderTableSize:     4 << 10,
			MaxEncoderHeaderTableSize:     4 << 10,
			SendPingTimeout:               t.Idle / 2,
			PingTimeout:                   15 * time.Second,
			WriteByteTimeout:              t.Write,
		},
		// net/http's own messages name the caller's address.
		ErrorLog: log.New(discard{}, "", 0),
	}
}

// discard drops net/http's messages.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// Addr is the address that requests are answered on, with the port the system chose.
func (s *Server) Addr() net.Addr { return s.mainLn.Addr() }

// MetricsAddr is the address of the metrics, or nil when they are off.
func (s *Server) MetricsAddr() net.Addr {
	if s.probeLn == nil {
		return nil
	}
	return s.probeLn.Addr()
}

// Origin is the server's name in everything it signs.
func (s *Server) Origin() string { return s.origin }

// Ready is closed once requests are served.
func (s *Server) Ready() <-chan struct{} { return s.started }
