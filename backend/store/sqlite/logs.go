package sqlite

import (
	"context"
	_ "embed" // the queries
	"errors"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

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
	err = g.s.read(ctx, func(conn *sqlite.Conn) error {
		return each(conn, logState, func(stmt *sqlite.Stmt) {
			stmt.SetInt64(":log", int64(l))
		}, func(stmt *sqlite.Stmt) {
			state.Size = stmt.ColumnInt64(0)
			state.Offered = blob(stmt, 1)
			state.Frozen = stmt.ColumnBool(2)
		})
	})
	return state, normalise(ctx, "read log", err)
}

// Tiles implements [logwriter.Store].
func (g *Logs) Tiles(ctx context.Context, l logwriter.Log, ids []logwriter.TileID) ([][]byte, error) {
	rows := make([][]byte, len(ids))
	err := g.s.read(ctx, func(conn *sqlite.Conn) error {
		for i, id := range ids {
			err := each(conn, logTileGet, func(stmt *sqlite.Stmt) {
				stmt.SetInt64(":log", int64(l))
				stmt.SetInt64(":level", int64(id.Level))
				stmt.SetInt64(":idx", id.Index)
			}, func(stmt *sqlite.Stmt) { rows[i] = blob(stmt, 0) })
			if err != nil {
				return err
			}
			if rows[i] == nil {
				return logwriter.ErrNotFound
			}
		}
		return nil
	})
	return rows, answerLog(ctx, "read tiles", err)
}

// Leaves implements [logwriter.Store].
func (g *Logs) Leaves(ctx context.Context, l logwriter.Log, from int64, n int) ([][]byte, error) {
	var leaves [][]byte
	err := g.s.read(ctx, func(conn *sqlite.Conn) error {
		return each(conn, logLeafGet, func(stmt *sqlite.Stmt) {
			stmt.SetInt64(":log", int64(l))
			stmt.SetInt64(":from", from)
			stmt.SetInt64(":to", from+int64(n))
		}, func(stmt *sqlite.Stmt) { leaves = append(leaves, blob(stmt, 0)) })
	})
	return leaves, normalise(ctx, "read leaves", err)
}

// Offer implements [logwriter.Store].
func (g *Logs) Offer(ctx context.Context, l logwriter.Log, size int64, checkpoint []byte) error {
	err := g.s.write(ctx, func(conn *sqlite.Conn) error {
		err := each(conn, logOffer, func(stmt *sqlite.Stmt) {
			stmt.SetInt64(":log", int64(l))
			stmt.SetInt64(":size", size)
			stmt.SetBytes(":checkpoint", checkpoint)
		}, nil)
		if err == nil && conn.Changes() != 1 {
			return logwriter.ErrMoved
		}
		return err
	})
	return answerLog(ctx, "keep signed checkpoint", err)
}

// Freeze implements [logwriter.Store].
func (g *Logs) Freeze(ctx context.Context, l logwriter.Log, size int64, checkpoint []byte) error {
	err := g.s.write(ctx, func(conn *sqlite.Conn) error {
		return each(conn, logCheckpointPut, func(stmt *sqlite.Stmt) {
			stmt.SetInt64(":log", int64(l))
			stmt.SetInt64(":size", size)
			stmt.SetBytes(":checkpoint", checkpoint)
		}, nil)
	})
	return normalise(ctx, "keep witnessed checkpoint", err)
}

// First implements [logwriter.Store].
func (g *Logs) First(ctx context.Context, l logwriter.Log, index int64) (int64, []byte, error) {
	return g.checkpoint(ctx, logCheckpointFirst, func(stmt *sqlite.Stmt) {
		stmt.SetInt64(":log", int64(l))
		stmt.SetInt64(":idx", index)
	})
}

// Newest implements [logwriter.Store].
func (g *Logs) Newest(ctx context.Context, l logwriter.Log) (int64, []byte, error) {
	return g.checkpoint(ctx, logCheckpointNewest, func(stmt *sqlite.Stmt) {
		stmt.SetInt64(":log", int64(l))
	})
}

func (g *Logs) checkpoint(ctx context.Context, query string, set func(*sqlite.Stmt)) (size int64, cp []byte, err error) {
	err = g.s.read(ctx, func(conn *sqlite.Conn) error {
		return each(conn, query, set, func(stmt *sqlite.Stmt) {
			size, cp = stmt.ColumnInt64(0), blob(stmt, 1)
		})
	})
	if err == nil && cp == nil {
		err = logwriter.ErrNotFound
	}
	return size, cp, answerLog(ctx, "read checkpoint", err)
}

// Frozen implements [logwriter.Store]. It is asked once, at the start, when the connection that
// writes is the only one that is open.
func (g *Logs) Frozen(ctx context.Context) ([]logwriter.Frozen, error) {
	var all []logwriter.Frozen
	err := g.s.write(ctx, func(conn *sqlite.Conn) error {
		return each(conn, logFrozen, func(*sqlite.Stmt) {}, func(stmt *sqlite.Stmt) {
			all = append(all, logwriter.Frozen{
				Log: logwriter.Log(stmt.ColumnInt64(0)), Size: stmt.ColumnInt64(1), Checkpoint: blob(stmt, 2), Policy: blob(stmt, 3), //nolint:gosec // as it was kept
			})
		})
	})
	return all, normalise(ctx, "read frozen logs", err)
}

