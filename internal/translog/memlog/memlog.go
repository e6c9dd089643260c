// Package memlog is a pair of transparency logs and one witness, in memory, for the demo and
// for tests.
//
// It promises the same bytes for the same keys, clock and order of calls. It is not a log one
// could rely on: its witness runs in the same process under a key of the same owner, which is
// why the witness is named "…/demo-witness" and every screen says so.
package memlog

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/translog"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrNotFound says that there is no leaf of this index.
var ErrNotFound = errors.New("no such leaf")

// Config says how to make the logs. All fields are required, except Witness.
type Config struct {
	Name    string           // origins are Name/keys and Name/msgs
	Witness string           // key name of the witness; "" is Name/demo-witness
	Rand    io.Reader        // 96 bytes are read: seeds of the two logs and the witness
	Now     func() time.Time // the witness's clock
}

// Logs is the pair of logs that a clinic's notes and messages go to.
type Logs struct {
	Keys, Msgs *Log
	witness    translog.Key
}

// New makes two empty logs.
func New(cfg Config) (*Logs, error) {
	if cfg.Name == "" || cfg.Rand == nil || cfg.Now == nil {
		return nil, errors.New("memlog: name, rand and clock are required")
	}
	if cfg.Witness == "" {
		cfg.Witness = cfg.Name + "/demo-witness"
	}
	var seeds [3][ed25519.SeedSize]byte
	for i := range seeds {
		if _, err := io.ReadFull(cfg.Rand, seeds[i][:]); err != nil {
			return nil, fmt.Errorf("memlog: read seed: %w", err)
		}
	}
	w := witness{private: ed25519.NewKeyFromSeed(seeds[2][:]), now: cfg.Now}
	var err error
	if w.key, err = translog.NewWitnessKey(cfg.Witness, w.private.Public().(ed25519.PublicKey)); err != nil {
		return nil, fmt.Errorf("memlog: witness key: %w", err)
	}
	keys, err := newLog(cfg.Name+"/keys", seeds[0], w)
	if err != nil {
		return nil, err
	}
	msgs, err := newLog(cfg.Name+"/msgs", seeds[1], w)
	if err != nil {
		return nil, err
	}
	return &Logs{Keys: keys, Msgs: msgs, witness: w.key}, nil
}

// PolicyText returns the policy under which both logs' proofs verify (C2SP tlog-policy).
func (l *Logs) PolicyText() []byte {
	return fmt.Appendf(nil, "log %s\nlog %s\nwitness demo-witness %s\nquorum demo-witness\n", l.Keys.key, l.Msgs.key, l.witness)
}

// Log is one append-only log. Each append is witnessed at once. Its methods may be called
// from several goroutines.
type Log struct {
	key     translog.Key
	private ed25519.PrivateKey
	witness witness

	mu          sync.Mutex
	size        int64
	hashes      hashes   // RFC 6962 hashes in the order of tlog.StoredHashIndex
	checkpoints [][]byte // by size, from 0; nil where nothing was signed
}

func newLog(origin string, seed [ed25519.SeedSize]byte, w witness) (*Log, error) {
	l := &Log{private: ed25519.NewKeyFromSeed(seed[:]), witness: w}
	var err error
	if l.key, err = translog.NewKey(origin, l.private.Public().(ed25519.PublicKey)); err != nil {
		return nil, fmt.Errorf("memlog: log key: %w", err)
	}
	cp, err := l.sign()
	if err != nil {
		return nil, err
	}
	l.checkpoints = [][]byte{cp}
	return l, nil
}

// Origin returns the log's name.
func (l *Log) Origin() string { return l.key.Name }

// Append adds a leaf, has the new head witnessed, and returns the leaf's index.
func (l *Log) Append(leaf []byte) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.add(leaf); err != nil {
		return 0, err
	}
	return l.size - 1, l.head()
}

// Grow adds n leaves at once: only the last head is witnessed, as on a busy server.
func (l *Log) Grow(n int, leaf func(i int) []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range n {
		if err := l.add(leaf(i)); err != nil {
			return err
		}
	}
	return l.head()
}

