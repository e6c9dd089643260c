package contact

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// maxHeads is how many heads of one log a device keeps: the newest.
const maxHeads = 8

// compareHeads orders by clinic and origin, then the newest first.
func compareHeads(a, b HeadSeen) int {
	return cmp.Or(bytes.Compare(a.Clinic[:], b.Clinic[:]), cmp.Compare(a.Origin, b.Origin),
		-cmp.Compare(a.Size, b.Size), bytes.Compare(a.Root[:], b.Root[:]))
}

func unionHeads(a, b []HeadSeen) []HeadSeen {
	return union(a, b, compareHeads, func(a, b HeadSeen) bool { return a.Checkpoint <= b.Checkpoint })
}

// unionForks keeps one fork of each log.
func unionForks(a, b []Fork) []Fork {
	return union(a, b, func(a, b Fork) int {
		return cmp.Or(bytes.Compare(a.Clinic[:], b.Clinic[:]), cmp.Compare(a.Origin, b.Origin))
	}, func(a, b Fork) bool {
		return cmp.Or(cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B), slices.CompareFunc(a.Proof, b.Proof, func(x, y Hash) int { return bytes.Compare(x[:], y[:]) })) <= 0
	})
}

// newestHeads keeps the newest of each log. heads are sorted; their array is used again.
func newestHeads(heads []HeadSeen) []HeadSeen {
	out, n := heads[:0], 0
	for i, h := range heads {
		if i == 0 || h.Clinic != heads[i-1].Clinic || h.Origin != heads[i-1].Origin {
			n = 0
		}
		if n++; n <= maxHeads {
			out = append(out, h)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// forks finds logs of which two heads of one size have different roots.
func forks(heads []HeadSeen) []Fork {
	var out []Fork
	for i, a := range heads {
		for _, b := range heads[i+1:] {
			if a.Clinic == b.Clinic && a.Origin == b.Origin && a.Size == b.Size && a.Root != b.Root {
				out = append(out, Fork{Clinic: a.Clinic, Origin: a.Origin, A: min(a.Checkpoint, b.Checkpoint), B: max(a.Checkpoint, b.Checkpoint)})
			}
		}
	}
	return out
}

// contradicted reports whether heads that too few witnesses signed contradict one another or
// accepted ones.
func contradicted(unbacked, accepted []HeadSeen) bool {
	for i, a := range unbacked {
		for _, b := range slices.Concat(accepted, unbacked[:i]) {
			if a.Clinic == b.Clinic && a.Origin == b.Origin && a.Size == b.Size && a.Root != b.Root {
				return true
			}
		}
	}
	return false
}

// Prefix shows that a head lies on the branch of a log that the root has frozen: its tree is the
// beginning of the frozen one. Without Proof it names what is to be shown.
type Prefix struct {
	Origin     string `json:"origin"`
	Size       int64  `json:"size"`
	Root       Hash   `json:"root"`
	FrozenSize int64  `json:"frozen_size"` // greater than Size
	FrozenRoot Hash   `json:"frozen_root"`
	// Proof is that of [translog.CheckPrefix].
	Proof []Hash `json:"proof,omitempty"`
}

func (p Prefix) heads() (older, frozen translog.Head) {
	return translog.Head{Origin: p.Origin, Size: p.Size, Root: p.Root}, translog.Head{Origin: p.Origin, Size: p.FrozenSize, Root: p.FrozenRoot}
}

// Same reports whether two are about the same heads, whatever their proofs.
func (p Prefix) Same(o Prefix) bool {
	a, b := p.heads()
	c, d := o.heads()
	return a == c && b == d
}

// Holds reports whether the proof does.
func (p Prefix) Holds() bool {
	older, frozen := p.heads()
	return p.Size < p.FrozenSize && translog.CheckPrefix(older, frozen, raw(p.Proof)) == nil
}

func raw(hashes []Hash) [][32]byte {
	var out [][32]byte
	for _, h := range hashes {
		out = append(out, h)
	}
	return out
}

// ProvePrefixes makes the proofs from tiles of the frozen logs. What cannot be shown is left out:
// the tiles are missing or wrong, or the head is of another history than the frozen one.
func ProvePrefixes(ctx context.Context, wanted []Prefix, read ReadTile) []Prefix {
	var out []Prefix
	for _, p := range wanted {
		older, frozen := p.heads()
		proof, err := translog.ProvePrefix(ctx, older, frozen, func(ctx context.Context, t translog.Tile) ([]byte, error) { return read(ctx, p.Origin, t) })
		if err != nil || p.Size >= p.FrozenSize {
			continue
		}
		p.Proof = nil
		for _, h := range proof {
			p.Proof = append(p.Proof, h)
		}
		out = append(out, p)
	}
	return out
}

// forked reports whether a head of a clinic lies in a log that told two stories. A head that the
// root signed as the last of a damaged log (`log-frozen`) is not touched, nor is one that is shown
// to be on its branch. unplaced is what would have to be shown.
func forked(found []Fork, clinic [32]byte, h translog.Head, frozen []FrozenHead, shown []Prefix) (touched bool, unplaced []Prefix) {
	if !slices.ContainsFunc(found, func(x Fork) bool { return x.Clinic == clinic && x.Origin == h.Origin }) {
		return false, nil
	}
	for _, x := range frozen {
		if x.Origin != h.Origin {
			continue
		}
		if x.Size == h.Size && x.Root == h.Root {
			return false, nil
		}
		if h.Size >= x.Size {
			continue
		}
		p := Prefix{Origin: h.Origin, Size: h.Size, Root: h.Root, FrozenSize: x.Size, FrozenRoot: x.Root}
		if slices.ContainsFunc(shown, func(s Prefix) bool { return s.Same(p) && s.Holds() }) {
			return false, nil
		}
		unplaced = append(unplaced, p)
	}
	return true, unplaced
}

// ReadTile fetches a tile of a log (C2SP tlog-tiles). Nothing in it is believed.
type ReadTile func(ctx context.Context, origin string, t translog.Tile) ([]byte, error)

// FindForks compares the heads of each log with its newest one, by tiles of that. heads are accepted
// ones, such as those of a [Memory] and those just learned. What it returns is proven, and belongs
// into the device's memory for good. An error says that some log could not be compared, because
// tiles are missing or wrong: that is no fork, and nothing is proven about that log's other heads.
func FindForks(ctx context.Context, heads []HeadSeen, read ReadTile) ([]Fork, error) {
	heads = unionHeads(heads, nil) // the newest of each log first
	found := forks(heads)
	var errs []error
	var newest HeadSeen
	var tiles map[translog.Tile][]byte
	for i, h := range heads {
		if i == 0 || h.Clinic != newest.Clinic || h.Origin != newest.Origin {
			newest, tiles = h, map[translog.Tile][]byte{}
			continue
		}
		if h.Size == newest.Size {
			continue
		}
		proof, err := translog.ProvePrefix(ctx, h.head(), newest.head(), func(ctx context.Context, t translog.Tile) ([]byte, error) {
			if row, ok := tiles[t]; ok {
				return row, nil
			}
			row, err := read(ctx, h.Origin, t)
			if err == nil {
				tiles[t] = row
			}
			return row, err
		})
		switch {
		case errors.Is(err, translog.ErrFork):
			f := Fork{Clinic: h.Clinic, Origin: h.Origin, A: h.Checkpoint, B: newest.Checkpoint}
			for _, x := range proof {
				f.Proof = append(f.Proof, x)
			}
			found = append(found, f)
		case err != nil:
			errs = append(errs, fmt.Errorf("heads %d and %d of %s: %w", h.Size, newest.Size, h.Origin, err))
		}
	}
	return unionForks(found, nil), errors.Join(errs...)
}

func (h HeadSeen) head() translog.Head {
	return translog.Head{Origin: h.Origin, Size: h.Size, Root: h.Root}
}

// Check verifies a fork from itself alone: both checkpoints are of its origin and accepted by one of
// the policies, and the smaller one is no prefix of the other. It fails with [ErrMalformed], with an
// error of [translog.Policy.Check], or with [translog.ErrProof].
func (f Fork) Check(policies ...*translog.Policy) error {
	var heads [2]translog.Head
	for i, raw := range []string{f.A, f.B} {
		c, err := translog.ParseCheckpoint([]byte(raw))
		if err != nil || c.Origin != f.Origin {
			return fmt.Errorf("fork: %w", ErrMalformed)
		}
		err = translog.ErrUnknownLog
		for _, p := range policies {
			if heads[i], err = p.Check(c); err == nil {
				break
			}
		}
		if err != nil {
			return fmt.Errorf("fork: %w", err)
		}
	}
	switch err := translog.CheckPrefix(heads[0], heads[1], raw(f.Proof)); {
	case errors.Is(err, translog.ErrFork):
		return nil
	case err != nil:
		return fmt.Errorf("fork: %w", err)
	}
	return fmt.Errorf("fork: one history: %w", translog.ErrProof)
}
