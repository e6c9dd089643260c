package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/translog"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

type monitorInitDoc struct {
	Schema  string `json:"schema"`
	Request string `json:"request"`
}

// monitorInit makes the keys of the second machine, and names the people who may approve.
func (p *program) monitorInit(_ context.Context, a *command.Arguments) (int, error) {
	m := withMachine(a)
	key := a.String("name", "monitor", "")
	address := a.String("address", "", "")
	hours := a.String("hours", "", "")
	var people, files command.List
	a.Var(&people, "person", "")
	a.Var(&files, "person-passphrase-file", "")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	if err := a.Need(p.words, "address", "person"); err != nil {
		return 0, err
	}
	origin, err := clinic.CleanServer(*address)
	if err != nil || !strings.HasPrefix(origin, "https://") {
		return 0, a.Refuse(p.words.T(words.CliErrValue, words.Str("name", "--address")))
	}
	if len(people) < 2 || !translog.ValidKeyName(*key) {
		return 0, a.Refuse(p.words.T(words.MonitorErrTwo))
	}
	open, err := parseHours(*hours)
	if err != nil {
		return 0, err
	}
	dir, err := p.monitorDir(m)
	if err != nil {
		return 0, err
	}
	if _, err := monitor.ReadSettings(dir); !errors.Is(err, monitor.ErrSetUp) {
		return 0, errors.Join(monitor.ErrSetUp, err)
	}
	pass, err := p.passphrase(m.passphraseFile, words.DeskAskPassphrase, true)
	if err != nil {
		return 0, err
	}
	persons, err := p.persons(people, files)
	if err != nil {
		return 0, err
	}
	k, err := monitor.NewKeys(*key, rand.Reader, p.now())
	if err != nil {
		return 0, err
	}
	raw, err := k.Marshal()
	if err != nil {
		return 0, err
	}
	sealed, err := clinic.SealPassphrase(pass, p.work, raw)
	if err != nil {
		return 0, err
	}
	if err := monitor.SetUp(dir, k, sealed, origin, persons, open); err != nil {
		return 0, err
	}
	doc := monitorInitDoc{"chaperone-clinic.monitor-request.v1", clinic.MonitorRequest{Key: k.Key(), VRF: k.VRFKey()}.String()}
	return p.show(m.json, doc, p.words.T(words.MonitorMade), "", "    "+doc.Request, "", p.words.T(words.MonitorMadeNext))
}

// persons asks each person for a passphrase of their own.
func (p *program) persons(names, files command.List) ([]monitor.Person, error) {
	var out []monitor.Person
	for i, name := range names {
		file := ""
		if i < len(files) {
			file = files[i]
		}
		pass, err := p.personPassphrase(name, file, true)
		if err != nil {
			return nil, err
		}
		q, err := monitor.NewPerson(rand.Reader, name, pass, p.work)
		if err != nil {
			return nil, err
		}
		out = append(out, q)
	}
	return out, nil
}

type monitorJoinDoc struct {
	Schema string   `json:"schema"`
	Name   string   `json:"name"`
	Notes  []string `json:"notes"` // first lines of what the clinic has logged
}

// monitorJoin tells the second machine which clinic it is for.
func (p *program) monitorJoin(ctx context.Context, a *command.Arguments) (int, error) {
	m := withMachine(a)
	id := a.String("clinic", "", "")
	address := a.String("server", "", "")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	if err := a.Need(p.words, "clinic", "server"); err != nil {
		return 0, err
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(*id)
	if err != nil || len(raw) != 32 {
		return 0, a.Refuse(p.words.T(words.CliErrValue, words.Str("name", "--clinic")))
	}
	dir, err := p.monitorDir(m)
	if err != nil {
		return 0, err
	}
	server, err := clinic.NewServer(clinic.ServerConfig{URL: *address, Now: p.now})
	if err != nil {
		return 0, err
	}
	j, err := monitor.Find(ctx, server, [32]byte(raw))
	if err != nil {
		return 0, err
	}
	j.Server = server.URL()
	if err := monitor.Join(dir, j); err != nil {
		return 0, err
	}
	doc := monitorJoinDoc{Schema: "chaperone-clinic.monitor-join.v1"}
	lines := []string{p.words.T(words.MonitorJoined), ""}
	for _, n := range j.Known {
		line := noteLine(n)
		doc.Notes = append(doc.Notes, line)
		lines = append(lines, "    "+line)
	}
	doc.Name = j.Name()
	lines = append(lines, "", p.words.T(words.MonitorJoinedNext))
	return p.show(m.json, doc, lines...)
}

// noteLine says what a note is in one line: its type and what it names.
func noteLine(note []byte) string {
	text := string(note)
	first, _, _ := strings.Cut(text, "\n")
	out := strings.TrimSuffix(strings.TrimPrefix(first, "chaperone/"), "/v1")
	for _, key := range []string{"\nname ", "\nrole ", "\nlabel ", "\nreason "} {
		if _, rest, ok := strings.Cut(text, key); ok {
			value, _, _ := strings.Cut(rest, "\n")
			out += " · " + command.Printable(value)
		}
	}
	return out
}

type invitationDoc struct {
	Schema string `json:"schema"`
	File   string `json:"file"`
}

// monitorInvite makes a channel for a device.
func (p *program) monitorInvite(ctx context.Context, a *command.Arguments) (int, error) {
	m := withMachine(a)
	q := withPerson(a)
	device := a.String("device", "", "")
	out := a.String("out", "", "")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	if err := a.Need(p.words, "device", "person", "out"); err != nil {
		return 0, err
	}
	k, err := clinic.ParseDeviceRequest(*device)
	if err != nil {
		return 0, err
	}
	return p.control(m, func(c *monitor.Control) (int, error) {
		w, err := p.word(q)
		if err != nil {
			return 0, err
		}
		i, err := c.Invite(ctx, w, k.String())
		if err != nil {
			return 0, err
		}
		if err := disk.SaveNew(*out, []byte(i.Marshal())); err != nil {
			return 0, err
		}
		return p.show(m.json, invitationDoc{"chaperone-clinic.invitation.v1", *out},
			p.words.T(words.MonitorInvited, words.Str("file", command.Printable(*out))), p.words.T(words.MonitorInvitedNext))
	})
}