// Replace implements [logwriter.Store].
func (g *Logs) Replace(ctx context.Context, f logwriter.Frozen) error {
	err := g.s.write(ctx, func(conn *sqlite.Conn) (err error) {
		end, err := sqlitex.ImmediateTransaction(conn)
		if err != nil {
			return err
		}
		defer end(&err)
		err = each(conn, logFreeze, func(stmt *sqlite.Stmt) {
			stmt.SetInt64(":log", int64(f.Log))
			stmt.SetInt64(":size", f.Size)
			setBlob(stmt, ":checkpoint", f.Checkpoint)
			stmt.SetBytes(":policy", f.Policy)
		}, nil)
		if err != nil {
			return err
		}
		if conn.Changes() != 1 {
			return logwriter.ErrMoved
		}
		err = each(conn, logBegin, func(stmt *sqlite.Stmt) { stmt.SetInt64(":log", int64(f.Log.Next())) }, nil)
		if err != nil {
			return err
		}
		return each(conn, envelopeLose, func(stmt *sqlite.Stmt) {
			stmt.SetInt64(":log", int64(f.Log))
			stmt.SetInt64(":size", f.Size)
		}, nil)
	})
	return answerLog(ctx, "replace log", err)
}

func setBlob(stmt *sqlite.Stmt, name string, b []byte) {
	if b == nil {
		stmt.SetNull(name)
		return
	}
	stmt.SetBytes(name, b)
}

// commit writes the log's part of a batch and then, by put, each row with its leaf's index, in one
// transaction. put reports whether the row's keys were free.
func commit[R any](ctx context.Context, s *Store, b logwriter.Batch[R], put func(*sqlite.Conn, R, int64) (bool, error)) error {
	err := s.write(ctx, func(conn *sqlite.Conn) (err error) {
		end, err := sqlitex.ImmediateTransaction(conn)
		if err != nil {
			return err
		}
		defer end(&err)
		err = each(conn, logGrow, func(stmt *sqlite.Stmt) {
			stmt.SetInt64(":log", int64(b.Log))
			stmt.SetInt64(":old", b.Size)
			stmt.SetInt64(":new", b.Size+int64(len(b.Leaves)))
		}, nil)
		if err != nil {
			return err
		}
		if conn.Changes() != 1 {
			return logwriter.ErrMoved
		}
		for i, row := range b.Rows {
			free, err := put(conn, row, b.Size+int64(i))
			if err != nil {
				return err
			}
			if !free {
				return logwriter.ErrTaken
			}
		}
		for i, leaf := range b.Leaves {
			err := each(conn, logLeafPut, func(stmt *sqlite.Stmt) {
				stmt.SetInt64(":log", int64(b.Log))
				stmt.SetInt64(":idx", b.Size+int64(i))
				stmt.SetBytes(":leaf", leaf)
			}, nil)
			if err != nil {
				return err
			}
		}
		for _, t := range b.Tiles {
			err := each(conn, logTilePut, func(stmt *sqlite.Stmt) {
				stmt.SetInt64(":log", int64(b.Log))
				stmt.SetInt64(":level", int64(t.Level))
				stmt.SetInt64(":idx", t.Index)
				stmt.SetBytes(":hashes", t.Hashes)
			}, nil)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return answerLog(ctx, "commit to log", err)
}

// standingOf asks query for each row; it gives an index and whether the row is the same.
func standingOf[R any](ctx context.Context, s *Store, query string, rows []R, set func(*sqlite.Stmt, R)) ([]logwriter.Standing, error) {
	all := make([]logwriter.Standing, len(rows))
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		for i, row := range rows {
			err := each(conn, query, func(stmt *sqlite.Stmt) { set(stmt, row) }, func(stmt *sqlite.Stmt) {
				all[i] = logwriter.Standing{Taken: true, Index: stmt.ColumnInt64(0), Same: stmt.ColumnBool(1)}
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return all, normalise(ctx, "read standing", err)
}

// answerLog lets the sentinels of logwriter through.
func answerLog(ctx context.Context, what string, err error) error {
	for _, own := range []error{logwriter.ErrMoved, logwriter.ErrTaken, logwriter.ErrNotFound} {
		if errors.Is(err, own) {
			return err
		}
	}
	return normalise(ctx, what, err)
}

// each executes a query and calls scan for each row; scan may be nil for a query without rows.
func each(conn *sqlite.Conn, query string, set func(*sqlite.Stmt), scan func(*sqlite.Stmt)) error {
	stmt, err := conn.Prepare(query)
	if err != nil {
		return err
	}
	set(stmt)
	for {
		found, err := stmt.Step()
		if err != nil || !found {
			return errors.Join(err, stmt.Reset())
		}
		if scan != nil {
			scan(stmt)
		}
	}
}

// blob returns a copy of a column, nil for NULL.
func blob(stmt *sqlite.Stmt, column int) []byte {
	if stmt.ColumnType(column) == sqlite.TypeNull {
		return nil
	}
	b := make([]byte, stmt.ColumnLen(column))
	stmt.ColumnBytes(column, b)
	return b
}
