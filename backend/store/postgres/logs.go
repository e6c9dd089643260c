package postgres

import (
	"context"
	_ "embed" // the queries
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/chaperone-privacy/chaperone/backend/logwriter"
)

var (
	//go:embed query/log_state.sql
	logState string
	//go:embed query/log_grow.sql
	logGrow string
	//go:embed query/log_offer.sql
	logOffer string
	//go:embed query/log_frozen.sql
	logFrozen string
	//go:embed query/log_freeze.sql
	logFreeze string
	//go:embed query/log_begin.sql
	logBegin string
	//go:embed query/envelope_lose.sql
	envelopeLose string
	//go:embed query/log_tile_get.sql
	logTileGet string
	//go:embed query/log_tile_put.sql
	logTilePut string
	//go:embed query/log_leaf_get.sql
	logLeafGet string
	//go:embed query/log_leaf_put.sql
	logLeafPut string
	//go:embed query/log_checkpoint_put.sql
	logCheckpointPut string
	//go:embed query/log_checkpoint_first.sql
	logCheckpointFirst string
	//go:embed query/log_checkpoint_newest.sql
	logCheckpointNewest string
)

// Logs implements [logwriter.Store].
type Logs struct{ s *Store }

var _ logwriter.Store = (*Logs)(nil)

// Logs returns the transparency logs.
func (s *Store) Logs() *Logs { return &Logs{s} }

// State implements [logwriter.Store].
func (g *Logs) State(ctx context.Context, l logwriter.Log) (state logwriter.State, err error) {
	err = g.s.pool.QueryRow(ctx, logState, int16(l)).Scan(&state.Size, &state.Offered, &state.Frozen)
	if errors.Is(err, pgx.ErrNoRows) {
		return state, nil
	}
	return state, normalise(ctx, "read log", err)
}

// Tiles implements [logwriter.Store].
func (g *Logs) Tiles(ctx context.Context, l logwriter.Log, ids []logwriter.TileID) ([][]byte, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	levels, indexes := make([]int16, len(ids)), make([]int64, len(ids))
	for i, id := range ids {
		levels[i], indexes[i] = int16(id.Level), id.Index
	}
	rows, err := g.s.pool.Query(ctx, logTileGet, int16(l), levels, indexes)
	if err != nil {
		return nil, normalise(ctx, "read tiles", err)
	}
	tiles, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err == nil && len(tiles) != len(ids) {
		return nil, logwriter.ErrNotFound
	}
	return tiles, normalise(ctx, "read tiles", err)
}

// Leaves implements [logwriter.Store].
func (g *Logs) Leaves(ctx context.Context, l logwriter.Log, from int64, n int) ([][]byte, error) {
	rows, err := g.s.pool.Query(ctx, logLeafGet, int16(l), from, from+int64(n))
	if err != nil {
		return nil, normalise(ctx, "read leaves", err)
	}
	leaves, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	return leaves, normalise(ctx, "read leaves", err)
}

// Offer implements [logwriter.Store].
func (g *Logs) Offer(ctx context.Context, l logwriter.Log, size int64, checkpoint []byte) error {
	tag, err := g.s.pool.Exec(ctx, logOffer, int16(l), size, checkpoint)
	if err == nil && tag.RowsAffected() != 1 {
		return logwriter.ErrMoved
	}
	return normalise(ctx, "keep signed checkpoint", err)
}

// Freeze implements [logwriter.Store].
func (g *Logs) Freeze(ctx context.Context, l logwriter.Log, size int64, checkpoint []byte) error {
	_, err := g.s.pool.Exec(ctx, logCheckpointPut, int16(l), size, checkpoint)
	return normalise(ctx, "keep witnessed checkpoint", err)
}

// First implements [logwriter.Store].
func (g *Logs) First(ctx context.Context, l logwriter.Log, index int64) (int64, []byte, error) {
	return g.checkpoint(ctx, logCheckpointFirst, int16(l), index)
}

// Newest implements [logwriter.Store].
func (g *Logs) Newest(ctx context.Context, l logwriter.Log) (int64, []byte, error) {
	return g.checkpoint(ctx, logCheckpointNewest, int16(l))
}

