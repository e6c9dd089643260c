package office

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
	"github.com/chaperone-privacy/chaperone/internal/translog/memlog"
)

var testNow = time.Date(2031, 5, 1, 8, 0, 0, 0, time.UTC)

// fakeServer is a server over logs in memory. With its hooks unset it is honest.
type fakeServer struct {
	chaperonev1connect.ContactServiceHandler

	url  string
	logs *memlog.Logs

	mu       sync.Mutex
	clock    time.Time
	notes    [][]byte
	asked    [][]byte         // notes in the order of requests
	leaves   map[string]int64 // index by leaf
	requests map[string][]byte
	order    [][]byte // leaves of the msgs log
	status   []byte

	publish func(*chaperonev1.PublishResponse) (*chaperonev1.PublishResponse, error) // changes the answer
	down    bool
	refuse  []byte // a note that is not taken
	endless int    // how many pages were given; not 0: there is always one more
}

func newFake(t *testing.T) *fakeServer {
	t.Helper()
	s := &fakeServer{clock: testNow, leaves: map[string]int64{}, requests: map[string][]byte{}}
	var err error
	if s.logs, err = memlog.New(memlog.Config{Name: "log.example.com", Rand: contacttest.Seed("office logs"), Now: s.now}); err != nil {
		t.Fatal(err)
	}
	server := connect.NewServer()
	chaperonev1connect.RegisterContactServiceHandler(server, s)
	chaperonev1connect.RegisterClinicServiceHandler(server, s)
	mux := http.NewServeMux()
	connecthttp.Mount(mux, server)
	mux.HandleFunc("/log/", s.files)
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		down := s.down
		s.mu.Unlock()
		if down {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(h.Close)
	s.url = h.URL
	return s
}

func (s *fakeServer) now() time.Time { return s.clock }

func (s *fakeServer) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *fakeServer) AppendNote(_ context.Context, r *chaperonev1.AppendNoteRequest) (*chaperonev1.AppendNoteResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil && bytes.Equal(s.refuse, r.GetNote()) {
		return nil, connect.NewError(connect.CodeAlreadyExists, "something else")
	}
	s.asked = append(s.asked, r.GetNote())
	for i, n := range s.notes {
		if bytes.Equal(n, r.GetNote()) {
			proof, err := s.logs.Keys.Proof(int64(i))
			return &chaperonev1.AppendNoteResponse{Index: uint64(i), Proof: proof}, err
		}
	}
	i, err := s.logs.Keys.Append(r.GetNote())
	if err != nil {
		return nil, err
	}
	s.notes = append(s.notes, r.GetNote())
	proof, err := s.logs.Keys.Proof(i)
	return &chaperonev1.AppendNoteResponse{Index: uint64(i), Proof: proof}, err
}

func (s *fakeServer) Publish(_ context.Context, r *chaperonev1.PublishRequest) (*chaperonev1.PublishResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.leaves[string(r.GetLeaf())]
	if !ok {
		var err error
		if i, err = s.logs.Msgs.Append(r.GetLeaf()); err != nil {
			return nil, err
		}
		s.leaves[string(r.GetLeaf())] = i
		s.requests[string(r.GetLeaf())] = append(r.GetId(), r.GetEnvelope()...)
		s.order = append(s.order, r.GetLeaf())
	} else if !bytes.Equal(s.requests[string(r.GetLeaf())], append(r.GetId(), r.GetEnvelope()...)) {
		return nil, connect.NewError(connect.CodeAlreadyExists, "something else")
	}
	proof, err := s.logs.Msgs.Proof(i)
	a := &chaperonev1.PublishResponse{Index: uint64(i), Proof: proof}
	if s.publish != nil && err == nil {
		return s.publish(a)
	}
	return a, err
}

func (s *fakeServer) PutStatus(_ context.Context, r *chaperonev1.PutStatusRequest) (*chaperonev1.PutStatusResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = r.GetStatus()
	return &chaperonev1.PutStatusResponse{}, nil
}

func (s *fakeServer) GetClinic(_ context.Context, r *chaperonev1.GetClinicRequest) (*chaperonev1.GetClinicResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var page []byte
	add := func(t byte, data []byte) {
		page = append(binary.BigEndian.AppendUint32(append(page, t), uint32(len(data))), data...)
	}
	add(1, s.logs.Keys.Checkpoint())
	add(3, s.logs.PolicyText())
	for i, n := range s.notes {
		if uint64(i) < r.GetAfter() {
			continue
		}
		proof, err := s.logs.Keys.Proof(int64(i))
		if err != nil {
			return nil, err
		}
		add(4, append(binary.BigEndian.AppendUint64(nil, uint64(i)), n...))
		add(5, proof)
	}
	if s.endless > 0 {
		s.endless++
		index := binary.BigEndian.AppendUint64(nil, r.GetAfter()+1000)
		add(4, append(index, "no note"...))
		add(5, []byte("no proof"))
		add(6, index)
	}
	if s.status != nil {
		add(7, s.status)
	}
	return &chaperonev1.GetClinicResponse{Page: append(page, make([]byte, max(0, 64<<10-len(page)))...)}, nil
}

