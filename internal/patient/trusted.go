package patient

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

const (
	maxTrusted      = 200     // messages that are judged again
	maxTrustedBytes = 4 << 20 // of all of them
	// trustedAfter is how long after its last day a message is judged again, seconds.
	trustedAfter = 400 * 86400
	// shownAgain is how long after a message was shown it counts as the same time: looking at it
	// twice does not write it twice.
	shownAgain = 3600 // seconds
)

// trusted is a message that was shown as amber or green: what is needed to judge it again. What
// the patient received is not kept: the signed text does not change.
type trusted struct {
	ID       string       `json:"id"` // half of the message's commit, hex
	Clinic   contact.Hash `json:"clinic"`
	Bundle   []byte       `json:"bundle,omitempty"`
	Code     string       `json:"code,omitempty"` // or bundle
	Envelope []byte       `json:"envelope,omitempty"`
	Proof    []byte       `json:"proof,omitempty"`
	LastAt   int64        `json:"last_at"` // when it was last shown, Unix seconds
	Expires  int64        `json:"expires"`
	// JudgedBy is SHA-256 of the memory that it was last judged by; nil before the first time.
	JudgedBy []byte `json:"judged_by,omitempty"`
}

func (t trusted) size() int { return len(t.Bundle) + len(t.Envelope) + len(t.Proof) + 256 }

// same reports whether two are the same message with the same evidence.
func (t trusted) same(x trusted) bool {
	return t.ID == x.ID && t.Code == x.Code && bytes.Equal(t.Bundle, x.Bundle) && bytes.Equal(t.Envelope, x.Envelope) && bytes.Equal(t.Proof, x.Proof)
}

// trust remembers a message that is shown as trusted, and returns when it was shown before; zero
// for never. The next judgeAgain writes it.
func (d *Device) trust(v contact.Verdict, t trusted, note []byte) (before time.Time) {
	s, err := translog.ParseSigned(note)
	if err != nil {
		return time.Time{}
	}
	commit, err := contact.Commit(s)
	if err != nil {
		return time.Time{}
	}
	t.ID, t.Clinic, t.LastAt, t.Expires = hex.EncodeToString(commit[:16]), v.ClinicID, d.now().Unix(), v.Expires.Unix()
	d.notes.mu.Lock()
	defer d.notes.mu.Unlock()
	if d.notes.open(d) != nil {
		return time.Time{}
	}
	all := slices.Clone(d.notes.trusted)
	if i := slices.IndexFunc(all, func(x trusted) bool { return x.ID == t.ID }); i >= 0 {
		before = time.Unix(all[i].LastAt, 0).UTC()
		if since := t.LastAt - all[i].LastAt; since >= 0 && since < shownAgain && t.same(all[i]) {
			return before
		}
		all = slices.Delete(all, i, i+1)
	}
	all = append(all, t)
	slices.SortStableFunc(all, func(a, b trusted) int { return cmp.Compare(b.LastAt, a.LastAt) })
	size, n := 0, 0
	for n < len(all) && n < maxTrusted && size+all[n].size() <= maxTrustedBytes && all[n].Expires+trustedAfter >= t.LastAt {
		size += all[n].size()
		n++
	}
	d.notes.trusted, d.notes.unsaved = all[:n], true
	return before
}

// judgeAgain judges the trusted messages that were not judged by what is known now, says of each
// that turned red that it did, and writes what changed. It uses no network, and what goes wrong
// is tried again the next time.
func (d *Device) judgeAgain() {
	memory, err := d.memory()
	d.notes.mu.Lock()
	defer d.notes.mu.Unlock()
	if d.notes.open(d) != nil {
		return
	}
	if err == nil {
		d.judgeTrusted(memory)
	}
	// On a full disk it stays in memory; the verdict is shown all the same.
	if d.notes.unsaved && d.writeBeside(trustedFile, d.notes.trusted) == nil {
		d.notes.unsaved = false
	}
}

// judgeTrusted judges what was not judged by this memory. notes.mu is held.
func (d *Device) judgeTrusted(memory contact.Memory) {
	text, err := json.Marshal(memory)
	if err != nil {
		return
	}
	sum := sha256.Sum256(text)
	clear(text)
	var turned []vault.Turned
	var judged []int
	for i, t := range d.notes.trusted {
		if bytes.Equal(t.JudgedBy, sum[:]) {
			continue
		}
		judged = append(judged, i)
		v, ok := d.judge(memory, t)
		if ok && v.Headline.Class() == contact.Red {
			turned = append(turned, vault.Turned{
				ID: t.ID, Clinic: t.Clinic, TrustedAt: t.LastAt, FoundAt: d.now().Unix(), Headline: v.Headline,
			})
		}
	}
	if d.raise(turned) != nil {
		return
	}
	for _, i := range judged {
		d.notes.trusted[i].JudgedBy, d.notes.unsaved = sum[:], true
	}
}

// judge judges a trusted message again. notes.mu is held.
func (d *Device) judge(memory contact.Memory, t trusted) (contact.Verdict, bool) {
	p := papers{Clinic: t.Clinic}
	if i := d.notes.find(t.Clinic); i >= 0 {
		p = d.notes.clinics[i]
	}
	if t.Bundle != nil {
		v, _, err := contact.Verify(contact.Input{Bundle: t.Bundle, Memory: memory, Now: d.now(), Prefixes: p.Placed})
		return v, err == nil
	}
	code, err := readCode(t.Code)
	if err != nil {
		return contact.Verdict{}, false
	}
	lock, err := contact.NewLock(code)
	if err != nil {
		return contact.Verdict{}, false
	}
	in := contact.CodeInput{
		Code: t.Code, Answer: contact.Found, Envelope: t.Envelope, Memory: memory, Now: d.now(), Prefixes: p.Placed,
		Evidence: p.evidence(noteOf(lock, t.Envelope, memory.Pairs)),
	}
	in.Evidence.MessageProof = t.Proof
	v, _, err := contact.VerifyCode(in)
	return v, err == nil
}

// raise keeps that messages turned red. A message that turned before keeps its notice, and one
// that was put away stays away.
func (d *Device) raise(turned []vault.Turned) error {
	d.mu.Lock()
	old := d.local.State.Turned
	d.mu.Unlock()
	turned = slices.DeleteFunc(turned, func(t vault.Turned) bool {
		return slices.ContainsFunc(old, func(x vault.Turned) bool { return x.ID == t.ID })
	})
	if len(turned) == 0 {
		return nil
	}
	return d.change(func(l *vault.Local) error {
		tick(&l.State)
		l.State.AddTurned(turned...)
		return nil
	})
}