func (g *Logs) checkpoint(ctx context.Context, query string, args ...any) (size int64, cp []byte, err error) {
	err = g.s.pool.QueryRow(ctx, query, args...).Scan(&size, &cp)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil, logwriter.ErrNotFound
	}
	return size, cp, normalise(ctx, "read checkpoint", err)
}

// Frozen implements [logwriter.Store].
func (g *Logs) Frozen(ctx context.Context) ([]logwriter.Frozen, error) {
	rows, err := g.s.pool.Query(ctx, logFrozen)
	if err != nil {
		return nil, normalise(ctx, "read frozen logs", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f logwriter.Frozen, err error) {
		var l int16
		err = row.Scan(&l, &f.Size, &f.Checkpoint, &f.Policy)
		f.Log = logwriter.Log(l) //nolint:gosec // as it was kept
		return f, err
	})
	return all, normalise(ctx, "read frozen logs", err)
}

// Replace implements [logwriter.Store].
func (g *Logs) Replace(ctx context.Context, f logwriter.Frozen) error {
	err := pgx.BeginFunc(ctx, g.s.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, logFreeze, int16(f.Log), f.Size, f.Checkpoint, f.Policy)
		if err != nil {
			return err
		}
		if tag.RowsAffected() != 1 {
			return logwriter.ErrMoved
		}
		if _, err := tx.Exec(ctx, logBegin, int16(f.Log.Next())); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, envelopeLose, int16(f.Log), f.Size)
		return err
	})
	if errors.Is(err, logwriter.ErrMoved) {
		return logwriter.ErrMoved
	}
	return normalise(ctx, "replace log", err)
}

// commit writes the log's part of a batch and the statements of rows in one transaction: all of
// them travel together. Each of rows must change as many rows as its number says; fewer means that
// a key is taken.
func commit[R any](ctx context.Context, s *Store, b logwriter.Batch[R], rows ...statement) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		levels, indexes, hashes := make([]int16, len(b.Tiles)), make([]int64, len(b.Tiles)), make([][]byte, len(b.Tiles))
		for i, t := range b.Tiles {
			levels[i], indexes[i], hashes[i] = int16(t.Level), t.Index, t.Hashes
		}
		l := int16(b.Log)
		all := append([]statement{
			{logGrow, []any{l, b.Size, b.Size + int64(len(b.Leaves))}, 1, logwriter.ErrMoved},
		}, rows...)
		all = append(all,
			statement{logLeafPut, []any{l, b.Size, b.Leaves}, len(b.Leaves), logwriter.ErrMoved},
			statement{logTilePut, []any{l, levels, indexes, hashes}, len(b.Tiles), logwriter.ErrMoved},
		)
		var batch pgx.Batch
		for _, st := range all {
			batch.Queue(st.query, st.args...)
		}
		results := tx.SendBatch(ctx, &batch)
		var wrong error
		for _, st := range all {
			tag, err := results.Exec()
			if wrong == nil {
				switch {
				case err != nil:
					wrong = err
				case st.rows != anyRows && tag.RowsAffected() != int64(st.rows):
					wrong = st.otherwise
				}
			}
		}
		return errors.Join(wrong, results.Close())
	})
	for _, own := range []error{logwriter.ErrMoved, logwriter.ErrTaken} {
		if errors.Is(err, own) {
			return own
		}
	}
	return normalise(ctx, "commit to log", err)
}

// anyRows says that a statement may change any number of rows.
const anyRows = -1

// statement is a statement that changes rows rows, or otherwise means an error.
type statement struct {
	query     string
	args      []any
	rows      int
	otherwise error
}

// standing asks query for all rows; it gives a place from 1, an index, and whether the row is the
// same, the best answer last.
func (s *Store) standing(ctx context.Context, n int, query string, args ...any) ([]logwriter.Standing, error) {
	all := make([]logwriter.Standing, n)
	rows, err := s.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, normalise(ctx, "read standing", err)
	}
	var place, index int64
	var same bool
	_, err = pgx.ForEachRow(rows, []any{&place, &index, &same}, func() error {
		all[place-1] = logwriter.Standing{Taken: true, Index: index, Same: same}
		return nil
	})
	return all, normalise(ctx, "read standing", err)
}
