package patient

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/http"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

const (
	lookUpSize = 24576 // bytes of an answer to LookUp
	pageSize   = 65536 // bytes of a page about a clinic
	// slack is what the wire adds to an answer.
	slack = 1 << 10
	// maxPages is how many pages about a clinic are read at once; maxTold how many notes.
	maxPages = 64
	maxTold  = 1024
)

// Section types of a page about a clinic.
const (
	pageEnd    = 0
	pageKeys   = 1 // newest checkpoint of the keys log
	pageMsgs   = 2 // newest checkpoint of the msgs log
	pagePolicy = 3 // text of the witness policy
	pageNote   = 4 // index u64, and a note
	pageProof  = 5 // tlog-proof of the note before it
	pageMore   = 6 // index u64 of the last note, when there are more
	pageStatus = 7 // newest signed status
)

// told is what one server says about a clinic.
type told struct {
	news contact.News
	// next is what to ask after the next time: one more than the index of the last note.
	next uint64
	more bool
	// keys is the origin of the keys log that next counts in; "" while it is empty.
	keys string
	// date is the server's clock, as the answer's header gives it; zero for none. It proves
	// nothing, and only ever helps to say that this device's clock may be wrong.
	date time.Time
}

// readPage takes a page apart. Types that it does not know are passed over, so that a server may
// say more to newer programs.
func readPage(raw []byte, after uint64) (told, bool) {
	t := told{next: after}
	if len(raw) != pageSize {
		return told{}, false
	}
	open := false // the last note has no proof yet
	for len(raw) > 0 && raw[0] != pageEnd {
		if len(raw) < 5 {
			return told{}, false
		}
		kind, n := raw[0], binary.BigEndian.Uint32(raw[1:])
		raw = raw[5:]
		if uint64(n) > uint64(len(raw)) {
			return told{}, false
		}
		data := raw[:n:n]
		raw = raw[n:]
		if open != (kind == pageProof) {
			return told{}, false
		}
		switch kind {
		case pageKeys, pageMsgs:
			t.news.Heads = append(t.news.Heads, data)
			if c, err := translog.ParseCheckpoint(data); err == nil && kind == pageKeys {
				t.keys = c.Origin
			}
		case pagePolicy:
			t.news.Policies = append(t.news.Policies, data)
		case pageNote:
			if len(data) < 8 {
				return told{}, false
			}
			index := binary.BigEndian.Uint64(data)
			if index < t.next || index >= 1<<53-1 {
				return told{}, false
			}
			t.next = index + 1
			t.news.Notes = append(t.news.Notes, contact.LoggedNote{Note: data[8:]})
			open = true
		case pageProof:
			t.news.Notes[len(t.news.Notes)-1].Proof = data
			open = false
		case pageMore:
			// Further pages start behind the last note that was given.
			if len(data) != 8 || t.next == after || binary.BigEndian.Uint64(data) != t.next-1 {
				return told{}, false
			}
			t.more = true
		case pageStatus:
			t.news.Status = data
		}
	}
	if open || len(bytes.Trim(raw, "\x00")) > 0 {
		return told{}, false
	}
	return t, true
}

// contactClient is a client that reads no more than the one answer it waits for. Sealed bytes do
// not compress, and what does not decompress cannot blow up.
func (d *Device) contactClient(server string, size int) chaperonev1connect.ContactServiceClient {
	return chaperonev1connect.NewContactServiceClient(d.connection(server, size+slack, connecthttp.WithCompressors()))
}

// askClinic reads what a server says about a clinic: by its id, or by the number of its card. It
// fails with ErrOffline or ErrRefused.
func (d *Device) askClinic(ctx context.Context, server string, id, card []byte, after uint64) (told, error) {
	client := d.contactClient(server, pageSize)
	all := told{next: after}
	for range maxPages {
		ctx, info := connect.NewClientContext(ctx)
		answer, err := client.GetClinic(ctx, &chaperonev1.GetClinicRequest{ClinicId: id, Card: card, After: all.next})
		if err != nil {
			return told{}, serverError(ctx, err)
		}
		page, ok := readPage(answer.GetPage(), all.next)
		if !ok {
			return told{}, badAnswer("page about a clinic")
		}
		if len(all.news.Notes) > 0 && page.keys != all.keys {
			return told{}, badAnswer("the log was replaced while it was read")
		}
		// The newest of what every page has; the notes of all of them.
		notes := append(all.news.Notes, page.news.Notes...)
		if page.news.Status == nil {
			page.news.Status = all.news.Status
		}
		all.news, all.next, all.keys = page.news, page.next, page.keys
		if date, err := http.ParseTime(info.ResponseHeader().Get("Date")); err == nil {
			all.date = date
		}
		all.news.Notes = notes
		if !page.more {
			return all, nil
		}
		if len(notes) > maxTold {
			break
		}
	}
	return told{}, badAnswer("too many pages about a clinic")
}

// found is what one server says about a code.
type found struct {
	answer   contact.Answer
	envelope []byte
	proof    []byte // tlog-proof; nil while too few witnesses have signed
	server   string
}

// readLookUp takes the answer to LookUp apart. Whatever is not exactly as it must be proves
// nothing.
func readLookUp(raw []byte) (found, bool) {
	if len(raw) != lookUpSize {
		return found{}, false
	}
	state, rest := raw[0], raw[1:]
	f := found{}
	switch state {
	case 0:
		f.answer = contact.NotFound
	case 1:
		f.answer = contact.Found
		var ok bool
		if f.envelope, rest, ok = cutLength(rest); !ok || len(f.envelope) == 0 {
			return found{}, false
		}
		if f.proof, rest, ok = cutLength(rest); !ok {
			return found{}, false
		}
	case 2:
		f.answer = contact.Deleted
	default:
		return found{}, false
	}
	return f, len(bytes.Trim(rest, "\x00")) == 0
}

// cutLength reads u32 length || bytes.
func cutLength(raw []byte) (data, rest []byte, ok bool) {
	if len(raw) < 4 {
		return nil, nil, false
	}
	n := binary.BigEndian.Uint32(raw)
	if uint64(n) > uint64(len(raw)-4) {
		return nil, nil, false
	}
	return raw[4 : 4+n : 4+n], raw[4+n:], true
}
