package envelope

import (
	"context"
	"errors"

	"github.com/chaperone-privacy/chaperone/backend/logwriter"
)

// The sentinels of this package. Their texts hold nothing of a request.
var (
	// ErrNotFound: there is no such message. Only a Store says it.
	ErrNotFound = errors.New("no such message")
	// ErrExists: something else was published under this id or commit.
	ErrExists = errors.New("already published with other bytes")
	// ErrMalformed: an id, leaf or copy has a wrong length, or the day is out of range.
	ErrMalformed = errors.New("message request is malformed")
	// ErrSize: an envelope or copy has none of the four sizes.
	ErrSize = errors.New("envelope has a wrong size")
	// ErrStopped: the log accepts nothing any more, until its operator has replaced it.
	ErrStopped = errors.New("log is stopped")
	// ErrUnavailable: the store failed. Whether the message was published is not known; sending
	// the same request again is safe.
	ErrUnavailable = errors.New("message store is unavailable")
)

// ID finds a message. It is derived from a code.
type ID [16]byte

// WatchID finds the copies for one patient. It is derived from a pair's secret.
type WatchID [16]byte

// Row is what is kept for one message.
type Row struct {
	ID     ID
	Commit [32]byte
	Digest [32]byte // of the whole request: what is sent again has the same
	Sealed []byte
	// Until is the last day on which the message is kept, in days since 1970-01-01 UTC.
	Until int64
	Watch WatchID
	Copy  []byte // nil: no inbox copy
}

var _ logwriter.Row = Row{}

// Keys implements [logwriter.Row]: no two messages share an id or a commit.
func (r Row) Keys() []string { return []string{"i" + string(r.ID[:]), "c" + string(r.Commit[:])} }

// Message is what a look-up finds.
type Message struct {
	Log    logwriter.Log // where its leaf is; 0 when it lost its place in a damaged log
	Index  int64
	Sealed []byte // nil: deleted after its last day
}

// Copy is one message in a patient's inbox.
type Copy struct {
	Index  int64
	Sealed []byte
}

// Store keeps the rows. Implementations are safe for concurrent use; what they return belongs to
// the caller. Durability is as [logwriter.Committer] says.
type Store interface {
	logwriter.Committer[Row]

	// Get returns a message or its tombstone, or [ErrNotFound]. It reads one row.
	Get(ctx context.Context, id ID) (Message, error)
	// Inbox returns up to most copies for a watch id in a log, with an index greater than after,
	// rising.
	Inbox(ctx context.Context, watch WatchID, l logwriter.Log, after int64, most int) ([]Copy, error)
	// Expire drops envelopes and copies whose last day is before day, and tombstones whose
	// message had its last day before markDay: up to most of each. It says how many rows it
	// changed; 0 means that there is nothing left to do.
	Expire(ctx context.Context, day, markDay int64, most int) (int, error)
}
