package patient

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// notebook is what a device keeps of clinics beside its vault, because it is large, every
// device can fetch it itself, and none of it is needed to restore: the papers of each pinned
// clinic, and the messages that were shown as trusted.
type notebook struct {
	mu      sync.Mutex // guards everything below
	loaded  bool
	clinics []papers
	trusted []trusted
	// fresh is what was fetched last of each clinic since the program started.
	fresh map[[32]byte]freshHead
	// tried is when each clinic was last asked for news since then, whatever came of it.
	tried map[[32]byte]time.Time
	// unsaved says that trusted is not on disk as it is here.
	unsaved bool
	// wrong is SHA-256 of the last code that could not be one, as it was typed.
	wrong [32]byte
}

// freshHead is the newest time that a server proved, and when this device fetched it.
type freshHead struct{ head, at time.Time }

// papers are what clinic's servers said that verified: all that is needed to judge a message of
// the clinic but the message's own proof.
type papers struct {
	Clinic   contact.Hash         `json:"clinic"`
	Notes    []contact.LoggedNote `json:"notes,omitempty"`
	Policies [][]byte             `json:"policies,omitempty"`
	Status   []byte               `json:"status,omitempty"`
	Heads    [][]byte             `json:"heads,omitempty"`
	Servers  []serverMark         `json:"servers,omitempty"`
	Lines    []lineage            `json:"lines,omitempty"`    // of each log
	Placed   []contact.Prefix     `json:"placed,omitempty"`   // shown to lie below a frozen head
	Unplaced []contact.Prefix     `json:"unplaced,omitempty"` // to ask about
	AskedAt  int64                `json:"asked_at,omitempty"` // last success, Unix seconds
}

// serverMark is how far one server of a clinic was read.
type serverMark struct {
	Server string `json:"server"`
	Next   uint64 `json:"next"`    // what to ask after
	Keys   string `json:"keys"`    // origin of its keys log; of another one Next says nothing
	FullAt int64  `json:"full_at"` // when everything was last read, Unix seconds
}

// open reads the notebook once. mu is held.
func (n *notebook) open(d *Device) error {
	if n.loaded {
		return nil
	}
	if err := d.readBeside(clinicsFile, &n.clinics); err != nil {
		return err
	}
	if err := d.readBeside(trustedFile, &n.trusted); err != nil {
		return err
	}
	n.loaded, n.fresh, n.tried = true, map[[32]byte]freshHead{}, map[[32]byte]time.Time{}
	return nil
}

// papersOf returns what is kept of a clinic; the zero papers when that is nothing.
func (d *Device) papersOf(clinic [32]byte) (papers, error) {
	d.notes.mu.Lock()
	defer d.notes.mu.Unlock()
	if err := d.notes.open(d); err != nil {
		return papers{}, err
	}
	if i := d.notes.find(clinic); i >= 0 {
		return d.notes.clinics[i], nil
	}
	return papers{Clinic: clinic}, nil
}

func (n *notebook) find(clinic [32]byte) int {
	return slices.IndexFunc(n.clinics, func(p papers) bool { return p.Clinic == clinic })
}

// keepPapers keeps what is held of a clinic. On an error of the disk it stays in memory until the
// next time.
func (d *Device) keepPapers(p papers) error {
	d.notes.mu.Lock()
	defer d.notes.mu.Unlock()
	if err := d.notes.open(d); err != nil {
		return err
	}
	if i := d.notes.find(p.Clinic); i >= 0 {
		p.Placed, p.Unplaced = d.notes.clinics[i].Placed, d.notes.clinics[i].Unplaced // see changePapers
		d.notes.clinics[i] = p
	} else {
		d.notes.clinics = append(d.notes.clinics, p)
	}
	return d.writeBeside(clinicsFile, d.notes.clinics)
}

