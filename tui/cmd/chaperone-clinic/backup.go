package main

import (
	"context"

	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

type backupDoc struct {
	Schema string `json:"schema"`
	File   string `json:"file"`
}

func (p *program) backup(ctx context.Context, a *command.Arguments) (int, error) {
	return p.copied(ctx, a, words.DeskBackup, func(m *machine, o *office.Office, file, pass string) error {
		sealed, err := o.Backup(pass)
		if err != nil {
			return err
		}
		return disk.SaveNew(file, sealed)
	})
}

func (p *program) restore(ctx context.Context, a *command.Arguments) (int, error) {
	return p.copied(ctx, a, words.DeskRestored, func(m *machine, o *office.Office, file, pass string) error {
		sealed, err := p.input(file)
		if err != nil {
			return err
		}
		return o.Restore(pass, sealed)
	})
}

// copied is what backup and restore have in common. The passphrase of the copy is one of its own.
func (p *program) copied(ctx context.Context, a *command.Arguments, said words.Key, do func(m *machine, o *office.Office, file, pass string) error) (int, error) {
	m := withMachine(a)
	from := a.String("backup-passphrase-file", "", "")
	if err := a.Read(p.words, 1); err != nil {
		return 0, err
	}
	if a.NArg() == 0 {
		return 0, a.Refuse(p.words.T(words.CliErrMissing, words.Str("name", "FILE")))
	}
	return p.on(ctx, m, func(_ context.Context, o *office.Office) (int, error) {
		pass, err := p.passphrase(*from, words.DeskAskBackup, said == words.DeskBackup)
		if err != nil {
			return 0, err
		}
		if err := do(m, o, a.Arg(0), pass); err != nil {
			return 0, err
		}
		return p.show(m.json, backupDoc{"chaperone-clinic." + a.Command + ".v1", a.Arg(0)}, p.words.T(said))
	})
}
