package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

func (p *program) restore(ctx context.Context, a *arguments) (int, error) {
	a.withHome()
	a.withServer()
	if err := a.parse(p.words, 0); err != nil {
		return 0, err
	}
	cfg, err := p.config(a)
	if err != nil {
		return 0, err
	}
	// Nobody should look for a paper and type 28 signs to be told then.
	switch _, err := cfg.Disk.Read(patient.VaultFile); {
	case err == nil:
		return 0, patient.ErrVaultExists
	case !errors.Is(err, fs.ErrNotExist):
		return 0, err
	}
	ask, err := p.asker(true)
	if err != nil {
		return 0, err
	}
	defer ask.close()
	code, err := p.askCode(ask)
	if err != nil {
		return 0, err
	}
	d, was, err := patient.Restore(ctx, cfg, code)
	if err != nil {
		return 0, err
	}
	defer p.speak(d).Close()
	if cfg.Server != "" {
		if err := d.UseServer(cfg.Server); err != nil {
			return 0, err
		}
	}
	text := p.words.T(words.CliRestored, words.Str("when", p.words.Moment(was.SavedAt.Local())), words.Str("device", printable(was.SavedOn))) + "\n"
	if len(was.Pins) > 0 {
		text += p.words.N(words.CliRestoredPins, len(was.Pins)) + "\n"
		for _, pin := range was.Pins {
			text += fmt.Sprintf("  %s\n", printable(pin.Name))
		}
	}
	return p.print(text)
}

// askCode asks for a recovery code: three times a person, once a script.
func (p *program) askCode(ask *asker) (humancode.Code, error) {
	for try := 1; ; try++ {
		typed, err := ask.ask(p.words.T(words.CliAskCode), false)
		if err != nil {
			return humancode.Code{}, err
		}
		ask.forget()
		code, err := humancode.Parse(typed, humancode.RecoveryLen)
		if err == nil {
			return code, nil
		}
		if ask.out == nil || try == 3 {
			return humancode.Code{}, err
		}
		_, hint, _ := explain(p.words, err)
		ask.say(p.words.T(words.CliCodeAgain, words.Str("hint", hint)))
	}
}
