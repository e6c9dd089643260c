package contact

import (
	"fmt"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/indicator"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

const (
	issuedAhead   = 5 * 60    // of T_log, seconds: more is FORGED
	logDelay      = day       // T_log after issued: more is UNPROVEN
	statusAhead   = 3600      // of the newest time known: more is ignored
	nextGrace     = 6 * 3600  // after a status's next
	clockTolerant = 24 * 3600 // device clock ahead of a fresh head: more is CLOCK
)

// Input is what a verdict is reached from.
type Input struct {
	Bundle []byte
	// Text is what the patient received; nil when only the bundle is at hand.
	Text *string
	// Channel is how the text came, in the words of a message note; "" when not known.
	Channel string
	// Memory is what this device knows. Verify does not change it.
	Memory Memory
	// Now is the device's clock.
	Now time.Time
	// FreshHead is the newest T_head that the caller fetched and verified in this minute;
	// zero when nothing was fetched.
	FreshHead time.Time
}

// Verify judges a bundle. The second result is what was learned from it, to be merged into
// the device's memory whatever the verdict ([Memory.Merge]); only pinned clinics teach.
//
// It fails with [ErrMalformed] or [ErrTooLarge] for what is no bundle, and with [ErrMemory].
// An error means that nothing could be decided: the message is not to be trusted.
func Verify(in Input) (Verdict, Memory, error) {
	b, err := ParseBundle(in.Bundle)
	if err != nil {
		return Verdict{}, Memory{}, err
	}
	if in.Text != nil && len(*in.Text) > maxText {
		return Verdict{}, Memory{}, fmt.Errorf("received text: %w", ErrTooLarge)
	}
	j := judge{in: in, b: b}
	if !j.message() {
		j.find(Forged)
		return j.verdict(), Memory{}, nil
	}
	if err := j.clinic(); err != nil {
		return Verdict{}, Memory{}, err
	}
	if j.hasRoots {
		j.ev = evidence{clinic: j.msg.Clinic, roots: j.roots}
		j.ev.setProfile(b.Profile, b.Policies)
		j.signer()
		j.logTime()
		j.statuses()
	} else {
		j.find(Unproven)
	}
	j.compare()
	j.last()
	return j.verdict(), j.learned, nil
}

// judge collects findings. Its methods run in the order of Verify.
type judge struct {
	in      Input
	b       Bundle
	found   []Finding
	v       Verdict
	learned Memory

	signed translog.Signed
	msg    Message
	commit [32]byte

	pin      Pin
	pinned   bool
	roots    RootSet
	hasRoots bool
	ev       evidence

	grant  Grant
	isBy   bool  // the grant is of the key that signed, and the signature verifies
	epoch  Epoch // of the VRF proof
	vrfBad bool
	tLog   int64 // 0: not known
	now    int64 // the newest time known
	gone   bool  // withdrawn, but not as not-ours
	extras bool  // the text has more than the body
}

func (j *judge) find(f Finding) {
	if !slices.Contains(j.found, f) {
		j.found = append(j.found, f)
	}
}

// message reads the signed note.
func (j *judge) message() bool {
	var err error
	if j.signed, err = translog.ParseSigned(j.b.Message); err != nil {
		return false
	}
	if j.msg, err = ParseMessage(j.signed.Text); err != nil {
		return false
	}
	j.commit, err = Commit(j.signed)
	j.v.ClinicID = j.msg.Clinic
	return err == nil
}

// clinic finds the root set: that of the pin or, without one, the profile's own if it hashes
// to the clinic id.
func (j *judge) clinic() error {
	if !j.msg.Bearer {
		j.find(NoPin) // made for one person's app; this device has no pair
	}
	if j.pin, j.pinned = j.in.Memory.pin(j.msg.Clinic); j.pinned {
		rs, err := ParseRootSet(j.pin.Roots)
		if err != nil || rs.Hash() != j.pin.RootSet || !j.pin.Level.valid() {
			return ErrMemory
		}
		j.roots, j.hasRoots = rs, true
		j.v.Clinic, j.v.Level, j.v.PinnedAt = j.pin.Name, j.pin.Level, time.Unix(j.pin.FirstSeen, 0).UTC()
		return nil
	}
	j.find(NoPin)
	s, err := translog.ParseSigned(j.b.Profile)
	if err != nil {
		return nil
	}
	p, err := ParseProfile(s.Text)
	if err == nil && p.Roots.Hash() == j.msg.Clinic && p.Roots.opens(s) == nil {
		j.roots, j.hasRoots = p.Roots, true
		j.v.CallsItself = p.Name
	}
	return nil
}

// signer verifies profile, grant and the message's signature.
func (j *judge) signer() {
	if !j.ev.hasProfile {
		j.find(Unproven)
	} else if _, ok := j.ev.logged(j.b.ProfileProof, j.b.Profile, keysLog); !ok {
		j.find(Unproven)
	}
	g, ok := j.ev.grant(j.b.Grant, RoleDevice)
	sig := j.signed.Sigs[0]
	if !ok || sig.Name != g.Key.Name || sig.ID != g.Key.ID() {
		j.find(Unproven) // not the grant of this signer, or none
		return
	}
	j.grant = g
	if _, ok := j.ev.logged(j.b.GrantProof, j.b.Grant, keysLog); !ok {
		j.find(Unproven)
	}
	if opensOne(j.signed, g.Key) != nil {
		j.find(Forged)
		return
	}
	j.isBy = true
	if !slices.Contains(g.Kinds, j.msg.Kind) {
		j.find(Forged)
	}
}

// logTime verifies that the message is in the log, and what hangs on the time it entered.
func (j *judge) logTime() {
	epoch, tag, ok := j.ev.tag(j.b.VRF, j.commit)
	if !ok {
		j.find(Unproven)
		j.vrfBad = j.b.VRF != nil && j.ev.hasProfile
		return
	}
	h, ok := j.ev.logged(j.b.MessageProof, Leaf(j.commit, tag), msgsLog)
	if !ok {
		j.find(Unproven)
		return
	}
	t := h.LoggedAt
	j.tLog, j.epoch = t, epoch
	j.v.LoggedAt = time.Unix(t, 0).UTC()
	if t < epoch.NotBefore || t > epoch.NotAfter || t-j.msg.Issued > logDelay {
		j.find(Unproven)
	}
	if j.msg.Issued-t > issuedAhead || j.ev.profile.Closed != 0 && t > j.ev.profile.Closed {
		j.find(Forged)
	}
	if j.isBy && (t < j.grant.NotBefore || t > j.grant.NotAfter) {
		j.find(Forged)
	}
}

// statuses judges the newest status at hand: the device's own or the bundle's.
func (j *judge) statuses() {
	seen := j.known()
	s, st, ok := j.ev.status(j.b, j.grant)
	clock := max(j.in.Now.Unix(), j.in.Memory.Now, j.ev.heads)
	if ok && st.Issued <= clock+statusAhead {
		if _, stolen := j.in.Memory.stolen(s.Clinic, s.Key); !stolen {
			j.learn(s, st)
			seen = append(seen, s)
		}
	}
	if j.pinned {
		j.learned.Now = max(j.learned.Now, j.ev.heads)
	}
	known := j.in.Memory.Merge(j.learned)
	marks := known
	if !j.pinned {
		marks = known.Merge(Memory{Stolen: stolenIn(seen)})
	}
	now := clock
	var newest *Status
	for _, s := range seen {
		if _, stolen := marks.stolen(s.Clinic, s.Key); stolen {
			continue
		}
		st, err := ParseStatus(s.Text)
		if err != nil {
			continue
		}
		now = max(now, st.Issued)
		if newest == nil || st.Issued > newest.Issued {
			newest = &st
		}
		j.withdrawn(st)
	}
	j.stolen(marks)
	j.fresh(newest, now)
	j.now = now
}

// known returns the clinic's statuses that this device remembers.
func (j *judge) known() []StatusSeen {
	var seen []StatusSeen
	for _, s := range j.in.Memory.Statuses {
		if s.Clinic == j.msg.Clinic && j.pinned {
			seen = append(seen, s)
		}
	}
	return seen
}

// learn keeps what a status of a pinned clinic says, for good.
func (j *judge) learn(s StatusSeen, st Status) {
	if !j.pinned {
		return
	}
	j.learned.Statuses = []StatusSeen{s}
	j.learned.Stolen = marksOf(st)
}

func marksOf(st Status) []StolenMark {
	var marks []StolenMark
	for _, k := range st.KeyState {
		if k.State == "stolen" {
			marks = append(marks, StolenMark{Clinic: st.Clinic, Key: k.Key, Since: k.Time})
		}
	}
	return marks
}

func stolenIn(seen []StatusSeen) []StolenMark {
	var marks []StolenMark
	for _, s := range seen {
		if st, err := ParseStatus(s.Text); err == nil {
			marks = append(marks, marksOf(st)...)
		}
	}
	return marks
}

func (j *judge) withdrawn(st Status) {
	for _, g := range st.Gone {
		if g.Commit != nil && *g.Commit == j.commit || g.Batch != nil && j.msg.Batch != nil && *g.Batch == *j.msg.Batch {
			if g.Reason == NotOurs {
				j.find(Disowned)
			} else {
				j.gone = true
			}
		}
	}
}

func (j *judge) stolen(marks Memory) {
	if !j.isBy {
		return
	}
	since, ok := marks.stolen(j.msg.Clinic, KeyHash(j.grant.Key))
	if ok && (j.tLog == 0 || j.tLog >= since) {
		j.find(KeyStolen)
	}
}

// fresh judges age and content of the newest status.
func (j *judge) fresh(st *Status, now int64) {
	if st == nil {
		j.find(Stale)
		return
	}
	j.v.StatusAt = time.Unix(st.Issued, 0).UTC()
	hours := int64(defaultStatusHours)
	if j.ev.hasProfile {
		hours = j.ev.profile.StatusHours
	}
	holiday := st.Next != 0 && now <= st.Next+nextGrace && j.tLog != 0 && j.tLog <= st.Issued
	if now-st.Issued > hours*3600 && !holiday {
		j.find(Stale)
	}
	inUse := j.ev.hasProfile && st.Profile == j.ev.profileHash
	if !inUse {
		j.find(Unproven)
	}
	if j.vrfBad && inUse {
		j.find(Forged)
	}
	if !j.isBy {
		return
	}
	switch k := st.keyState(KeyHash(j.grant.Key)); k.State {
	case "ok", "stolen":
	case "until":
		if j.tLog > k.Time {
			j.find(Forged)
		}
	default:
		j.find(Unproven)
	}
}

// compare compares what the patient received with the signed body.
func (j *judge) compare() {
	if j.in.Text == nil {
		return
	}
	match, d := Compare(*j.in.Text, j.msg.Body)
	switch match {
	case SameWithExtras:
		j.extras = true
	case Differs:
		j.find(Altered)
		j.v.Diff = d
	}
}

// last judges the clock, then the message's own times and how strong a genuine message is;
// these only if nothing else was found.
func (j *judge) last() {
	if !j.in.FreshHead.IsZero() && j.in.Now.Unix()-j.in.FreshHead.Unix() > clockTolerant {
		j.find(Clock)
	}
	if len(j.found) > 0 {
		return
	}
	if j.gone {
		j.find(Withdrawn)
	}
	if j.now < j.msg.Issued {
		j.find(NotYet)
	}
	if j.now > j.msg.Expires {
		j.find(Expired)
	}
	if len(j.found) > 0 {
		return
	}
	if j.pin.Level == Remote {
		j.find(GenuineRemote)
	}
	if j.ev.profile.MonitorSameDevice {
		j.find(GenuineOneKey)
	}
	if j.msg.Bearer {
		j.find(GenuineForAnyone)
	}
	if len(j.found) == 0 {
		j.find(Genuine)
	}
}

// verdict orders the findings and leaves out what a finding forbids to show.
func (j *judge) verdict() Verdict {
	slices.SortFunc(j.found, func(a, b Finding) int { return a.Rank() - b.Rank() })
	v := j.v
	v.Findings, v.Headline = j.found, j.found[0]
	class := v.Headline.Class()
	trusted := class == Amber || class == Green
	if trusted {
		v.Body, v.Signer = j.msg.Body, j.grant.Label
	}
	if j.isBy && !v.Has(Forged) {
		v.Kind = string(j.msg.Kind)
		v.Issued, v.Expires = time.Unix(j.msg.Issued, 0).UTC(), time.Unix(j.msg.Expires, 0).UTC()
	}
	if len(v.Findings) > 1 || v.Headline != Altered {
		v.Diff = nil
	}
	v.Remarks = j.remarks(trusted)
	return v
}

func (j *judge) remarks(trusted bool) []Remark {
	var rs []Remark
	add := func(r Remark, when bool) {
		if when {
			rs = append(rs, r)
		}
	}
	text := ""
	if j.in.Text != nil {
		text = *j.in.Text
	}
	add(RemarkPinnedOn, trusted && j.pinned)
	add(RemarkDemoWitness, j.ev.demo)
	add(RemarkOtherChannel, j.in.Channel != "" && j.msg.Channel != "" && j.in.Channel != j.msg.Channel)
	add(RemarkHiddenCharacter, Hidden(text))
	add(RemarkMixedScripts, MixedScripts(text) || MixedScripts(j.msg.Body))
	add(RemarkBearerRequest, j.msg.Bearer && indicator.Has(j.msg.Body,
		indicator.Link, indicator.Phone, indicator.Amount, indicator.Wallet, indicator.Number))
	add(RemarkWithExtras, j.extras)
	return rs
}
