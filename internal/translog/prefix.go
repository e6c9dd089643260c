package translog

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/bits"
	"strconv"

	"github.com/transparency-dev/merkle/rfc6962"
)

// ErrFork says that two heads of one log are not of one history: the older one is no prefix of the
// newer one. Unlike [ErrProof] it is proof of that.
var ErrFork = errors.New("log has two histories")

const (
	tileLevels = 8 // of a tree, in one tile
	tileWidth  = 1 << tileLevels
)

// Tile names a tile of hashes (C2SP tlog-tiles). Width is how many of its up to 256 hashes a tree of
// the newer size has; a tile only grows at its end, so that a wider one serves as well.
type Tile struct {
	Level int   // 0 holds hashes of leaves
	Index int64 // from the left
	Width int   // 1 to 256
}

// Path is the tile's path below the log's prefix, such as tile/0/x001/234.p/17.
func (t Tile) Path() string {
	n := fmt.Sprintf("%03d", t.Index%1000)
	for i := t.Index / 1000; i > 0; i /= 1000 {
		n = fmt.Sprintf("x%03d/", i%1000) + n
	}
	path := "tile/" + strconv.Itoa(t.Level) + "/" + n
	if t.Width < tileWidth {
		path += ".p/" + strconv.Itoa(t.Width)
	}
	return path
}

// ReadTile fetches a tile: at least Width hashes of 32 bytes. Nothing in it is believed.
type ReadTile func(ctx context.Context, t Tile) ([]byte, error)

// ProvePrefix makes the proof of [CheckPrefix] from tiles of the newer tree: at most two a level,
// each fetched once. It fails with [ErrProof] if the tiles do not lead to the newer root (they prove
// nothing then), with [ErrFork] if they do and the older root is another one, and with the error of
// read. With ErrFork the proof is returned too: it is what anybody can check. Whether both heads are
// accepted is for the caller to know.
func ProvePrefix(ctx context.Context, older, newer Head, read ReadTile) ([][32]byte, error) {
	if older.Size > newer.Size {
		return nil, ErrProof
	}
	p := prover{ctx: ctx, size: newer.Size, read: read, tiles: map[Tile][]byte{}}
	if older.Size > 0 && older.Size < newer.Size {
		if err := p.prove(0, newer.Size, older.Size); err != nil {
			return nil, err
		}
	}
	return p.out, CheckPrefix(older, newer, p.out)
}

// CheckPrefix decides whether the tree of older is a prefix of that of newer. proof is what a
// consistency proof of RFC 6962 says, without sparing the hash that a verifier who believes the
// older root knows already: it leads to the newer root by itself, and then says what the root of
// the older size is in that tree.
//
// nil means that it is a prefix. [ErrFork] means that the newer root commits to another tree of the
// older size: no log that only grows has both. [ErrProof] means that the hashes do not lead to the
// newer root, are too few or too many, or that the heads are of two origins or in the wrong order:
// nothing is proven.
func CheckPrefix(older, newer Head, proof [][32]byte) error {
	if older.Origin != newer.Origin || older.Size < 0 || older.Size > newer.Size {
		return ErrProof
	}
	if older.Size == 0 || older.Size == newer.Size {
		want := newer.Root
		if older.Size == 0 {
			want = sha256.Sum256(nil)
		}
		switch {
		case len(proof) > 0, older.Size == 0 && newer.Size == 0 && newer.Root != want:
			return ErrProof
		case older.Root != want:
			return ErrFork
		}
		return nil
	}
	v := prefixVerifier{rest: proof}
	before, after := v.roots(0, newer.Size, older.Size)
	if v.short || len(v.rest) > 0 || after != newer.Root {
		return ErrProof
	}
	if before != older.Root {
		return ErrFork
	}
	return nil
}

// halve returns where the left subtree of a tree of the leaves lo to hi ends (RFC 6962).
func halve(lo, hi int64) int64 { return lo + 1<<(bits.Len64(uint64(hi-lo-1))-1) } //nolint:gosec // hi > lo+1

func node(left, right [32]byte) [32]byte {
	return [32]byte(rfc6962.DefaultHasher.HashChildren(left[:], right[:]))
}

type prefixVerifier struct {
	rest  [][32]byte
	short bool
}

func (v *prefixVerifier) next() (h [32]byte) {
	if len(v.rest) == 0 {
		v.short = true
		return h
	}
	h, v.rest = v.rest[0], v.rest[1:]
	return h
}

// roots returns what the leaves lo to m and lo to hi hash to.
func (v *prefixVerifier) roots(lo, hi, m int64) (before, after [32]byte) {
	if m == hi {
		h := v.next()
		return h, h
	}
	mid := halve(lo, hi)
	if m <= mid {
		before, after = v.roots(lo, mid, m)
		return before, node(after, v.next())
	}
	left := v.next()
	before, after = v.roots(mid, hi, m)
	return node(left, before), node(left, after)
}

type prover struct {
	ctx   context.Context //nolint:containedctx // of one call
	size  int64
	read  ReadTile
	tiles map[Tile][]byte
	out   [][32]byte
}

func (p *prover) prove(lo, hi, m int64) error {
	if m == hi {
		return p.add(lo, hi)
	}
	mid := halve(lo, hi)
	if m <= mid {
		if err := p.prove(lo, mid, m); err != nil {
			return err
		}
		return p.add(mid, hi)
	}
	if err := p.add(lo, mid); err != nil {
		return err
	}
	return p.prove(mid, hi, m)
}

func (p *prover) add(lo, hi int64) error {
	h, err := p.hash(lo, hi)
	p.out = append(p.out, h)
	return err
}

// hash is what the leaves lo to hi hash to.
func (p *prover) hash(lo, hi int64) ([32]byte, error) {
	if n := hi - lo; n&(n-1) == 0 {
		return p.full(bits.TrailingZeros64(uint64(n)), lo) //nolint:gosec // > 0
	}
	mid := halve(lo, hi)
	left, err := p.hash(lo, mid)
	if err != nil {
		return left, err
	}
	right, err := p.hash(mid, hi)
	return node(left, right), err
}

// full is the hash of the 2^level leaves from lo on.
func (p *prover) full(level int, lo int64) ([32]byte, error) {
	at := lo >> (level / tileLevels * tileLevels) // place of the first hash in its row of tiles
	t := Tile{Level: level / tileLevels, Index: at / tileWidth}
	t.Width = int(min(tileWidth, p.size>>(t.Level*tileLevels)-t.Index*tileWidth))
	row, ok := p.tiles[t]
	if !ok {
		var err error
		if row, err = p.read(p.ctx, t); err != nil {
			return [32]byte{}, fmt.Errorf("tile: %w", err)
		}
		if len(row) < t.Width*sha256.Size {
			return [32]byte{}, fmt.Errorf("tile is too short: %w", ErrProof)
		}
		p.tiles[t] = row
	}
	row = row[at%tileWidth*sha256.Size:]
	hashes := make([][32]byte, 1<<(level%tileLevels))
	for i := range hashes {
		hashes[i] = [32]byte(row[i*sha256.Size:])
	}
	for len(hashes) > 1 {
		for i := range len(hashes) / 2 {
			hashes[i] = node(hashes[2*i], hashes[2*i+1])
		}
		hashes = hashes[:len(hashes)/2]
	}
	return hashes[0], nil
}
