package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/chaperone-privacy/chaperone/backend/server"
	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// attacker is who the protocol is made against. All they have is what passes through the clinic's
// mailbox, which their methods are given; the server with its directory, and with it the keys of
// both logs and of the demo witness; and, from some day on, a copy of one computer of the staff.
// They have no share of a root, no monitor, and no phone of a patient.
type attacker struct {
	dir    string // their own
	server server.Config
	clock  *clock
	rand   io.Reader
	pc     *hand // of the copied computer; nil before
}

// rewrite passes a letter on with a line of the attacker's before its last line. Its code goes
// along unchanged: without a key, any change to what is behind it would be seen.
func (a *attacker) rewrite(l letter, name, line string) letter {
	lines := strings.Split(strings.TrimRight(l.Text, "\n"), "\n")
	last := len(lines) - 1
	l.Text = strings.Join(lines[:last], "\n") + "\n" + line + "\n" + lines[last] + "\n"
	l.Name = name
	return l
}

// forge changes the text in a message file, too. The signature is left as it was: there is no key
// to make another.
func (a *attacker) forge(bundle []byte, text string) (letter, error) {
	b, err := contact.ParseBundle(bundle)
	if err != nil {
		return letter{}, err
	}
	signed, err := translog.ParseSigned(b.Message)
	if err != nil {
		return letter{}, err
	}
	m, err := contact.ParseMessage(signed.Text)
	if err != nil {
		return letter{}, err
	}
	m.Body = contact.Canon(text)
	signed.Text = m.Marshal()
	b.Message = signed.Marshal()
	return letter{Name: forgedLetter, Text: m.Body, Bundle: b.Marshal()}, nil
}

// invent makes up a code, one that reads well.
func (a *attacker) invent(text string) (letter, error) {
	code, err := humancode.New(a.rand, humancode.MessageLen)
	if err != nil {
		return letter{}, fmt.Errorf("make up code: %w", err)
	}
	return letter{Name: unknownLetter, Text: contact.Canon(text), Code: code.Grouped()}, nil
}

// copyPC copies a computer's folder. Whoever is on the computer has read its passphrase, too.
func (a *attacker) copyPC(h *house, name string) error {
	loot := filepath.Join(a.dir, name)
	if err := os.CopyFS(loot, os.DirFS(filepath.Join(h.dir, name))); err != nil {
		return fmt.Errorf("copy %s: %w", name, err)
	}
	key, err := os.ReadFile(filepath.Join(loot, "keys", "machine.age"))
	if err != nil {
		return fmt.Errorf("copy %s: %w", name, err)
	}
	ring, err := clinic.OpenKeyring(machinePassphrase, key)
	if err != nil {
		return err
	}
	secrets := map[string][]byte{}
	for _, file := range []string{"device.age", "channel.age"} {
		sealed, err := os.ReadFile(filepath.Join(loot, "keys", file))
		if err != nil {
			return fmt.Errorf("copy %s: %w", name, err)
		}
		if secrets[file], err = ring.Open(sealed); err != nil {
			return err
		}
	}
	device, err := clinic.ParseDevice(secrets["device.age"])
	if err != nil {
		return err
	}
	a.pc, err = h.newHand(device, &memoryStore{secrets["channel.age"]}, a.rand)
	return err
}

// unproven signs a message with the copied key and does not ask the monitor, which would keep a
// record. What else a message file has is taken from one that came through the mailbox; grants
// are in the log for everybody.
func (a *attacker) unproven(passed []byte, grants []office.Granted, text string) (letter, error) {
	_, lock, err := a.pc.draw()
	if err != nil {
		return letter{}, err
	}
	w, err := a.pc.sign(lock, text)
	if err != nil {
		return letter{}, err
	}
	b, err := contact.ParseBundle(passed)
	if err != nil {
		return letter{}, err
	}
	b.Message, b.VRF, b.MessageProof = w.Note, nil, nil
	for _, g := range grants {
		if g.Key == a.pc.device.Key() {
			b.Grant, b.GrantProof = g.Logged.Note, g.Logged.Proof
		}
	}
	return letter{Name: unprovenLetter, Text: contact.Canon(text), Bundle: b.Marshal()}, nil
}

