package clinic

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// Section types of a page, as docs/design/0009 lays them out.
const (
	pageKeys   = 1
	pageMsgs   = 2
	pagePolicy = 3
	pageNote   = 4
	pageProof  = 5
	pageMore   = 6
	pageStatus = 7

	maxPage = 64 << 10
)

// Page is one page about a clinic. Nothing in it is verified.
type Page struct {
	Keys, Msgs []byte // newest witnessed checkpoints; nil for none
	Policies   [][]byte
	Notes      []PageNote // rising by index
	More       bool       // ask again after the last note
	Next       int64      // what to ask after
	Status     []byte     // newest signed status; nil for none
}

// PageNote is a note of the keys log, where it stands, and its tlog-proof.
type PageNote struct {
	Index       int64
	Note, Proof []byte
}

// News returns what a page says, for [contact.Learn].
func (p Page) News(clinic [32]byte) contact.News {
	n := contact.News{Clinic: clinic, Policies: p.Policies, Status: p.Status}
	for _, x := range p.Notes {
		n.Notes = append(n.Notes, contact.LoggedNote{Note: x.Note, Proof: x.Proof})
	}
	for _, h := range [][]byte{p.Keys, p.Msgs} {
		if h != nil {
			n.Heads = append(n.Heads, h)
		}
	}
	return n
}

// parsePage reads a page: sections type u8 | length u32 | bytes, then zeros. Section types that
// it does not know are passed over. It fails with [ErrBadAnswer].
func parsePage(raw []byte) (Page, error) {
	var p Page
	if len(raw) > maxPage {
		return p, fmt.Errorf("page: %w: size", ErrBadAnswer)
	}
	for rest := raw; len(bytes.TrimLeft(rest, "\x00")) > 0; {
		if len(rest) < 5 {
			return Page{}, fmt.Errorf("page: %w: cut off", ErrBadAnswer)
		}
		t, n := rest[0], binary.BigEndian.Uint32(rest[1:])
		rest = rest[5:]
		if uint64(n) > uint64(len(rest)) {
			return Page{}, fmt.Errorf("page: %w: length", ErrBadAnswer)
		}
		if !p.add(t, rest[:n:n]) {
			return Page{}, fmt.Errorf("page: %w: section %d", ErrBadAnswer, t)
		}
		rest = rest[n:]
	}
	if k := len(p.Notes); k > 0 {
		p.Next = max(p.Next, p.Notes[k-1].Index+1)
	}
	return p, nil
}

func (p *Page) add(t byte, data []byte) bool {
	switch t {
	case pageKeys:
		p.Keys = data
	case pageMsgs:
		p.Msgs = data
	case pagePolicy:
		p.Policies = append(p.Policies, data)
	case pageNote:
		if len(data) <= 8 {
			return false
		}
		index := binary.BigEndian.Uint64(data)
		k := len(p.Notes)
		if index >= 1<<53 || k > 0 && p.Notes[k-1].Index >= int64(index) {
			return false
		}
		p.Notes = append(p.Notes, PageNote{Index: int64(index), Note: data[8:]})
	case pageProof:
		k := len(p.Notes)
		if k == 0 || p.Notes[k-1].Proof != nil {
			return false
		}
		p.Notes[k-1].Proof = data
	case pageMore:
		if len(data) != 8 || binary.BigEndian.Uint64(data) >= 1<<53 {
			return false
		}
		p.More = true
	case pageStatus:
		p.Status = data
	}
	return t != 0
}
