package main

import (
	"context"
	"errors"

	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

func (p *program) recovery(ctx context.Context, a *arguments) (int, error) {
	a.withHome()
	confirm := a.Bool("confirm", false, "")
	sheet := a.Bool("print", false, "")
	if err := a.parse(p.words, 0); err != nil {
		return 0, err
	}
	if *confirm && *sheet {
		return 0, &usageError{a.command, p.words.T(words.CliErrTogether, words.Str("a", "--confirm"), words.Str("b", "--print"))}
	}
	d, err := p.device(ctx, a)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	switch {
	case *sheet:
		return p.printRecovery(d)
	case *confirm:
		return p.confirmRecovery(d)
	}
	return p.showRecovery(d)
}

// printRecovery writes the sheet for paper.
func (p *program) printRecovery(d *patient.Device) (int, error) {
	code, err := d.RecoveryCode()
	if err != nil {
		return 0, err
	}
	return p.print(p.words.T(words.CliRecoverySheet, words.Str("code", code.Grouped()), words.Str("server", printable(d.Server()))) + "\n")
}

// confirmRecovery asks for the code and compares.
func (p *program) confirmRecovery(d *patient.Device) (int, error) {
	ask, err := p.asker(true)
	if err != nil {
		return 0, err
	}
	defer ask.close()
	code, err := p.askCode(ask)
	if err != nil {
		return 0, err
	}
	if err := d.ConfirmRecovery(code); err != nil {
		return 0, err
	}
	return p.print(p.words.T(words.CliRecoveryConfirmed) + "\n")
}

// showRecovery shows the code on the terminal, never on standard output, and asks for it.
func (p *program) showRecovery(d *patient.Device) (int, error) {
	code, err := d.RecoveryCode()
	if err != nil {
		return 0, err
	}
	ask, err := p.asker(false)
	if err != nil {
		return 0, err
	}
	defer ask.close()
	ask.say(p.words.T(words.CliRecoveryShow, words.Str("code", code.Grouped())))
	for {
		typed, err := p.askCode(ask)
		if err != nil {
			return 0, err
		}
		err = d.ConfirmRecovery(typed)
		if err == nil {
			ask.say(p.words.T(words.CliRecoveryConfirmed))
			return exitDone, nil
		}
		if !errors.Is(err, patient.ErrWrongCode) {
			return 0, err
		}
		ask.say(p.words.T(words.CliErrOtherCode))
	}
}
