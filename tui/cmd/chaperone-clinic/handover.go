package main

import (
	"context"

	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

// handover gives a device's place to another device or person: the new key is granted with the
// kinds of the old one, then the old one ends as retired.
func (p *program) handover(ctx context.Context, a *command.Arguments) (int, error) {
	m, g, s := withMachine(a), withGrant(a), withShares(a, "root")
	from := a.String("from", "", "")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	if err := a.Need(p.words, "from", "device", "root"); err != nil {
		return 0, err
	}
	return p.on(ctx, m, func(ctx context.Context, o *office.Office) (int, error) {
		old, err := o.Find(*from)
		if err != nil {
			return 0, err
		}
		q, err := g.read(p, a, o)
		if err != nil {
			return 0, err
		}
		q.Kinds, q.Cap = old.Kinds, old.Cap
		if q.Label == "" {
			q.Label = old.Label
		}
		if q.Holder == "" {
			q.Holder = old.Holder
		}
		r, err := p.needRoots(s)
		if err != nil {
			return 0, err
		}
		if _, err := p.grantKey(ctx, m, o, r, q, g.revocation); err != nil {
			return 0, err
		}
		if _, err := o.Revoke(ctx, office.RevokeRequest{Who: old.Key.String(), Reason: contact.Retired, Roots: r}); err != nil {
			return 0, err
		}
		if m.json {
			return command.ExitDone, nil
		}
		return p.say(words.DeskHandedOver, words.Str("label", old.Label))
	})
}
