package main

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"filippo.io/mostly-harmless/vrf-r255"
	"google.golang.org/protobuf/proto"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/server"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Messages a second that a server must take, all things included.
func publishAtLeast(engine string) int {
	if engine == "postgres" {
		return 1500
	}
	return 2000
}

// publishRPC measures publishing through a whole server in a process of its own: requests were
// signed before, and 64 connections of HTTP/1.1 send them, one after the other each. Sender and
// server share the machine, so the sender does as little as it can.
func publishRPC(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("publish-rpc", flag.ContinueOnError)
	name := flags.String("engine", "sqlite", "sqlite or postgres")
	messages := flags.Int("messages", 15_000, "messages of a round")
	rounds := flags.Int("rounds", 3, "rounds")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "chaperone-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	address := ""
	if *name == "postgres" {
		var done func() error
		if address, _, done, err = tortureData(ctx, *name); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, done()) }()
	}
	c, err := newBenchClinic()
	if err != nil {
		return err
	}
	if err := (&keylog.AdmissionFile{Path: server.AdmittedFile(dir)}).Admit(c.id); err != nil {
		return err
	}
	child, err := startServerChild(ctx, "publish-rpc-child", dir, address)
	if err != nil {
		return err
	}
	defer child.stop()
	for _, note := range c.notes {
		body, err := proto.Marshal(&chaperonev1.AppendNoteRequest{Note: note})
		if err == nil {
			err = sendAll(ctx, child.addr, chaperonev1connect.ClinicServiceAppendNoteProcedure, [][]byte{body}, 1)
		}
		if err != nil {
			return fmt.Errorf("log the clinic's notes: %w", err)
		}
	}
	var rates, cpu []float64
	for round := range *rounds {
		bodies, err := c.publications(round, *messages)
		if err != nil {
			return err
		}
		before, err := child.usage()
		if err != nil {
			return err
		}
		start := time.Now()
		if err := sendAll(ctx, child.addr, chaperonev1connect.ClinicServicePublishProcedure, bodies, publishers); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
		took := time.Since(start)
		after, err := child.usage()
		if err != nil {
			return err
		}
		rates = append(rates, float64(*messages)/took.Seconds())
		cpu = append(cpu, float64((after-before).Nanoseconds())/1000/float64(*messages))
	}
	printMachine(out)
	_, _ = fmt.Fprintf(out, "| %s, %d senders | |\n|---|---|\n| messages/s, at least %d | %.0f |\n| CPU of the server a message, µs | %.0f |\n\n%d rounds of %d messages of 1,920 bytes, every third with an inbox copy; medians.\n",
		*name, publishers, publishAtLeast(*name), middle(rates), middle(cpu), *rounds, *messages)
	return nil
}

