package contact

import (
	"strings"

	"filippo.io/mostly-harmless/vrf-r255"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Log origins end in one of these.
const (
	keysLog = "/keys"
	msgsLog = "/msgs"
)

// demoWitness ends the key name of a witness that runs in the log's own process.
const demoWitness = "demo-witness"

// evidence verifies what a bundle brings for one clinic and its root set. Whatever does not
// verify is absent.
type evidence struct {
	clinic [32]byte
	roots  RootSet

	profile     Profile
	profileHash [32]byte
	hasProfile  bool
	policies    []usable

	heads int64 // newest T_head of anything that verified
	demo  bool  // a demo witness was needed for something
}

// usable is a policy that the profile lists and whose text is at hand.
type usable struct {
	ref    PolicyRef
	policy *translog.Policy
}

// setProfile verifies the signed profile and reads the policies it lists. It does not ask
// for the log proof.
func (e *evidence) setProfile(raw []byte, policies [][]byte) {
	s, err := translog.ParseSigned(raw)
	if err != nil {
		return
	}
	p, err := ParseProfile(s.Text)
	if err != nil || p.Clinic != e.clinic || p.Roots.Hash() != e.roots.Hash() || e.roots.opens(s) != nil {
		return
	}
	e.profile, e.profileHash, e.hasProfile = p, NoteHash(s.Text), true
	for _, text := range policies {
		hash := PolicyHash(text)
		for _, ref := range p.Policies {
			if ref.Hash != hash {
				continue
			}
			if policy, err := translog.ParsePolicy(text); err == nil {
				e.policies = append(e.policies, usable{ref, policy})
			}
		}
	}
}

// logged verifies a tlog-proof of leaf in a log of the given kind. A proof is judged by the
// listed policy that names its origin and whose window holds the T_log it gives; of several
// by the one with the smallest T_log.
func (e *evidence) logged(raw, leaf []byte, kind string) (translog.Head, bool) {
	p, err := translog.ParseProof(raw)
	if err != nil || !strings.HasSuffix(p.Checkpoint.Origin, kind) || p.Includes(leaf) != nil {
		return translog.Head{}, false
	}
	var best translog.Head
	var by *translog.Policy
	for _, u := range e.policies {
		h, err := u.policy.Check(p.Checkpoint)
		if err != nil || h.LoggedAt < u.ref.NotBefore || h.LoggedAt > u.ref.NotAfter {
			continue
		}
		if by == nil || h.LoggedAt < best.LoggedAt {
			best, by = h, u.policy
		}
	}
	if by == nil {
		return translog.Head{}, false
	}
	e.heads = max(e.heads, best.SeenAt)
	for _, w := range by.Witnesses {
		if w.Key.Name == demoWitness || strings.HasSuffix(w.Key.Name, "/"+demoWitness) {
			e.demo = true
		}
	}
	return best, true
}

// grant verifies a signed grant of a role: by the root threshold, of an acceptable key that is
// no root key. It does not ask for the log proof.
func (e *evidence) grant(raw []byte, role Role) (Grant, bool) {
	s, err := translog.ParseSigned(raw)
	if err != nil {
		return Grant{}, false
	}
	g, err := ParseGrant(s.Text)
	if err != nil || g.Clinic != e.clinic || g.Role != role || e.roots.holds(g.Key.Public) || e.roots.opens(s) != nil {
		return Grant{}, false
	}
	return g, true
}

// status verifies a signed status under a logged monitor grant that is in force when it was
// issued and is not the device's key.
func (e *evidence) status(b Bundle, device Grant) (StatusSeen, Status, bool) {
	none := func() (StatusSeen, Status, bool) { return StatusSeen{}, Status{}, false }
	if len(b.Status) > maxStatus {
		return none()
	}
	g, ok := e.grant(b.Monitor, RoleMonitor)
	if !ok || g.Key.Public == device.Key.Public {
		return none()
	}
	if _, ok := e.logged(b.MonitorProof, b.Monitor, keysLog); !ok {
		return none()
	}
	s, err := translog.ParseSigned(b.Status)
	if err != nil || opensOne(s, g.Key) != nil {
		return none()
	}
	st, err := ParseStatus(s.Text)
	if err != nil || st.Clinic != e.clinic || st.Issued < g.NotBefore || st.Issued > g.NotAfter {
		return none()
	}
	return StatusSeen{Clinic: e.clinic, Key: KeyHash(g.Key), Issued: st.Issued, Text: s.Text}, st, true
}

// tag finds the epoch under which a VRF proof of a commit verifies, and the tag of the leaf.
func (e *evidence) tag(raw []byte, commit [32]byte) (Epoch, [16]byte, bool) {
	proof, err := vrf.NewProof(raw)
	if err != nil {
		return Epoch{}, [16]byte{}, false
	}
	for _, epoch := range e.profile.Monitors {
		key, err := vrf.NewPublicKey(epoch.Key[:])
		if err != nil {
			continue
		}
		if hash, err := key.Verify(proof, TagInput(commit)); err == nil {
			return epoch, [16]byte(hash), true
		}
	}
	return Epoch{}, [16]byte{}, false
}

// TagInput is what the monitor's VRF is evaluated at: L("tag") || commit.
func TagInput(commit [32]byte) []byte { return append(label("tag"), commit[:]...) }

// Leaf is the 48-byte leaf of a message in the msgs log: commit || tag, the tag being the
// first 16 bytes of the VRF's output.
func Leaf(commit [32]byte, tag [16]byte) []byte { return append(commit[:], tag[:]...) }
