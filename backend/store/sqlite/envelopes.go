package sqlite

import (
	"context"
	"crypto/sha256"
	_ "embed" // the queries
	"encoding/binary"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

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
	return commit(ctx, e.s, b, func(conn *sqlite.Conn, r envelope.Row, index int64) (bool, error) {
		if b.Log.Generation() > 1 { // it may have lost its place in an older log
			err := each(conn, envelopeAgain, func(stmt *sqlite.Stmt) {
				stmt.SetBytes(":lookup", r.ID[:])
				stmt.SetBytes(":digest", r.Digest[:])
			}, nil)
			if err != nil {
				return false, err
			}
		}
		err := each(conn, envelopePut, func(stmt *sqlite.Stmt) {
			stmt.SetBytes(":lookup", r.ID[:])
			stmt.SetBytes(":digest", r.Digest[:])
			stmt.SetInt64(":log", int64(b.Log))
			stmt.SetInt64(":idx", index)
			stmt.SetInt64(":until", r.Until)
			stmt.SetBytes(":message", r.Commit[:])
			stmt.SetInt64(":message_hash", messageHash(r.Commit))
			stmt.SetBytes(":sealed", r.Sealed)
		}, nil)
		if err != nil || conn.Changes() != 1 || r.Copy == nil {
			return conn.Changes() == 1, err
		}
		return true, each(conn, inboxPut, func(stmt *sqlite.Stmt) {
			stmt.SetBytes(":watch", r.Watch[:])
			stmt.SetInt64(":log", int64(b.Log))
			stmt.SetInt64(":idx", index)
			stmt.SetInt64(":until", r.Until)
			stmt.SetBytes(":sealed", r.Copy)
		}, nil)
	})
}

// Standing implements [logwriter.Committer].
func (e *Envelopes) Standing(ctx context.Context, rows []envelope.Row) ([]logwriter.Standing, error) {
	return standingOf(ctx, e.s, envelopeStanding, rows, func(stmt *sqlite.Stmt, r envelope.Row) {
		stmt.SetBytes(":lookup", r.ID[:])
		stmt.SetBytes(":digest", r.Digest[:])
		stmt.SetBytes(":message", r.Commit[:])
		stmt.SetInt64(":message_hash", messageHash(r.Commit))
	})
}

// Get implements [envelope.Store].
func (e *Envelopes) Get(ctx context.Context, id envelope.ID) (m envelope.Message, err error) {
	found := false
	err = e.s.read(ctx, func(conn *sqlite.Conn) error {
		return each(conn, envelopeGet, func(stmt *sqlite.Stmt) { stmt.SetBytes(":lookup", id[:]) }, func(stmt *sqlite.Stmt) {
			found, m.Log, m.Index, m.Sealed = true, logwriter.Log(stmt.ColumnInt64(0)), stmt.ColumnInt64(1), blob(stmt, 2) //nolint:gosec // as it was kept
		})
	})
	if err == nil && !found {
		return m, envelope.ErrNotFound
	}
	return m, normalise(ctx, "get envelope", err)
}

// Inbox implements [envelope.Store].
func (e *Envelopes) Inbox(ctx context.Context, watch envelope.WatchID, l logwriter.Log, after int64, most int) ([]envelope.Copy, error) {
	var copies []envelope.Copy
	err := e.s.read(ctx, func(conn *sqlite.Conn) error {
		return each(conn, inboxGet, func(stmt *sqlite.Stmt) {
			stmt.SetBytes(":watch", watch[:])
			stmt.SetInt64(":log", int64(l))
			stmt.SetInt64(":after", after)
			stmt.SetInt64(":most", int64(most))
		}, func(stmt *sqlite.Stmt) {
			copies = append(copies, envelope.Copy{Index: stmt.ColumnInt64(0), Sealed: blob(stmt, 1)})
		})
	})
	return copies, normalise(ctx, "read inbox", err)
}

// Expire implements [envelope.Store].
func (e *Envelopes) Expire(ctx context.Context, day, markDay int64, most int) (int, error) {
	n := 0
	err := e.s.write(ctx, func(conn *sqlite.Conn) (err error) {
		end, err := sqlitex.ImmediateTransaction(conn)
		if err != nil {
			return err
		}
		defer end(&err)
		for _, step := range []struct {
			query  string
			before int64
		}{{envelopeForget, markDay}, {envelopeExpire, day}, {inboxExpire, day}} {
			err := each(conn, step.query, func(stmt *sqlite.Stmt) {
				stmt.SetInt64(":day", step.before)
				stmt.SetInt64(":most", int64(most))
			}, nil)
			if err != nil {
				return err
			}
			n += conn.Changes()
		}
		return nil
	})
	if err != nil {
		return 0, normalise(ctx, "expire envelopes", err)
	}
	return n, nil
}

// messageHash is what the index of commits holds.
func messageHash(commit [32]byte) int64 {
	h := sha256.Sum256(commit[:])
	return int64(binary.BigEndian.Uint64(h[:])) //nolint:gosec // its bits
}
