package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"time"
)

// purgeEvery is how often old marks are removed.
const purgeEvery = 24 * time.Hour

// Run serves until ctx ends or a listener fails. Then /readyz says 503, requests under way are
// answered, for as long as [Timeouts] allow, and the data is closed. It is called once.
func (s *Server) Run(ctx context.Context) error {
	failed := make(chan error, 2)
	var wg sync.WaitGroup
	serve := func(srv *http.Server, start func() error) {
		if srv == nil {
			return
		}
		wg.Go(func() {
			if err := start(); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serve: %w", err)
			}
		})
	}
	serve(s.main, func() error {
		if s.cfg.TLSCert != "" {
			return s.main.ServeTLS(s.mainLn, "", "")
		}
		return s.main.Serve(s.mainLn)
	})
	serve(s.probe, func() error { return s.probe.Serve(s.probeLn) })
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	stopLogs := s.logs.start(context.WithoutCancel(ctx))

	s.ready.open()
	close(s.started)
	wg.Go(func() { s.later(background) })
	s.log.Info("serving", "store", s.store.name, "origin", s.origin, "tls", s.cfg.TLSCert != "")

	var err error
	select {
	case <-ctx.Done():
		s.log.Info("draining")
		s.ready.serving.Store(false)
		select {
		case err = <-failed:
		case <-time.After(s.cfg.Timeouts.Drain):
		}
	case err = <-failed:
		s.ready.serving.Store(false)
	}
	stop()
	err = errors.Join(err, s.shutdown(context.WithoutCancel(ctx)))
	stopLogs() // requests that wait for them are answered
	wg.Wait()
	err = errors.Join(err, s.release())
	s.log.Info("stopped")
	return err
}

// shutdown waits for requests under way, then cuts off what is left.
func (s *Server) shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeouts.Shutdown)
	defer cancel()
	err := s.main.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("requests cut off")
		err = s.main.Close()
	}
	if s.probe != nil {
		err = errors.Join(err, s.probe.Close())
	}
	return err
}

// settle is how long what can wait leaves the machine to the first requests. A request that
// needs the rules or the content sooner does that part itself.
const settle = 100 * time.Millisecond

// later does what need not be done before requests are served, until ctx ends.
func (s *Server) later(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-time.After(settle):
	}
	if err := s.rules.Compile(); err != nil {
		s.log.Error("request rules broken", "error", err)
	}
	if _, err := s.pack(); err != nil {
		s.log.Error("content pack broken", "error", err)
	}
	debug.FreeOSMemory() // what only the start needed
	s.purge(ctx)
}

// purge removes old marks and messages after their last day, now and every day, until ctx ends.
func (s *Server) purge(ctx context.Context) {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		if _, err := s.vaults.Purge(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("purge failed", "error", err)
		}
		if _, err := s.logs.envelopes.Expire(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("expiry failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Close releases what New took, for a server that is not run. After Run it does nothing.
func (s *Server) Close() error { return s.release() }

// release closes listeners and data, once.
func (s *Server) release() error {
	s.once.Do(func() {
		var errs []error
		if s.mainLn != nil {
			errs = append(errs, ignoreClosed(s.mainLn.Close()))
		}
		if s.probeLn != nil {
			errs = append(errs, ignoreClosed(s.probeLn.Close()))
		}
		if s.store != nil {
			errs = append(errs, s.store.close())
		}
		s.err = errors.Join(errs...)
	})
	return s.err
}
