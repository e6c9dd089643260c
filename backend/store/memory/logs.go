package memory

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/backend/store"
)

// logs holds both logs and the rows that belong to their leaves.
type logs struct {
	mu     sync.Mutex
	closed bool
	log    map[logwriter.Log]*oneLog

	ids     map[envelope.ID]*message
	commits map[[32]byte]*message
	inbox   map[envelope.WatchID][]copyRow

	notes    []note // by index
	statuses map[signer]keylog.Status
}

// signer is a monitor key of a clinic.
type signer struct {
	clinic keylog.ClinicID
	key    [32]byte
}

type oneLog struct {
	size        int64
	policy      []byte // of a log that was replaced
	offered     []byte
	offeredSize int64
	tiles       map[logwriter.TileID][]byte
	leaves      [][]byte
	frozen      []checkpoint // rising by size
}

type checkpoint struct {
	size int64
	raw  []byte
}

type message struct {
	envelope.Row

	log   logwriter.Log // 0: it lost its place
	index int64
}

type copyRow struct {
	envelope.Copy

	log   logwriter.Log
	until int64
}

type note struct {
	keylog.Row

	log   logwriter.Log
	index int64
}

func newLogs() *logs {
	g := &logs{
		log: map[logwriter.Log]*oneLog{},
		ids: map[envelope.ID]*message{}, commits: map[[32]byte]*message{},
		inbox: map[envelope.WatchID][]copyRow{}, statuses: map[signer]keylog.Status{},
	}
	for _, l := range []logwriter.Log{logwriter.Keys, logwriter.Msgs} {
		g.log[l] = &oneLog{tiles: map[logwriter.TileID][]byte{}}
	}
	return g
}

func (g *logs) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}

// enter takes the lock; the caller gives it back when there is no error.
func (g *logs) enter(ctx context.Context) error {
	g.mu.Lock()
	err := ctx.Err()
	if g.closed {
		err = store.ErrClosed
	}
	if err != nil {
		g.mu.Unlock()
	}
	return err
}

// Logs implements [logwriter.Store].
type Logs struct{ g *logs }

var _ logwriter.Store = (*Logs)(nil)

// Logs returns the transparency logs.
func (s *Store) Logs() *Logs { return &Logs{s.logs} }

// State implements [logwriter.Store].
func (s *Logs) State(ctx context.Context, l logwriter.Log) (logwriter.State, error) {
	if err := s.g.enter(ctx); err != nil {
		return logwriter.State{}, err
	}
	defer s.g.mu.Unlock()
	o := s.g.log[l]
	return logwriter.State{Size: o.size, Offered: slices.Clone(o.offered), Frozen: o.policy != nil}, nil
}

// Tiles implements [logwriter.Store].
func (s *Logs) Tiles(ctx context.Context, l logwriter.Log, ids []logwriter.TileID) ([][]byte, error) {
	if err := s.g.enter(ctx); err != nil {
		return nil, err
	}
	defer s.g.mu.Unlock()
	rows := make([][]byte, len(ids))
	for i, id := range ids {
		row, ok := s.g.log[l].tiles[id]
		if !ok {
			return nil, logwriter.ErrNotFound
		}
		rows[i] = slices.Clone(row)
	}
	return rows, nil
}

// Leaves implements [logwriter.Store].
func (s *Logs) Leaves(ctx context.Context, l logwriter.Log, from int64, n int) ([][]byte, error) {
	if err := s.g.enter(ctx); err != nil {
		return nil, err
	}
	defer s.g.mu.Unlock()
	all := s.g.log[l].leaves
	from = min(max(from, 0), int64(len(all)))
	var out [][]byte
	for _, leaf := range all[from:min(from+int64(n), int64(len(all)))] {
		out = append(out, slices.Clone(leaf))
	}
	return out, nil
}

// Offer implements [logwriter.Store].
func (s *Logs) Offer(ctx context.Context, l logwriter.Log, size int64, raw []byte) error {
	if err := s.g.enter(ctx); err != nil {
		return err
	}
	defer s.g.mu.Unlock()
	o := s.g.log[l]
	if size < o.offeredSize || size > o.size || o.policy != nil {
		return logwriter.ErrMoved
	}
	o.offered, o.offeredSize = slices.Clone(raw), size
	return nil
}