// fork runs a second server on a copy of the first one's directory, lets its log of messages grow
// by another leaf than the first one's will, and takes the proof of a message from there. The
// witness signs both: its key lies in the same directory.
func (a *attacker) fork(ctx context.Context, passed letter) (letter, error) {
	twin := a.server
	twin.Data = filepath.Join(a.dir, "server")
	if err := os.CopyFS(twin.Data, os.DirFS(a.server.Data)); err != nil {
		return letter{}, fmt.Errorf("copy server: %w", err)
	}
	twin.Log = slog.New(slog.DiscardHandler)
	srv, err := server.New(ctx, twin)
	if err != nil {
		return letter{}, fmt.Errorf("start second server: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	forked, err := a.takeProof(ctx, "http://"+srv.Addr().(*net.TCPAddr).String(), passed)
	cancel()
	if served := <-done; err == nil {
		err = served
	}
	return forked, err
}

func (a *attacker) takeProof(ctx context.Context, url string, passed letter) (letter, error) {
	b, err := contact.ParseBundle(passed.Bundle)
	if err != nil {
		return letter{}, err
	}
	proof, err := translog.ParseProof(b.MessageProof)
	if err != nil {
		return letter{}, err
	}
	second, err := clinic.NewServer(clinic.ServerConfig{URL: url, Now: a.clock.now, Rand: a.rand})
	if err != nil {
		return letter{}, err
	}
	if err := a.grow(ctx, second); err != nil {
		return letter{}, err
	}
	raw, err := second.Checkpoint(ctx, clinic.MsgsLog)
	if err != nil {
		return letter{}, err
	}
	if proof.Checkpoint, err = translog.ParseCheckpoint(raw); err != nil {
		return letter{}, err
	}
	path, err := pathIn(ctx, second, proof.Checkpoint.Size, proof.Index)
	if err != nil {
		return letter{}, err
	}
	proof.Hashes = path
	b.MessageProof = proof.Marshal()
	passed.Name, passed.Bundle, passed.Code = forkedLetter, b.Marshal(), ""
	return passed, nil
}

// grow publishes something that is no message. A server takes whatever a granted key signs.
func (a *attacker) grow(ctx context.Context, second *clinic.Server) error {
	_, lock, err := a.pc.draw()
	if err != nil {
		return err
	}
	noise := make([]byte, 32)
	if _, err := io.ReadFull(a.rand, noise); err != nil {
		return fmt.Errorf("draw noise: %w", err)
	}
	leaf := contact.Leaf(sha256.Sum256(noise), [16]byte(noise))
	sealed, err := contact.SealBearer(a.rand, lock, contact.Payload{Note: noise, VRF: slices.Repeat(noise[:16], 5)})
	if err != nil {
		return err
	}
	_, err = second.Publish(ctx, a.pc.device, clinic.Publication{
		ID: lock.ID(), Envelope: sealed, Leaf: leaf, KeepDay: clinic.KeepDay(a.clock.now()), Await: true,
	})
	return err
}

// pathIn computes the path of a leaf from all leaves of a log.
func pathIn(ctx context.Context, s *clinic.Server, size, index int64) ([][32]byte, error) {
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(at))
		for i, n := range at {
			out[i] = hashes[n]
		}
		return out, nil
	})
	for n := int64(0); n < size; {
		leaves, err := s.Entries(ctx, clinic.MsgsLog, n, size-n)
		if err != nil {
			return nil, err
		}
		for _, leaf := range leaves {
			more, err := tlog.StoredHashes(n, leaf, reader)
			if err != nil {
				return nil, fmt.Errorf("compute path: %w", err)
			}
			hashes = append(hashes, more...)
			n++
		}
	}
	path, err := tlog.ProveRecord(size, index, reader)
	if err != nil {
		return nil, fmt.Errorf("compute path: %w", err)
	}
	out := make([][32]byte, len(path))
	for i, h := range path {
		out[i] = h
	}
	return out, nil
}
