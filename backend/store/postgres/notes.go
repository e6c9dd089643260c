package postgres

import (
	"context"
	_ "embed" // the queries

	"github.com/jackc/pgx/v5"

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
)

// Notes implements [keylog.Store].
type Notes struct{ s *Store }

var _ keylog.Store = (*Notes)(nil)

// Notes returns the clinics' notes.
func (s *Store) Notes() *Notes { return &Notes{s} }

// CommitBatch implements [logwriter.Committer].
func (n *Notes) CommitBatch(ctx context.Context, b logwriter.Batch[keylog.Row]) error {
	hashes, clinics, serials := columns(b.Rows)
	days := make([]int64, len(b.Rows))
	for i := range b.Rows {
		days[i] = b.Rows[i].Day
	}
	return commit(ctx, n.s, b, statement{notePut, []any{b.Size, hashes, clinics, serials, days}, len(b.Rows), logwriter.ErrTaken})
}

// Standing implements [logwriter.Committer].
func (n *Notes) Standing(ctx context.Context, rows []keylog.Row) ([]logwriter.Standing, error) {
	hashes, clinics, serials := columns(rows)
	return n.s.standing(ctx, len(rows), noteStanding, hashes, clinics, serials)
}

func columns(rows []keylog.Row) (hashes, clinics [][]byte, serials []string) {
	for i := range rows {
		hashes, clinics = append(hashes, rows[i].Hash[:]), append(clinics, rows[i].Clinic[:])
		serials = append(serials, rows[i].Serial)
	}
	return hashes, clinics, serials
}

// Notes implements [keylog.Store].
func (n *Notes) Notes(ctx context.Context, clinic keylog.ClinicID, after int64, most int) ([]keylog.Note, error) {
	return n.list(ctx, noteOf, clinic[:], after, most)
}

// All implements [keylog.Store].
func (n *Notes) All(ctx context.Context, after int64, most int) ([]keylog.Note, error) {
	return n.list(ctx, noteAll, after, most)
}

func (n *Notes) list(ctx context.Context, query string, args ...any) ([]keylog.Note, error) {
	rows, err := n.s.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, normalise(ctx, "read notes", err)
	}
	notes, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (note keylog.Note, err error) {
		var clinic []byte
		err = row.Scan(&clinic, &note.Index, &note.Note)
		copy(note.Clinic[:], clinic)
		return note, err
	})
	return notes, normalise(ctx, "read notes", err)
}

// Count implements [keylog.Store].
func (n *Notes) Count(ctx context.Context, clinic keylog.ClinicID, day int64) (int, error) {
	var count int
	err := n.s.pool.QueryRow(ctx, noteCount, clinic[:], day).Scan(&count)
	return count, normalise(ctx, "count notes", err)
}
