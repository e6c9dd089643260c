package contact

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// maxNews is the greatest number of notes in one answer.
const maxNews = 2048

// News is what a server says about one clinic. Nothing in it is verified.
type News struct {
	Clinic [32]byte
	// Notes are notes of the keys log in any order: profiles, rotations, policies, grants,
	// revocations, withdrawals, incident statements. Others are passed over.
	Notes    []LoggedNote
	Policies [][]byte // texts of witness policies
	Status   []byte   // the newest signed status
	Heads    [][]byte // the newest checkpoints of both logs
}

// LoggedNote is a signed note and its tlog-proof in the keys log.
type LoggedNote struct{ Note, Proof []byte }

// Learn verifies news of a clinic that is pinned, and returns what was learned, to be merged
// into the device's memory. What does not verify is passed over, and the same news in another
// order teaches the same. Of a clinic that is not pinned nothing is learned.
//
// It fails with [ErrTooLarge] and [ErrMemory].
func Learn(m Memory, news News, now time.Time) (Memory, error) {
	learned, _, err := Sift(m, news, now)
	return learned, err
}

// Sift is [Learn], and returns beside it the part of the news that verified: what a device keeps
// so that it need not ask again when it judges a message. Notes are those that were learned now
// or before and logged grants, rising by text, each with a proof that verified; policies those
// that a profile of the clinic lists; status and heads what was accepted.
func Sift(m Memory, news News, now time.Time) (Memory, News, error) {
	if len(news.Notes) > maxNews {
		return Memory{}, News{}, fmt.Errorf("news of a clinic: %w", ErrTooLarge)
	}
	pin, ok := m.pin(news.Clinic)
	if !ok {
		return Memory{}, News{}, nil
	}
	first, err := pin.rootSet()
	if err != nil {
		return Memory{}, News{}, err
	}
	held := m.view(news.Clinic)
	l := learner{
		m: m, news: news, notes: map[string][]openNote{},
		e:    evidence{clinic: news.Clinic, first: first, view: &held, now: now.Unix(), seenAt: max(now.Unix(), m.Now)},
		kept: News{Clinic: news.Clinic},
	}
	l.read()
	l.profiles()
	l.readGrants()
	l.revocations()
	l.incidents()
	l.withdrawals()
	for _, raw := range news.Heads {
		if c, err := translog.ParseCheckpoint(raw); err == nil {
			if _, ok := l.e.accept(c); ok {
				l.kept.Heads = append(l.kept.Heads, raw)
			}
		}
	}
	l.status()
	l.out.Now = l.e.heads
	l.out.Notes = append(l.out.Notes, l.e.learned...)
	sameHead := func(a, b HeadSeen) bool { return a.Checkpoint <= b.Checkpoint }
	l.out.Forks = forks(slices.DeleteFunc(union(m.Heads, l.e.accepted, compareHeads, sameHead), func(h HeadSeen) bool { return h.Clinic != news.Clinic }))
	l.out.Heads = l.e.accepted
	out := l.out.Merge(Memory{})
	l.keep()
	return out, l.kept, nil
}

// keep chooses what of the news is worth keeping.
func (l *learner) keep() {
	texts := map[string]bool{} // of notes that were learned
	for _, s := range slices.Concat(l.m.Notes, l.out.Notes) {
		if s.Clinic == l.news.Clinic {
			texts[s.Text] = true
		}
	}
	for _, g := range l.grants {
		texts[g.Marshal()] = true
	}
	var all []openNote
	for _, ns := range l.notes {
		all = append(all, ns...)
	}
	last := ""
	for _, n := range sortedBy(all, func(a, b openNote) int {
		return cmp.Or(cmp.Compare(a.Text, b.Text), bytes.Compare(a.raw.Note, b.raw.Note))
	}) {
		raw := string(n.raw.Note)
		if raw == last || !texts[n.Text] {
			continue
		}
		if _, ok := l.e.logged(n.raw.Proof, n.raw.Note, keysLog); ok {
			l.kept.Notes, last = append(l.kept.Notes, n.raw), raw
		}
	}
	for _, text := range l.texts {
		hash := PolicyHash(text)
		if slices.ContainsFunc(l.e.view.profiles, func(h heldProfile) bool {
			return slices.ContainsFunc(h.Policies, func(r PolicyRef) bool { return r.Hash == hash })
		}) && !slices.ContainsFunc(l.kept.Policies, func(b []byte) bool { return bytes.Equal(b, text) }) {
			l.kept.Policies = append(l.kept.Policies, text)
		}
	}
	slices.SortFunc(l.kept.Policies, bytes.Compare)
}

