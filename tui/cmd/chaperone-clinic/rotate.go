package main

import (
	"context"
	"errors"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

type rotateDoc struct {
	Schema string   `json:"schema"`
	Shares []string `json:"share_files"`
	Logged bool     `json:"logged"`
}

func (p *program) rotate(ctx context.Context, a *command.Arguments) (int, error) {
	m, s := withMachine(a), withShares(a, "root")
	folder := a.String("shares", "", "")
	holders := a.Int("holders", 3, "")
	threshold := a.Int("threshold", 2, "")
	var fresh command.List
	a.Var(&fresh, "new-passphrase-file", "")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	if err := a.Need(p.words, "root", "shares"); err != nil {
		return 0, err
	}
	if *threshold < 2 || *holders < *threshold || *holders > 9 {
		return 0, a.Refuse(p.words.T(words.DeskErrHolders))
	}
	return p.on(ctx, m, func(ctx context.Context, o *office.Office) (int, error) {
		old, err := p.needRoots(s)
		if err != nil {
			return 0, err
		}
		doc := rotateDoc{Schema: "chaperone-clinic.rotate.v1", Logged: true}
		profile, _ := o.Profile()
		err = o.Rotate(ctx, old, *threshold, *holders, func(next *clinic.Roots) error {
			var err error
			doc.Shares, err = p.keepShares(*folder, profile.Name, office.Made{Roots: next}, fresh)
			return err
		})
		lines := []string{p.words.T(words.DeskRotated), p.words.T(words.DeskRotatedWhen)}
		if errors.Is(err, office.ErrUnlogged) {
			doc.Logged = false
			lines = append(lines, p.words.T(words.DeskKept), "   "+name+" sync")
		} else if err != nil {
			return 0, err
		}
		return p.show(m.json, doc, lines...)
	})
}
