package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/term"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/app"
	"github.com/chaperone-privacy/chaperone/tui/leave"
	"github.com/chaperone-privacy/chaperone/tui/plain"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/style"
)

// open opens the program: screens, or line mode where screens cannot be drawn or read.
func (p *program) open(ctx context.Context, a *arguments) (int, error) {
	a.withHome()
	a.withServer()
	line := a.Bool("plain", false, "")
	if err := a.parse(p.words, 0); err != nil {
		return 0, err
	}
	cfg, err := p.config(a)
	if err != nil {
		return 0, err
	}
	door := p.guard(p.stdin, os.Stdout)
	if *line || p.getenv("CHAPERONE_PLAIN") != "" || p.getenv("TERM") == "dumb" ||
		!door.InputIsTerminal() || !door.OutputIsTerminal() {
		return exitDone, p.openPlain(ctx, cfg, door)
	}
	return exitDone, p.openScreens(ctx, cfg, door)
}

// openScreens runs the screens until somebody leaves. The vault is opened first, so that
// trouble with it is told where it stays readable, and the first frame shows the plan. Only a
// vault with a passphrase is opened behind the first frame.
func (p *program) openScreens(ctx context.Context, cfg patient.Config, door *leave.Door) error {
	var (
		current atomic.Pointer[patient.Device]
		program *tea.Program // set before anything is sent to it
		work    sync.WaitGroup
	)
	defer work.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	use := func(d *patient.Device) {
		current.Store(d)
		work.Go(func() {
			d.KeepSynced(ctx, func() { program.Send(screen.Changed{}) })
		})
	}
	cfg.Embedded = sync.OnceValues(checklist.Embedded)
	embedded := sync.OnceValue(func() *checklist.Pack {
		pack, err := cfg.Embedded()
		if err != nil {
			// The program was built wrongly; there is no screen to show it on.
			door.Leave(p.report(err))
		}
		return pack
	})
	if _, err := cfg.Disk.Read(patient.VaultFile); err == nil {
		// The first frame shows the plan; the content is opened beside the vault. Without a vault
		// the first frame needs none of it.
		work.Go(func() {
			if pack, err := cfg.Embedded(); err == nil {
				pack.Text(p.words.Locale())
			}
		})
	}
	d, err := patient.Open(ctx, cfg)
	switch {
	case err == nil:
		current.Store(d)
		p.speak(d)
	case errors.Is(err, patient.ErrNoVault), errors.Is(err, patient.ErrNeedPassphrase):
	default:
		return err
	}
	conf := app.Config{
		Content: app.PackContent(func() *checklist.Pack {
			if d := current.Load(); d != nil {
				return d.Pack()
			}
			return embedded()
		}, p.now),
		Opener: app.PatientOpener(cfg, func(d *patient.Device, _ bool) error {
			use(d)
			return nil
		}),
		Locale: p.words.Locale(),
		ASCII:  !words.UTF8(p.getenv),
		Links:  style.KnowsLinks(p.getenv),
		Leave:  func() { door.Leave(exitDone) },
		Now:    p.now,
	}
	if d != nil {
		conf.Device = d
	}
	if w, h, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		conf.Width, conf.Height = w, h
	}
	model := app.New(conf)
	// Keys count from the first frame on, so nothing may turn them into lines any more.
	if _, err := term.MakeRaw(int(p.stdin.Fd())); err != nil {
		return fmt.Errorf("set up terminal: %w: %w", patient.ErrDisk, err)
	}
	if _, err := io.WriteString(door.Output(), firstFrame(model.View())); err != nil {
		return fmt.Errorf("draw first frame: %w: %w", patient.ErrDisk, err)
	}
	program = tea.NewProgram(model,
		tea.WithContext(ctx), tea.WithInput(door.Input()), tea.WithOutput(door.Output()),
		tea.WithoutSignalHandler(), tea.WithFPS(framesPerSecond), tea.WithColorProfile(model.Profile()),
	)
	if d != nil {
		use(d)
	}
	_, err = program.Run()
	if err == nil {
		err = model.Err()
	}
	if err != nil {
		// An error is read on the terminal's own screen.
		_, _ = io.WriteString(door.Output(), leave.Goodbye)
		return fmt.Errorf("run screens: %w", err)
	}
	door.Leave(exitDone)
	return nil
}

// firstFrame is a frame as the terminal shows it, before anything else is set up: the toolkit
// would wait for its first tick, and somebody who is frightened sees an empty screen. The
// toolkit draws the same frame over it.
func firstFrame(v tea.View) string {
	return "\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J" + strings.ReplaceAll(v.Content, "\n", "\r\n")
}

// framesPerSecond is how often a change is drawn at most. The first frame waits for one
// period, and so does every key.
const framesPerSecond = 120

// openPlain runs line mode until somebody leaves.
func (p *program) openPlain(ctx context.Context, cfg patient.Config, door *leave.Door) error {
	lines := door.Lines()
	defer door.Restore()
	pack, err := checklist.Embedded()
	if err != nil {
		return err
	}
	return plain.Run(ctx, plain.Config{
		Lines: lines,
		Out:   door.Output(),
		Words: p.words,
		Pack:  pack,
		Now:   p.now,
		Width: p.width(),
		Open: func(ctx context.Context, passphrase []byte) (plain.Device, error) {
			c := cfg
			c.Passphrase = passphrase
			d, err := patient.Open(ctx, c)
			if err != nil {
				return nil, err
			}
			return d, nil
		},
		Create: func(ctx context.Context) (plain.Device, humancode.Code, error) {
			d, code, err := patient.Create(ctx, cfg)
			if err == nil && cfg.Server != "" {
				err = d.UseServer(cfg.Server)
			}
			if err != nil {
				return nil, humancode.Code{}, err
			}
			return d, code, nil
		},
		Restore: func(ctx context.Context, server string, code humancode.Code) (plain.Device, patient.Restored, error) {
			c := cfg
			if server != "" {
				c.Server = server
			}
			d, was, err := patient.Restore(ctx, c, code)
			if err == nil && c.Server != "" {
				err = d.UseServer(c.Server)
			}
			if err != nil {
				return nil, was, err
			}
			return d, was, nil
		},
		Judge:    func(bundle []byte, text *string) (contact.Verdict, error) { return p.judgeAlone(bundle, text) },
		Card:     plainCard,
		Compared: plainSaved,
		Explain: func(w *words.Catalogue, err error) (string, string) {
			text, hint, _ := explain(w, err)
			return text, hint
		},
		Origin:   origin,
		ReadFile: p.input,
		SaveFile: screen.SaveNew,
	})
}
