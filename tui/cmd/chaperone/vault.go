package main

import (
	"context"
	"errors"
	"os"

	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

// config returns how to open the vault in a folder.
func (p *program) config(a *arguments) (patient.Config, error) {
	dir := a.home
	if dir == "" {
		var err error
		if dir, err = patient.DefaultHome(); err != nil {
			return patient.Config{}, err
		}
	}
	disk, err := patient.NewDir(dir)
	if err != nil {
		return patient.Config{}, err
	}
	server := a.server
	if server == "" {
		server = p.getenv("CHAPERONE_SERVER")
	}
	if server != "" {
		if server, err = origin(server); err != nil {
			return patient.Config{}, &usageError{a.command, p.words.T(words.CliErrUrl, words.Str("name", printable(server)))}
		}
	}
	name, err := os.Hostname()
	if err != nil {
		name = ""
	}
	return patient.Config{Disk: disk, Server: server, Now: p.now, DeviceName: name}, nil
}

// device opens the vault, asking for its passphrase when it has one.
func (p *program) device(ctx context.Context, a *arguments) (*patient.Device, error) {
	cfg, err := p.config(a)
	if err != nil {
		return nil, err
	}
	d, err := patient.Open(ctx, cfg)
	if !errors.Is(err, patient.ErrNeedPassphrase) {
		return p.forOwner(a, d, err)
	}
	ask, err := p.asker(false)
	if errors.Is(err, errNoTTY) {
		return nil, patient.ErrNeedPassphrase
	}
	if err != nil {
		return nil, err
	}
	defer ask.close()
	secret, err := ask.ask(p.words.T(words.CliAskPassphrase), true)
	if err != nil {
		return nil, err
	}
	cfg.Passphrase = []byte(secret)
	d, err = patient.Open(ctx, cfg)
	return p.forOwner(a, d, err)
}

// forOwner closes a device again that was handed to a helper. Only bringing devices together
// tells nothing.
func (p *program) forOwner(a *arguments, d *patient.Device, err error) (*patient.Device, error) {
	if err == nil && d.Helping() && a.command != "sync" {
		if err := d.Close(); err != nil {
			return nil, err
		}
		return nil, errHelping
	}
	return p.speak(d), err
}

// speak goes on in the language that the patient chose.
func (p *program) speak(d *patient.Device) *patient.Device {
	if d != nil {
		if locale := d.State().Settings.Locale; locale != "" {
			p.words = words.For(locale)
		}
	}
	return d
}
