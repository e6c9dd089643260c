package main

import (
	"context"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

type revokeDoc struct {
	Schema string     `json:"schema"`
	Label  string     `json:"label"`
	Reason string     `json:"reason"`
	Since  *time.Time `json:"since"` // null: from the grant on
}

func (p *program) revoke(ctx context.Context, a *command.Arguments) (int, error) {
	m, s := withMachine(a), withShares(a, "root")
	q := office.RevokeRequest{}
	a.StringVar(&q.Reason, "reason", "", "")
	since := a.String("since", "", "")
	revoker := withShares(a, "revoker")
	sealed := a.String("sealed", "", "")
	if err := a.Read(p.words, 1); err != nil {
		return 0, err
	}
	if err := a.Need(p.words, "reason"); err != nil {
		return 0, err
	}
	if q.Reason != contact.Compromised && q.Reason != contact.Retired {
		return 0, a.Refuse(p.words.T(words.CliErrValue, words.Str("name", "--reason")))
	}
	if a.NArg() == 0 {
		return 0, a.Refuse(p.words.T(words.CliErrMissing, words.Str("name", "WHO")))
	}
	q.Who = a.Arg(0)
	doc := revokeDoc{Schema: "chaperone-clinic.revoke.v1", Reason: q.Reason}
	if *since != "" {
		t, err := parseMoment(*since)
		if err != nil {
			return 0, a.Refuse(p.words.T(words.CliErrMoment, words.Str("name", command.Printable(*since))))
		}
		q.Since, doc.Since = t.Unix(), &t
	}
	return p.on(ctx, m, func(ctx context.Context, o *office.Office) (int, error) {
		if err := p.revokeKeys(&q, s, revoker, *sealed); err != nil {
			return 0, err
		}
		g, err := o.Revoke(ctx, q)
		if err != nil {
			return 0, err
		}
		doc.Label = g.Label
		return p.show(m.json, doc, p.words.T(words.DeskRevoked, words.Str("label", g.Label)), p.words.T(words.DeskRevokedWhen))
	})
}

// revokeKeys opens the keys that sign a revocation.
func (p *program) revokeKeys(q *office.RevokeRequest, roots, revoker *shares, sealed string) (err error) {
	if q.Roots, err = p.roots(roots); err != nil {
		return err
	}
	if len(revoker.files) > 0 {
		raw, err := p.open(revoker.files[:1], roots.passphrases)
		if err != nil {
			return err
		}
		if q.Revoker, err = clinic.ParseRevoker(raw[0]); err != nil {
			return err
		}
	}
	if sealed != "" {
		q.Sealed, err = p.input(sealed)
	}
	return err
}

// parseMoment reads a day, which begins in the machine's zone, or a moment.
func parseMoment(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	t, err := time.ParseInLocation(time.DateOnly, s, time.Local)
	return t.UTC(), err
}