// Freeze implements [logwriter.Store].
func (s *Logs) Freeze(ctx context.Context, l logwriter.Log, size int64, raw []byte) error {
	if err := s.g.enter(ctx); err != nil {
		return err
	}
	defer s.g.mu.Unlock()
	o := s.g.log[l]
	at, found := o.find(size)
	if !found {
		o.frozen = slices.Insert(o.frozen, at, checkpoint{size, slices.Clone(raw)})
	}
	return nil
}

func (o *oneLog) find(size int64) (int, bool) {
	return slices.BinarySearchFunc(o.frozen, size, func(c checkpoint, size int64) int { return int(c.size - size) })
}

// First implements [logwriter.Store].
func (s *Logs) First(ctx context.Context, l logwriter.Log, index int64) (int64, []byte, error) {
	if err := s.g.enter(ctx); err != nil {
		return 0, nil, err
	}
	defer s.g.mu.Unlock()
	o := s.g.log[l]
	at, _ := o.find(index + 1)
	if at == len(o.frozen) {
		return 0, nil, logwriter.ErrNotFound
	}
	return o.frozen[at].size, slices.Clone(o.frozen[at].raw), nil
}

// Newest implements [logwriter.Store].
func (s *Logs) Newest(ctx context.Context, l logwriter.Log) (int64, []byte, error) {
	if err := s.g.enter(ctx); err != nil {
		return 0, nil, err
	}
	defer s.g.mu.Unlock()
	o := s.g.log[l]
	if len(o.frozen) == 0 {
		return 0, nil, logwriter.ErrNotFound
	}
	last := o.frozen[len(o.frozen)-1]
	return last.size, slices.Clone(last.raw), nil
}

// Frozen implements [logwriter.Store].
func (s *Logs) Frozen(ctx context.Context) ([]logwriter.Frozen, error) {
	if err := s.g.enter(ctx); err != nil {
		return nil, err
	}
	defer s.g.mu.Unlock()
	var all []logwriter.Frozen
	for l, o := range s.g.log {
		if o.policy != nil {
			all = append(all, logwriter.Frozen{
				Log: l, Size: o.offeredSize, Checkpoint: slices.Clone(o.offered), Policy: slices.Clone(o.policy),
			})
		}
	}
	slices.SortFunc(all, func(a, b logwriter.Frozen) int { return int(a.Log) - int(b.Log) })
	return all, nil
}

// Replace implements [logwriter.Store].
func (s *Logs) Replace(ctx context.Context, f logwriter.Frozen) error {
	if err := s.g.enter(ctx); err != nil {
		return err
	}
	defer s.g.mu.Unlock()
	o := s.g.log[f.Log]
	if o == nil || o.policy != nil {
		return logwriter.ErrMoved
	}
	o.offered, o.offeredSize, o.policy = slices.Clone(f.Checkpoint), f.Size, append([]byte{}, f.Policy...)
	s.g.log[f.Log.Next()] = &oneLog{tiles: map[logwriter.TileID][]byte{}}
	for _, m := range s.g.ids {
		if m.log == f.Log && m.index >= f.Size {
			m.log = 0
		}
	}
	return nil
}

// standing returns what holds a message's id or commit, other than itself without a place.
func (g *logs) standing(r envelope.Row) *message {
	for _, m := range []*message{g.ids[r.ID], g.commits[r.Commit]} {
		if m != nil && (m.log != 0 || m.Digest != r.Digest) {
			return m
		}
	}
	return nil
}

// grow writes the log's part of a batch, after taken has said whether a row's key is taken. The
// lock is held.
func grow[R any](g *logs, b logwriter.Batch[R], taken func(R) bool, put func(R, int64)) error {
	o := g.log[b.Log]
	if o.size != b.Size || o.policy != nil {
		return logwriter.ErrMoved
	}
	if slices.ContainsFunc(b.Rows, taken) {
		return logwriter.ErrTaken
	}
	for i, row := range b.Rows {
		put(row, b.Size+int64(i))
	}
	for _, leaf := range b.Leaves {
		o.leaves = append(o.leaves, bytes.Clone(leaf))
	}
	for _, t := range b.Tiles {
		o.tiles[t.TileID] = bytes.Clone(t.Hashes)
	}
	o.size += int64(len(b.Leaves))
	return nil
}
