package contact

import (
	"cmp"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// seenStatus is a status and how it is remembered.
type seenStatus struct {
	Status
	seen StatusSeen
}

// known returns the statuses that this device remembers of the clinic, the newest first.
func (j *judge) known() []seenStatus {
	var out []seenStatus
	for _, s := range j.in.Memory.Statuses {
		if s.Clinic != j.msg.Clinic || !j.pinned {
			continue
		}
		if st, err := ParseStatus(s.Text); err == nil {
			out = append(out, seenStatus{st, s})
		}
	}
	return byIssued(out)
}

func byIssued(s []seenStatus) []seenStatus {
	return sortedBy(s, func(a, b seenStatus) int { return -cmp.Compare(a.Issued, b.Issued) })
}

// claimed is known, without what stolen monitor keys said, and what the bundle's status says,
// verified or not: it helps to choose a profile, and decides nothing.
func (j *judge) claimed(known []seenStatus) []seenStatus {
	var marks []StolenMark
	for _, s := range known {
		marks = append(marks, marksOf(s.Status)...)
	}
	known = slices.DeleteFunc(slices.Clone(known), func(s seenStatus) bool { return j.voidStatus(s, marks) })
	s, err := translog.ParseSigned(j.b.Status)
	if err != nil {
		return known
	}
	st, err := ParseStatus(s.Text)
	if err != nil || st.Clinic != j.msg.Clinic {
		return known
	}
	return byIssued(append(slices.Clip(known), seenStatus{Status: st}))
}

// statuses judges the newest status at hand: the device's own or the bundle's.
func (j *judge) statuses(seen []seenStatus) {
	s, ok := j.ev.status(j.b, j.grant)
	clock := max(j.in.Now.Unix(), j.in.Memory.Now, j.ev.heads)
	if ok && s.Issued <= clock+statusAhead && !j.voidStatus(s, nil) {
		if j.pinned {
			j.learned.Statuses = []StatusSeen{s.seen}
			j.learned.Stolen = marksOf(s.Status)
		}
		seen = append(slices.Clip(seen), s)
	}
	if j.pinned {
		j.learned.Now = j.ev.heads
	}
	var marks []StolenMark // of what is seen here and not yet remembered
	for _, s := range seen {
		marks = append(marks, marksOf(s.Status)...)
	}
	now := clock
	var newest *Status
	for _, s := range seen {
		if j.voidStatus(s, marks) {
			continue
		}
		now = max(now, s.Issued)
		if newest == nil || s.Issued > newest.Issued {
			newest = &s.Status
		}
		j.withdrawn(s.Status)
	}
	j.withdrawNotes(marks)
	j.stolen(marks)
	j.fresh(newest, now)
	j.now = now
}

// voidStatus reports whether a status is by a monitor key that is stolen, or was retired
// before it was issued.
func (j *judge) voidStatus(s seenStatus, marks []StolenMark) bool {
	monitor := keyRef{hash: s.seen.Key}
	if _, stolen := j.stolenSince(monitor, marks); stolen {
		return true
	}
	at, ok := j.ev.view.retired(monitor)
	return ok && s.Issued > at
}

// stolenSince is [Memory.stolen] with marks that are not remembered yet.
func (j *judge) stolenSince(key keyRef, marks []StolenMark) (int64, bool) {
	since, ok := j.in.Memory.stolen(j.ev.view, j.msg.Clinic, key)
	for _, s := range marks {
		if s.Key == key.hash && (!ok || s.Since < since) {
			since, ok = s.Since, true
		}
	}
	return since, ok
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

func (j *judge) withdrawn(st Status) {
	for _, g := range st.Gone {
		if g.Commit != nil && *g.Commit == j.commit || g.Batch != nil && j.msg.Batch != nil && *g.Batch == *j.msg.Batch {
			j.takeBack(g.Reason)
		}
	}
}

func (j *judge) takeBack(reason string) {
	if reason == NotOurs {
		j.find(Disowned)
	} else {
		j.gone = true
	}
}

// withdrawNotes looks for withdrawals of this message. One by a device counts only for what
// that device signed; one by a key that was stolen by then does not count.
func (j *judge) withdrawNotes(marks []StolenMark) {
	for _, d := range j.ev.view.withdraws {
		if !d.of(j.commit, j.msg.Batch) {
			continue
		}
		byDevice := d.seen.Role == RoleDevice
		if byDevice && (!j.isBy || KeyHash(j.grant.Key) != d.seen.Signer) {
			continue
		}
		if d.seen.Role != "" {
			if since, ok := j.stolenSince(keyRef{hash: d.seen.Signer, device: byDevice}, marks); ok && d.seen.LoggedAt >= since {
				continue
			}
		}
		j.takeBack(d.Reason)
	}
}

func (j *judge) stolen(marks []StolenMark) {
	if !j.isBy {
		return
	}
	key := deviceRef(j.grant.Key)
	if since, ok := j.stolenSince(key, marks); ok && (j.tLog == 0 || j.tLog >= since) {
		j.find(KeyStolen)
	}
	if at, ok := j.ev.view.retired(key); ok && j.tLog > at {
		j.find(Forged)
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
	inUse := j.ev.hasProfile && st.Profile == NoteHash(j.ev.profileRaw.Text)
	if !inUse {
		j.find(Unproven)
	}
	if j.vrfBad && inUse {
		j.find(Forged)
	}
	j.incident = st.Incident
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
