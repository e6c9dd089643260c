// Package patienttest is a server of verified contact in memory, for tests of what a patient's
// device does: honest by itself, and hostile when told how.
//
// It promises the exact sizes and layouts of the wire. It never touches disk, and listens on
// this machine alone.
package patienttest

import (
	"context"
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/card"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

const (
	lookUpSize = 24576
	pageSize   = 65536
)

// Contact is ContactService. The zero value knows nothing; it is safe for concurrent use.
type Contact struct {
	mu       sync.Mutex
	clinics  map[[32]byte]contact.News
	messages map[[16]byte][]byte // whole answers
	lookUps  int
	pages    []*chaperonev1.GetClinicRequest
	notes    int // on one page; 0 for as many as fit
	// lie takes the place of an answer; nil is honest.
	lookUpLie func() ([]byte, error)
	pageLie   func(honest []byte) ([]byte, error)
	tileLie   func(path string, honest []byte) ([]byte, error)
	logs      []Log
	tiles     []string
	tileBytes int
}

var _ chaperonev1connect.ContactServiceHandler = (*Contact)(nil)

// Tell replaces what the server says about a clinic.
func (c *Contact) Tell(news contact.News) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.clinics == nil {
		c.clinics = map[[32]byte]contact.News{}
	}
	c.clinics[news.Clinic] = news
}

// Put keeps a message under the id that its code derives; without an envelope it says that it
// deleted one.
func (c *Contact) Put(tb testing.TB, in contact.CodeInput) {
	tb.Helper()
	lock, err := contact.NewLock(Code(tb, in.Code))
	if err != nil {
		tb.Fatal(err)
	}
	raw := make([]byte, 0, lookUpSize)
	switch {
	case in.Envelope == nil:
		raw = append(raw, 2)
	default:
		raw = append(raw, 1)
		for _, part := range [][]byte{in.Envelope, in.Evidence.MessageProof} {
			raw = append(binary.BigEndian.AppendUint32(raw, uint32(len(part))), part...)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.messages == nil {
		c.messages = map[[16]byte][]byte{}
	}
	c.messages[lock.ID()] = raw[:lookUpSize]
}

// LieOnLookUp has f answer look-ups; nil is honest again.
func (c *Contact) LieOnLookUp(f func() ([]byte, error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lookUpLie = f
}

// LieOnPages has f answer in place of the honest page; nil is honest again.
func (c *Contact) LieOnPages(f func(honest []byte) ([]byte, error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pageLie = f
}

// NotesAPage puts at most n notes on a page.
func (c *Contact) NotesAPage(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notes = n
}

// Asked returns how many look-ups there were, and the requests for pages.
func (c *Contact) Asked() (lookUps int, pages []*chaperonev1.GetClinicRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lookUps, slices.Clone(c.pages)
}

// LookUp implements ContactService.
func (c *Contact) LookUp(_ context.Context, r *chaperonev1.LookUpRequest) (*chaperonev1.LookUpResponse, error) {
	c.mu.Lock()
	c.lookUps++
	answer, ok := c.messages[[16]byte(r.GetId())]
	lie := c.lookUpLie
	c.mu.Unlock()
	if !ok {
		answer = make([]byte, lookUpSize)
	}
	if lie != nil {
		var err error
		if answer, err = lie(); err != nil {
			return nil, err
		}
	}
	return &chaperonev1.LookUpResponse{Answer: answer}, nil
}

// GetClinic implements ContactService.
func (c *Contact) GetClinic(_ context.Context, r *chaperonev1.GetClinicRequest) (*chaperonev1.GetClinicResponse, error) {
	c.mu.Lock()
	c.pages = append(c.pages, r)
	var news contact.News
	for id, n := range c.clinics {
		if string(r.GetClinicId()) == string(id[:]) || len(r.GetCard()) == len(card.Number{}) && card.Of(id) == card.Number(r.GetCard()) {
			news = n
		}
	}
	raw := page(news, int64(r.GetAfter()), c.notes)
	lie := c.pageLie
	c.mu.Unlock()
	if lie != nil {
		var err error
		if raw, err = lie(raw); err != nil {
			return nil, err
		}
	}
	return &chaperonev1.GetClinicResponse{Page: raw}, nil
}

// page is a page about a clinic: of the notes those from an index on.
func page(news contact.News, from int64, most int) []byte {
	raw := make([]byte, 0, pageSize)
	add := func(kind byte, data []byte) {
		raw = append(binary.BigEndian.AppendUint32(append(raw, kind), uint32(len(data))), data...)
	}
	for i, h := range news.Heads {
		add(byte(1+i), h)
	}
	for _, p := range news.Policies {
		add(3, p)
	}
	if news.Status != nil {
		add(7, news.Status)
	}
	add(99, []byte("of a newer server"))
	type indexed struct {
		contact.LoggedNote
		index int64
	}
	var notes []indexed
	for _, n := range news.Notes {
		if p, err := translog.ParseProof(n.Proof); err == nil && p.Index >= from {
			notes = append(notes, indexed{n, p.Index})
		}
	}
	slices.SortFunc(notes, func(a, b indexed) int { return int(a.index - b.index) })
	last := int64(-1)
	for i, n := range notes {
		if most > 0 && i == most || len(raw)+len(n.Note)+len(n.Proof)+31 > pageSize {
			add(6, binary.BigEndian.AppendUint64(nil, uint64(last)))
			break
		}
		add(4, append(binary.BigEndian.AppendUint64(nil, uint64(n.index)), n.Note...))
		add(5, n.Proof)
		last = n.index
	}
	return raw[:pageSize]
}

// Server is a [Contact] over HTTP on this machine.
type Server struct {
	Contact
	URL string

	mu   sync.Mutex
	raw  http.HandlerFunc
	date func() time.Time // of the Date header; nil: there is none
}

// New starts a server, which ends with the test.
func New(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{}
	server := connect.NewServer()
	chaperonev1connect.RegisterContactServiceHandler(server, &s.Contact)
	mux := http.NewServeMux()
	connecthttp.Mount(mux, server)
	mux.HandleFunc("/log/", s.ServeTile)
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		raw, date := s.raw, s.date
		s.mu.Unlock()
		w.Header()["Date"] = nil
		if date != nil {
			w.Header().Set("Date", date().UTC().Format(http.TimeFormat))
		}
		if raw != nil {
			// A handler notices that its caller went away only once the request is read.
			_, _ = io.Copy(io.Discard, r.Body)
			raw(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	tb.Cleanup(h.Close)
	s.URL = h.URL
	return s
}

// Date has every answer say what time it is; by itself none does.
func (s *Server) Date(now func() time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.date = now
}

// Raw has f answer every request; nil is honest again.
func (s *Server) Raw(f http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.raw = f
}
