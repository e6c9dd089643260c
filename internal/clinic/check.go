package clinic

import (
	"fmt"
	"slices"

	"filippo.io/mostly-harmless/vrf-r255"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// CheckVRF verifies a monitor's proof of a commit under an epoch of the profile whose window
// holds a time, and that leaf is what it says. It fails with [ErrProof].
func CheckVRF(p contact.Profile, commit [32]byte, proof, leaf []byte, at int64) error {
	x, err := vrf.NewProof(proof)
	if err != nil {
		return fmt.Errorf("%w: of the monitor", ErrProof)
	}
	for _, e := range p.Monitors {
		key, err := vrf.NewPublicKey(e.Key[:])
		if err != nil || at < e.NotBefore || at > e.NotAfter {
			continue
		}
		hash, err := key.Verify(x, contact.TagInput(commit))
		if err == nil && slices.Equal(contact.Leaf(commit, [16]byte(hash)), leaf) {
			return nil
		}
	}
	return fmt.Errorf("%w: of the monitor", ErrProof)
}

// SignedByBoth reports whether a rotation is signed by the thresholds of both root sets, each
// counted within its own, and by nobody else.
func SignedByBoth(s translog.Signed, old, next contact.RootSet) bool {
	keys := slices.Clone(old.Keys)
	for _, k := range next.Keys {
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	signers, err := s.Open(keys...)
	if err != nil {
		return false
	}
	seen := map[[32]byte]bool{}
	byOld, byNext := 0, 0
	holds := func(set contact.RootSet, k translog.Key) bool {
		return slices.ContainsFunc(set.Keys, func(x translog.Key) bool { return x.Public == k.Public })
	}
	for i, k := range signers {
		if i > 0 && signers[i-1].Name >= k.Name || seen[k.Public] {
			return false
		}
		seen[k.Public] = true
		if holds(old, k) {
			byOld++
		}
		if holds(next, k) {
			byNext++
		}
	}
	return byOld >= old.Threshold && byNext >= next.Threshold
}
