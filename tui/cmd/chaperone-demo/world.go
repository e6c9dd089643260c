package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/limit"
	"github.com/chaperone-privacy/chaperone/backend/server"
	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// clock is the one clock of server, clinics and attacker. While the demo is being set up it runs
// behind, and leaps from day to day; then it is that of this machine. It never goes back.
type clock struct{ behind atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(-time.Duration(c.behind.Load())) }

// ago makes it so long before now.
func (c *clock) ago(d time.Duration) { c.behind.Store(int64(d)) }

// leap moves it forward.
func (c *clock) leap(d time.Duration) { c.behind.Add(-int64(d)) }

// world is what is kept of a demo beside what its machines keep themselves.
type world struct {
	Schema  int           `json:"schema"`
	Letters []letter      `json:"letters"`
	Pins    []contact.Pin `json:"pins"`
	Pair    contact.Pair  `json:"pair"`
	// CopiedAt is when the computer was copied, as the clinic finds out later, Unix seconds.
	CopiedAt int64 `json:"copied_at"`
	Found    bool  `json:"found"` // the clinic found out
	// LoggedAt is when something was last logged so that the log has a young head, Unix seconds.
	LoggedAt int64 `json:"logged_at"`
}

const (
	worldFile   = "world.json"
	worldSchema = 1
)

// errOther says that a folder holds something else, or a demo of another version.
var errOther = errors.New("the folder holds something else, or a demo of another version; give an empty one")

// town is the world of the demo: a server that runs, four clinics, and what came by mail.
type town struct {
	dir   string
	url   string
	clock clock
	cfg   server.Config

	served chan error    // what the server ended with
	ready  chan struct{} // closed when the rest is there, or err is set
	err    error         // why it is not
	kept   bool          // it was set up on an earlier run
	world
	houses []*house
	desks  sync.Mutex // held by what works at the desks, or writes world, once ready is closed
}

// start starts a server on a port the system chooses. Everything lies below dir. The rest comes
// with [town.settle].
func start(ctx context.Context, dir string) (*town, error) {
	t := &town{dir: dir, served: make(chan error, 1), ready: make(chan struct{})}
	raw, err := os.ReadFile(t.path(worldFile))
	switch {
	case err == nil:
		if json.Unmarshal(raw, &t.world) != nil || t.Schema != worldSchema {
			return nil, errOther
		}
		t.kept = true
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read folder: %w", err)
	default:
		if err := t.empty(); err != nil {
			return nil, err
		}
		t.clock.ago(setUp) // before the server signs anything
	}
	t.cfg = server.Config{
		Data: t.path("server"), Listen: "127.0.0.1:0", Metrics: server.Off, Log: slog.New(slog.DiscardHandler), Now: t.clock.now,
		// Everybody lives at one address here, and forty days are over in a second.
		Limits: server.Limits{Rates: map[limit.Class]limit.Rate{}}, HeadEvery: time.Millisecond,
	}
	srv, err := server.New(ctx, t.cfg)
	if err != nil {
		return nil, fmt.Errorf("start server: %w", err)
	}
	t.url = "http://" + srv.Addr().(*net.TCPAddr).String()
	for _, h := range clinics() {
		h.town, h.dir = t, filepath.Join(t.dir, "clinics", h.slug)
		t.houses = append(t.houses, h)
	}
	go func() { t.served <- srv.Run(ctx) }()
	return t, nil
}

// unfinished is in a folder while it is being set up.
const unfinished = ".chaperone-demo-unfinished"

// empty makes sure that the folder is: one that was left while it was set up is set up anew.
func (t *town) empty() error {
	used, err := os.ReadDir(t.dir)
	if err != nil {
		return fmt.Errorf("read folder: %w", err)
	}
	if _, err := os.Stat(t.path(unfinished)); err != nil && len(used) > 0 {
		return errOther
	}
	for _, e := range used {
		if err := os.RemoveAll(t.path(e.Name())); err != nil {
			return fmt.Errorf("empty folder: %w", err)
		}
	}
	return writeFile(t.path(unfinished), nil)
}

func (t *town) path(name string) string { return filepath.Join(t.dir, name) }

