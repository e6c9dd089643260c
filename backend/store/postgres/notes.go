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
	hashes, clinics, serials := columns(b.Rows)
	days, sorts := make([]int64, len(b.Rows)), make([]int16, len(b.Rows))
	for i := range b.Rows {
		days[i], sorts[i] = b.Rows[i].Day, int16(b.Rows[i].Sort)
	}
	return commit(ctx, n.s, b, statement{
		notePut, []any{b.Size, hashes, clinics, serials, days, sorts, int16(n.log)}, len(b.Rows), logwriter.ErrTaken,
	})
}

// Standing implements [logwriter.Committer].
func (n *Notes) Standing(ctx context.Context, rows []keylog.Row) ([]logwriter.Standing, error) {
	hashes, clinics, serials := columns(rows)
	return n.s.standing(ctx, len(rows), noteStanding, hashes, clinics, serials, int16(n.log))
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
	return n.list(ctx, noteOf, clinic[:], int16(n.log), after, most)
}

// All implements [keylog.Store].
func (n *Notes) All(ctx context.Context, after int64, most int) ([]keylog.Note, error) {
	return n.list(ctx, noteAll, int16(n.log), after, most)
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
func (n *Notes) Count(ctx context.Context, clinic keylog.ClinicID, sort keylog.Sort, day int64) (int, error) {
	var count int
	err := n.s.pool.QueryRow(ctx, noteCount, clinic[:], int16(n.log), int16(sort), day).Scan(&count)
	return count, normalise(ctx, "count notes", err)
}

// PutStatus implements [keylog.Store].
func (n *Notes) PutStatus(ctx context.Context, st keylog.Status) error {
	_, err := n.s.pool.Exec(ctx, statusPut, st.Clinic[:], st.Signer[:], st.Issued, st.Note)
	return normalise(ctx, "keep status", err)
}

// Statuses implements [keylog.Store].
func (n *Notes) Statuses(ctx context.Context, clinic keylog.ClinicID) ([]keylog.Status, error) {
	rows, err := n.s.pool.Query(ctx, statusOf, clinic[:])
	if err != nil {
		return nil, normalise(ctx, "read statuses", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (keylog.Status, error) {
		st := keylog.Status{Clinic: clinic}
		var signer []byte
		err := row.Scan(&signer, &st.Issued, &st.Note)
		copy(st.Signer[:], signer)
		return st, err
	})
	return all, normalise(ctx, "read statuses", err)
}
