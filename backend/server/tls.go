package server

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is a key pair on disk that is read again when a file changes, so that a renewed
// certificate needs no restart.
type certificate struct {
	certFile, keyFile string
	now               func() time.Time
	log               *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	changed time.Time // newest modification of the two files when pair was read
	checked time.Time // when the files were last looked at
}

// checkEvery is how often the files are looked at, at most.
const checkEvery = time.Minute

func loadCertificate(certFile, keyFile string, now func() time.Time, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, now: now, log: log}
	if err := c.read(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now().Sub(c.checked) < checkEvery {
		return c.pair, nil
	}
	c.checked = c.now()
	if changed, err := c.modified(); err == nil && changed.Equal(c.changed) {
		return c.pair, nil
	}
	// A half-written renewal must not take the server down: the old pair serves on.
	if err := c.read(); err != nil {
		c.log.Error("tls certificate not read again", "error", err)
	} else {
		c.log.Info("tls certificate read again")
	}
	return c.pair, nil
}

// read is called with c.mu held, or before c is shared.
func (c *certificate) read() error {
	changed, err := c.modified()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("%w: %w", errCertificate, err)
	}
	c.pair, c.changed, c.checked = &pair, changed, c.now()
	return nil
}

func (c *certificate) modified() (time.Time, error) {
	var newest time.Time
	for _, file := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(file)
		if err != nil {
			return newest, fmt.Errorf("%w: %w", errCertificate, err)
		}
		if info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return newest, nil
}