// rand returns the same endless bytes for the same name, so that the demo's clinics have the same
// keys on every run: they protect nothing. What was set up before goes on with other bytes.
func (t *town) rand(name string) io.Reader {
	if t.kept {
		return rand.Reader
	}
	return mathrand.NewChaCha8(sha256.Sum256([]byte("chaperone demo: " + name)))
}

// server returns the server as clinics use it.
func (t *town) server() (*clinic.Server, error) {
	return clinic.NewServer(clinic.ServerConfig{URL: t.url, Now: t.clock.now})
}

// web reaches the server, wherever it listens this time: clinics remember where it was.
func (t *town) web() *http.Client {
	address := strings.TrimPrefix(t.url, "http://")
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}}
}

// admit is the server's operator admitting a clinic. The server reads the list once a second.
func (t *town) admit(id [32]byte) error {
	list := keylog.AdmissionFile{Path: server.AdmittedFile(t.cfg.Data)}
	if err := list.Admit(id); err != nil {
		return err
	}
	t.clock.leap(2 * time.Second)
	return nil
}

// settle sets the clinics up and has the letters written, or opens what was set up before. It
// closes ready, and err says how it went.
func (t *town) settle(ctx context.Context, text func(string) string) {
	defer close(t.ready)
	if t.kept {
		t.err = t.reopen(ctx)
		return
	}
	t.err = t.write(ctx, text)
	if t.err == nil {
		t.err = t.save()
	}
}

func (t *town) save() error {
	raw, err := json.MarshalIndent(t.world, "", "  ")
	if err != nil {
		return fmt.Errorf("keep demo: %w", err)
	}
	for _, l := range t.Letters {
		if err := writeFile(filepath.Join(t.path("letters"), l.Name+".txt"), []byte(l.read())); err != nil {
			return err
		}
		if l.Bundle == nil {
			continue
		}
		if err := writeFile(filepath.Join(t.path("letters"), l.Name+".chaperone"), l.Bundle); err != nil {
			return err
		}
	}
	if err := writeFile(t.path(worldFile), raw); err != nil {
		return err
	}
	if err := os.Remove(t.path(unfinished)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("keep demo: %w", err)
	}
	return nil
}

// reopen opens the clinics whose monitors are at work, and has each sign a status.
func (t *town) reopen(ctx context.Context) error {
	for _, h := range t.houses {
		if h.stopped {
			continue
		}
		if err := h.open(ctx); err != nil {
			return fmt.Errorf("open %s: %w", h.slug, err)
		}
	}
	return t.stir(ctx)
}

// stirEvery is how old the newest head of the logs may grow. On a server with more than four
// clinics there is always somebody who logs something; a phone that is shown an old head alone
// takes its own clock to be ahead.
const stirEvery = 12 * time.Hour

// stir has one of the clinics log something when nobody did for a while: it grants a key.
func (t *town) stir(ctx context.Context) error {
	now := t.clock.now()
	if now.Unix()-t.LoggedAt < int64(stirEvery/time.Second) {
		return nil
	}
	h := t.houses[len(t.houses)-1]
	name := "pc-" + strconv.FormatInt(now.Unix(), 10)
	device, err := clinic.NewDevice(name+"."+h.slug, rand.Reader)
	if err != nil {
		return err
	}
	if _, err := h.grant(ctx, device.Key(), name, "Another PC", contact.KindNotice); err != nil {
		return err
	}
	t.LoggedAt = now.Unix()
	return t.save()
}

// watch keeps the monitors at work until ctx ends.
func (t *town) watch(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		t.round(ctx)
	}
}

// round has the monitors that are at work do a round. What fails is tried again in the next.
func (t *town) round(ctx context.Context) {
	t.desks.Lock()
	defer t.desks.Unlock()
	_ = t.stir(ctx)
	for _, h := range t.houses {
		if !h.stopped {
			_ = h.mon.Round(ctx)
		}
	}
}

// close ends the clinics' machines, after settle.
func (t *town) close() error {
	var err error
	for _, h := range t.houses {
		err = errors.Join(err, h.close())
	}
	return err
}

// writeFile writes a file and the folders that it lies in.
func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	return nil
}
