package contact

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// settleTime is how long a change of root, phone numbers or report recipients waits, in
// seconds, so that a clinic whose root was stolen can still shout.
const settleTime = 72 * 3600

// view is what a device holds of one clinic: its remembered notes, read.
type view struct {
	pin       Pin
	profiles  []heldProfile // rising by n, then by T_log
	rotations []rotation
	revokes   []heldRevoke
	withdraws []heldWithdraw
	incidents []Incident // rising by n
	conflict  bool       // two notes of one type and number
}

type heldProfile struct {
	Profile
	seen NoteSeen
}

type heldRevoke struct {
	Revoke
	byRoot bool
}

type heldWithdraw struct {
	Withdraw
	seen NoteSeen
}

// rotation is a rotate note whose signatures verified under the root set it starts from.
type rotation struct {
	Rotate
	seen   NoteSeen
	logged bool
}

// view reads the remembered notes of a clinic. Those that cannot be read were kept by a newer
// program and are left alone.
func (m Memory) view(clinic [32]byte) view {
	var v view
	v.pin, _ = m.pin(clinic)
	for _, s := range m.Notes {
		if s.Clinic != clinic {
			continue
		}
		kind, _, _ := strings.Cut(s.Text, "\n")
		switch kind {
		case profileType:
			if p, err := ParseProfile(s.Text); err == nil {
				v.profiles = append(v.profiles, heldProfile{p, s})
			}
		case rotateType:
			if r, err := ParseRotate(s.Text); err == nil {
				v.rotations = append(v.rotations, rotation{r, s, true})
			}
		case revokeType:
			if r, err := ParseRevoke(s.Text); err == nil {
				v.revokes = append(v.revokes, heldRevoke{r, s.Signer == Hash{}})
			}
		case withdrawType:
			if d, err := ParseWithdraw(s.Text); err == nil {
				v.withdraws = append(v.withdraws, heldWithdraw{d, s})
			}
		case incidentType:
			if x, err := ParseIncident(s.Text); err == nil {
				v.incidents = append(v.incidents, x)
			}
		}
	}
	v.order()
	return v
}

// order sorts by n and finds two notes of one type with one number and different bytes: the
// root has said two things at once, and nobody can tell which is true.
func (v *view) order() {
	v.profiles = sortedBy(v.profiles, func(a, b heldProfile) int {
		return cmp.Or(cmp.Compare(a.N, b.N), cmp.Compare(a.seen.LoggedAt, b.seen.LoggedAt), cmp.Compare(a.seen.Text, b.seen.Text))
	})
	v.rotations = sortedBy(v.rotations, func(a, b rotation) int {
		return cmp.Or(cmp.Compare(a.N, b.N), cmp.Compare(a.seen.LoggedAt, b.seen.LoggedAt), cmp.Compare(a.seen.Text, b.seen.Text))
	})
	v.incidents = sortedBy(v.incidents, func(a, b Incident) int { return cmp.Compare(a.N, b.N) })
	for i := 1; i < len(v.profiles); i++ {
		v.conflict = v.conflict || v.profiles[i].N == v.profiles[i-1].N && v.profiles[i].seen.Text != v.profiles[i-1].seen.Text
	}
	for i := 1; i < len(v.rotations); i++ {
		a, b := v.rotations[i-1], v.rotations[i]
		v.conflict = v.conflict || a.logged && b.logged && a.N == b.N && a.seen.Text != b.seen.Text
	}
	for i := 1; i < len(v.incidents); i++ {
		v.conflict = v.conflict || v.incidents[i].N == v.incidents[i-1].N && v.incidents[i].Marshal() != v.incidents[i-1].Marshal()
	}
}

// settled reports whether a change that this device knows of may be used at a time: 72 h after
// the later of T_log and first sight. What was logged before the clinic was pinned was seen
// with the pin, and waits from T_log only.
func (v *view) settled(s NoteSeen, now int64) bool {
	from := s.LoggedAt
	if s.LoggedAt > v.pin.FirstSeen {
		from = max(from, s.FirstSeen)
	}
	return now >= from+settleTime
}

// span is a root set and when it came into force.
type span struct {
	set     RootSet
	from    int64 // T_log of the rotation; 0 for the first
	settled bool
}

// spans follows the rotations from the pinned root set. Of two that start from one set the
// one logged first counts; numbers rise. With all, rotations count whose log proof is not
// verified yet.
func (v *view) spans(first RootSet, now int64, all bool) []span {
	out := []span{{set: first, settled: true}}
	n := int64(-1)
	for len(v.rotations) > 0 && len(out) <= len(v.rotations) {
		last := out[len(out)-1]
		hash := last.set.Hash()
		var next *rotation
		for i := range v.rotations {
			r := &v.rotations[i]
			if r.Old != hash || r.N <= n || !r.logged && !all || r.logged && r.seen.LoggedAt < last.from {
				continue
			}
			if next == nil || r.logged && (!next.logged || r.seen.LoggedAt < next.seen.LoggedAt) {
				next = r
			}
		}
		if next == nil {
			break
		}
		n = next.N
		out = append(out, span{next.Roots, next.seen.LoggedAt, last.settled && next.logged && v.settled(next.seen, now)})
	}
	return out
}

