package monitor_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/translog"
	"github.com/chaperone-privacy/chaperone/internal/translog/memlog"
)

// start is a Tuesday, during opening hours.
var start = time.Date(2031, 5, 6, 10, 0, 0, 0, time.UTC)

const (
	ana, anaPass = "ana", "correct horse one"
	ben, benPass = "ben", "correct horse two"
)

// world is a clinic with a monitor, a front desk and a server that can be made to lie.
type world struct {
	t      *testing.T
	clock  time.Time
	server *server
	roots  *clinic.Roots
	keys   *monitor.Keys
	device *clinic.Device
	id     [32]byte
	dir    string
	m      *monitor.Monitor
	salt   byte
	hours  *monitor.Hours
	most   int64
	// witness, when set, is where the policy says that its witness can be asked.
	witness string
}

type option func(*world)

func newWorld(t *testing.T, opts ...option) *world {
	t.Helper()
	w := &world{t: t, clock: start, dir: t.TempDir(), most: 3}
	for _, o := range opts {
		o(w)
	}
	w.server = newServer(t, func() time.Time { return w.clock })
	w.roots = must(clinic.NewRoots(2, contacttest.Seed("roots"), "root-a", "root-b", "root-c"))(t)
	w.keys = must(monitor.NewKeys("monitor.example.com", contacttest.Seed("monitor keys"), start))(t)
	w.device = must(clinic.NewDevice("desk.example.com", contacttest.Seed("desk")))(t)
	w.id = w.roots.Set().Hash()
	check(t, monitor.SetUp(w.dir, w.keys, []byte("sealed"), "https://monitor.example.com:8443", must(persons())(t), w.hours))
	profile := must(w.roots.SignProfile(w.profile(1)))(t)
	w.server.log(clinic.KeysLog, profile)
	w.server.log(clinic.KeysLog, must(w.roots.SignGrant(clinic.MonitorGrant(w.id, w.keys.Key(), "Monitor", w.clock)))(t))
	check(t, monitor.Join(w.dir, monitor.Joining{Profile: profile, Policies: [][]byte{w.policy()}}))
	w.open()
	return w
}

// persons is made once: a passphrase costs.
var persons = sync.OnceValues(func() ([]monitor.Person, error) {
	a, err := monitor.NewPerson(contacttest.Seed("ana"), ana, anaPass, 4)
	b, err2 := monitor.NewPerson(contacttest.Seed("ben"), ben, benPass, 4)
	return []monitor.Person{a, b}, errors.Join(err, err2)
})

func (w *world) profile(n int64) contact.Profile {
	p := clinic.FirstProfile(contact.Profile{
		Name: "Example Aesthetics", Slug: "example-aesthetics",
		Servers: []string{"https://contact.example.com"}, Phones: []string{"+15555550100"},
	}, w.roots.Set(), w.keys.VRFKey(), w.policy(), start, 365*24*time.Hour)
	p.N = n
	return p
}

func (w *world) policy() []byte {
	text := string(w.server.logs.PolicyText())
	if w.witness != "" {
		text = strings.Replace(text, "\nquorum", " "+w.witness+"\nquorum", 1)
	}
	return []byte(text)
}

func (w *world) open() {
	w.t.Helper()
	w.m = must(monitor.Open(monitor.Config{
		Dir: w.dir, Keys: w.keys, Server: w.server, HTTP: http.DefaultClient, Rand: contacttest.Seed(w.clock.String()),
		Now: func() time.Time { return w.clock },
	}))(w.t)
	w.t.Cleanup(func() { _ = w.m.Close() })
}

// reopen is what a restart of the machine does.
func (w *world) reopen() {
	w.t.Helper()
	check(w.t, w.m.Close())
	w.open()
}

// grant logs a grant of the front desk, invited before, and has the monitor read it.
func (w *world) grant(kinds ...contact.Kind) monitor.Invitation {
	w.t.Helper()
	inv := must(w.m.Invite(w.device.Key()))(w.t)
	if len(kinds) == 0 {
		kinds = []contact.Kind{contact.KindNotice, contact.KindAppointment, contact.KindBilling, contact.KindWithdraw}
	}
	g := clinic.DeviceGrant(w.id, w.device.Key(), "Front desk", ana, w.most, w.clock, kinds...)
	w.server.log(clinic.KeysLog, must(w.roots.SignGrant(g))(w.t))
	w.tail()
	return inv
}

func (w *world) tail() {
	w.t.Helper()
	if err := w.m.Tail(w.t.Context()); err != nil {
		w.t.Fatalf("tail: %v", err)
	}
}

// message signs one more message.
func (w *world) message(change ...func(*contact.Message)) []byte {
	w.t.Helper()
	w.salt++
	m := contact.Message{
		Clinic: w.id, ID: [16]byte{w.salt}, Bearer: true, Salt: [32]byte{w.salt}, Issued: w.clock.Unix(),
		Expires: w.clock.Unix() + 30*24*3600, Channel: "post", Kind: contact.KindNotice, Body: "Please bring your folder.\n",
	}
	for _, c := range change {
		c(&m)
	}
	return must(w.device.SignMessage(m))(w.t)
}

func billing(m *contact.Message) { m.Kind = contact.KindBilling }

func batched(m *contact.Message) { m.Batch = &[16]byte{0xba, 0x7c, 0x01, 0x02} }

