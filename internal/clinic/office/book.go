package office

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

const bookSchema = 1

// entry is a logged note, where it stands, and since when.
type entry struct {
	Index int64  `json:"index"`
	Note  string `json:"note"`
	Proof string `json:"proof"`
	Time  int64  `json:"logged_at"` // T_log, Unix seconds
}

func (e entry) logged() clinic.Logged {
	return clinic.Logged{Note: []byte(e.Note), Proof: []byte(e.Proof)}
}

// book is clinic.json: what the machine knows of its clinic. Nothing in it is secret; all of it
// stands in the public log.
type book struct {
	Schema   int          `json:"schema"`
	Clinic   contact.Hash `json:"clinic"`
	Server   string       `json:"server"`
	Roots    string       `json:"roots"` // text of the first root set
	Notes    []entry      `json:"notes"`
	Policies []string     `json:"policies"`
	// Pending are signed notes that are not logged yet, oldest first.
	Pending []string `json:"pending,omitempty"`
	// Device is the vkey of this machine's device; "" for none.
	Device string `json:"device,omitempty"`
	// Here says that the monitor's keys are on this machine.
	Here bool `json:"monitor_here,omitempty"`
	// Status is the newest status that is known here.
	Status string `json:"status,omitempty"`
}

func (b book) marshal() ([]byte, error) {
	raw, err := json.MarshalIndent(b, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write clinic file: %w", err)
	}
	return append(raw, '\n'), nil
}

func parseBook(raw []byte) (book, error) {
	var b book
	if err := json.Unmarshal(raw, &b); err != nil || b.Schema != bookSchema {
		return book{}, ErrBook
	}
	if b.Clinic != (contact.Hash{}) && b.Roots != "" {
		set, err := contact.ParseRootSet(b.Roots)
		if err != nil || set.Hash() != [32]byte(b.Clinic) {
			return book{}, ErrBook
		}
	}
	return b, nil
}

// Granted is a grant of the clinic, and what became of its key.
type Granted struct {
	contact.Grant
	Logged  clinic.Logged
	Revoked *contact.Revoke // nil: not revoked
}

// view is what the notes of a book say. All of it verified.
type view struct {
	sets     []contact.RootSet // first to current
	rotates  []entry
	profile  contact.Profile
	at       entry // of profile
	profiles []contact.Profile
	grants   []Granted // rising by the time of their grant; of each key the newest
	older    []Granted // those that a newer one of the same key replaced
	numbers  map[string]int64
}

func (v *view) current() contact.RootSet { return v.sets[len(v.sets)-1] }

func (v *view) grant(key string) (*Granted, bool) {
	i := slices.IndexFunc(v.grants, func(g Granted) bool { return g.Key.String() == key })
	if i < 0 {
		return nil, false
	}
	return &v.grants[i], true
}

// grantAt returns the newest grant of a key whose window holds a time, Unix seconds.
func (v *view) grantAt(key string, at int64) (*Granted, bool) {
	for _, list := range [][]Granted{v.grants, v.older} {
		for i := len(list) - 1; i >= 0; i-- {
			if g := &list[i]; g.Key.String() == key && at >= g.NotBefore && at <= g.NotAfter {
				return g, true
			}
		}
	}
	return nil, false
}

// read makes a view of a book's notes. Notes that do not verify are passed over; a book that was
// changed by hand says less.
func (b *book) read() *view {
	v := &view{numbers: map[string]int64{}}
	if set, err := contact.ParseRootSet(b.Roots); err == nil {
		v.sets = append(v.sets, set)
	}
	for _, e := range b.Notes {
		v.add(e)
	}
	return v
}

// add takes one note into the view and reports whether it verified.
func (v *view) add(e entry) bool {
	s, err := translog.ParseSigned([]byte(e.Note))
	if err != nil {
		return false
	}
	first, _, _ := strings.Cut(s.Text, "\n")
	switch first {
	case "chaperone/clinic/v1":
		return v.addProfile(e, s)
	case "chaperone/rotate/v1":
		r, err := contact.ParseRotate(s.Text)
		if err != nil || len(v.sets) == 0 || r.Old != v.current().Hash() || !clinic.SignedByBoth(s, v.current(), r.Roots) {
			return false
		}
		v.sets = append(v.sets, r.Roots)
		v.rotates = append(v.rotates, e)
		v.number("rotate", r.N)
		return true
	case "chaperone/grant/v1":
		g, err := contact.ParseGrant(s.Text)
		if err != nil || !v.byRoots(s) {
			return false
		}
		next := Granted{Grant: g, Logged: e.logged()}
		v.grants = slices.DeleteFunc(v.grants, func(x Granted) bool {
			if x.Key != g.Key || x.Enrol != g.Enrol {
				return false
			}
			v.older, next.Revoked = append(v.older, x), x.Revoked // a key that was ended stays so
			return true
		})
		v.grants = append(v.grants, next)
		return true
	case "chaperone/revoke/v1":
		return v.addRevoke(s)
	case "chaperone/incident/v1":
		n, err := contact.ParseIncident(s.Text)
		if err != nil || !v.byRoots(s) {
			return false
		}
		v.number("incident", n.N)
		return true
	case "chaperone/withdraw/v1":
		_, err := contact.ParseWithdraw(s.Text)
		return err == nil && (v.byRoots(s) || v.byOne(s, contact.RoleDevice, contact.RoleMonitor))
	}
	return true // kept, and of no use here
}

