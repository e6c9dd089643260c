package contact

import (
	"fmt"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

const rotateType = "chaperone/rotate/v1"

// Rotate replaces a clinic's root set. It is signed by the threshold of the old set and by that
// of the new one, each counted within its own set.
//
//	chaperone/rotate/v1
//	clinic <b64 id>
//	n <rising>
//	old <b64 hash of the old root set>
//	threshold <k>
//	root <vkey>                 1 to 9: the new root set, which differs from the old
type Rotate struct {
	Clinic [32]byte
	N      int64
	Old    [32]byte
	Roots  RootSet
}

// ParseRotate reads the text of a rotation. It fails with [ErrMalformed].
func ParseRotate(text string) (Rotate, error) {
	f := readNote(rotateType, text)
	r := Rotate{Clinic: f.b32("clinic"), N: f.num("n"), Old: f.b32("old")}
	r.Roots = f.rootSet()
	if f.err == nil && r.Roots.Hash() == r.Old {
		f.fail("the same root set")
	}
	return r, f.end()
}

// Marshal returns the rotation's text.
func (r Rotate) Marshal() string {
	var w writer
	w.line(rotateType)
	w.line("clinic", b64(r.Clinic[:]))
	w.num("n", r.N)
	w.line("old", b64(r.Old[:]))
	w.WriteString(r.Roots.Text())
	return w.String()
}

// opensRotate verifies the signature lines of a rotation: names rise, no public key twice,
// every line by a key of one of the two sets and valid, and each set's threshold met by
// distinct public keys.
func opensRotate(s translog.Signed, old, next RootSet) error {
	keys := append([]translog.Key{}, old.Keys...)
	for _, k := range next.Keys {
		if !old.has(k) {
			keys = append(keys, k)
		}
	}
	signers, err := s.Open(keys...)
	if err != nil {
		return err
	}
	seen := map[[32]byte]bool{}
	byOld, byNext := 0, 0
	for i, k := range signers {
		if i > 0 && signers[i-1].Name >= k.Name || seen[k.Public] {
			return fmt.Errorf("signature lines out of order: %w", ErrMalformed)
		}
		seen[k.Public] = true
		if old.holds(k.Public) {
			byOld++
		}
		if next.holds(k.Public) {
			byNext++
		}
	}
	if byOld < old.Threshold || byNext < next.Threshold {
		return translog.ErrSignature
	}
	return nil
}

func (rs RootSet) has(key translog.Key) bool {
	for _, k := range rs.Keys {
		if k == key {
			return true
		}
	}
	return false
}