// inForce reports whether the root set i was in force at T_log t. A set whose successor is
// still pending stays in force beside it.
func inForce(spans []span, i int, t int64) bool {
	if t < spans[i].from {
		return false
	}
	return i+1 == len(spans) || !spans[i+1].settled || t < spans[i+1].from
}

// keyRef is a key that may have been revoked.
type keyRef struct {
	hash   [32]byte // H(vkey)
	public [32]byte // zero: not known
	device bool     // of a device or an enrolment machine, which a revoker may end
}

func deviceRef(k translog.Key) keyRef { return keyRef{KeyHash(k), k.Public, true} }

// ends reports whether a revocation is of this key. One public key under two names is one key.
func (r heldRevoke) ends(k keyRef) bool {
	if !r.byRoot && !k.device {
		return false
	}
	return k.public != [32]byte{} && r.Key.Public == k.public || r.KeyHash() == k.hash
}

// stolenSince returns since when a key is void, from the notes held here. A sealed revocation
// voids everything the key ever signed, until the root names a time.
func (v *view) stolenSince(key keyRef) (since int64, ok bool) {
	sealed, replaced := false, false
	for _, r := range v.revokes {
		switch {
		case r.Reason != Compromised || !r.ends(key):
		case r.Effective == 0:
			sealed = true
		default:
			replaced = replaced || r.byRoot
			if !ok || r.Effective < since {
				since, ok = r.Effective, true
			}
		}
	}
	if sealed && !replaced {
		return 0, true
	}
	return since, ok
}

// retired returns when a key was retired.
func (v *view) retired(key keyRef) (at int64, ok bool) {
	for _, r := range v.revokes {
		if r.Reason == Retired && r.ends(key) && (!ok || r.Effective < at) {
			at, ok = r.Effective, true
		}
	}
	return at, ok
}

// stolen returns since when a key is stolen: the smallest time that any status or revocation
// names. Once seen it is final, but for the time of a sealed revocation.
func (m Memory) stolen(v *view, clinic [32]byte, key keyRef) (since int64, ok bool) {
	since, ok = v.stolenSince(key)
	for _, s := range m.Stolen {
		if s.Clinic == clinic && s.Key == key.hash && (!ok || s.Since < since) {
			since, ok = s.Since, true
		}
	}
	return since, ok
}

// reach returns the phone numbers and report recipients in use, and whether others wait.
func (v *view) reach(now int64) (phones, recipients []string, pending bool) {
	if len(v.profiles) == 0 {
		return nil, nil, false
	}
	newest, settled := v.profiles[len(v.profiles)-1], v.profiles[0]
	for _, p := range v.profiles {
		if v.settled(p.seen, now) {
			settled = p
		}
	}
	for _, r := range newest.ReportTo {
		if slices.Contains(settled.ReportTo, r) {
			recipients = append(recipients, r)
		}
	}
	pending = !slices.Equal(settled.Phones, newest.Phones) || len(recipients) < len(newest.ReportTo)
	return settled.Phones, recipients, pending
}

// rotating reports whether a new root set waits.
func (v *view) rotating(spans []span) bool { return !spans[len(spans)-1].settled }

// holds reports whether a statement named by its hash is held.
func (v *view) holds(incident [32]byte) bool {
	return slices.ContainsFunc(v.incidents, func(x Incident) bool { return NoteHash(x.Marshal()) == incident })
}

// Clinic is what a device shows of a pinned clinic.
type Clinic struct {
	Name     string // as pinned
	Phones   []string
	ReportTo []string
	Servers  []string
	Closed   time.Time // zero: open
	// Pending says that the clinic announced a change of root, phone numbers or report
	// recipients that is not used yet: "ask at the desk".
	Pending bool
	// Incident is the clinic's newest statement about a breach; nil when none is held.
	Incident *Incident
}

// Clinic returns what may be shown of a pinned clinic at a time. Phone numbers and added report
// recipients are those that have waited 72 h; if none has, the oldest known. The second result
// is false for a clinic that is not pinned here or of which no profile is held.
func (m Memory) Clinic(id [32]byte, now time.Time) (Clinic, bool) {
	pin, ok := m.pin(id)
	v := m.view(id)
	if !ok || len(v.profiles) == 0 {
		return Clinic{}, false
	}
	newest := v.profiles[len(v.profiles)-1]
	c := Clinic{Name: pin.Name, Servers: newest.Servers}
	c.Phones, c.ReportTo, c.Pending = v.reach(now.Unix())
	if first, err := ParseRootSet(pin.Roots); err == nil {
		c.Pending = c.Pending || v.rotating(v.spans(first, now.Unix(), false))
	}
	if newest.Closed != 0 {
		c.Closed = time.Unix(newest.Closed, 0).UTC()
	}
	if n := len(v.incidents); n > 0 {
		c.Incident = &v.incidents[n-1]
	}
	return c, true
}