func (v *view) number(kind string, n int64) { v.numbers[kind] = max(v.numbers[kind], n) }

func (v *view) byRoots(s translog.Signed) bool {
	return slices.ContainsFunc(v.sets, func(set contact.RootSet) bool { return clinic.SignedByRoots(s, set) })
}

// byOne reports whether exactly one granted key of these roles signed.
func (v *view) byOne(s translog.Signed, roles ...contact.Role) bool {
	return len(s.Sigs) == 1 && slices.ContainsFunc(v.grants, func(g Granted) bool {
		if !slices.Contains(roles, g.Role) {
			return false
		}
		_, err := s.Open(g.Key)
		return err == nil
	})
}

func (v *view) addProfile(e entry, s translog.Signed) bool {
	p, err := contact.ParseProfile(s.Text)
	if err != nil || !clinic.SignedByRoots(s, p.Roots) ||
		!slices.ContainsFunc(v.sets, func(set contact.RootSet) bool { return set.Hash() == p.Roots.Hash() }) {
		return false
	}
	v.profiles = append(v.profiles, p)
	if p.N > v.profile.N {
		v.profile, v.at = p, e
	}
	return true
}

func (v *view) addRevoke(s translog.Signed) bool {
	r, err := contact.ParseRevoke(s.Text)
	if err != nil {
		return false
	}
	roots := v.byRoots(s)
	if !roots && !v.byOne(s, contact.RoleRevoker) {
		return false
	}
	for i := range v.grants {
		g := &v.grants[i]
		if !roots && g.Role != contact.RoleDevice && g.Role != contact.RoleEnrol {
			continue // a revoker ends no others
		}
		if r.Key == g.Key && r.Enrol == g.Enrol && (g.Revoked == nil || r.Effective < g.Revoked.Effective) {
			g.Revoked = &r
		}
	}
	return true
}

// policies are the texts that the book holds.
func (b *book) policies() [][]byte {
	var out [][]byte
	for _, p := range b.Policies {
		out = append(out, []byte(p))
	}
	return out
}

// listed reports whether a profile of the view names a policy.
func (v *view) listed(text []byte) bool {
	hash := contact.PolicyHash(text)
	return slices.ContainsFunc(v.profiles, func(p contact.Profile) bool {
		return slices.ContainsFunc(p.Policies, func(r contact.PolicyRef) bool { return r.Hash == hash })
	})
}

// absorb takes what a server says into the book: notes that the clinic signed and witnesses have
// seen. It reports whether anything was new.
func (b *book) absorb(p clinic.Page) bool {
	changed := false
	if b.Roots == "" {
		changed = b.findRoots(p)
	}
	// What may be in force is decided by signatures first: the policies that verify proofs are
	// named by profiles.
	v := b.read()
	for _, n := range p.Notes {
		v.add(entry{Index: n.Index, Note: string(n.Note)})
	}
	for _, text := range p.Policies {
		if v.listed(text) && !slices.Contains(b.Policies, string(text)) {
			b.Policies = append(b.Policies, string(text))
			changed = true
		}
	}
	for _, n := range p.Notes {
		if b.take(n.Note, n.Proof) == nil {
			changed = true
		}
	}
	return changed
}

// findRoots takes the first root set from a profile whose root set hashes to the clinic id.
func (b *book) findRoots(p clinic.Page) bool {
	for _, n := range p.Notes {
		s, err := translog.ParseSigned(n.Note)
		if err != nil {
			continue
		}
		profile, err := contact.ParseProfile(s.Text)
		if err == nil && profile.Roots.Hash() == [32]byte(b.Clinic) && clinic.SignedByRoots(s, profile.Roots) {
			b.Roots = profile.Roots.Text()
			return true
		}
	}
	return false
}

// take adds one logged note. It fails with clinic.ErrProof, and changes nothing when the note is
// held already.
func (b *book) take(note, proof []byte) error {
	if slices.ContainsFunc(b.Notes, func(e entry) bool { return e.Note == string(note) }) {
		return ErrKeyTaken
	}
	head, index, err := clinic.CheckProof(b.policies(), clinic.KeysLog, note, proof)
	if err != nil {
		return err
	}
	e := entry{Index: index, Note: string(note), Proof: string(proof), Time: head.LoggedAt}
	if !b.read().add(e) {
		return fmt.Errorf("%w: not the clinic's note", clinic.ErrProof)
	}
	b.Notes = append(b.Notes, e)
	slices.SortFunc(b.Notes, func(a, c entry) int { return cmp.Compare(a.Index, c.Index) })
	return nil
}

// papers is what speaks for the clinic's messages. monitor is the key that signed the status.
func (b *book) papers(v *view, monitor *Granted) clinic.Papers {
	p := clinic.Papers{Profile: v.at.logged()}
	if monitor != nil {
		p.Monitor = monitor.Logged
	}
	for _, e := range v.rotates {
		p.Rotations = append(p.Rotations, contact.Rotation{Note: []byte(e.Note), Proof: []byte(e.Proof)})
	}
	for _, text := range b.policies() {
		if v.listed(text) {
			p.Policies = append(p.Policies, text)
		}
	}
	slices.SortFunc(p.Policies, bytes.Compare)
	return p
}
