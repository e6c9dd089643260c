package monitor

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Errors of a note of the clinic.
var (
	// ErrNotOurs says that a note is of another clinic, or of no kind that a keys log has.
	ErrNotOurs = errors.New("not a note of this clinic")
	// ErrUnsigned says that nobody signed a note who may.
	ErrUnsigned = errors.New("note by nobody who may sign it")
)

// view is what the clinic's notes say: who may what, and what was ended or taken back. It is
// built from the notes in the order in which they were met.
type view struct {
	clinic  [32]byte
	roots   []contact.RootSet // oldest first; the last is in force
	rotateN int64

	profile     *contact.Profile
	profileHash [32]byte
	grants      map[[32]byte]contact.Grant // by H(vkey)
	order       [][32]byte                 // of grants
	ended       map[[32]byte]ending
	gone        []withdrawn
	incident    *contact.Incident
	incidentOf  [32]byte
	policies    map[[32]byte]*translog.Policy
	// conflicts are hashes of notes that have the number of another and other bytes.
	conflicts [][32]byte
}

// ending is the end of a key.
type ending struct {
	stolen, retired     bool
	stolenAt, retiredAt int64 // Unix seconds; the smallest counts
}

// withdrawn is one line for the status.
type withdrawn struct {
	contact.Gone
	at int64    // when it was met
	by [32]byte // H(vkey) of a device; zero for monitor and root
}

// applied says what a note is and what it changed.
type applied struct {
	kind string // first line without "chaperone/" and version
	key  [32]byte
	// urgent says that it counts from when it is handed over: a key ended, a message was taken
	// back, or there is a statement.
	urgent bool
	// status says that the next status must not wait.
	status bool
}

func newView(id [32]byte) *view {
	return &view{
		clinic: id, grants: map[[32]byte]contact.Grant{}, ended: map[[32]byte]ending{},
		policies: map[[32]byte]*translog.Policy{},
	}
}

// ours reports whether a note names the clinic, without reading it further.
func (v *view) ours(text string) bool {
	_, rest, _ := strings.Cut(text, "\n")
	line, _, _ := strings.Cut(rest, "\n")
	return line == "clinic "+contactB64(v.clinic)
}

// apply verifies a note and takes it in. at is when it was logged, or handed over, Unix seconds.
// It fails with [ErrNotOurs] or [ErrUnsigned], and then nothing changes.
func (v *view) apply(raw []byte, at int64) (applied, error) {
	s, err := translog.ParseSigned(raw)
	if err != nil || !v.ours(s.Text) {
		return applied{}, ErrNotOurs
	}
	first, _, _ := strings.Cut(s.Text, "\n")
	kind := strings.TrimSuffix(strings.TrimPrefix(first, "chaperone/"), "/v1")
	a := applied{kind: kind, status: kind != "policy"}
	switch kind {
	case "clinic":
		err = v.applyProfile(s)
	case "rotate":
		err = v.applyRotate(s)
	case "grant":
		a.key, err = v.applyGrant(s)
	case "policy":
		err = v.applyPolicy(s)
	case "revoke":
		a.urgent = true
		a.key, err = v.applyRevoke(s, at)
	case "withdraw":
		a.urgent = true
		err = v.applyWithdraw(s, at)
	case "incident":
		a.urgent = true
		err = v.applyIncident(s, at)
	default:
		return a, ErrNotOurs
	}
	return a, err
}

func (v *view) applyProfile(s translog.Signed) error {
	p, err := contact.ParseProfile(s.Text)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotOurs, err)
	}
	if len(v.roots) == 0 {
		if p.Roots.Hash() != v.clinic || !byRoots(s, p.Roots) {
			return ErrUnsigned
		}
		v.roots = []contact.RootSet{p.Roots}
	} else if p.Roots.Hash() != v.force().Hash() || !byRoots(s, v.force()) {
		return ErrUnsigned
	}
	hash := contact.NoteHash(s.Text)
	switch {
	case v.profile == nil || p.N > v.profile.N:
		v.profile, v.profileHash = &p, hash
	case p.N == v.profile.N && hash != v.profileHash && !slices.Contains(v.conflicts, hash):
		v.conflicts = append(v.conflicts, hash)
	}
	return nil
}

