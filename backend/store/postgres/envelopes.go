package postgres

import (
	"context"
	_ "embed" // the queries
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
)

var (
	//go:embed query/envelope_again.sql
	envelopeAgain string
	//go:embed query/envelope_put.sql
	envelopePut string
	//go:embed query/envelope_get.sql
	envelopeGet string
	//go:embed query/envelope_standing.sql
	envelopeStanding string
	//go:embed query/envelope_expire.sql
	envelopeExpire string
	//go:embed query/envelope_forget.sql
	envelopeForget string
	//go:embed query/inbox_put.sql
	inboxPut string
	//go:embed query/inbox_get.sql
	inboxGet string
	//go:embed query/inbox_expire.sql
	inboxExpire string
)

// Envelopes implements [envelope.Store].
type Envelopes struct{ s *Store }

var _ envelope.Store = (*Envelopes)(nil)

// Envelopes returns the sealed messages.
func (s *Store) Envelopes() *Envelopes { return &Envelopes{s} }

// CommitBatch implements [logwriter.Committer].
func (e *Envelopes) CommitBatch(ctx context.Context, b logwriter.Batch[envelope.Row]) error {
	n := len(b.Rows)
	ids, digests, commits := make([][]byte, n), make([][]byte, n), make([][]byte, n)
	sealed, until := make([][]byte, n), make([]int64, n)
	var watches, copies [][]byte
	var places, ends []int64
	for i := range b.Rows {
		r := &b.Rows[i]
		ids[i], digests[i], commits[i], sealed[i], until[i] = r.ID[:], r.Digest[:], r.Commit[:], r.Sealed, r.Until
		if r.Copy != nil {
			watches, copies = append(watches, r.Watch[:]), append(copies, r.Copy)
			places, ends = append(places, b.Size+int64(i)), append(ends, r.Until)
		}
	}
	var rows []statement
	if b.Log.Generation() > 1 { // some may have lost their place in an older log
		rows = append(rows, statement{envelopeAgain, []any{ids, digests}, anyRows, nil})
	}
	rows = append(rows, statement{
		envelopePut, []any{b.Size, ids, digests, until, commits, sealed, int16(b.Log)}, n, logwriter.ErrTaken,
	})
	if len(copies) > 0 {
		rows = append(rows, statement{inboxPut, []any{watches, places, ends, copies, int16(b.Log)}, len(copies), logwriter.ErrTaken})
	}
	return commit(ctx, e.s, b, rows...)
}

// Standing implements [logwriter.Committer].
func (e *Envelopes) Standing(ctx context.Context, rows []envelope.Row) ([]logwriter.Standing, error) {
	n := len(rows)
	ids, digests, commits := make([][]byte, n), make([][]byte, n), make([][]byte, n)
	for i := range rows {
		ids[i], digests[i], commits[i] = rows[i].ID[:], rows[i].Digest[:], rows[i].Commit[:]
	}
	return e.s.standing(ctx, n, envelopeStanding, ids, digests, commits)
}

// Get implements [envelope.Store].
func (e *Envelopes) Get(ctx context.Context, id envelope.ID) (m envelope.Message, err error) {
	var l int16
	err = e.s.pool.QueryRow(ctx, envelopeGet, id[:]).Scan(&l, &m.Index, &m.Sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return m, envelope.ErrNotFound
	}
	m.Log = logwriter.Log(l) //nolint:gosec // as it was kept
	return m, normalise(ctx, "get envelope", err)
}

// Inbox implements [envelope.Store].
func (e *Envelopes) Inbox(ctx context.Context, watch envelope.WatchID, l logwriter.Log, after int64, most int) ([]envelope.Copy, error) {
	rows, err := e.s.pool.Query(ctx, inboxGet, watch[:], int16(l), after, most)
	if err != nil {
		return nil, normalise(ctx, "read inbox", err)
	}
	copies, err := pgx.CollectRows(rows, pgx.RowToStructByPos[envelope.Copy])
	return copies, normalise(ctx, "read inbox", err)
}

// Expire implements [envelope.Store].
func (e *Envelopes) Expire(ctx context.Context, day, markDay int64, most int) (int, error) {
	n := 0
	err := pgx.BeginFunc(ctx, e.s.pool, func(tx pgx.Tx) error {
		for _, step := range []struct {
			query  string
			before int64
		}{{envelopeForget, markDay}, {envelopeExpire, day}, {inboxExpire, day}} {
			tag, err := tx.Exec(ctx, step.query, step.before, most)
			if err != nil {
				return err
			}
			n += int(tag.RowsAffected())
		}
		return nil
	})
	if err != nil {
		return 0, normalise(ctx, "expire envelopes", err)
	}
	return n, nil
}
