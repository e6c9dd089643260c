package office

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
)

const (
	// tooOld is how old a signed message may be before it is made again under a new code: a
	// proof that is a day late speaks against it.
	tooOld = 12 * time.Hour
	// clockSlack is how far an issue time may be ahead of the witnesses'.
	clockSlack = 5 * 60 // seconds
	// lateLog is how much later a message may be logged than it was issued.
	lateLog = 24 * 3600 // seconds
)

// Send keeps a draft and sends it. The item is returned with an error too once the draft is
// kept; its code counts only without one. Errors are clinic.ErrRefused and [ErrNoDevice] before
// anything is kept, and those of [Office.Resume].
func (o *Office) Send(ctx context.Context, d clinic.Draft) (*Item, error) {
	if err := o.need(); err != nil {
		return nil, err
	}
	if err := d.Check(); err != nil {
		return nil, err
	}
	if _, err := o.writer(d.Kind); err != nil {
		return nil, err
	}
	b, err := o.box()
	if err != nil {
		return nil, err
	}
	e, err := b.draftEvent(d, 0, o.cfg.Now())
	if err != nil {
		return nil, err
	}
	if err := b.append(e); err != nil {
		return nil, err
	}
	it := b.byRef[e.Ref]
	return it, o.Resume(ctx, it)
}

// Drafts returns the messages that are not sent yet, oldest first.
func (o *Office) Drafts() ([]*Item, error) {
	items, err := o.Items()
	var out []*Item
	for _, it := range items {
		if it.State == Drafted || it.State == Signed || it.State == ProvenBy {
			out = append(out, it)
		}
	}
	return out, err
}

// Cancel gives up a message that is not sent yet. Its code was never given out.
func (o *Office) Cancel(it *Item) error {
	b, err := o.box()
	if err != nil {
		return err
	}
	if it.State == SentOut || it.State == Withdrawn {
		return ErrNoMessage
	}
	return b.append(event{Type: evCancelled, Ref: it.Ref, At: o.cfg.Now().Unix(), Reason: "by hand"})
}

// Resume goes on with a message from where it is. Errors are those of clinic.Prover and
// clinic.Server, clinic.ErrNotGranted, clinic.ErrProof and [ErrUnwitness]; the message is kept.
func (o *Office) Resume(ctx context.Context, it *Item) error {
	if err := o.freshen(it); err != nil {
		return err
	}
	if it.State == Drafted {
		if err := o.sign(it); err != nil {
			return err
		}
	}
	if it.State == Signed {
		if err := o.prove(ctx, it); err != nil {
			return err
		}
	}
	if it.State == ProvenBy {
		return o.publish(ctx, it)
	}
	return nil
}

// freshen takes a message that was signed too long ago back to a draft.
func (o *Office) freshen(it *Item) error {
	if it.State != Signed && it.State != ProvenBy || o.cfg.Now().Unix()-it.Written.Issued < int64(tooOld/time.Second) {
		return nil
	}
	return o.unsign(it)
}

func (o *Office) unsign(it *Item) error {
	b, err := o.box()
	if err != nil {
		return err
	}
	return b.append(event{Type: evUnsigned, Ref: it.Ref, At: o.cfg.Now().Unix()})
}

// writer returns what signs messages of a kind here.
func (o *Office) writer(kind contact.Kind) (clinic.Writer, error) {
	d, g, err := o.device()
	if err != nil {
		return clinic.Writer{}, err
	}
	w := clinic.Writer{Device: d, Grant: g.Grant, Rand: o.cfg.Rand, Now: o.cfg.Now}
	now := o.cfg.Now().Unix()
	if now < g.NotBefore || now > g.NotAfter || !grants(g.Grant, kind) {
		return clinic.Writer{}, clinic.ErrNotGranted
	}
	return w, nil
}

func grants(g contact.Grant, kind contact.Kind) bool {
	for _, k := range g.Kinds {
		if k == kind {
			return true
		}
	}
	return false
}

// signEvent signs a draft under a new code.
func (o *Office) signEvent(w clinic.Writer, it *Item) (event, error) {
	code, err := humancode.New(o.cfg.Rand, humancode.MessageLen)
	if err != nil {
		return event{}, fmt.Errorf("draw code: %w", err)
	}
	lock, err := contact.NewLock(code)
	if err != nil {
		return event{}, fmt.Errorf("draw code: %w", err)
	}
	m, err := w.Bearer(lock.ID(), it.Draft)
	if err != nil {
		return event{}, err
	}
	return event{
		Type: evSigned, Ref: it.Ref, At: m.Issued, Code: code.Symbols(), Note: m.Note,
		Device: w.Device.Key().String(), Label: w.Grant.Label, Issued: m.Issued, Expires: m.Expires,
	}, nil
}