// publishRPCChild is the server's process. Arguments: data directory, URL of the database or "".
func publishRPCChild(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 2 {
		return &usageError{"publish-rpc-child is started by publish-rpc"}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := server.New(ctx, server.Config{
		Data: args[0], DB: args[1], Listen: "127.0.0.1:0", Metrics: "127.0.0.1:0", Limits: server.Limits{Rates: manyRequests()},
	})
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	if err := answerUsage(out, s.Addr().String()); err != nil {
		return err
	}
	cancel()
	return <-done
}

// benchClinic is a fictional clinic with two root keys and one device.
type benchClinic struct {
	id     [32]byte
	device ed25519.PrivateKey
	notes  [][]byte // profile and grant, signed
}

func newBenchClinic() (benchClinic, error) {
	key := func(name string) ed25519.PrivateKey {
		seed := sha256.Sum256([]byte("bench " + name))
		return ed25519.NewKeyFromSeed(seed[:])
	}
	c := benchClinic{device: key("device")}
	roots := contact.RootSet{Threshold: 2}
	names := []string{"root-a.example.com", "root-b.example.com"}
	for _, name := range names {
		k, err := translog.NewKey(name, key(name).Public().(ed25519.PublicKey))
		if err != nil {
			return c, err
		}
		roots.Keys = append(roots.Keys, k)
	}
	c.id = roots.Hash()
	deviceKey, err := translog.NewKey("frontdesk.example.com", c.device.Public().(ed25519.PublicKey))
	if err != nil {
		return c, err
	}
	scalar := make([]byte, 32)
	scalar[0] = 1
	monitor, err := vrf.NewPrivateKey(scalar)
	if err != nil {
		return c, err
	}
	from := time.Now().Add(-time.Hour)
	for _, text := range []string{
		contact.Profile{
			Clinic: c.id, Name: "Example Aesthetics", Slug: "example-aesthetics", Roots: roots,
			StatusHours: 24, Servers: []string{"https://contact.example.com"}, Phones: []string{"+15555550100"},
			Monitors: []contact.Epoch{{N: 1, Key: [32]byte(monitor.PublicKey().Bytes()), NotBefore: 1, NotAfter: 1 << 40}},
			Policies: []contact.PolicyRef{{Hash: [32]byte{1}, NotBefore: 1, NotAfter: 1 << 40}},
		}.Marshal(),
		contact.Grant{
			Clinic: c.id, Key: deviceKey, Role: contact.RoleDevice, Kinds: []contact.Kind{contact.KindNotice},
			Label: "bench", Holder: "front-desk", NotBefore: from.Unix(), NotAfter: from.Add(30 * 24 * time.Hour).Unix(), Cap: 100,
		}.Marshal(),
	} {
		s := translog.Signed{Text: text}
		for i, name := range names {
			s.Sigs = append(s.Sigs, translog.Sig{Name: name, ID: roots.Keys[i].ID(), Bytes: ed25519.Sign(key(name), []byte(text))})
		}
		c.notes = append(c.notes, s.Marshal())
	}
	return c, nil
}

// publications returns n requests of a round, signed now.
func (c benchClinic) publications(round, n int) ([][]byte, error) {
	bodies := make([][]byte, n)
	now := time.Now()
	for i := range bodies {
		leaf, row := messageOf(100+uint64(round), uint64(i)) //nolint:gosec // small
		p := envelope.Publication{ID: row.ID[:], Sealed: row.Sealed, Leaf: leaf, Until: now.Unix()/86400 + 200}
		if row.Copy != nil {
			p.Watch, p.Copy = row.Watch[:], row.Copy
		}
		var nonce [16]byte
		binary.BigEndian.PutUint64(nonce[:], uint64(i)) //nolint:gosec // small
		signed := contact.RequestBytes(chaperonev1connect.ClinicServicePublishProcedure, now.Unix(), nonce, p.Digest())
		body, err := proto.Marshal(&chaperonev1.PublishRequest{
			Proof: &chaperonev1.DeviceProof{
				PublicKey: c.device.Public().(ed25519.PublicKey), UnixSeconds: now.Unix(), Nonce: nonce[:], Signature: ed25519.Sign(c.device, signed),
			},
			Id: p.ID, Envelope: p.Sealed, Leaf: p.Leaf, KeepUntilDay: p.Until, WatchId: p.Watch, InboxCopy: p.Copy,
		})
		if err != nil {
			return nil, err
		}
		bodies[i] = body
	}
	return bodies, nil
}

// sendAll sends each body once, over a number of connections. Every answer must be 200.
func sendAll(ctx context.Context, addr, procedure string, bodies [][]byte, conns int) error {
	var next atomic.Int64
	errs := make([]error, conns)
	var wg sync.WaitGroup
	for w := range errs {
		wg.Go(func() { errs[w] = sendSome(ctx, addr, procedure, bodies, &next) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func sendSome(ctx context.Context, addr, procedure string, bodies [][]byte, next *atomic.Int64) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	var request []byte
	for {
		i := next.Add(1) - 1
		if i >= int64(len(bodies)) {
			return nil
		}
		request = fmt.Appendf(request[:0], "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/proto\r\nContent-Length: %d\r\n\r\n", procedure, addr, len(bodies[i]))
		request = append(request, bodies[i]...)
		if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			return err
		}
		if _, err := conn.Write(request); err != nil {
			return err
		}
		res, err := http.ReadResponse(answers, nil)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			return err
		}
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("the server answered %d: %s", res.StatusCode, text)
		}
	}
}

// serverChild is a server in a process of its own, which says what CPU time it used.
type serverChild struct {
	cmd  *exec.Cmd
	ask  io.WriteCloser
	tell *bufio.Scanner
	addr string
}

func startServerChild(ctx context.Context, args ...string) (*serverChild, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &serverChild{cmd: exec.CommandContext(ctx, self, args...)}
	c.cmd.Stderr = os.Stderr
	if c.ask, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	pipe, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.tell = bufio.NewScanner(pipe)
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	if !c.tell.Scan() {
		c.stop()
		return nil, fmt.Errorf("%s did not say where it answers", args[0])
	}
	c.addr = c.tell.Text()
	return c, nil
}

func (c *serverChild) stop() { _ = errors.Join(c.ask.Close(), c.cmd.Wait()) }

// usage returns the CPU time that the server has used.
func (c *serverChild) usage() (time.Duration, error) {
	if _, err := io.WriteString(c.ask, "usage\n"); err != nil {
		return 0, fmt.Errorf("ask for usage: %w", err)
	}
	if !c.tell.Scan() {
		return 0, errors.New("the server ended")
	}
	return time.ParseDuration(c.tell.Text())
}
