package office

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// Here is who watches over a clinic that keeps its monitor on this machine: two persons or more,
// each with a passphrase of their own, and when the clinic is open.
type Here struct {
	Persons []monitor.Person
	Hours   *monitor.Hours // nil: always
}

// MonitorDir is where the monitor of this machine lies.
func (o *Office) MonitorDir() string { return monitor.Directory(o.cfg.Dir) }

// setUpMonitor makes the folder of a monitor on this machine.
func (o *Office) setUpMonitor(k *monitor.Keys, h Here) error {
	raw, err := k.Marshal()
	if err != nil {
		return err
	}
	sealed, err := o.ring.Seal(raw)
	if err != nil {
		return err
	}
	return monitor.SetUpHere(o.MonitorDir(), k, sealed, h.Persons, h.Hours)
}

// joinMonitor tells the monitor on this machine its clinic, if it was not told.
func (o *Office) joinMonitor() error {
	if !o.book.Here {
		return nil
	}
	s, err := monitor.ReadSettings(o.MonitorDir())
	if err != nil || s.Profile != "" {
		return err
	}
	j := monitor.Joining{Server: o.book.Server, Policies: o.book.policies()}
	for _, n := range o.book.Pending {
		j.Known = append(j.Known, []byte(n))
	}
	if len(j.Known) == 0 {
		return monitor.ErrNotJoined // its first notes are logged, so it was told
	}
	j.Profile = j.Known[0]
	return monitor.Join(o.MonitorDir(), j)
}

// OpenMonitorKeys opens the keys of the monitor on the machine of a folder, also while another
// process has it. Errors are clinic.ErrPassphrase, clinic.ErrSealed and monitor.ErrSetUp.
func OpenMonitorKeys(dir, passphrase string) (*monitor.Keys, *clinic.Keyring, error) {
	file, err := disk.ReadFile(dir, ringFile)
	if err != nil {
		return nil, nil, err
	}
	ring, err := clinic.OpenKeyring(passphrase, file)
	if err != nil {
		return nil, nil, err
	}
	k, err := openKeys(ring, monitor.Directory(dir))
	return k, ring, err
}

func openKeys(ring *clinic.Keyring, dir string) (*monitor.Keys, error) {
	sealed, err := monitor.SealedKeys(dir)
	if err != nil {
		return nil, err
	}
	raw, err := ring.Open(sealed)
	if err != nil {
		return nil, err
	}
	return monitor.ParseKeys(raw)
}

// monitorConfig is how the monitor of this machine is opened, for a moment.
func (o *Office) monitorConfig() monitor.Config {
	return monitor.Config{
		Dir: o.MonitorDir(), HTTP: o.cfg.Witnesses, Rand: o.cfg.Rand, Now: o.cfg.Now, Since: o.cfg.Now(), Patience: o.cfg.Wait,
	}
}

// monitor opens the monitor of this machine, once, and has it read what is new. It fails with
// [ErrNoMonitor].
func (o *Office) monitor(ctx context.Context) (*monitor.Monitor, error) {
	if o.mon != nil {
		if o.logged {
			o.unread, o.logged = o.mon.Tail(ctx), false
		}
		return o.mon, nil
	}
	if !o.book.Here {
		return nil, ErrNoMonitor
	}
	if err := o.unlock(); err != nil {
		return nil, err
	}
	if err := o.joinMonitor(); err != nil {
		return nil, err
	}
	cfg := o.monitorConfig()
	var err error
	if cfg.Keys, err = openKeys(o.ring, cfg.Dir); err != nil {
		return nil, err
	}
	s, err := o.connect()
	if err != nil {
		return nil, err
	}
	cfg.Server = s
	if o.mon, err = monitor.Open(cfg); err != nil {
		return nil, err
	}
	o.unread, o.logged = o.mon.Tail(ctx), false
	return o.mon, nil
}

// local is the monitor of this machine as its device sees it.
type local struct {
	monitor.Local
	o *Office
}

// Prove implements clinic.Prover. A device that the monitor does not know, because it could not
// read the log, is no refusal.
func (l local) Prove(ctx context.Context, r clinic.ProveRequest) (vrf, leaf []byte, err error) {
	vrf, leaf, err = l.Local.Prove(ctx, r)
	if errors.Is(err, clinic.ErrMonitorRefused) && l.o.unread != nil {
		return nil, nil, l.o.unread
	}
	return vrf, leaf, err
}

