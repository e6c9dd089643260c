package sqlite

import (
	"context"
	_ "embed" // the queries

	"zombiezen.com/go/sqlite"

	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
)

var (
	//go:embed query/note_put.sql
	notePut string
	//go:embed query/note_standing.sql
	noteStanding string
	//go:embed query/note_of.sql
	noteOf string
	//go:embed query/note_all.sql
	noteAll string
	//go:embed query/note_count.sql
	noteCount string
	//go:embed query/status_put.sql
	statusPut string
	//go:embed query/status_of.sql
	statusOf string
)

// Notes implements [keylog.Store].
type Notes struct {
	s   *Store
	log logwriter.Log
}

var _ keylog.Store = (*Notes)(nil)

// Notes returns the clinics' notes in a keys log.
func (s *Store) Notes(l logwriter.Log) *Notes { return &Notes{s, l} }

// CommitBatch implements [logwriter.Committer].
func (n *Notes) CommitBatch(ctx context.Context, b logwriter.Batch[keylog.Row]) error {
	return commit(ctx, n.s, b, func(conn *sqlite.Conn, r keylog.Row, index int64) (bool, error) {
		err := each(conn, notePut, func(stmt *sqlite.Stmt) {
			n.setNote(stmt, r)
			stmt.SetInt64(":sort", int64(r.Sort))
			stmt.SetInt64(":day", r.Day)
			stmt.SetInt64(":idx", index)
		}, nil)
		return conn.Changes() == 1, err
	})
}

// Standing implements [logwriter.Committer].
func (n *Notes) Standing(ctx context.Context, rows []keylog.Row) ([]logwriter.Standing, error) {
	return standingOf(ctx, n.s, noteStanding, rows, n.setNote)
}

func (n *Notes) setNote(stmt *sqlite.Stmt, r keylog.Row) {
	stmt.SetInt64(":log", int64(n.log))
	stmt.SetBytes(":hash", r.Hash[:])
	stmt.SetBytes(":clinic", r.Clinic[:])
	if r.Serial == "" {
		stmt.SetNull(":serial")
	} else {
		stmt.SetText(":serial", r.Serial)
	}
}

// Notes implements [keylog.Store].
func (n *Notes) Notes(ctx context.Context, clinic keylog.ClinicID, after int64, most int) ([]keylog.Note, error) {
	return n.list(ctx, noteOf, func(stmt *sqlite.Stmt) {
		stmt.SetBytes(":clinic", clinic[:])
		stmt.SetInt64(":log", int64(n.log))
		stmt.SetInt64(":after", after)
		stmt.SetInt64(":most", int64(most))
	})
}

// All implements [keylog.Store].
func (n *Notes) All(ctx context.Context, after int64, most int) ([]keylog.Note, error) {
	return n.list(ctx, noteAll, func(stmt *sqlite.Stmt) {
		stmt.SetInt64(":log", int64(n.log))
		stmt.SetInt64(":after", after)
		stmt.SetInt64(":most", int64(most))
	})
}

func (n *Notes) list(ctx context.Context, query string, set func(*sqlite.Stmt)) ([]keylog.Note, error) {
	var notes []keylog.Note
	err := n.s.read(ctx, func(conn *sqlite.Conn) error {
		return each(conn, query, set, func(stmt *sqlite.Stmt) {
			note := keylog.Note{Index: stmt.ColumnInt64(1), Note: blob(stmt, 2)}
			stmt.ColumnBytes(0, note.Clinic[:])
			notes = append(notes, note)
		})
	})
	return notes, normalise(ctx, "read notes", err)
}

// Count implements [keylog.Store].
func (n *Notes) Count(ctx context.Context, clinic keylog.ClinicID, sort keylog.Sort, day int64) (int, error) {
	count := 0
	err := n.s.read(ctx, func(conn *sqlite.Conn) error {
		return each(conn, noteCount, func(stmt *sqlite.Stmt) {
			stmt.SetBytes(":clinic", clinic[:])
			stmt.SetInt64(":log", int64(n.log))
			stmt.SetInt64(":sort", int64(sort))
			stmt.SetInt64(":day", day)
		}, func(stmt *sqlite.Stmt) { count = stmt.ColumnInt(0) })
	})
	return count, normalise(ctx, "count notes", err)
}

// PutStatus implements [keylog.Store].
func (n *Notes) PutStatus(ctx context.Context, st keylog.Status) error {
	err := n.s.write(ctx, func(conn *sqlite.Conn) error {
		return each(conn, statusPut, func(stmt *sqlite.Stmt) {
			stmt.SetBytes(":clinic", st.Clinic[:])
			stmt.SetBytes(":signer", st.Signer[:])
			stmt.SetInt64(":issued", st.Issued)
			stmt.SetBytes(":note", st.Note)
		}, nil)
	})
	return normalise(ctx, "keep status", err)
}

// Statuses implements [keylog.Store].
func (n *Notes) Statuses(ctx context.Context, clinic keylog.ClinicID) ([]keylog.Status, error) {
	var all []keylog.Status
	err := n.s.read(ctx, func(conn *sqlite.Conn) error {
		return each(conn, statusOf, func(stmt *sqlite.Stmt) {
			stmt.SetBytes(":clinic", clinic[:])
		}, func(stmt *sqlite.Stmt) {
			st := keylog.Status{Clinic: clinic, Issued: stmt.ColumnInt64(1), Note: blob(stmt, 2)}
			stmt.ColumnBytes(0, st.Signer[:])
			all = append(all, st)
		})
	})
	return all, normalise(ctx, "read statuses", err)
}
