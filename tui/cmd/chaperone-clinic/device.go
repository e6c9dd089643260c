package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

type deviceDoc struct {
	Schema  string `json:"schema"`
	Request string `json:"request"`
}

func (p *program) deviceNew(ctx context.Context, a *command.Arguments) (int, error) {
	m := withMachine(a)
	key := a.String("name", "", "")
	replace := a.Bool("replace", false, "")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	return p.on(ctx, m, func(_ context.Context, o *office.Office) (int, error) {
		if *key == "" {
			var tail [3]byte
			if _, err := rand.Read(tail[:]); err != nil {
				return 0, err
			}
			*key = "device-" + hex.EncodeToString(tail[:])
		}
		k, err := o.NewDevice(*key, *replace)
		if err != nil {
			return 0, err
		}
		doc := deviceDoc{"chaperone-clinic.device.v1", clinic.DeviceRequest(k)}
		return p.show(m.json, doc, p.words.T(words.DeskDeviceMade), "", "    "+doc.Request)
	})
}

func (p *program) deviceJoin(ctx context.Context, a *command.Arguments) (int, error) {
	m := withMachine(a)
	id := a.String("clinic", "", "")
	server := a.String("server", "", "")
	invitation := a.String("monitor", "", "")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	if *invitation == "" || *id != "" || *server != "" {
		if err := a.Need(p.words, "clinic", "server"); err != nil {
			return 0, err
		}
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(*id)
	if *id != "" && (err != nil || len(raw) != 32) {
		return 0, a.Refuse(p.words.T(words.CliErrValue, words.Str("name", "--clinic")))
	}
	return p.on(ctx, m, func(ctx context.Context, o *office.Office) (int, error) {
		if *id != "" {
			if err := o.Join(ctx, [32]byte(raw), *server); err != nil {
				return 0, err
			}
		}
		if *invitation != "" {
			text, err := p.input(*invitation)
			if err != nil {
				return 0, err
			}
			if err := o.Invite(string(text)); err != nil {
				return 0, err
			}
		}
		return p.showStatus(m.json, o)
	})
}
