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
	// Prefixes show that heads of a log with two histories lie on the branch that the root froze.
	// They are verified here.
	Prefixes []Prefix
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
		return Verdict{}, Memory{}, errText()
	}
	return decide(judge{in: in, b: b})
}

func errText() error { return fmt.Errorf("received text: %w", ErrTooLarge) }

// decide runs the rules of the protocol on a judge that has its input.
func decide(j judge) (Verdict, Memory, error) {
	if !j.message() {
		j.find(Forged)
		return j.verdict(), Memory{}, nil
	}
	if err := j.clinic(); err != nil {
		return Verdict{}, Memory{}, err
	}
	j.addressee()
	if j.hasRoots {
		seen := j.known()
		j.ev.setProfile(j.b, j.claimed(seen))
		j.signer()
		j.logTime()
		j.statuses(seen)
		j.logs()
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
	hasRoots bool
	ev       evidence

	grant    Grant
	isBy     bool  // the grant is of the key that signed, and the signature verifies
	epoch    Epoch // of the VRF proof
	vrfBad   bool
	tLog     int64      // 0: not known
	now      int64      // the newest time known
	gone     bool       // withdrawn, but not as not-ours
	sealed   *Outer     // the envelope that the message came in
	copied   *inboxCopy // the inbox copy that it came in
	held     view
	incident *[32]byte // that the status names
	pending  bool      // the clinic announced a change
	extras   bool      // the text has more than the body
	twoHeads bool      // a log signed two roots for one size, which is no fork yet
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
	if j.pin, j.pinned = j.in.Memory.pin(j.msg.Clinic); j.pinned {
		rs, err := j.pin.rootSet()
		if err != nil {
			return err
		}
		j.open(rs)
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
		j.open(p.Roots)
		j.v.CallsItself = p.Name
	}
	return nil
}

// open makes ready to verify under a root set. Of a clinic that is not pinned nothing is held.
func (j *judge) open(first RootSet) {
	if j.pinned {
		j.held = j.in.Memory.view(j.msg.Clinic)
	}
	now := j.in.Now.Unix()
	j.hasRoots = true
	j.ev = evidence{clinic: j.msg.Clinic, first: first, view: &j.held, now: now, seenAt: max(now, j.in.Memory.Now)}
}

// addressee judges whom the message was made for.
func (j *judge) addressee() {
	if o := j.sealed; o != nil {
		same := j.msg.ID == o.lock.ID() && j.msg.Bearer == !o.Enrolled
		if !same || o.Enrolled && (j.msg.Salt != o.Salt || j.msg.To != o.To) {
			j.find(Forged)
		}
	}
	if c := j.copied; c != nil && (j.msg.Bearer || c.key.To().Tag(j.msg.Salt) != j.msg.To) {
		j.find(Forged)
	}
	switch {
	case j.msg.Bearer:
	case len(j.in.Memory.Pairs) == 0:
		j.find(NoPin) // made for one person's app; this device has no pair
	case !j.mine():
		j.find(NotForYou)
	}
}

// mine reports whether the message is marked for a pair of this device.
func (j *judge) mine() bool {
	return slices.ContainsFunc(j.in.Memory.Pairs, func(p Pair) bool {
		return p.Clinic == j.msg.Clinic && p.Key.To().Tag(j.msg.Salt) == j.msg.To
	})
}

// signer verifies profile, grant and the message's signature.
func (j *judge) signer() {
	if !j.ev.hasProfile || !j.ev.isLogged {
		j.find(Unproven)
	}
	g, ok := j.ev.grant(j.b.Grant, RoleDevice)
	sig := j.signed.Sigs[0]
	if !ok || sig.Name != g.Key.Name || sig.ID != g.Key.ID() {
		j.find(Unproven) // not the grant of this signer, or none
		return
	}
	j.grant = g.Grant
	if _, ok := j.ev.logGrant(g, j.b.Grant, j.b.GrantProof); !ok {
		j.find(Unproven)
	}
	if opensOne(j.signed, g.Key) != nil {
		j.find(Forged)
		return
	}
	j.isBy = true
	if hash := KeyHash(g.Key); j.sealed != nil && j.sealed.Enrolled && j.sealed.Signer != hash || j.copied != nil && j.copied.signer != hash {
		j.find(Forged)
	}
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

// logs judges whether logs and root told one story, and keeps what they told.
func (j *judge) logs() {
	all := unionHeads(j.in.Memory.Heads, j.ev.accepted)
	found := forks(slices.DeleteFunc(all, func(h HeadSeen) bool { return h.Clinic != j.msg.Clinic }))
	if j.pinned {
		j.learned.Notes, j.learned.Forks = j.ev.learned, found
		j.learned.Heads = newestHeads(unionHeads(nil, j.ev.accepted))
		found = slices.Concat(found, j.in.Memory.Forks)
	}
	for _, h := range j.ev.used {
		touched, unplaced := forked(found, j.msg.Clinic, h, j.ev.profile.Frozen, j.in.Prefixes)
		if touched {
			j.find(LogForked)
		}
		for _, p := range unplaced {
			if !slices.ContainsFunc(j.v.Unplaced, p.Same) {
				j.v.Unplaced = append(j.v.Unplaced, p)
			}
		}
	}
	j.twoHeads = contradicted(j.ev.unbacked, all)
	if j.held.conflict {
		j.find(Forged) // the root said two things under one number
	}
	if j.pinned {
		_, _, pending := j.held.reach(j.ev.now)
		j.pending = pending || j.held.rotating(j.ev.spans)
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
	if j.isBy && !v.Has(Forged) && !v.Has(NotForYou) {
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
	add(RemarkIncident, len(j.held.incidents) > 0)
	add(RemarkIncidentMissing, j.incident != nil && !j.held.holds(*j.incident))
	add(RemarkChangeAnnounced, j.pending)
	add(RemarkTwoHeads, j.twoHeads)
	return rs
}
