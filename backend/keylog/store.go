package keylog

import (
	"context"
	"errors"

	"github.com/chaperone-privacy/chaperone/backend/logwriter"
)

// The sentinels of this package. Their texts hold nothing of a request.
var (
	// ErrNotAdmitted: the clinic is not admitted to this server.
	ErrNotAdmitted = errors.New("clinic is not admitted")
	// ErrSignature: the note is not signed as it must be, or its clinic has no profile here yet.
	ErrSignature = errors.New("note is not signed by its clinic")
	// ErrMalformed: the note is not the canonical spelling of a kind that this server knows.
	ErrMalformed = errors.New("note is malformed")
	// ErrExists: the clinic has logged another note of this kind and number.
	ErrExists = errors.New("note number is taken")
	// ErrQuota: the clinic has logged as many notes of this sort as it may in a year.
	ErrQuota = errors.New("clinic has logged too many notes")
	// ErrStopped: the log accepts nothing any more, until its operator has replaced it.
	ErrStopped = errors.New("log is stopped")
	// ErrUnavailable: the store failed. Sending the same note again is safe.
	ErrUnavailable = errors.New("note store is unavailable")
)

// ClinicID names a clinic: the hash of its first root set.
type ClinicID [32]byte

// Row is what is kept about a note; the note itself is the leaf.
type Row struct {
	Clinic ClinicID
	Hash   [32]byte // of the note
	// Serial is what no two notes of a clinic share, such as "profile 3"; "" for nothing.
	Serial string
	Day    int64 // on which it was logged, days since 1970-01-01 UTC
	Sort   Sort
}

var _ logwriter.Row = Row{}

// Keys implements [logwriter.Row].
func (r Row) Keys() []string {
	keys := []string{"h" + string(r.Hash[:])}
	if r.Serial != "" {
		keys = append(keys, "s"+string(r.Clinic[:])+r.Serial)
	}
	return keys
}

// Note is a note in the log.
type Note struct {
	Clinic ClinicID
	Index  int64
	Note   []byte
}

// Store keeps the rows of one keys log, and status notes, which belong to none. Implementations are
// safe for concurrent use; what they return belongs to the caller. Durability is as
// [logwriter.Committer] says; the same note is Same in a Standing.
type Store interface {
	logwriter.Committer[Row]

	// Notes returns up to most notes of a clinic with an index greater than after, rising.
	Notes(ctx context.Context, clinic ClinicID, after int64, most int) ([]Note, error)
	// All returns up to most notes of all clinics with an index greater than after, rising.
	All(ctx context.Context, after int64, most int) ([]Note, error)
	// Count returns how many notes of a sort a clinic logged on a day after day.
	Count(ctx context.Context, clinic ClinicID, sort Sort, day int64) (int, error)

	// PutStatus keeps a status unless one of the same signer is kept that was issued at the same
	// time or later.
	PutStatus(ctx context.Context, st Status) error
	// Statuses returns the kept statuses of a clinic, one for each signer, in any order.
	Statuses(ctx context.Context, clinic ClinicID) ([]Status, error)
}
