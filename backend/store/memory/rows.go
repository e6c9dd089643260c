package memory

import (
	"context"
	"slices"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
)

// Envelopes implements [envelope.Store].
type Envelopes struct{ g *logs }

var _ envelope.Store = (*Envelopes)(nil)

// Envelopes returns the sealed messages.
func (s *Store) Envelopes() *Envelopes { return &Envelopes{s.logs} }

// CommitBatch implements [logwriter.Committer].
func (e *Envelopes) CommitBatch(ctx context.Context, b logwriter.Batch[envelope.Row]) error {
	if err := e.g.enter(ctx); err != nil {
		return err
	}
	defer e.g.mu.Unlock()
	g := e.g
	return grow(g, b, func(r envelope.Row) bool {
		return g.standing(r) != nil
	}, func(r envelope.Row, index int64) {
		sealed := slices.Clone(r.Copy)
		r.Sealed, r.Copy = slices.Clone(r.Sealed), nil
		m := &message{r, b.Log, index}
		g.ids[r.ID], g.commits[r.Commit] = m, m
		if sealed != nil {
			g.inbox[r.Watch] = append(g.inbox[r.Watch], copyRow{envelope.Copy{Index: index, Sealed: sealed}, b.Log, r.Until})
		}
	})
}

// Standing implements [logwriter.Committer].
func (e *Envelopes) Standing(ctx context.Context, rows []envelope.Row) ([]logwriter.Standing, error) {
	if err := e.g.enter(ctx); err != nil {
		return nil, err
	}
	defer e.g.mu.Unlock()
	all := make([]logwriter.Standing, len(rows))
	for i, r := range rows {
		if m := e.g.standing(r); m != nil {
			all[i] = logwriter.Standing{Taken: true, Index: m.index, Same: m.Digest == r.Digest && m.ID == r.ID}
		}
	}
	return all, nil
}

// Get implements [envelope.Store].
func (e *Envelopes) Get(ctx context.Context, id envelope.ID) (envelope.Message, error) {
	if err := e.g.enter(ctx); err != nil {
		return envelope.Message{}, err
	}
	defer e.g.mu.Unlock()
	m := e.g.ids[id]
	if m == nil {
		return envelope.Message{}, envelope.ErrNotFound
	}
	return envelope.Message{Log: m.log, Index: m.index, Sealed: slices.Clone(m.Sealed)}, nil
}

// Inbox implements [envelope.Store].
func (e *Envelopes) Inbox(ctx context.Context, watch envelope.WatchID, l logwriter.Log, after int64, most int) ([]envelope.Copy, error) {
	if err := e.g.enter(ctx); err != nil {
		return nil, err
	}
	defer e.g.mu.Unlock()
	var out []envelope.Copy
	for _, c := range e.g.inbox[watch] {
		if c.log == l && c.Index > after && len(out) < most {
			out = append(out, envelope.Copy{Index: c.Index, Sealed: slices.Clone(c.Sealed)})
		}
	}
	return out, nil
}

// Expire implements [envelope.Store].
func (e *Envelopes) Expire(ctx context.Context, day, markDay int64, most int) (int, error) {
	if err := e.g.enter(ctx); err != nil {
		return 0, err
	}
	defer e.g.mu.Unlock()
	forgotten, expired, copies := 0, 0, 0
	for id, m := range e.g.ids {
		switch {
		case m.Sealed == nil && m.Until < markDay && forgotten < most:
			delete(e.g.ids, id)
			delete(e.g.commits, m.Commit)
			forgotten++
		case m.Sealed != nil && m.Until < day && expired < most:
			m.Sealed = nil
			expired++
		}
	}
	for watch, list := range e.g.inbox {
		e.g.inbox[watch] = slices.DeleteFunc(list, func(c copyRow) bool {
			if c.until >= day || copies == most {
				return false
			}
			copies++
			return true
		})
	}
	return forgotten + expired + copies, nil
}

// Notes implements [keylog.Store].
type Notes struct {
	g   *logs
	log logwriter.Log
}

var _ keylog.Store = (*Notes)(nil)

