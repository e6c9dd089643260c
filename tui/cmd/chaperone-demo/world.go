package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/server"
	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog/memlog"
)

// The clinic of the demo is made up. Its number is one of those kept for stories.
const (
	clinicName  = "Example Aesthetics"
	clinicSlug  = "example-aesthetics"
	clinicPhone = "+12025550142"
)

// seed returns the same endless bytes for the same name, so that the demo's clinic has the
// same keys on every run. They protect nothing.
func seed(name string) io.Reader {
	return rand.NewChaCha8(sha256.Sum256([]byte("chaperone demo: " + name)))
}

// letter is a message as it reached the patient.
type letter struct {
	file   string // name of its files in the folder "letters", without an ending
	bundle []byte // the clinic's message file that came with it
	text   string
}

// town is the world of the demo: a server that runs, a clinic, and what it sent.
type town struct {
	url     string
	pin     contact.Pin
	letters []letter

	served chan error
}

// build starts a server on a port the system chooses, sets the clinic up, has it send one
// message, and lets the attacker change a copy. Everything lies below dir.
func build(ctx context.Context, dir, body string, tamper func(string) string, now func() time.Time) (*town, error) {
	srv, err := server.New(ctx, server.Config{
		Data: filepath.Join(dir, "server"), Listen: "127.0.0.1:0", Metrics: server.Off, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, fmt.Errorf("start server: %w", err)
	}
	t := &town{url: "http://" + srv.Addr().(*net.TCPAddr).String(), served: make(chan error, 1)}
	go func() { t.served <- srv.Run(ctx) }()

	sent, err := t.openClinic(body, now)
	if err != nil {
		return nil, err
	}
	t.letters = []letter{sent, attacker{mailbox: sent}.forward(tamper)}
	folder := filepath.Join(dir, "letters")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	for _, l := range t.letters {
		for ending, data := range map[string][]byte{".chaperone": l.bundle, ".txt": []byte(l.text)} {
			if err := os.WriteFile(filepath.Join(folder, l.file+ending), data, 0o600); err != nil {
				return nil, fmt.Errorf("write letter: %w", err)
			}
		}
	}
	return t, nil
}

// openClinic sets up the clinic forty days ago and has it send a message three hours ago. Its
// logs and their one witness live in memory; the verdict says "demo witness".
func (t *town) openClinic(body string, now func() time.Time) (letter, error) {
	today := now()
	clock := today.Add(-40 * 24 * time.Hour)
	tick := func() time.Time { return clock }

	logs, err := memlog.New(memlog.Config{Name: "demo.example.com", Rand: seed("logs"), Now: tick})
	if err != nil {
		return letter{}, fmt.Errorf("make logs: %w", err)
	}
	roots, err := clinic.NewRoots(2, seed("roots"), "root-a.example.com", "root-b.example.com", "root-c.example.com")
	if err != nil {
		return letter{}, fmt.Errorf("make root keys: %w", err)
	}
	monitor, err := clinic.NewMonitor("monitor.example.com", seed("monitor"))
	if err != nil {
		return letter{}, fmt.Errorf("make monitor: %w", err)
	}
	desk, err := clinic.NewDevice("frontdesk.example.com", seed("front desk"))
	if err != nil {
		return letter{}, fmt.Errorf("make device: %w", err)
	}
	c, err := clinic.New(clinic.Config{
		Profile: contact.Profile{
			Name: clinicName, Slug: clinicSlug,
			Servers: []string{"https://chaperone.example.com"}, Phones: []string{clinicPhone},
		},
		Roots: roots, Monitor: monitor, Keys: logs.Keys, Msgs: logs.Msgs, Policy: logs.PolicyText(),
		Rand: seed("messages"), Now: tick,
	})
	if err != nil {
		return letter{}, fmt.Errorf("set up clinic: %w", err)
	}
	if err := c.Grant(desk, "Front desk", "front-desk", contact.KindNotice, contact.KindAppointment); err != nil {
		return letter{}, fmt.Errorf("grant front desk: %w", err)
	}
	t.pin = contact.NewPin(roots.Set(), clinicName, contact.InPerson, today.Add(-30*24*time.Hour).Unix())

	clock = today.Add(-3 * time.Hour)
	sent, err := c.Send(desk, clinic.Draft{Kind: contact.KindAppointment, Channel: "email", Body: body})
	if err != nil {
		return letter{}, fmt.Errorf("send message: %w", err)
	}
	clock = today.Add(-time.Hour)
	status, err := c.Status(time.Time{})
	if err != nil {
		return letter{}, fmt.Errorf("sign status: %w", err)
	}
	bundle, err := c.Bundle(sent, status)
	if err != nil {
		return letter{}, fmt.Errorf("bundle message: %w", err)
	}
	return letter{file: "from-the-clinic", bundle: bundle, text: contact.Canon(body)}, nil
}

// attacker is somebody in the clinic's mailbox. All they have is what passes through it: a
// message and its file. They have no key.
type attacker struct{ mailbox letter }

// forward passes the message on with another text. The file goes along unchanged: without a
// key, any change to it would be seen.
func (a attacker) forward(tamper func(string) string) letter {
	return letter{file: "changed-on-the-way", bundle: a.mailbox.bundle, text: tamper(a.mailbox.text)}
}