func (v *view) applyRotate(s translog.Signed) error {
	r, err := contact.ParseRotate(s.Text)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotOurs, err)
	}
	if slices.ContainsFunc(v.roots, func(rs contact.RootSet) bool { return rs.Hash() == r.Roots.Hash() }) && r.N <= v.rotateN {
		return nil // met before
	}
	if len(v.roots) == 0 || r.Old != v.force().Hash() || r.N <= v.rotateN || !byBoth(s, v.force(), r.Roots) {
		return ErrUnsigned
	}
	v.roots, v.rotateN = append(v.roots, r.Roots), r.N
	return nil
}

func (v *view) applyGrant(s translog.Signed) ([32]byte, error) {
	g, err := contact.ParseGrant(s.Text)
	if err != nil {
		return [32]byte{}, fmt.Errorf("%w: %w", ErrNotOurs, err)
	}
	if !v.byRoot(s) {
		return [32]byte{}, ErrUnsigned
	}
	key := grantHash(g)
	if _, ok := v.grants[key]; !ok {
		v.order = append(v.order, key)
	}
	v.grants[key] = g
	return key, nil
}

// grantHash is H(vkey), of an enrolment key too.
func grantHash(g contact.Grant) [32]byte {
	if g.Role == contact.RoleEnrol {
		return contact.NoteHash(g.Enrol.String())
	}
	return contact.KeyHash(g.Key)
}

func (v *view) applyPolicy(s translog.Signed) error {
	p, err := contact.ParsePolicyNote(s.Text)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotOurs, err)
	}
	if !v.byRoot(s) {
		return ErrUnsigned
	}
	v.addPolicy([]byte(p.Text))
	return nil
}

// addPolicy keeps a policy's text; it counts only while the profile lists its hash.
func (v *view) addPolicy(text []byte) {
	if p, err := translog.ParsePolicy(text); err == nil {
		v.policies[contact.PolicyHash(text)] = p
	}
}

func (v *view) applyRevoke(s translog.Signed, at int64) ([32]byte, error) {
	r, err := contact.ParseRevoke(s.Text)
	if err != nil {
		return [32]byte{}, fmt.Errorf("%w: %w", ErrNotOurs, err)
	}
	key := r.KeyHash()
	if !v.byRoot(s) {
		_, by, ok := v.byKey(s, contact.RoleRevoker, at)
		target := v.grants[key] // of no role while it is not known
		if !ok || v.over(by, at) || target.Role != contact.RoleDevice && target.Role != contact.RoleEnrol {
			return [32]byte{}, ErrUnsigned
		}
	}
	e := v.ended[key]
	switch {
	case r.Reason == contact.Compromised && (!e.stolen || r.Effective < e.stolenAt):
		e.stolen, e.stolenAt = true, r.Effective
	case r.Reason == contact.Retired && (!e.retired || r.Effective < e.retiredAt):
		e.retired, e.retiredAt = true, r.Effective
	}
	v.ended[key] = e
	return key, nil
}

func (v *view) applyWithdraw(s translog.Signed, at int64) error {
	w, err := contact.ParseWithdraw(s.Text)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotOurs, err)
	}
	var by [32]byte
	if !v.byRoot(s) {
		if _, key, ok := v.byKey(s, contact.RoleMonitor, at); !ok || v.over(key, at) {
			g, key, ok := v.byKey(s, contact.RoleDevice, at)
			if !ok || v.over(key, at) || w.Reason == contact.NotOurs || !slices.Contains(g.Kinds, contact.KindWithdraw) {
				return ErrUnsigned
			}
			by = key
		}
	}
	add := func(g contact.Gone) {
		same := func(x withdrawn) bool { return sameTarget(x.Gone, g) && x.by == by && x.Reason == g.Reason }
		if !slices.ContainsFunc(v.gone, same) {
			v.gone = append(v.gone, withdrawn{Gone: g, at: at, by: by})
		}
	}
	if w.Batch != nil {
		add(contact.Gone{Batch: w.Batch, Reason: w.Reason})
	}
	for _, c := range w.Commits {
		add(contact.Gone{Commit: &c, Reason: w.Reason})
	}
	return nil
}

func sameTarget(a, b contact.Gone) bool {
	if a.Commit != nil && b.Commit != nil {
		return *a.Commit == *b.Commit
	}
	return a.Batch != nil && b.Batch != nil && *a.Batch == *b.Batch
}

