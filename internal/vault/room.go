package vault

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// What clinics said has its own room in a vault, so that no clinic, and nobody who stole a key of
// one, fills a vault until its patient can save nothing more.
const (
	clinicsRoom = 160 << 10 // bytes of all clinics together
	clinicRoom  = 40 << 10  // at most, of one
	itemRoom    = 300       // what the JSON of one thing takes beside its text
)

// Room splits what was learned of clinics into what goes into a vault and what does not fit. What
// a clinic's own roots ended or said stays first, then forks and the newest status, then keys seen
// stolen; messages taken back go first: they stand in statuses, too. Which part is which depends on the
// memory alone, not on the order in which it was learned.
func Room(m contact.Memory) (kept, beyond contact.Memory) {
	kept = m.Merge(contact.Memory{})
	things := thingsOf(kept)
	kept.Stolen, kept.Statuses, kept.Notes, kept.Heads, kept.Forks = nil, nil, nil, nil, nil
	clinics := map[contact.Hash]int{}
	for _, t := range things {
		clinics[t.clinic] = 0
	}
	room := min(clinicRoom, clinicsRoom/max(len(clinics), 1))
	for _, t := range things {
		into := &kept
		if clinics[t.clinic] += t.size; clinics[t.clinic] > room {
			into = &beyond // and so is all that comes after it
		}
		t.add(into)
	}
	return kept.Merge(contact.Memory{}), beyond.Merge(contact.Memory{})
}

type thing struct {
	clinic     contact.Hash
	rank, size int
	at         int64 // the newest first
	text       string
	add        func(*contact.Memory)
}

func thingsOf(m contact.Memory) []thing {
	var out []thing
	newest := map[contact.Hash]int64{}
	for _, s := range m.Statuses {
		newest[s.Clinic] = max(newest[s.Clinic], s.Issued)
	}
	for _, s := range m.Statuses {
		rank := 3
		if s.Issued == newest[s.Clinic] {
			rank = 1
		}
		out = append(out, thing{s.Clinic, rank, itemRoom + len(s.Text), s.Issued, string(s.Key[:]), func(m *contact.Memory) {
			m.Statuses = append(m.Statuses, s)
		}})
	}
	for _, s := range m.Stolen {
		out = append(out, thing{s.Clinic, 2, itemRoom, 0, string(s.Key[:]), func(m *contact.Memory) { m.Stolen = append(m.Stolen, s) }})
	}
	for _, h := range m.Heads {
		size := itemRoom + len(h.Origin) + len(h.Checkpoint)
		out = append(out, thing{h.Clinic, 3, size, h.Size, h.Origin + h.Checkpoint, func(m *contact.Memory) { m.Heads = append(m.Heads, h) }})
	}
	for _, f := range m.Forks {
		size := itemRoom + len(f.Origin) + len(f.A) + len(f.B) + 48*len(f.Proof)
		out = append(out, thing{f.Clinic, 1, size, 0, f.Origin + f.A + f.B, func(m *contact.Memory) { m.Forks = append(m.Forks, f) }})
	}
	for _, n := range m.Notes {
		rank := 0
		switch {
		case strings.HasPrefix(n.Text, "chaperone/withdraw/"):
			rank = 5
		case n.Signer != (contact.Hash{}):
			rank = 4
		}
		out = append(out, thing{n.Clinic, rank, itemRoom + len(n.Text), n.LoggedAt, n.Text + string(n.Signer[:]), func(m *contact.Memory) {
			m.Notes = append(m.Notes, n)
		}})
	}
	slices.SortFunc(out, func(a, b thing) int {
		return cmp.Or(bytes.Compare(a.clinic[:], b.clinic[:]), cmp.Compare(a.rank, b.rank), -cmp.Compare(a.at, b.at), cmp.Compare(a.text, b.text))
	})
	return out
}
