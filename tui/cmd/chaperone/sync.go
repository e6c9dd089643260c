package main

import (
	"cmp"
	"context"

	"github.com/chaperone-privacy/chaperone/internal/words"
)

func (p *program) sync(ctx context.Context, a *arguments) (int, error) {
	a.withHome()
	a.withServer()
	if err := a.parse(p.words, 0); err != nil {
		return 0, err
	}
	d, err := p.device(ctx, a)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	result, err := d.Sync(ctx)
	if err != nil {
		return 0, err
	}
	// Whoever asks for this wants to know what their clinics say now, not what they said within
	// the hour. A clinic that does not answer takes nothing from what was brought together.
	clinics := d.RefreshClinics(ctx)
	text := words.CliSyncSame
	switch {
	case result.Pulled && result.Pushed:
		text = words.CliSyncBoth
	case result.Pulled:
		text = words.CliSyncPulled
	case result.Pushed:
		text = words.CliSyncPushed
	}
	said := p.words.T(text) + "\n"
	if result.PackFetched {
		said += p.words.T(words.PackFetched) + "\n"
	}
	code, err := p.print(said)
	if err == nil {
		err = cmp.Or(clinics, result.PackRefused)
	}
	return code, err
}