func (v *view) applyIncident(s translog.Signed, at int64) error {
	in, err := contact.ParseIncident(s.Text)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotOurs, err)
	}
	if !v.byRoot(s) && !v.byTwoDevices(s, at) {
		return ErrUnsigned
	}
	if v.incident == nil || in.N > v.incident.N {
		v.incident, v.incidentOf = &in, contact.NoteHash(s.Text)
	}
	return nil
}

func (v *view) byTwoDevices(s translog.Signed, at int64) bool {
	if len(s.Sigs) != 2 || s.Sigs[0].Name >= s.Sigs[1].Name {
		return false
	}
	holders := map[string]bool{}
	for _, sig := range s.Sigs {
		one := translog.Signed{Text: s.Text, Sigs: []translog.Sig{sig}}
		g, key, ok := v.byKey(one, contact.RoleDevice, at)
		if !ok || v.over(key, at) || !slices.Contains(g.Kinds, contact.KindIncident) {
			return false
		}
		holders[g.Holder] = true
	}
	return len(holders) == 2
}

// force is the root set in force. There is one.
func (v *view) force() contact.RootSet { return v.roots[len(v.roots)-1] }

func (v *view) byRoot(s translog.Signed) bool {
	return len(v.roots) > 0 && byRoots(s, v.force())
}

// byKey returns the granted key of a role that alone signed a note, if the grant's window holds
// at.
func (v *view) byKey(s translog.Signed, role contact.Role, at int64) (contact.Grant, [32]byte, bool) {
	if len(s.Sigs) != 1 {
		return contact.Grant{}, [32]byte{}, false
	}
	for _, h := range v.order {
		g := v.grants[h]
		if g.Role != role || g.Key.Name != s.Sigs[0].Name || g.Key.ID() != s.Sigs[0].ID || at < g.NotBefore || at > g.NotAfter {
			continue
		}
		if _, err := s.Open(g.Key); err == nil {
			return g, h, true
		}
	}
	return contact.Grant{}, [32]byte{}, false
}

// over reports whether a key had ended at a time.
func (v *view) over(key [32]byte, at int64) bool {
	e := v.ended[key]
	return e.stolen && at >= e.stolenAt || e.retired && at > e.retiredAt
}

// byRoots reports whether every line is by a root key, rising by name, and enough distinct
// public keys are among them.
func byRoots(s translog.Signed, rs contact.RootSet) bool {
	return clinic.SignedByRoots(s, rs)
}

// byBoth is byRoots for a rotation: the threshold of each set, each key once.
func byBoth(s translog.Signed, old, next contact.RootSet) bool {
	keys := slices.Clone(old.Keys)
	for _, k := range next.Keys {
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	signers, err := s.Open(keys...)
	if err != nil || !rising(signers) {
		return false
	}
	seen := map[[32]byte]bool{}
	for _, k := range signers {
		if seen[k.Public] {
			return false
		}
		seen[k.Public] = true
	}
	return distinct(signers, old) >= old.Threshold && distinct(signers, next) >= next.Threshold
}

func rising(signers []translog.Key) bool {
	for i := 1; i < len(signers); i++ {
		if signers[i-1].Name >= signers[i].Name {
			return false
		}
	}
	return true
}

// distinct counts the public keys of a set among the signers.
func distinct(signers []translog.Key, rs contact.RootSet) int {
	seen := map[[32]byte]bool{}
	for _, k := range signers {
		if slices.ContainsFunc(rs.Keys, func(r translog.Key) bool { return bytes.Equal(r.Public[:], k.Public[:]) }) {
			seen[k.Public] = true
		}
	}
	return len(seen)
}

func contactB64(b [32]byte) string {
	text, err := contact.Hash(b).MarshalText()
	if err != nil {
		return hex.EncodeToString(b[:]) // cannot be
	}
	return string(text)
}

// clone returns a copy that can be tried on.
func (v *view) clone() *view {
	c := *v
	c.roots, c.order, c.gone = slices.Clone(v.roots), slices.Clone(v.order), slices.Clone(v.gone)
	c.conflicts = slices.Clone(v.conflicts)
	c.grants, c.ended, c.policies = maps.Clone(v.grants), maps.Clone(v.ended), maps.Clone(v.policies)
	return &c
}
