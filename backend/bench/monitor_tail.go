package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/server"
	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// tailAtLeast is what a monitor reads in a second on two cores: a million leaves in 100 s.
const tailAtLeast = 10_000

// monitorTail has a clinic's new monitor read the whole msgs log of a server in another process,
// over HTTP: every leaf is tried under its VRF secret, and the root is computed again.
func monitorTail(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("monitor-tail", flag.ContinueOnError)
	leaves := flags.Uint64("leaves", 200_000, "leaves in the log")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "chaperone-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	data, home := filepath.Join(dir, "server"), filepath.Join(dir, "monitor")
	policy, err := server.LogPolicy(server.Config{Data: data, Listen: "127.0.0.1:0"})
	if err != nil {
		return err
	}
	if err := fillMessages(ctx, data, *leaves); err != nil {
		return err
	}
	child, err := startServerChild(ctx, "publish-rpc-child", data, "")
	if err != nil {
		return err
	}
	defer child.stop()
	if err := witnessed(ctx, child.addr); err != nil {
		return err
	}
	s, err := clinic.NewServer(clinic.ServerConfig{URL: "http://" + child.addr})
	if err != nil {
		return err
	}
	keys, err := joinedMonitor(ctx, home, data, policy, s)
	if err != nil {
		return err
	}
	m, err := monitor.Open(monitor.Config{Dir: home, Keys: keys, Server: s, Rand: rand.Reader, Now: time.Now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	before, err := child.usage()
	if err != nil {
		return err
	}
	start := time.Now()
	if err := m.Tail(ctx); err != nil {
		return fmt.Errorf("tail: %w", err)
	}
	took := time.Since(start)
	after, err := child.usage()
	if err != nil {
		return err
	}
	if err := readAll(home, *leaves); err != nil {
		return err
	}
	if n := len(m.Alarms()); n > 0 {
		return fmt.Errorf("the monitor raised %d alarms about leaves of others", n)
	}
	rate := float64(*leaves) / took.Seconds()
	printMachine(out)
	fmt.Fprintf(out, "| %d leaves, by one VRF secret | |\n|---|---|\n| leaves/s, at least %d | %.0f |\n| a million leaves take | %.0f s |\n| CPU of the server a leaf | %.1f µs |\n",
		*leaves, tailAtLeast, rate, 1e6/rate, float64((after-before).Microseconds())/float64(*leaves))
	return nil
}

// joinedMonitor sets a monitor up for a clinic whose profile the server has in its log.
func joinedMonitor(ctx context.Context, home, data string, policy []byte, s *clinic.Server) (*monitor.Keys, error) {
	now := time.Now()
	roots, err := clinic.NewRoots(2, rand.Reader, "root-a", "root-b")
	if err != nil {
		return nil, err
	}
	keys, err := monitor.NewKeys("monitor.example.com", rand.Reader, now)
	if err != nil {
		return nil, err
	}
	profile, err := roots.SignProfile(clinic.FirstProfile(contact.Profile{
		Name: "Example Aesthetics", Slug: "example-aesthetics", Servers: []string{"https://contact.example.com"}, Phones: []string{"+15555550100"},
	}, roots.Set(), keys.VRFKey(), policy, now.Add(-time.Hour), 365*24*time.Hour))
	if err != nil {
		return nil, err
	}
	if err := (&keylog.AdmissionFile{Path: server.AdmittedFile(data)}).Admit(roots.Set().Hash()); err != nil {
		return nil, err
	}
	time.Sleep(1200 * time.Millisecond) // the server looks at its list once a second
	for proof := []byte(nil); len(proof) == 0; time.Sleep(100 * time.Millisecond) {
		if _, proof, err = s.AppendNote(ctx, profile); err != nil {
			return nil, err
		}
	}
	var persons []monitor.Person
	for _, name := range []string{"ana", "ben"} {
		p, err := monitor.NewPerson(rand.Reader, name, name+" has words of her own", 4)
		if err != nil {
			return nil, err
		}
		persons = append(persons, p)
	}
	if err := monitor.SetUp(home, keys, []byte("sealed"), "https://127.0.0.1:8443", persons, nil); err != nil {
		return nil, err
	}
	return keys, monitor.Join(home, monitor.Joining{Profile: profile, Policies: [][]byte{policy}})
}

// readAll says whether a monitor has read n leaves of the msgs log.
func readAll(home string, n uint64) error {
	raw, err := os.ReadFile(filepath.Join(home, "tail.json"))
	if err != nil {
		return err
	}
	var state struct {
		Logs map[string]struct {
			Size uint64 `json:"size"`
		} `json:"logs"`
	}
	if err := json.Unmarshal(raw, &state); err != nil {
		return err
	}
	if got := state.Logs[clinic.MsgsLog].Size; got != n {
		return fmt.Errorf("the monitor has read %d leaves, want %d", got, n)
	}
	return nil
}