// announce hands notes that are about to be logged to the monitor of this machine, so that they
// are no surprise to it. It needs no keys, unless the log has to be read first: after a rotation.
func (o *Office) announce(ctx context.Context, notes ...[]byte) error {
	if !o.book.Here || len(notes) == 0 {
		return nil
	}
	if o.mon == nil {
		err := o.announceKeyless(notes)
		if !errors.Is(err, clinic.ErrMonitorRefused) {
			return err
		}
	}
	m, err := o.monitor(ctx)
	if err != nil {
		return err
	}
	return m.Deliver(notes...)
}

func (o *Office) announceKeyless(notes [][]byte) error {
	if err := o.joinMonitor(); err != nil {
		return err
	}
	k, err := monitor.OpenKeyless(o.monitorConfig())
	if err != nil {
		return err
	}
	return errors.Join(k.Deliver(notes...), k.Close())
}

// round has the monitor of this machine read both logs, and sign and hand in a status when one is
// due; with renew one is due. Other machines do nothing.
func (o *Office) round(ctx context.Context, renew bool) error {
	if !o.book.Here {
		return nil
	}
	m, err := o.monitor(ctx)
	if err != nil {
		return err
	}
	do := m.Round
	if renew {
		do = m.Renew
	}
	err = do(ctx)
	if errors.Is(err, disk.ErrDisk) {
		return err
	}
	raw, _, rerr := monitor.ReadStatus(o.MonitorDir())
	if rerr != nil || raw == nil || !o.newStatus(raw) {
		return errors.Join(err, rerr)
	}
	return errors.Join(err, o.save())
}

// PublishStatus has the monitor of this machine read both logs to their end, sign the clinic's
// status and hand it in. Other machines fail with [ErrNoMonitor]. Errors are those of
// clinic.Server and of package monitor; alarms are no error, see [Office.Alarms].
func (o *Office) PublishStatus(ctx context.Context) error {
	if err := o.need(); err != nil {
		return err
	}
	if !o.book.Here {
		return ErrNoMonitor
	}
	if err := o.Sync(ctx); err != nil {
		return err
	}
	return o.round(ctx, true)
}

// Alarms returns the open alarms of the monitor on this machine.
func (o *Office) Alarms() ([]monitor.Alarm, error) {
	if !o.book.Here {
		return nil, nil
	}
	all, err := monitor.ReadAlarms(o.MonitorDir())
	var open []monitor.Alarm
	for _, a := range all {
		if a.Open() {
			open = append(open, a)
		}
	}
	return open, err
}

// WithdrawBy takes messages back with the key of the monitor on this machine. It counts once two
// persons have said the same; see [monitor.Monitor.Withdraw]. ref is as in [Office.Withdraw], or
// a batch's 32 hex digits.
func (o *Office) WithdrawBy(ctx context.Context, w monitor.Word, ref, reason string) (done bool, err error) {
	if err := o.need(); err != nil {
		return false, err
	}
	n := contact.Withdraw{Reason: reason}
	var it *Item
	if batch, err := parseBatch(ref); err == nil {
		n.Batch = &batch
	} else {
		var commit [32]byte
		if commit, it, err = o.commitOf(ref); err != nil {
			return false, err
		}
		n.Commits = [][32]byte{commit}
	}
	m, err := o.monitor(ctx)
	if err != nil {
		return false, err
	}
	if done, err = m.Withdraw(w.Person, w.Passphrase, n); err != nil || !done {
		return done, err
	}
	if err := o.markWithdrawn(it, reason); err != nil {
		return true, err
	}
	return true, o.round(ctx, false)
}

// NewEpoch draws a new VRF secret for the monitor on this machine and returns the request for
// [Office.UpdateProfile]'s next epoch. It fails with [ErrNoMonitor].
func (o *Office) NewEpoch() (clinic.MonitorRequest, error) {
	if !o.book.Here {
		return clinic.MonitorRequest{}, ErrNoMonitor
	}
	if err := o.unlock(); err != nil {
		return clinic.MonitorRequest{}, err
	}
	if o.mon != nil {
		if err := o.mon.Close(); err != nil {
			return clinic.MonitorRequest{}, err
		}
		o.mon = nil
	}
	k, err := openKeys(o.ring, o.MonitorDir())
	if err != nil {
		return clinic.MonitorRequest{}, err
	}
	return monitor.NewEpoch(o.MonitorDir(), k, o.cfg.Rand, o.ring.Seal)
}

// monitorFiles are the files of the monitor that go into a backup: not the channels, of which a
// copy looks like a theft, and not where it listens.
func (o *Office) monitorFiles() ([]string, error) {
	var out []string
	for _, folder := range []string{"monitor", "monitor/keys"} {
		names, err := o.disk.List(folder)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if base := filepath.Base(name); base != "lock" && base != "running.json" {
				out = append(out, name)
			}
		}
	}
	return out, nil
}
