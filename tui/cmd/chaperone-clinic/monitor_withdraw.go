package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"slices"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

// monitorWithdraw takes messages back by the word of two persons.
func (p *program) monitorWithdraw(ctx context.Context, a *command.Arguments) (int, error) {
	m, q := withMachine(a), withPerson(a)
	reason := a.String("reason", "", "")
	if err := a.Read(p.words, 1); err != nil {
		return 0, err
	}
	if err := a.Need(p.words, "reason", "person"); err != nil {
		return 0, err
	}
	if !slices.Contains([]string{contact.NotOurs, contact.InError, contact.Superseded}, *reason) {
		return 0, a.Refuse(p.words.T(words.CliErrValue, words.Str("name", "--reason")))
	}
	if a.NArg() == 0 {
		return 0, a.Refuse(p.words.T(words.CliErrMissing, words.Str("name", "COMMIT")))
	}
	here, err := p.monitorHere(m)
	if err != nil {
		return 0, err
	}
	if here {
		return p.on(ctx, m, func(ctx context.Context, o *office.Office) (int, error) {
			w, err := p.word(q)
			if err != nil {
				return 0, err
			}
			done, err := o.WithdrawBy(ctx, w, a.Arg(0), *reason)
			if err != nil {
				return 0, err
			}
			return p.showWithdrawn(m, done)
		})
	}
	n := contact.Withdraw{Reason: *reason}
	if raw, err := base64.StdEncoding.Strict().DecodeString(a.Arg(0)); err == nil && len(raw) == 32 {
		n.Commits = [][32]byte{[32]byte(raw)}
	} else if raw, err := hex.DecodeString(a.Arg(0)); err == nil && len(raw) == 16 {
		batch := [16]byte(raw)
		n.Batch = &batch
	} else {
		return 0, office.ErrNoMessage
	}
	dir, err := p.monitorDir(m)
	if err != nil {
		return 0, err
	}
	c, err := monitor.NewControl(dir)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	w, err := p.word(q)
	if err != nil {
		return 0, err
	}
	done, err := c.Withdraw(ctx, w, n)
	if err != nil {
		return 0, err
	}
	return p.showWithdrawn(m, done)
}

func (p *program) showWithdrawn(m *machine, done bool) (int, error) {
	if !done {
		return p.show(m.json, doneDoc{doneSchema, false}, p.words.T(words.MonitorWithdrawSecond))
	}
	return p.show(m.json, doneDoc{doneSchema, true}, p.words.T(words.DeskWithdrawn), p.words.T(words.DeskRevokedWhen))
}

// monitorHere reports whether the monitor lies on the office's own computer, this one.
func (p *program) monitorHere(m *machine) (bool, error) {
	dir, err := p.monitorDir(m)
	if err != nil {
		return false, err
	}
	s, err := monitor.ReadSettings(dir)
	return s.Here, err
}

// monitorEpoch draws a new VRF secret on the second machine.
func (p *program) monitorEpoch(_ context.Context, a *command.Arguments) (int, error) {
	m := withMachine(a)
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	dir, err := p.monitorDir(m)
	if err != nil {
		return 0, err
	}
	if here, err := p.monitorHere(m); err != nil || here {
		if err == nil {
			err = monitor.ErrHere
		}
		return 0, err
	}
	sealed, err := monitor.SealedKeys(dir)
	if err != nil {
		return 0, err
	}
	pass, err := p.passphrase(m.passphraseFile, words.DeskAskPassphrase, false)
	if err != nil {
		return 0, err
	}
	raw, err := clinic.OpenPassphrase(pass, sealed)
	if err != nil {
		return 0, err
	}
	k, err := monitor.ParseKeys(raw)
	if err != nil {
		return 0, err
	}
	q, err := monitor.NewEpoch(dir, k, rand.Reader, func(b []byte) ([]byte, error) { return clinic.SealPassphrase(pass, p.work, b) })
	if err != nil {
		return 0, err
	}
	doc := monitorInitDoc{"chaperone-clinic.monitor-request.v1", q.String()}
	return p.show(m.json, doc, p.words.T(words.MonitorEpochMade), "", "    "+doc.Request, "")
}
