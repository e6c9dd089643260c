package main

import (
	"context"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/words"
)

func (p *program) wipe(ctx context.Context, a *arguments) (int, error) {
	a.withHome()
	a.withServer()
	everywhere := a.Bool("everywhere", false, "")
	yes := a.Bool("yes", false, "")
	if err := a.parse(p.words, 0); err != nil {
		return 0, err
	}
	if !*yes {
		if err := p.askWipe(*everywhere); err != nil {
			return 0, err
		}
	}
	if *everywhere {
		d, err := p.device(ctx, a)
		if err != nil {
			return 0, err
		}
		defer d.Close()
		if err := d.Wipe(ctx, true); err != nil {
			return 0, err
		}
		return p.print(p.words.T(words.CliWipedEverywhere) + "\n")
	}
	// The vault is not opened: wiping works with a forgotten passphrase and a damaged file.
	cfg, err := p.config(a)
	if err != nil {
		return 0, err
	}
	unlock, err := cfg.Disk.Lock()
	if err != nil {
		return 0, err
	}
	defer unlock()
	if err := cfg.Disk.RemoveAll(); err != nil {
		return 0, err
	}
	return p.print(p.words.T(words.CliWiped) + "\n")
}

// askWipe has the word typed that removes everything.
func (p *program) askWipe(everywhere bool) error {
	ask, err := p.asker(true)
	if err != nil {
		return err
	}
	defer ask.close()
	warning := words.CliWipeAsk
	if everywhere {
		warning = words.CliWipeAskEverywhere
	}
	ask.say(p.words.T(warning))
	word := p.words.T(words.CliWipeWord)
	typed, err := ask.ask(p.words.T(words.CliWipeType, words.Str("word", word)), false)
	if err != nil {
		return err
	}
	if !strings.EqualFold(typed, word) {
		return errNotTyped
	}
	return nil
}
