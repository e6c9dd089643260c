package office

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// ErrNotOurs says that the log holds a message in the clinic's name that was not sent from here.
var ErrNotOurs = errors.New("a message in the clinic's name that this machine did not send")

// here is a monitor whose keys are on the device's own machine. It proves what the outbox holds.
type here struct{ m *clinic.Monitor }

// Prove implements clinic.Prover.
func (h here) Prove(ctx context.Context, r clinic.ProveRequest) (vrf, leaf []byte, err error) {
	return h.m.Prover().Prove(ctx, r)
}

// Deliver implements clinic.Deliverer: what is logged from here is known here.
func (h here) Deliver(context.Context, []byte) error { return nil }

// monitor opens the monitor's keys on this machine.
func (o *Office) monitor() (*clinic.Monitor, error) {
	raw, err := o.unseal(monitorFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoMonitor
	}
	if err != nil {
		return nil, err
	}
	return clinic.ParseMonitor(raw)
}

// statusEvery is how old a status signed here may grow before the next message brings a new one.
const statusEvery = 6 * time.Hour

// afterSend signs a status when the monitor is here and the last one is old or does not know
// the device. A server that does not take it now gets it with the next.
func (o *Office) afterSend(ctx context.Context) error {
	if !o.book.Here {
		return nil
	}
	st, _, ok := o.openStatus([]byte(o.book.Status))
	known := ok && slices.ContainsFunc(st.KeyState, func(k contact.KeyState) bool {
		g, held := o.view.grant(o.book.Device)
		return held && k.Key == contact.KeyHash(g.Key)
	})
	if known && o.cfg.Now().Unix()-st.Issued < int64(statusEvery/time.Second) {
		return nil
	}
	_, err := o.PublishStatus(ctx)
	return err
}

// PublishStatus reads both logs to their end, signs the clinic's status and hands it in. It is
// for a machine that has the monitor; others fail with [ErrNoMonitor]. It fails with
// [ErrNotOurs] when the log holds a message that this machine did not send: then nothing is
// signed, and the clinic's keys must be taken for stolen.
func (o *Office) PublishStatus(ctx context.Context) ([]byte, error) {
	if err := o.need(); err != nil {
		return nil, err
	}
	if !o.book.Here {
		return nil, ErrNoMonitor
	}
	m, err := o.monitor()
	if err != nil {
		return nil, err
	}
	if err := o.Sync(ctx); err != nil {
		return nil, err
	}
	s, err := o.connect()
	if err != nil {
		return nil, err
	}
	st := contact.Status{Clinic: o.ID(), Issued: o.cfg.Now().Unix(), KeyState: o.keyStates(), Gone: o.gone()}
	if o.book.Next > st.Issued && o.book.Next <= st.Issued+14*24*3600 {
		st.Next = o.book.Next
	}
	profile, err := translog.ParseSigned([]byte(o.view.at.Note))
	if err != nil {
		return nil, fmt.Errorf("make status: %w", err)
	}
	st.Profile = contact.NoteHash(profile.Text)
	if o.view.incident != "" {
		hash := contact.NoteHash(o.view.incident)
		st.Incident = &hash
	}
	keys, err := o.head(ctx, s, clinic.KeysLog)
	if err != nil {
		return nil, err
	}
	msgs, err := o.head(ctx, s, clinic.MsgsLog)
	if err != nil {
		return nil, err
	}
	if err := o.scan(ctx, s, m, msgs.Size); err != nil {
		return nil, err
	}
	st.Keys, st.Msgs = contact.LogHead{Size: keys.Size, Root: keys.Root}, contact.LogHead{Size: msgs.Size, Root: msgs.Root}
	note, err := m.SignStatus(st)
	if err != nil {
		return nil, err
	}
	o.book.Status = string(note)
	if err := o.save(); err != nil {
		return nil, err
	}
	return note, s.PutStatus(ctx, note)
}