// Notes returns the clinics' notes in a keys log.
func (s *Store) Notes(l logwriter.Log) *Notes { return &Notes{s.logs, l} }

// find returns the index of the note that has a row's hash, or else its serial.
func (n *Notes) find(r keylog.Row) (index int64, same, ok bool) {
	for _, x := range n.g.notes {
		if x.log == n.log && x.Hash == r.Hash {
			return x.index, true, true
		}
	}
	for _, x := range n.g.notes {
		if x.log == n.log && x.Clinic == r.Clinic && x.Serial == r.Serial && r.Serial != "" {
			return x.index, false, true
		}
	}
	return 0, false, false
}

// CommitBatch implements [logwriter.Committer].
func (n *Notes) CommitBatch(ctx context.Context, b logwriter.Batch[keylog.Row]) error {
	if err := n.g.enter(ctx); err != nil {
		return err
	}
	defer n.g.mu.Unlock()
	g := n.g
	return grow(g, b, func(r keylog.Row) bool {
		_, _, taken := n.find(r)
		return taken
	}, func(r keylog.Row, index int64) { g.notes = append(g.notes, note{r, n.log, index}) })
}

// Standing implements [logwriter.Committer].
func (n *Notes) Standing(ctx context.Context, rows []keylog.Row) ([]logwriter.Standing, error) {
	if err := n.g.enter(ctx); err != nil {
		return nil, err
	}
	defer n.g.mu.Unlock()
	all := make([]logwriter.Standing, len(rows))
	for i, r := range rows {
		if index, same, ok := n.find(r); ok {
			all[i] = logwriter.Standing{Taken: true, Index: index, Same: same}
		}
	}
	return all, nil
}

// Notes implements [keylog.Store].
func (n *Notes) Notes(ctx context.Context, clinic keylog.ClinicID, after int64, most int) ([]keylog.Note, error) {
	return n.list(ctx, func(r note) bool { return r.Clinic == clinic && r.index > after }, most)
}

// All implements [keylog.Store].
func (n *Notes) All(ctx context.Context, after int64, most int) ([]keylog.Note, error) {
	return n.list(ctx, func(r note) bool { return r.index > after }, most)
}

func (n *Notes) list(ctx context.Context, want func(note) bool, most int) ([]keylog.Note, error) {
	if err := n.g.enter(ctx); err != nil {
		return nil, err
	}
	defer n.g.mu.Unlock()
	var out []keylog.Note
	for _, r := range n.g.notes {
		if r.log == n.log && want(r) && len(out) < most {
			leaf := n.g.log[n.log].leaves[r.index]
			out = append(out, keylog.Note{Clinic: r.Clinic, Index: r.index, Note: slices.Clone(leaf)})
		}
	}
	return out, nil
}

// Count implements [keylog.Store].
func (n *Notes) Count(ctx context.Context, clinic keylog.ClinicID, sort keylog.Sort, day int64) (int, error) {
	if err := n.g.enter(ctx); err != nil {
		return 0, err
	}
	defer n.g.mu.Unlock()
	count := 0
	for _, r := range n.g.notes {
		if r.log == n.log && r.Clinic == clinic && r.Sort == sort && r.Day > day {
			count++
		}
	}
	return count, nil
}

// PutStatus implements [keylog.Store].
func (n *Notes) PutStatus(ctx context.Context, st keylog.Status) error {
	if err := n.g.enter(ctx); err != nil {
		return err
	}
	defer n.g.mu.Unlock()
	key := signer{st.Clinic, st.Signer}
	if old, ok := n.g.statuses[key]; !ok || old.Issued < st.Issued {
		st.Note = slices.Clone(st.Note)
		n.g.statuses[key] = st
	}
	return nil
}

// Statuses implements [keylog.Store].
func (n *Notes) Statuses(ctx context.Context, clinic keylog.ClinicID) ([]keylog.Status, error) {
	if err := n.g.enter(ctx); err != nil {
		return nil, err
	}
	defer n.g.mu.Unlock()
	var all []keylog.Status
	for key, st := range n.g.statuses {
		if key.clinic == clinic {
			st.Note = slices.Clone(st.Note)
			all = append(all, st)
		}
	}
	return all, nil
}
