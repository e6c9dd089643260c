package office

import (
	"context"
	"errors"
	"io/fs"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
)

const channelFile = "keys/channel.age"

// ErrInvited says that an invitation is for another clinic or another device.
var ErrInvited = errors.New("an invitation for another device")

// second returns the monitor: the one on this machine, or the clinic's other machine. It fails
// with [ErrNoMonitor].
func (o *Office) second(ctx context.Context) (Second, error) {
	if o.book.Here {
		m, err := o.monitor(ctx)
		if err != nil {
			return nil, err
		}
		k, ok := o.DeviceKey()
		if !ok {
			return nil, ErrNoDevice
		}
		return local{m.Local(k), o}, nil
	}
	if o.client != nil {
		return o.client, nil
	}
	c, err := monitor.NewClient(monitor.ClientConfig{Store: channel{o}, Rand: o.cfg.Rand})
	if errors.Is(err, monitor.ErrNoChannel) {
		return nil, ErrNoMonitor
	}
	if err != nil {
		return nil, err
	}
	o.client = c
	return c, nil
}

// Invite takes in the monitor's invitation of this machine's device. It fails with [ErrInvited]
// for somebody else's, and with monitor.ErrInvitation.
func (o *Office) Invite(text string) error {
	i, err := monitor.ParseInvitation(text)
	if err != nil {
		return err
	}
	if i.Device.String() != o.book.Device || o.HasClinic() && i.Clinic != o.ID() {
		return ErrInvited
	}
	o.client = nil
	return monitor.Import(channel{o}, i)
}

// channel keeps this device's end of the channel, sealed.
type channel struct{ o *Office }

// Load implements monitor.Store.
func (c channel) Load() ([]byte, error) {
	raw, err := c.o.unseal(channelFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return raw, err
}

// Save implements monitor.Store.
func (c channel) Save(raw []byte) error { return c.o.seal(channelFile, raw) }

// HasMonitor reports whether this machine can reach a monitor.
func (o *Office) HasMonitor() bool { return o.book.Here || o.disk.Has(channelFile) }

var _ Second = (*monitor.Client)(nil)

// Second is a monitor as its devices see it.
type Second interface {
	clinic.Prover
	clinic.Deliverer
}