// head fetches a log's newest head and verifies its witnesses.
func (o *Office) head(ctx context.Context, s *clinic.Server, log string) (translog.Head, error) {
	raw, err := s.Checkpoint(ctx, log)
	if errors.Is(err, clinic.ErrNotThere) {
		return translog.Head{}, nil
	}
	if err != nil {
		return translog.Head{}, err
	}
	if len(raw) == 0 {
		return translog.Head{}, nil
	}
	c, err := translog.ParseCheckpoint(raw)
	if err != nil {
		return translog.Head{}, fmt.Errorf("%w: %w", clinic.ErrProof, err)
	}
	return clinic.CheckHead(o.book.policies(), log, c)
}

// scan reads the leaves of the msgs log that are new, up to size, and looks for those that the
// monitor's secret has proven: each must be in the outbox.
func (o *Office) scan(ctx context.Context, s *clinic.Server, m *clinic.Monitor, size int64) error {
	b, err := o.box()
	if err != nil {
		return err
	}
	ours := map[[48]byte]bool{}
	for _, it := range b.items {
		if len(it.Leaf) == 48 {
			ours[[48]byte(it.Leaf)] = true
		}
	}
	if o.book.Scanned < 0 {
		o.book.Scanned = size // what was sent after the backup is not known here
	}
	for at := o.book.Scanned; at < size; {
		leaves, err := s.Entries(ctx, clinic.MsgsLog, at, size-at)
		if err != nil {
			return err
		}
		for _, leaf := range leaves {
			if len(leaf) != 48 || ours[[48]byte(leaf)] {
				continue
			}
			if _, mine := m.Prove([32]byte(leaf)); bytes.Equal(mine, leaf) {
				return ErrNotOurs
			}
		}
		at += int64(len(leaves))
		o.book.Scanned = at
	}
	return nil
}

// keyStates is what a status says of the clinic's device keys and other monitor keys.
func (o *Office) keyStates() []contact.KeyState {
	var out []contact.KeyState
	now := o.cfg.Now().Unix()
	for _, g := range slices.Backward(o.view.grants) {
		if g.Role != contact.RoleDevice && g.Role != contact.RoleMonitor || len(out) == 128 {
			continue
		}
		k := contact.KeyState{Key: contact.KeyHash(g.Key), State: "ok"}
		switch {
		case g.Revoked != nil && g.Revoked.Reason == contact.Compromised:
			k.State, k.Time = "stolen", g.Revoked.Effective
		case g.Revoked != nil:
			k.State, k.Time = "until", g.Revoked.Effective
		case g.NotAfter < now:
			k.State, k.Time = "until", g.NotAfter
		}
		out = append(out, k)
	}
	return out
}

// gone is what a status says of withdrawn messages, the newest first when there are too many.
func (o *Office) gone() []contact.Gone {
	var out []contact.Gone
	add := func(g contact.Gone) {
		if len(out) < 256 && !slices.ContainsFunc(out, func(x contact.Gone) bool { return same(x, g) }) {
			out = append(out, g)
		}
	}
	for _, w := range slices.Backward(o.view.withdraws) {
		if w.Batch != nil {
			add(contact.Gone{Batch: w.Batch, Reason: w.Reason})
		}
		for _, c := range w.Commits {
			add(contact.Gone{Commit: &c, Reason: w.Reason})
		}
	}
	return out
}

func same(a, b contact.Gone) bool {
	if a.Batch != nil || b.Batch != nil {
		return a.Batch != nil && b.Batch != nil && *a.Batch == *b.Batch
	}
	return *a.Commit == *b.Commit
}

// Holiday says when the clinic opens again, for the statuses that are signed here from now on.
// It fails with [ErrNoMonitor] on a machine without one.
func (o *Office) Holiday(until time.Time) error {
	if err := o.need(); err != nil {
		return err
	}
	if !o.book.Here {
		return ErrNoMonitor
	}
	o.book.Next = until.Unix()
	return o.save()
}