func (w *world) prove(note []byte) (monitor.Proof, error) {
	w.t.Helper()
	return w.m.Prove(w.t.Context(), contact.KeyHash(w.device.Key()), note)
}

func commitOf(t *testing.T, note []byte) [32]byte {
	t.Helper()
	s := must(translog.ParseSigned(note))(t)
	return must(contact.Commit(s))(t)
}

// wantAlarms compares the kinds of all alarms.
func (w *world) wantAlarms(want ...monitor.AlarmKind) {
	w.t.Helper()
	var got []monitor.AlarmKind
	for _, a := range w.m.Alarms() {
		got = append(got, a.Kind)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("got alarms %v, want %v", got, want)
	}
}

// wantRefused compares the reason of a refusal.
func wantRefused(t *testing.T, err error, reason string) {
	t.Helper()
	r, ok := errors.AsType[*monitor.RefusalError](err)
	if !ok || r.Reason != reason || !errors.Is(err, clinic.ErrMonitorRefused) {
		t.Errorf("got %v, want refused because of %s", err, reason)
	}
}

func wantWaits(t *testing.T, err error, why string) string {
	t.Helper()
	a, ok := errors.AsType[*monitor.ApprovalError](err)
	if !ok || a.Why != why || !errors.Is(err, clinic.ErrNeedApproval) {
		t.Fatalf("got %v, want approval because of %s", err, why)
	}
	return a.Name
}

// server serves logs in memory.
type server struct {
	t      *testing.T
	logs   *memlog.Logs
	mu     sync.Mutex
	leaves map[string][][]byte
	// heads, when set, takes the place of a log's newest head.
	heads  map[string][]byte
	status [][]byte
	away   bool
	// policies are further ones that a page names.
	policies [][]byte
	page     clinic.Page // what it says of the clinic, when set
}

func newServer(t *testing.T, now func() time.Time) *server {
	t.Helper()
	logs := must(memlog.New(memlog.Config{Name: "log.example.com", Rand: contacttest.Seed("logs"), Now: now}))(t)
	return &server{t: t, logs: logs, leaves: map[string][][]byte{}, heads: map[string][]byte{}}
}

func (s *server) of(log string) *memlog.Log {
	if log == clinic.KeysLog {
		return s.logs.Keys
	}
	return s.logs.Msgs
}

func (s *server) log(log string, leaf []byte) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.of(log).Append(leaf); err != nil {
		s.t.Fatal(err)
	}
	s.leaves[log] = append(s.leaves[log], leaf)
}

func (s *server) Checkpoint(_ context.Context, log string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return nil, clinic.ErrOffline
	}
	if h := s.heads[log]; h != nil {
		return h, nil
	}
	if len(s.leaves[log]) == 0 {
		return nil, clinic.ErrNotThere
	}
	return s.of(log).Checkpoint(), nil
}

func (s *server) Entries(_ context.Context, log string, from, n int64) ([][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.leaves[log]
	if from >= int64(len(all)) {
		return nil, clinic.ErrNotThere
	}
	return all[from:min(int64(len(all)), from+min(n, 256))], nil
}

func (s *server) PutStatus(_ context.Context, note []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return clinic.ErrOffline
	}
	s.status = append(s.status, note)
	return nil
}

func (s *server) AppendNote(_ context.Context, note []byte) (int64, []byte, error) {
	s.mu.Lock()
	if s.away {
		s.mu.Unlock()
		return 0, nil, clinic.ErrOffline
	}
	at := slices.IndexFunc(s.leaves[clinic.KeysLog], func(l []byte) bool { return bytes.Equal(l, note) })
	s.mu.Unlock()
	if at < 0 {
		s.log(clinic.KeysLog, note)
		at = len(s.leaves[clinic.KeysLog]) - 1
	}
	return int64(at), nil, nil
}

func (s *server) GetClinic(context.Context, [32]byte, int64) (clinic.Page, error) {
	if s.page.Notes != nil {
		return s.page, nil
	}
	return clinic.Page{Policies: append([][]byte{s.logs.PolicyText()}, s.policies...)}, nil
}

// memory is a device's file that can fail.
type memory struct {
	data []byte
	err  error
}

func (s *memory) Load() ([]byte, error) { return s.data, nil }

func (s *memory) Save(b []byte) error {
	if s.err != nil {
		return s.err
	}
	s.data = slices.Clone(b)
	return nil
}

// serve starts the monitor's listener and returns how to dial it.
func (w *world) serve() func(context.Context, string, string) (net.Conn, error) {
	w.t.Helper()
	return w.serveOn(func(l net.Listener) net.Listener { return l })
}

func (w *world) serveOn(wrap func(net.Listener) net.Listener) func(context.Context, string, string) (net.Conn, error) {
	w.t.Helper()
	l := must(net.Listen("tcp", "127.0.0.1:0"))(w.t)
	check(w.t, w.m.Announce(l.Addr()))
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- w.m.Serve(ctx, wrap(l)) }()
	w.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("serve: %v", err)
		}
	})
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, l.Addr().String())
	}
}

func (w *world) client(s monitor.Store, dial func(context.Context, string, string) (net.Conn, error)) *monitor.Client {
	w.t.Helper()
	c := must(monitor.NewClient(monitor.ClientConfig{Store: s, Rand: contacttest.Seed("client " + w.clock.String()), Dial: dial}))(w.t)
	w.t.Cleanup(c.Close)
	return c
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