// dropPapers forgets what is held of a clinic and its messages.
func (d *Device) dropPapers(clinic [32]byte) error {
	d.notes.mu.Lock()
	defer d.notes.mu.Unlock()
	if err := d.notes.open(d); err != nil {
		return err
	}
	d.notes.clinics = slices.DeleteFunc(d.notes.clinics, func(p papers) bool { return p.Clinic == clinic })
	d.notes.trusted = slices.DeleteFunc(d.notes.trusted, func(t trusted) bool { return t.Clinic == clinic })
	delete(d.notes.fresh, clinic)
	delete(d.notes.tried, clinic)
	if err := d.writeBeside(clinicsFile, d.notes.clinics); err != nil {
		return err
	}
	return d.writeBeside(trustedFile, d.notes.trusted)
}

func (p papers) mark(server string) serverMark {
	for _, m := range p.Servers {
		if m.Server == server {
			return m
		}
	}
	return serverMark{Server: server}
}

func (p *papers) setMark(m serverMark) {
	p.Servers = slices.DeleteFunc(slices.Clone(p.Servers), func(x serverMark) bool { return x.Server == m.Server })
	p.Servers = append(p.Servers, m)
}

// with is the papers and what a server said beside them, to be sifted.
func (p papers) with(news contact.News) contact.News {
	news.Clinic = p.Clinic
	seen := map[string]bool{}
	var notes []contact.LoggedNote
	for _, n := range slices.Concat(news.Notes, p.Notes) {
		if key := string(n.Note) + string(n.Proof); !seen[key] {
			seen[key] = true
			notes = append(notes, n)
		}
	}
	news.Notes = notes
	news.Policies = slices.Concat(news.Policies, p.Policies)
	if news.Status == nil {
		news.Status = p.Status
	}
	return news
}

// evidence is what the papers say for a message: the grant of the key that signed it, the grant
// of the monitor key that signed the status, and the rest. A note that cannot be read gets no
// grants.
func (p papers) evidence(note []byte) contact.Bundle {
	b := contact.Bundle{Policies: p.Policies, Status: p.Status}
	issued := int64(0)
	if s, err := translog.ParseSigned(note); err == nil {
		if m, err := contact.ParseMessage(s.Text); err == nil {
			issued = m.Issued
		}
		b.Grant, b.GrantProof = p.grant(s, issued, contact.RoleDevice)
	}
	if s, err := translog.ParseSigned(p.Status); err == nil {
		if st, err := contact.ParseStatus(s.Text); err == nil {
			b.Monitor, b.MonitorProof = p.grant(s, st.Issued, contact.RoleMonitor)
		}
	}
	return b
}

// grant finds the grant of the key that signed a note, preferring one whose window holds a time.
func (p papers) grant(by translog.Signed, at int64, role contact.Role) (note, proof []byte) {
	if len(by.Sigs) != 1 {
		return nil, nil
	}
	inside := false
	for _, n := range p.Notes {
		s, err := translog.ParseSigned(n.Note)
		if err != nil {
			continue
		}
		g, err := contact.ParseGrant(s.Text)
		if err != nil || g.Role != role || g.Key.Name != by.Sigs[0].Name || g.Key.ID() != by.Sigs[0].ID {
			continue
		}
		if in := g.NotBefore <= at && at <= g.NotAfter; note == nil || in && !inside {
			note, proof, inside = n.Note, n.Proof, in
		}
	}
	return note, proof
}

// visitor adds what somebody needs who has not pinned the clinic: its newest profile under the
// first root set.
func (p papers) visitor(b contact.Bundle) contact.Bundle {
	newest := int64(-1)
	for _, n := range p.Notes {
		s, err := translog.ParseSigned(n.Note)
		if err != nil {
			continue
		}
		pr, err := contact.ParseProfile(s.Text)
		if err == nil && pr.Clinic == p.Clinic && pr.Roots.Hash() == p.Clinic && pr.N > newest {
			b.Profile, b.ProfileProof, newest = n.Note, n.Proof, pr.N
		}
	}
	b.Policies = slices.Clone(b.Policies)
	slices.SortFunc(b.Policies, bytes.Compare)
	return b
}
