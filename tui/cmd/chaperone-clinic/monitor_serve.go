package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

// lookEvery is how often the screen is brought up to date.
const lookEvery = 2 * time.Second

// evening is the hour at which the day's messages are shown.
const evening = 18

// monitorServe answers devices and watches the logs until it is stopped.
func (p *program) monitorServe(ctx context.Context, a *command.Arguments) (int, error) {
	m := withMachine(a)
	listen := a.String("listen", ":8443", "")
	every := a.Duration("every", 30*time.Second, "")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	if *every < time.Second || *every > 10*time.Minute {
		return 0, a.Refuse(p.words.T(words.CliErrValue, words.Str("name", "--every")))
	}
	dir, err := p.monitorDir(m)
	if err != nil {
		return 0, err
	}
	settings, err := monitor.ReadSettings(dir)
	if err != nil {
		return 0, err
	}
	if settings.Profile == "" {
		return 0, monitor.ErrNotJoined
	}
	if settings.Here {
		return p.serveHere(ctx, m, dir, settings, *every)
	}
	k, err := p.monitorKeys(m, dir)
	if err != nil {
		return 0, err
	}
	server, err := clinic.NewServer(clinic.ServerConfig{URL: settings.Server, Now: p.now})
	if err != nil {
		return 0, err
	}
	mon, err := monitor.Open(monitor.Config{
		Dir: dir, Keys: k, Server: server, HTTP: witnessClient(), Rand: rand.Reader, Now: p.now, Every: *every,
		Log: slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return 0, err
	}
	err = p.serve(ctx, mon, *listen)
	return command.ExitDone, errors.Join(err, mon.Close())
}

func (p *program) serve(ctx context.Context, mon *monitor.Monitor, listen string) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("listen: %w: %w", errListen, err)
	}
	if err := mon.Announce(l.Addr()); err != nil {
		return errors.Join(err, l.Close())
	}
	if _, err := p.say(words.MonitorServing, words.Str("address", l.Addr().String())); err != nil {
		return errors.Join(err, l.Close())
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var group sync.WaitGroup
	group.Go(func() { mon.Run(ctx) })
	group.Go(func() { p.watch(ctx, mon) })
	err = mon.Serve(ctx, l)
	stop()
	group.Wait()
	return err
}

// watch shows what a person must see: each alarm, each request that waits, and in the evening
// what was sent.
func (p *program) watch(ctx context.Context, mon *monitor.Monitor) {
	s := screen{p: p, waits: map[string]bool{}}
	for {
		s.show(mon)
		select {
		case <-ctx.Done():
			return
		case <-time.After(lookEvery):
		}
	}
}

// screen is what was shown.
type screen struct {
	p      *program
	alarms int
	waits  map[string]bool
	day    string
}

func (s *screen) show(mon *monitor.Monitor) {
	p := s.p
	all := mon.Alarms()
	for _, a := range all[min(s.alarms, len(all)):] {
		if a.Open() {
			_, _ = p.print(p.words.T(words.MonitorAlarmTitle) + "\n" + p.alarmLine(a) + "\n")
		}
	}
	s.alarms = len(all)
	for _, w := range mon.Waiting() {
		if !s.waits[w.Name] {
			s.waits[w.Name] = true
			_, _ = p.print(p.waitingLine(w) + "\n")
		}
	}
	if now := p.now(); now.Hour() >= evening && s.day != now.Format(time.DateOnly) {
		s.day = now.Format(time.DateOnly)
		_, _ = p.print(p.todayText(mon.Today()))
	}
}

// serveHere watches with the monitor of the office's own computer. It has the folder only while
// it reads: other commands of the same computer send and approve in between.
func (p *program) serveHere(ctx context.Context, m *machine, dir string, settings monitor.Settings, every time.Duration) (int, error) {
	k, err := p.monitorKeys(m, dir)
	if err != nil {
		return 0, err
	}
	server, err := clinic.NewServer(clinic.ServerConfig{URL: settings.Server, Now: p.now})
	if err != nil {
		return 0, err
	}
	log := slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	cfg := monitor.Config{
		Dir: dir, Keys: k, Server: server, HTTP: witnessClient(), Rand: rand.Reader, Now: p.now, Log: log, Since: p.now(), Patience: patience,
	}
	if _, err := p.say(words.MonitorServingHere); err != nil {
		return 0, err
	}
	s, last := screen{p: p, waits: map[string]bool{}}, ""
	for ctx.Err() == nil {
		mon, err := monitor.Open(cfg)
		if err != nil {
			return 0, err
		}
		now := ""
		if err := mon.Round(ctx); err != nil && ctx.Err() == nil {
			now = err.Error()
		}
		s.show(mon)
		if err := mon.Close(); err != nil {
			return 0, err
		}
		if now != last && now != "" {
			log.Warn("round not finished", "error", now)
		}
		last = now
		select {
		case <-ctx.Done():
		case <-time.After(every):
		}
	}
	return command.ExitDone, nil
}

var errListen = errors.New("the address cannot be listened on")
