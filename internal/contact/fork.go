package contact

import (
	"bytes"
	"cmp"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// maxHeads is how many heads of one log a device keeps: the newest.
const maxHeads = 8

// compareHeads orders by clinic and origin, then the newest first.
func compareHeads(a, b HeadSeen) int {
	return cmp.Or(bytes.Compare(a.Clinic[:], b.Clinic[:]), cmp.Compare(a.Origin, b.Origin),
		-cmp.Compare(a.Size, b.Size), bytes.Compare(a.Root[:], b.Root[:]))
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

// forked reports whether a head of a clinic lies in a log that told two stories. A head that
// the root signed as the last of a damaged log (`log-frozen`) is not touched.
func forked(found []Fork, clinic [32]byte, h translog.Head, frozen []FrozenHead) bool {
	for _, x := range frozen {
		if x.Origin == h.Origin && x.Size == h.Size && x.Root == h.Root {
			return false
		}
	}
	for _, x := range found {
		if x.Clinic == clinic && x.Origin == h.Origin {
			return true
		}
	}
	return false
}