// files serves checkpoints and entries.
func (s *fakeServer) files(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch path := strings.TrimPrefix(r.URL.Path, "/log/"); {
	case path == "keys/checkpoint":
		_, _ = w.Write(s.logs.Keys.Checkpoint())
	case path == "msgs/checkpoint" && len(s.order) == 0:
		http.NotFound(w, r)
	case path == "msgs/checkpoint":
		_, _ = w.Write(s.logs.Msgs.Checkpoint())
	case strings.HasPrefix(path, "msgs/tile/entries/000"):
		entries(w, s.order)
	case strings.HasPrefix(path, "keys/tile/entries/000"):
		entries(w, s.notes)
	default:
		http.NotFound(w, r)
	}
}

func entries(w http.ResponseWriter, all [][]byte) {
	for _, e := range all {
		_, _ = w.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(e))), e...))
	}
}

// desk is a clinic on a fake server, with its monitor here and a device that may send notices.
type desk struct {
	t    *testing.T
	fake *fakeServer
	dir  string
	made Made
}

func (d *desk) open() *Office {
	d.t.Helper()
	o, err := Open(Config{
		Dir: d.dir, Passphrase: func() (string, error) { return "correct horse battery", nil }, Work: 2,
		Now: d.fake.now, Wait: time.Second,
	})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = o.Close() })
	return o
}

func newDesk(t *testing.T) (*desk, *Office) {
	t.Helper()
	d := &desk{t: t, fake: newFake(t), dir: filepath.Join(t.TempDir(), "office")}
	o := d.open()
	err := o.Create(t.Context(), Setup{
		Name: "Example Aesthetics", Slug: "example", Phones: []string{"+15555550100"}, Server: d.fake.url,
		Public: []string{"https://contact.example.com"}, Threshold: 2, Holders: 3, Revokers: 2, Here: Here{Persons: people(t)},
	}, func(m Made) error { d.made = m; return nil })
	if err != nil {
		t.Fatal(err)
	}
	k, err := o.NewDevice("frontdesk.example", false)
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.Grant(t.Context(), d.made.Roots, GrantRequest{
		Key: k, Label: "Front desk", Holder: "front-desk", Kinds: []contact.Kind{contact.KindNotice, contact.KindWithdraw}, Cap: 200,
	})
	if err != nil {
		t.Fatal(err)
	}
	return d, o
}

// ana and ben may approve, each with a passphrase of their own.
var (
	ana = monitor.Word{Person: "ana", Passphrase: "correct horse one"}
	ben = monitor.Word{Person: "ben", Passphrase: "correct horse two"}
)

func people(t *testing.T) []monitor.Person {
	t.Helper()
	var out []monitor.Person
	for _, w := range []monitor.Word{ana, ben} {
		p, err := monitor.NewPerson(contacttest.Seed(w.Person), w.Person, w.Passphrase, 2)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// approve says a person's word while no command has the monitor.
func (d *desk) approve(w monitor.Word, name string, messages int) error {
	d.t.Helper()
	k, err := monitor.OpenKeyless(monitor.Config{Dir: monitor.Directory(d.dir), Now: d.fake.now})
	if err != nil {
		d.t.Fatal(err)
	}
	return errors.Join(k.Approve(d.t.Context(), w, name, messages), k.Close())
}

func notice(text string) clinic.Draft {
	return clinic.Draft{Kind: contact.KindNotice, Channel: "post", Body: text}
}

// headline judges a message's bundle as a patient who holds the clinic's card does.
func (d *desk) headline(o *Office, it *Item, text string) contact.Finding {
	d.t.Helper()
	raw, err := o.Bundle(d.t.Context(), it)
	if err != nil {
		d.t.Fatal(err)
	}
	pin := contact.NewPin(d.made.Roots.Set(), "Example Aesthetics", contact.InPerson, testNow.Unix())
	v, _, err := contact.Verify(contact.Input{Bundle: raw, Text: &text, Memory: contact.Memory{Pins: []contact.Pin{pin}}, Now: d.fake.now()})
	if err != nil {
		d.t.Fatal(err)
	}
	return v.Headline
}

// second is a monitor elsewhere that answers as it is told.
type second struct {
	m    clinic.Prover
	errs []error // of the next calls
	n    int
	got  [][]byte
}

func (s *second) Prove(ctx context.Context, r clinic.ProveRequest) (vrf, leaf []byte, err error) {
	s.n++
	if len(s.errs) > 0 {
		err, s.errs = s.errs[0], s.errs[1:]
		if err != nil {
			return nil, nil, fmt.Errorf("prove: %w", err)
		}
	}
	return s.m.Prove(ctx, r)
}

func (s *second) Deliver(_ context.Context, note []byte) error {
	s.got = append(s.got, note)
	return nil
}
