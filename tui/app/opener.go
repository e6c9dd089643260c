package app

import (
	"context"

	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// PatientOpener makes the devices of one disk for the screens. ready is told of each device
// before a screen sees it, and may refuse it; nil for nobody.
func PatientOpener(cfg patient.Config, ready func(d *patient.Device, created bool) error) screen.Opener {
	done := func(d *patient.Device, created bool, err error) (screen.Device, error) {
		if err == nil && ready != nil {
			err = ready(d, created)
		}
		if err != nil {
			if d != nil {
				_ = d.Close() // the first error is the one to tell
			}
			return nil, err
		}
		return d, nil
	}
	return screen.Opener{
		Server: cfg.Server,
		Open: func(ctx context.Context, passphrase []byte) (screen.Device, error) {
			c := cfg
			c.Passphrase = passphrase
			d, err := patient.Open(ctx, c)
			return done(d, false, err)
		},
		Create: func(ctx context.Context) (screen.Device, error) {
			d, _, err := patient.Create(ctx, cfg)
			if err == nil && cfg.Server != "" {
				err = d.UseServer(cfg.Server)
			}
			return done(d, true, err)
		},
		Restore: func(ctx context.Context, server string, code humancode.Code) (screen.Device, patient.Restored, error) {
			c := cfg
			if server != "" {
				c.Server = server
			}
			d, was, err := patient.Restore(ctx, c, code)
			if err == nil && c.Server != "" {
				err = d.UseServer(c.Server)
			}
			device, err := done(d, false, err)
			return device, was, err
		},
	}
}