// rootSet reads the root set that a pin holds. It fails with [ErrMemory].
func (p Pin) rootSet() (RootSet, error) {
	rs, err := ParseRootSet(p.Roots)
	if err != nil || rs.Hash() != p.RootSet || !p.Level.valid() {
		return RootSet{}, ErrMemory
	}
	return rs, nil
}

type learner struct {
	m      Memory
	news   News
	e      evidence
	notes  map[string][]openNote // by type, rising by text
	grants []keyGrant            // logged
	texts  [][]byte              // of policies
	out    Memory
	kept   News
}

type keyGrant struct {
	granted
	hash [32]byte // H(vkey)
}

// openNote is a signed note that was read, with what it came in.
type openNote struct {
	translog.Signed
	raw LoggedNote
}

func (l *learner) read() {
	for _, raw := range l.news.Notes {
		s, err := translog.ParseSigned(raw.Note)
		if err != nil {
			continue
		}
		kind, _, _ := strings.Cut(s.Text, "\n")
		l.notes[kind] = append(l.notes[kind], openNote{s, raw})
	}
	for kind, ns := range l.notes {
		l.notes[kind] = sortedBy(ns, func(a, b openNote) int { return cmp.Compare(a.Text, b.Text) })
	}
}

// profiles finds the newest profile that is logged under the policies it lists itself, and
// judges rotations and the other profiles by them.
func (l *learner) profiles() {
	var rotations []Rotation
	number := func(n openNote) int64 {
		r, err := ParseRotate(n.Text)
		if err != nil {
			return -1
		}
		return r.N
	}
	for _, n := range sortedBy(l.notes[rotateType], func(a, b openNote) int { return cmp.Compare(number(a), number(b)) }) {
		rotations = append(rotations, Rotation{n.raw.Note, n.raw.Proof})
	}
	taken := l.e.addRotations(rotations)
	sets := l.e.view.spans(l.e.first, l.e.now, true)
	type candidate struct {
		Profile
		raw LoggedNote
	}
	var found []candidate
	for _, n := range l.notes[profileType] {
		if p, _, ok := l.e.openProfile(n.raw.Note, sets); ok {
			found = append(found, candidate{p, n.raw})
		}
	}
	for _, h := range l.e.view.profiles {
		found = append(found, candidate{Profile: h.Profile})
	}
	found = sortedBy(found, func(a, b candidate) int { return -cmp.Compare(a.N, b.N) })
	texts := slices.Clone(l.news.Policies)
	for _, n := range l.notes[policyType] {
		if p, err := ParsePolicyNote(n.Text); err == nil {
			texts = append(texts, []byte(p.Text))
		}
	}
	l.texts = texts
	for _, c := range found {
		l.e.policies = nil
		l.e.usePolicies(c.Profile, texts)
		if c.raw.Note == nil {
			break // held: it was verified
		}
		if _, ok := l.e.logged(c.raw.Proof, c.raw.Note, keysLog); ok {
			break
		}
	}
	l.e.logRotations(taken)
	for _, c := range found {
		i := rootsOf(c.Profile, l.e.spans)
		text := c.Marshal()
		if c.raw.Note == nil || i < 0 || slices.ContainsFunc(l.e.view.profiles, func(h heldProfile) bool { return h.seen.Text == text }) {
			continue
		}
		if h, ok := l.e.logged(c.raw.Proof, c.raw.Note, keysLog); ok && inForce(l.e.spans, i, h.LoggedAt) {
			l.e.addProfile(c.Profile, NoteSeen{Clinic: l.e.clinic, Text: text, LoggedAt: h.LoggedAt, FirstSeen: l.e.seenAt})
		}
	}
}

func (l *learner) readGrants() {
	for _, n := range l.notes[grantType] {
		g, ok := l.e.grant(n.raw.Note, "")
		if !ok || g.Role == RoleEnrol {
			continue
		}
		if _, ok := l.e.logGrant(g, n.raw.Note, n.raw.Proof); ok {
			l.grants = append(l.grants, keyGrant{g, KeyHash(g.Key)})
		}
	}
}

// signedBy says who signed a logged note: the root in force then (no role), or one granted key
// whose window holds T_log and whose grant allows it.
func (l *learner) signedBy(n openNote, allows func(Grant) bool) (NoteSeen, bool) {
	h, ok := l.e.logged(n.raw.Proof, n.raw.Note, keysLog)
	if !ok {
		return NoteSeen{}, false
	}
	seen := NoteSeen{Clinic: l.e.clinic, Text: n.Text, LoggedAt: h.LoggedAt, FirstSeen: l.e.seenAt}
	if l.byRoot(n.Signed, h.LoggedAt) {
		return seen, true
	}
	for _, g := range l.grants {
		if len(n.Sigs) == 1 && n.Sigs[0].Name == g.Key.Name && allows(g.Grant) && inWindow(g.Grant, h.LoggedAt) && opensOne(n.Signed, g.Key) == nil {
			seen.Signer, seen.Role = g.hash, g.Role
			return seen, true
		}
	}
	return NoteSeen{}, false
}

