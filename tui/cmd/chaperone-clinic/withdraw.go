package main

import (
	"context"
	"slices"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

type withdrawDoc struct {
	Schema string `json:"schema"`
	Reason string `json:"reason"`
}

func (p *program) withdraw(ctx context.Context, a *command.Arguments) (int, error) {
	m, s := withMachine(a), withShares(a, "root")
	reason := a.String("reason", "", "")
	if err := a.Read(p.words, 1); err != nil {
		return 0, err
	}
	if err := a.Need(p.words, "reason"); err != nil {
		return 0, err
	}
	if !slices.Contains([]string{contact.NotOurs, contact.InError, contact.Superseded}, *reason) {
		return 0, a.Refuse(p.words.T(words.CliErrValue, words.Str("name", "--reason")))
	}
	return p.on(ctx, m, func(ctx context.Context, o *office.Office) (int, error) {
		ref := a.Arg(0)
		if ref == "" || ref == "-" {
			// A code is a secret: it is asked for or read, never taken from the command line.
			var err error
			if ref, err = p.code(ref == "-"); err != nil {
				return 0, err
			}
		}
		r, err := p.roots(s)
		if err != nil {
			return 0, err
		}
		if err := o.Withdraw(ctx, ref, *reason, r); err != nil {
			return 0, err
		}
		return p.show(m.json, withdrawDoc{"chaperone-clinic.withdraw.v1", *reason}, p.words.T(words.DeskWithdrawn), p.words.T(words.DeskRevokedWhen))
	})
}

// code reads the code of a message from standard input, or asks for it.
func (p *program) code(fromStdin bool) (string, error) {
	if fromStdin {
		raw, err := p.input("-")
		line, _, _ := strings.Cut(string(raw), "\n")
		return strings.TrimSpace(line), err
	}
	ask, err := command.NewAsker(p.stdin)
	if err != nil {
		return "", err
	}
	defer ask.Close()
	return ask.Ask(p.words.T(words.DeskAskCode))
}
