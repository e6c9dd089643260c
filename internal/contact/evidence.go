package contact

import (
	"errors"
	"slices"
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

// evidence verifies what others say for one clinic, beginning with its root set. Whatever does
// not verify is absent.
type evidence struct {
	clinic [32]byte
	first  RootSet // as pinned
	view   *view   // what is held of the clinic; what is new and verified is added
	now    int64   // the device's clock
	seenAt int64   // what new notes are first seen at
	spans  []span  // the root sets, of verified rotations

	profile    Profile
	profileRaw NoteSeen
	hasProfile bool
	isLogged   bool // the profile is
	policies   []usable

	learned  []NoteSeen
	accepted []HeadSeen
	unbacked []HeadSeen      // signed by the log, and by too few witnesses
	used     []translog.Head // of everything that is logged
	heads    int64           // newest T_head of anything that verified
	demo     bool            // a demo witness was needed for something
}

// usable is a policy that a profile lists and whose text is at hand.
type usable struct {
	ref    PolicyRef
	policy *translog.Policy
}

// addRotations takes rotate notes whose signatures verify under a root set that is known, the
// oldest first. Their log proofs are verified by [evidence.logRotations].
func (e *evidence) addRotations(rs []Rotation) []Rotation {
	var taken []Rotation
	for _, raw := range rs {
		s, err := translog.ParseSigned(raw.Note)
		if err != nil {
			continue
		}
		r, err := ParseRotate(s.Text)
		if err != nil || r.Clinic != e.clinic || slices.ContainsFunc(e.view.rotations, func(x rotation) bool { return x.seen.Text == s.Text }) {
			continue
		}
		for _, sp := range e.view.spans(e.first, e.now, true) {
			if sp.set.Hash() == r.Old && opensRotate(s, sp.set, r.Roots) == nil {
				e.view.rotations = append(e.view.rotations, rotation{Rotate: r, seen: NoteSeen{Clinic: e.clinic, Text: s.Text, FirstSeen: e.seenAt}})
				taken = append(taken, raw)
				break
			}
		}
	}
	return taken
}

// logRotations verifies the log proofs of rotations that were taken, drops those without one,
// and computes which root sets count when.
func (e *evidence) logRotations(taken []Rotation) {
	for _, raw := range taken {
		s, err := translog.ParseSigned(raw.Note)
		if err != nil {
			continue
		}
		i := slices.IndexFunc(e.view.rotations, func(x rotation) bool { return x.seen.Text == s.Text })
		if i < 0 {
			continue
		}
		if h, ok := e.logged(raw.Proof, raw.Note, keysLog); ok {
			r := &e.view.rotations[i]
			r.logged, r.seen.LoggedAt = true, h.LoggedAt
			e.learned = append(e.learned, r.seen)
		}
	}
	e.view.rotations = slices.DeleteFunc(e.view.rotations, func(r rotation) bool { return !r.logged })
	e.view.order()
	e.spans = e.view.spans(e.first, e.now, false)
}

// openProfile reads a signed profile and verifies that one of the root sets signed it, the one
// it names.
func (e *evidence) openProfile(raw []byte, sets []span) (Profile, string, bool) {
	s, err := translog.ParseSigned(raw)
	if err != nil {
		return Profile{}, "", false
	}
	p, err := parseProfile(s.Text, e.first.Keys)
	if err != nil || p.Clinic != e.clinic || rootsOf(p, sets) < 0 || p.Roots.opens(s) != nil {
		return Profile{}, "", false
	}
	return p, s.Text, true
}

// rootsOf finds the root set that a profile names.
func rootsOf(p Profile, sets []span) int {
	return slices.IndexFunc(sets, func(s span) bool { return s.set.same(p.Roots) })
}

// usePolicies reads the policies that a profile lists; texts are by their hash.
func (e *evidence) usePolicies(p Profile, texts map[[32]byte][]byte) {
	for _, ref := range p.Policies {
		text, ok := texts[ref.Hash]
		if !ok || slices.ContainsFunc(e.policies, func(u usable) bool { return u.ref == ref }) {
			continue
		}
		if policy, err := translog.ParsePolicy(text); err == nil {
			e.policies = append(e.policies, usable{ref, policy})
		}
	}
}

// setProfile chooses the profile that the newest status names: the bundle's or one that is
// held. Without such a status the bundle's, or else the newest held.
func (e *evidence) setProfile(b Bundle, statuses []seenStatus) {
	taken := e.addRotations(b.Rotations)
	p, text, ok := e.openProfile(b.Profile, e.view.spans(e.first, e.now, true))
	held := e.view.profiles
	var use *heldProfile
	switch {
	case ok:
		use = &heldProfile{p, NoteSeen{Clinic: e.clinic, Text: text, FirstSeen: e.seenAt}}
	case len(held) > 0:
		use = &held[len(held)-1]
	default:
		e.logRotations(nil)
		return
	}
	for _, s := range statuses {
		if ok && s.Profile == NoteHash(text) {
			break
		}
		if i := slices.IndexFunc(held, func(h heldProfile) bool { return NoteHash(h.seen.Text) == s.Profile }); i >= 0 {
			use = &held[i]
			break
		}
	}
	e.profile, e.profileRaw = use.Profile, use.seen
	texts := map[[32]byte][]byte{}
	for _, text := range b.Policies {
		texts[PolicyHash(text)] = text
	}
	e.usePolicies(e.profile, texts)
	e.logRotations(taken)
	i := rootsOf(e.profile, e.spans)
	if e.hasProfile = i >= 0; !e.hasProfile {
		return
	}
	isHeld := func(text string) bool {
		return slices.ContainsFunc(held, func(h heldProfile) bool { return h.seen.Text == text })
	}
	if isHeld(e.profileRaw.Text) {
		e.isLogged = inForce(e.spans, i, e.profileRaw.LoggedAt)
	}
	if !ok || isHeld(text) {
		return
	}
	// The bundle's profile is new here. It is kept even if another one is used: two with one
	// number must not go unnoticed.
	if i = rootsOf(p, e.spans); i < 0 {
		return
	}
	if h, logged := e.logged(b.ProfileProof, b.Profile, keysLog); logged && inForce(e.spans, i, h.LoggedAt) {
		seen := NoteSeen{Clinic: e.clinic, Text: text, LoggedAt: h.LoggedAt, FirstSeen: e.seenAt}
		e.isLogged = e.isLogged || text == e.profileRaw.Text
		e.addProfile(p, seen)
	}
}

func (e *evidence) addProfile(p Profile, seen NoteSeen) {
	e.learned = append(e.learned, seen)
	e.view.profiles = append(slices.Clip(e.view.profiles), heldProfile{p, seen})
	e.view.order()
}

// logged verifies a tlog-proof of leaf in a log of the given kind. A proof is judged by the
// listed policy that names its origin and whose window holds the T_log it gives; of several
// by the one with the smallest T_log.
func (e *evidence) logged(raw, leaf []byte, kind string) (translog.Head, bool) {
	p, err := translog.ParseProof(raw)
	if err != nil || !strings.HasSuffix(p.Checkpoint.Origin, kind) || p.Includes(leaf) != nil {
		return translog.Head{}, false
	}
	h, ok := e.accept(p.Checkpoint)
	if ok {
		e.used = append(e.used, h)
	}
	return h, ok
}

// accept judges a checkpoint by the listed policies and keeps it.
func (e *evidence) accept(c translog.Checkpoint) (translog.Head, bool) {
	var best translog.Head
	var by *translog.Policy
	seen := HeadSeen{Clinic: e.clinic, Origin: c.Origin, Size: c.Size, Root: c.Root, Checkpoint: string(c.Signed.Marshal())}
	for _, u := range e.policies {
		h, err := u.policy.Check(c)
		if errors.Is(err, translog.ErrNoQuorum) {
			e.unbacked = append(e.unbacked, seen)
		}
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
	e.accepted = append(e.accepted, seen)
	for _, w := range by.Witnesses {
		if w.Key.Name == demoWitness || strings.HasSuffix(w.Key.Name, "/"+demoWitness) {
			e.demo = true
		}
	}
	return best, true
}

// granted is a grant and the root sets whose threshold signed it.
type granted struct {
	Grant
	by []int // of evidence.spans
}

// grant verifies a signed grant of a role: by the threshold of a root set in use, of an
// acceptable key that is no root key. It does not ask for the log proof.
func (e *evidence) grant(raw []byte, role Role) (granted, bool) {
	s, err := translog.ParseSigned(raw)
	if err != nil {
		return granted{}, false
	}
	g, err := ParseGrant(s.Text)
	if err != nil || g.Clinic != e.clinic || role != "" && g.Role != role {
		return granted{}, false
	}
	out := granted{Grant: g}
	for i, sp := range e.spans {
		if sp.set.holds(g.Key.Public) {
			return granted{}, false
		}
		if sp.settled && sp.set.opens(s) == nil {
			out.by = append(out.by, i)
		}
	}
	return out, len(out.by) > 0
}

// logGrant verifies the log proof of a grant: a root set that signed it was in force then.
func (e *evidence) logGrant(g granted, raw, proof []byte) (translog.Head, bool) {
	h, ok := e.logged(proof, raw, keysLog)
	return h, ok && slices.ContainsFunc(g.by, func(i int) bool { return inForce(e.spans, i, h.LoggedAt) })
}

// status verifies a signed status under a logged monitor grant that is in force when it was
// issued and is not the device's key.
func (e *evidence) status(b Bundle, device Grant) (seenStatus, bool) {
	if len(b.Status) > maxStatus {
		return seenStatus{}, false
	}
	g, ok := e.grant(b.Monitor, RoleMonitor)
	if !ok || g.Key.Public == device.Key.Public {
		return seenStatus{}, false
	}
	if _, ok := e.logGrant(g, b.Monitor, b.MonitorProof); !ok {
		return seenStatus{}, false
	}
	return e.openStatus(b.Status, g.Grant)
}

// openStatus verifies a status under the key of a monitor's grant.
func (e *evidence) openStatus(raw []byte, g Grant) (seenStatus, bool) {
	s, err := translog.ParseSigned(raw)
	if err != nil || opensOne(s, g.Key) != nil {
		return seenStatus{}, false
	}
	st, err := ParseStatus(s.Text)
	if err != nil || st.Clinic != e.clinic || st.Issued < g.NotBefore || st.Issued > g.NotAfter {
		return seenStatus{}, false
	}
	return seenStatus{st, StatusSeen{Clinic: e.clinic, Key: KeyHash(g.Key), Issued: st.Issued, Text: s.Text}}, true
}

// tag finds the epoch under which a VRF proof of a commit verifies, and the tag of the leaf.
func (e *evidence) tag(raw []byte, commit [32]byte) (Epoch, [16]byte, bool) {
	proof, err := vrf.NewProof(raw)
	if err != nil || !e.hasProfile {
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