func (o *Office) sign(it *Item) error {
	w, err := o.writer(it.Draft.Kind)
	if err != nil {
		return err
	}
	e, err := o.signEvent(w, it)
	if err != nil {
		return err
	}
	b, err := o.box()
	if err != nil {
		return err
	}
	return b.append(e)
}

// proveEvent gets the monitor's proof, verifies it, and seals the envelope.
func (o *Office) proveEvent(ctx context.Context, p clinic.Prover, it *Item) (event, error) {
	vrf, leaf, err := p.Prove(ctx, clinic.ProveRequest{Note: it.Written.Note, Commit: it.Written.Commit, Batch: it.Draft.Batch})
	if err != nil {
		return event{}, err
	}
	if err := clinic.CheckVRF(o.view.profile, it.Written.Commit, vrf, leaf, o.cfg.Now().Unix()); err != nil {
		return event{}, err
	}
	pub, err := clinic.Proven{Written: it.Written, VRF: vrf, Leaf: leaf}.Publication(o.cfg.Rand, it.Code)
	if err != nil {
		return event{}, err
	}
	return event{Type: evProven, Ref: it.Ref, At: o.cfg.Now().Unix(), VRF: vrf, Leaf: leaf, Envelope: pub.Envelope}, nil
}

func (o *Office) prove(ctx context.Context, it *Item) error {
	b, err := o.box()
	if err != nil {
		return err
	}
	p, err := o.second(ctx)
	if err != nil {
		return err
	}
	e, err := o.proveEvent(ctx, p, it)
	if err != nil {
		if !errors.Is(err, clinic.ErrNeedApproval) {
			// What waits for a monitor is a draft: a signed text does not lie around.
			return errors.Join(err, o.unsign(it))
		}
		return err
	}
	return b.append(e)
}

// publishEvent publishes a proven message and verifies what the log answers.
func (o *Office) publishEvent(ctx context.Context, s *clinic.Server, d *clinic.Device, it *Item) (event, error) {
	lock, err := contact.NewLock(it.Code)
	if err != nil {
		return event{}, err
	}
	pub := clinic.Publication{
		ID: lock.ID(), Envelope: it.Sealed, Leaf: it.Leaf, KeepDay: clinic.KeepDay(time.Unix(it.Written.Expires, 0)), Await: true,
	}
	var r clinic.Receipt
	err = o.again(ctx, func() (bool, error) {
		r, err = s.Publish(ctx, d, pub)
		return len(r.Proof) > 0, err
	})
	if err != nil {
		return event{}, err
	}
	head, index, err := clinic.CheckProof(o.book.policies(), clinic.MsgsLog, it.Leaf, r.Proof)
	switch {
	case err != nil:
		return event{}, err
	case index != r.Index, it.Written.Issued > head.LoggedAt+clockSlack, head.LoggedAt > it.Written.Issued+lateLog:
		return event{}, fmt.Errorf("%w: place or time", clinic.ErrProof)
	}
	return event{Type: evSent, Ref: it.Ref, At: o.cfg.Now().Unix(), Index: index, Proof: r.Proof}, nil
}

func (o *Office) publish(ctx context.Context, it *Item) error {
	b, err := o.box()
	if err != nil {
		return err
	}
	s, err := o.connect()
	if err != nil {
		return err
	}
	d, _, err := o.device()
	if err != nil {
		return err
	}
	e, err := o.publishEvent(ctx, s, d, it)
	if err != nil {
		if errors.Is(err, clinic.ErrTaken) {
			return errors.Join(err, o.unsign(it))
		}
		return err
	}
	if err := b.append(e); err != nil {
		return err
	}
	return o.round(ctx, false)
}

// Bundle returns the file that goes with a sent message, with the newest status. When the server
// does not answer it is the newest that was seen before.
func (o *Office) Bundle(ctx context.Context, it *Item) ([]byte, error) {
	if it.State != SentOut && it.State != Withdrawn {
		return nil, ErrNoMessage
	}
	if !o.book.Here {
		if err := o.fetch(ctx); errors.Is(err, disk.ErrDisk) {
			return nil, err
		}
	}
	g, ok := o.view.grantAt(it.Device, it.Written.Issued)
	if !ok {
		return nil, clinic.ErrNotGranted
	}
	var status []byte
	_, by, ok := o.openStatus([]byte(o.book.Status))
	if ok {
		status = []byte(o.book.Status)
	}
	p := o.book.papers(o.view, by)
	return p.Bundle(clinic.Sent{Note: it.Written.Note, Commit: it.Written.Commit, VRF: it.VRF, Proof: it.Proof}, g.Logged, status)
}
