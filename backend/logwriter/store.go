package logwriter

import (
	"context"
	"errors"
	"strconv"
)

// The sentinels of this package. Their texts hold nothing of a request.
var (
	// ErrMoved: the log does not have the size that the batch was made for.
	ErrMoved = errors.New("log was written by another server")
	// ErrTaken: a row of the batch needs a key that is taken; nothing was written.
	ErrTaken = errors.New("key is taken")
	// ErrNotFound: there is no such tile, leaf or checkpoint (yet).
	ErrNotFound = errors.New("not in the log")
	// ErrExists: something else was logged under this key before.
	ErrExists = errors.New("already logged with other bytes")
	// ErrTooLarge: the leaf is longer than [MaxLeaf].
	ErrTooLarge = errors.New("leaf is too large")
	// ErrBehind: a witness has seen a greater tree than the store holds.
	ErrBehind = errors.New("log is behind its witnesses")
	// ErrDifferent: what the store holds is not what was signed.
	ErrDifferent = errors.New("log differs from what was signed")
	// ErrReplaced: the log was replaced by another.
	ErrReplaced = errors.New("log was replaced")
	// ErrDamaged: tiles and size of a log contradict each other.
	ErrDamaged = errors.New("log is damaged")
	// ErrUnavailable: the store failed or the server is ending. Whether the entry was logged is
	// not known; sending the same again is safe.
	ErrUnavailable = errors.New("log is unavailable")
	// ErrPolicy: the policy does not name this log, or its proofs would be too long.
	ErrPolicy = errors.New("policy does not fit this log")
)

// MaxLeaf is the greatest size of a leaf, in bytes: entry bundles give lengths in 16 bits.
const MaxLeaf = 1<<16 - 1

// Log names a log in the store. The values are stored.
type Log uint8

// The logs, as they begin. One that had to be replaced is followed by Next.
const (
	Keys Log = 1 // leaves are whole notes of clinics
	Msgs Log = 2 // leaves are 48 bytes: commit 32, tag 16
)

// Next is the log that replaces this one.
func (l Log) Next() Log { return l + 2 }

// Generation is 1 for a log that replaced none.
func (l Log) Generation() int { return int(l+1) / 2 }

// Kind is [Keys] or [Msgs].
func (l Log) Kind() Log { return 2 - l%2 }

// String returns what of the log's origin follows the server's name: "keys", or "2/keys" for the
// log that replaced it.
func (l Log) String() string {
	name := "keys"
	switch {
	case l == 0:
		return "unknown"
	case l.Kind() == Msgs:
		name = "msgs"
	}
	if n := l.Generation(); n > 1 {
		return strconv.Itoa(n) + "/" + name
	}
	return name
}

// TileID names a tile: 256 neighbouring hashes of one level, and what lies between them and the
// level above. Level 0 holds hashes of leaves.
type TileID struct {
	Level uint8
	Index int64
}

// Tile is a tile's hashes, 32 bytes each, in the order in which a growing tree makes them
// (golang.org/x/mod/sumdb/tlog.StoredHashIndex, for the 256 hashes and the seven levels above):
// w of 256 give 2w - popcount(w) hashes, less one for a full tile, whose root is in the level
// above. A tile only ever grows at its end, so that a tile read later than a checkpoint serves it.
type Tile struct {
	TileID

	Hashes []byte
}

// State is where a log stands.
type State struct {
	Size    int64
	Offered []byte // the newest checkpoint that was signed; nil for none. Its size is at most Size
	Frozen  bool   // it was replaced and takes nothing more
}

// Frozen is a log that was replaced.
type Frozen struct {
	Log        Log
	Size       int64  // of the last checkpoint that holds; 0 for none
	Checkpoint []byte // witnessed; nil for none
	Policy     []byte // text of the witness policy it had
}

// Batch is what one transaction adds. Rows[i] belongs to the leaf of index Size+i.
type Batch[R any] struct {
	Log    Log
	Size   int64 // before
	Leaves [][]byte
	Tiles  []Tile // new, or longer than they were
	Rows   []R
}

// Standing says what holds one of a row's keys.
type Standing struct {
	Taken bool
	Index int64 // of the leaf
	Same  bool  // it was made from the same bytes
}

// Committer takes batches. Implementations are safe for concurrent use.
//
// When CommitBatch returns nil the batch survives a crash of the process and of the machine
// (memory stores excepted). When it returns an error that is no sentinel, the whole batch is
// there or nothing of it.
type Committer[R any] interface {
	// CommitBatch writes everything in one transaction, if the log stands at b.Size ([ErrMoved])
	// and no key of a row is taken ([ErrTaken]). It keeps nothing of b.
	CommitBatch(ctx context.Context, b Batch[R]) error
	// Standing says for each row what stands under its keys.
	Standing(ctx context.Context, rows []R) ([]Standing, error)
}

// Store keeps the logs themselves. Implementations are safe for concurrent use and return slices
// that the caller owns. Errors that are no sentinel are the engine's and hold nothing of a row.
type Store interface {
	// State returns where a log stands; an unknown log has the zero State.
	State(ctx context.Context, l Log) (State, error)
	// Tiles returns the hashes of tiles, in the order of ids, each read from one row. They may be
	// of different moments, for tiles only grow. A missing one is [ErrNotFound].
	Tiles(ctx context.Context, l Log, ids []TileID) ([][]byte, error)
	// Leaves returns up to n leaves from an index on, fewer at the end of the log.
	Leaves(ctx context.Context, l Log, from int64, n int) ([][]byte, error)
	// Offer keeps a signed checkpoint before anybody sees it. A size below that of the newest
	// offered is [ErrMoved].
	Offer(ctx context.Context, l Log, size int64, checkpoint []byte) error
	// Freeze keeps a witnessed checkpoint under its size. When there is one it stays: nil.
	Freeze(ctx context.Context, l Log, size int64, checkpoint []byte) error
	// First returns the smallest frozen checkpoint of a size greater than index, or [ErrNotFound].
	First(ctx context.Context, l Log, index int64) (size int64, checkpoint []byte, err error)
	// Frozen returns the logs that were replaced, rising.
	Frozen(ctx context.Context) ([]Frozen, error)
	// Replace ends a log and begins its Next. What was published at Size and after loses its
	// place: it stays, and may be published again. A log that is not there, or was replaced, is
	// [ErrMoved].
	Replace(ctx context.Context, f Frozen) error
	// Newest returns the greatest frozen checkpoint, or [ErrNotFound].
	Newest(ctx context.Context, l Log) (size int64, checkpoint []byte, err error)
}