func inWindow(g Grant, t int64) bool { return g.NotBefore <= t && t <= g.NotAfter }

func (l *learner) byRoot(s translog.Signed, t int64) bool {
	for i, sp := range l.e.spans {
		if sp.settled && inForce(l.e.spans, i, t) && sp.set.opens(s) == nil {
			return true
		}
	}
	return false
}

func (l *learner) revocations() {
	for _, n := range l.notes[revokeType] {
		r, err := ParseRevoke(n.Text)
		if err != nil || r.Clinic != l.e.clinic {
			continue
		}
		if seen, ok := l.signedBy(n, func(g Grant) bool { return g.Role == RoleRevoker }); ok {
			l.out.Notes = append(l.out.Notes, seen)
		}
	}
}

func (l *learner) incidents() {
	for _, n := range l.notes[incidentType] {
		x, err := ParseIncident(n.Text)
		if err != nil || x.Clinic != l.e.clinic {
			continue
		}
		h, ok := l.e.logged(n.raw.Proof, n.raw.Note, keysLog)
		if ok && (l.byRoot(n.Signed, h.LoggedAt) || l.byTwo(n.Signed, h.LoggedAt)) {
			l.out.Notes = append(l.out.Notes, NoteSeen{Clinic: l.e.clinic, Text: n.Text, LoggedAt: h.LoggedAt, FirstSeen: l.e.seenAt})
		}
	}
}

// byTwo reports whether two devices of different holders signed, both of which may sign
// incidents and neither of which was stolen by then.
func (l *learner) byTwo(s translog.Signed, t int64) bool {
	if len(s.Sigs) != 2 || s.Sigs[0].Name >= s.Sigs[1].Name {
		return false
	}
	var keys []translog.Key
	holders := map[string]bool{}
	for _, sig := range s.Sigs {
		i := slices.IndexFunc(l.grants, func(g keyGrant) bool {
			return g.Key.Name == sig.Name && g.Key.ID() == sig.ID && g.Role == RoleDevice && slices.Contains(g.Kinds, KindIncident) && inWindow(g.Grant, t)
		})
		if i < 0 || l.stolenAt(l.grants[i].hash, t) {
			return false
		}
		keys = append(keys, l.grants[i].Key)
		holders[l.grants[i].Holder] = true
	}
	if len(keys) != 2 || len(holders) != 2 || keys[0].Public == keys[1].Public {
		return false
	}
	_, err := s.Open(keys...)
	return err == nil
}

// stolenAt reports whether a device key was stolen by a time, from all that is known now.
func (l *learner) stolenAt(key [32]byte, t int64) bool {
	known := l.m.Merge(l.out)
	v := known.view(l.e.clinic)
	since, ok := known.stolen(&v, l.e.clinic, key, true)
	return ok && t >= since
}

func (l *learner) withdrawals() {
	for _, n := range l.notes[withdrawType] {
		d, err := ParseWithdraw(n.Text)
		if err != nil || d.Clinic != l.e.clinic {
			continue
		}
		if seen, ok := l.signedBy(n, func(g Grant) bool {
			return g.Role == RoleMonitor || d.Reason != NotOurs && slices.Contains(g.Kinds, KindWithdraw)
		}); ok {
			l.out.Notes = append(l.out.Notes, seen)
		}
	}
}

// status takes the newest status, if a monitor's grant opens it.
func (l *learner) status() {
	if len(l.news.Status) > maxStatus {
		return
	}
	clock := max(l.e.now, l.m.Now, l.e.heads)
	for _, g := range l.grants {
		if g.Role != RoleMonitor {
			continue
		}
		s, ok := l.e.openStatus(l.news.Status, g.Grant)
		if !ok || s.Issued > clock+statusAhead {
			continue
		}
		known := l.m.Merge(l.out)
		v := known.view(l.e.clinic)
		if _, stolen := known.stolen(&v, l.e.clinic, g.hash, false); stolen {
			continue
		}
		if at, ok := v.retired(g.hash, false); ok && s.Issued > at {
			continue
		}
		l.out.Statuses = []StatusSeen{s.seen}
		l.out.Stolen = marksOf(s.Status)
		l.kept.Status = l.news.Status
	}
}
