package main

import (
	"context"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

type incidentDoc struct {
	Schema  string   `json:"schema"`
	Classes []string `json:"classes"`
}

func (p *program) incident(ctx context.Context, a *command.Arguments) (int, error) {
	m, s := withMachine(a), withShares(a, "root")
	classes := a.String("classes", "", "")
	from := a.String("from", "", "")
	to := a.String("to", "", "")
	text := a.String("text", "", "")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	if err := a.Need(p.words, "classes", "from", "to", "text", "root"); err != nil {
		return 0, err
	}
	n := office.Statement{Classes: strings.Split(*classes, ",")}
	var err error
	if n.From, err = parseMoment(*from); err != nil {
		return 0, a.Refuse(p.words.T(words.CliErrMoment, words.Str("name", command.Printable(*from))))
	}
	if n.To, err = parseMoment(*to); err != nil {
		return 0, a.Refuse(p.words.T(words.CliErrMoment, words.Str("name", command.Printable(*to))))
	}
	body, err := p.input(*text)
	if err != nil {
		return 0, err
	}
	n.Body = string(body)
	return p.on(ctx, m, func(ctx context.Context, o *office.Office) (int, error) {
		r, err := p.needRoots(s)
		if err != nil {
			return 0, err
		}
		if err := o.Incident(ctx, r, n); err != nil {
			return 0, err
		}
		return p.show(m.json, incidentDoc{"chaperone-clinic.incident.v1", n.Classes}, p.words.T(words.DeskIncident), p.words.T(words.DeskRevokedWhen))
	})
}
