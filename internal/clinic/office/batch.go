package office

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
)

const (
	// chunk is how many messages of a list are signed and kept at once.
	chunk = 64
	// publishers is how many messages of a list are published side by side; they share heads.
	publishers = 16
)

// List is messages that are sent together, one a row. A second person approves it once.
type List struct {
	// Digest is over everything that the rows are made from. The same list, begun before, is
	// gone on with.
	Digest [32]byte
	Drafts []clinic.Draft
}

// SendList sends a list, or goes on with one that was begun: rows that are sent keep their
// codes. It returns the items by row. progress is called from one goroutine, now and then. With
// an error what was sent is kept, and the same list again goes on. Errors are those of
// [Office.Send].
func (o *Office) SendList(ctx context.Context, l List, progress func(done, all int)) ([]*Item, error) {
	if err := o.need(); err != nil {
		return nil, err
	}
	for i, d := range l.Drafts {
		if err := d.Check(); err != nil {
			return nil, &RowError{Row: i + 1, Err: err}
		}
		if _, err := o.writer(d.Kind); err != nil && i == 0 {
			return nil, err
		}
	}
	items, err := o.begin(l)
	if err != nil {
		return nil, err
	}
	for at := 0; at < len(items); at += chunk {
		progress(at, len(items))
		if err := o.sendChunk(ctx, items[at:min(at+chunk, len(items))]); err != nil {
			return items, err
		}
	}
	progress(len(items), len(items))
	// What was sent is sent; a status that was not taken now comes with the next.
	if err := o.round(ctx, false); errors.Is(err, disk.ErrDisk) {
		return items, err
	}
	return items, nil
}

// RowError says which row of a list cannot be sent.
type RowError struct {
	Row int // from 1
	Err error
}

// Error implements error.
func (e *RowError) Error() string { return fmt.Sprintf("row %d: %v", e.Row, e.Err) }

// Unwrap returns the reason.
func (e *RowError) Unwrap() error { return e.Err }

// begin finds the list that was begun, or keeps it as drafts of a new batch.
func (o *Office) begin(l List) ([]*Item, error) {
	b, err := o.box()
	if err != nil {
		return nil, err
	}
	items := make([]*Item, len(l.Drafts))
	for id, old := range b.batches {
		if !bytes.Equal(old.digest, l.Digest[:]) || old.rows != len(l.Drafts) {
			continue
		}
		batchID, err := parseBatch(id)
		if err != nil {
			return nil, ErrBatch
		}
		for i := range items {
			items[i] = old.byRow[i+1]
		}
		return items, o.keepRows(b, l, batchID, items)
	}
	var id [16]byte
	if _, err := io.ReadFull(o.cfg.Rand, id[:]); err != nil {
		return nil, fmt.Errorf("name list: %w", err)
	}
	err = b.append(event{Type: evBatch, Batch: hex.EncodeToString(id[:]), At: o.cfg.Now().Unix(), Digest: l.Digest[:], Rows: len(l.Drafts)})
	if err != nil {
		return nil, err
	}
	return items, o.keepRows(b, l, id, items)
}

// keepRows keeps the rows that are not kept yet as drafts.
func (o *Office) keepRows(b *outbox, l List, id [16]byte, items []*Item) error {
	var events []event
	for i, d := range l.Drafts {
		if items[i] != nil && items[i].State != Cancelled {
			continue
		}
		d.Batch = &id
		e, err := b.draftEvent(d, i+1, o.cfg.Now())
		if err != nil {
			return err
		}
		events = append(events, e)
	}
	for at := 0; at < len(events); at += chunk {
		if err := b.append(events[at:min(at+chunk, len(events))]...); err != nil {
			return err
		}
	}
	for _, e := range events {
		items[e.Row-1] = b.byRef[e.Ref]
	}
	return nil
}

// sendChunk brings some messages of a list as far as they come. Each step is on disk for all of
// them before the next begins.
func (o *Office) sendChunk(ctx context.Context, items []*Item) error {
	b, err := o.box()
	if err != nil {
		return err
	}
	for _, it := range items {
		if err := o.freshen(it); err != nil {
			return err
		}
	}
	if err := o.step(b, items, Drafted, func(it *Item) (event, error) {
		w, err := o.writer(it.Draft.Kind)
		if err != nil {
			return event{}, err
		}
		return o.signEvent(w, it)
	}); err != nil {
		return err
	}
	p, err := o.second(ctx)
	if err != nil {
		return err
	}
	if err := o.step(b, items, Signed, func(it *Item) (event, error) { return o.proveEvent(ctx, p, it) }); err != nil {
		if !errors.Is(err, clinic.ErrNeedApproval) {
			// A monitor proves nothing that was signed a while ago and never asked for.
			err = errors.Join(err, o.step(b, items, Signed, func(it *Item) (event, error) {
				return event{Type: evUnsigned, Ref: it.Ref, At: o.cfg.Now().Unix()}, nil
			}))
		}
		return err
	}
	return o.publishMany(ctx, b, items)
}

// step makes an event for each message of a state and keeps them. What was made before an error
// is kept too.
func (o *Office) step(b *outbox, items []*Item, from State, make func(*Item) (event, error)) error {
	var events []event
	var first error
	for _, it := range items {
		if it.State != from {
			continue
		}
		e, err := make(it)
		if err != nil {
			first = err
			break
		}
		events = append(events, e)
	}
	return errors.Join(first, b.append(events...))
}

// publishMany publishes side by side.
func (o *Office) publishMany(ctx context.Context, b *outbox, items []*Item) error {
	s, err := o.connect()
	if err != nil {
		return err
	}
	d, _, err := o.device()
	if err != nil {
		return err
	}
	events := make([]*event, len(items))
	errs := make([]error, len(items))
	var wg sync.WaitGroup
	slots := make(chan struct{}, publishers)
	for i, it := range items {
		if it.State != ProvenBy {
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			e, err := o.publishEvent(ctx, s, d, it)
			if err == nil {
				events[i] = &e
			}
			errs[i] = err
		})
	}
	wg.Wait()
	var done []event
	for i, e := range events {
		if e != nil {
			done = append(done, *e)
		}
		if errors.Is(errs[i], clinic.ErrTaken) {
			done = append(done, event{Type: evUnsigned, Ref: items[i].Ref, At: o.cfg.Now().Unix()})
		}
	}
	return errors.Join(errors.Join(errs...), b.append(done...))
}