// add takes a leaf without a head. l.mu is held.
func (l *Log) add(leaf []byte) error {
	hs, err := tlog.StoredHashes(l.size, leaf, l.hashes)
	if err != nil {
		return fmt.Errorf("memlog: append: %w", err)
	}
	l.hashes = append(l.hashes, hs...)
	l.size++
	l.checkpoints = append(l.checkpoints, nil)
	return nil
}

// head signs the present size. l.mu is held.
func (l *Log) head() error {
	cp, err := l.sign()
	l.checkpoints[l.size] = cp
	return err
}

// Checkpoint returns the newest head: signed by the log, cosigned by the witness.
func (l *Log) Checkpoint() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]byte(nil), l.checkpoints[l.size]...)
}

// Head returns size and root of the newest head.
func (l *Log) Head() (size int64, root [32]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h, err := tlog.TreeHash(l.size, l.hashes)
	if err != nil {
		return 0, [32]byte{} // cannot be: every hash is in memory
	}
	return l.size, [32]byte(h)
}

// Proof returns the C2SP tlog-proof of a leaf at the first head that held it. It fails with
// [ErrNotFound].
func (l *Log) Proof(index int64) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if index < 0 || index >= l.size {
		return nil, ErrNotFound
	}
	size := index + 1
	for l.checkpoints[size] == nil {
		size++
	}
	path, err := tlog.ProveRecord(size, index, l.hashes)
	if err != nil {
		return nil, fmt.Errorf("memlog: prove: %w", err)
	}
	cp, err := translog.ParseCheckpoint(l.checkpoints[size])
	if err != nil {
		return nil, fmt.Errorf("memlog: prove: %w", err)
	}
	p := translog.Proof{Index: index, Checkpoint: cp}
	for _, h := range path {
		p.Hashes = append(p.Hashes, [32]byte(h))
	}
	return p.Marshal(), nil
}

// Consistency returns the proof that the tree of size older is a prefix of that of size newer.
func (l *Log) Consistency(older, newer int64) ([][32]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if older < 1 || older > newer || newer > l.size {
		return nil, ErrNotFound
	}
	path, err := tlog.ProveTree(newer, older, l.hashes)
	if err != nil {
		return nil, fmt.Errorf("memlog: prove consistency: %w", err)
	}
	out := make([][32]byte, len(path))
	for i, h := range path {
		out[i] = [32]byte(h)
	}
	return out, nil
}

// Tile returns a tile of hashes (C2SP tlog-tiles), as wide as asked for. It fails with
// [ErrNotFound].
func (l *Log) Tile(t translog.Tile) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.Level < 0 || t.Level > 6 || t.Index < 0 || t.Width < 1 || t.Width > 256 || (t.Index*256+int64(t.Width))<<(8*t.Level) > l.size {
		return nil, ErrNotFound
	}
	data, err := tlog.ReadTileData(tlog.Tile{H: 8, L: t.Level, N: t.Index, W: t.Width}, l.hashes)
	if err != nil {
		return nil, fmt.Errorf("memlog: tile: %w", err)
	}
	return data, nil
}

// sign makes the checkpoint of the present tree. l.mu is held, or nobody else has l yet.
func (l *Log) sign() ([]byte, error) {
	root, err := tlog.TreeHash(l.size, l.hashes)
	if err != nil {
		return nil, fmt.Errorf("memlog: tree hash: %w", err)
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", l.key.Name, l.size, base64.StdEncoding.EncodeToString(root[:]))
	s := translog.Signed{Text: text, Sigs: []translog.Sig{
		{Name: l.key.Name, ID: l.key.ID(), Bytes: ed25519.Sign(l.private, []byte(text))},
		l.witness.cosign(text),
	}}
	return s.Marshal(), nil
}

type witness struct {
	key     translog.Key
	private ed25519.PrivateKey
	now     func() time.Time
}

func (w witness) cosign(text string) translog.Sig {
	t := w.now().Unix()
	sig := binary.BigEndian.AppendUint64(nil, uint64(t))
	sig = append(sig, ed25519.Sign(w.private, translog.CosignatureText(t, []byte(text)))...)
	return translog.Sig{Name: w.key.Name, ID: w.key.ID(), Bytes: sig}
}

type hashes []tlog.Hash

// ReadHashes implements [tlog.HashReader].
func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x < 0 || x >= int64(len(h)) {
			return nil, ErrNotFound
		}
		out[i] = h[x]
	}
	return out, nil
}
