package server

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/card"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// practice is a clinic with its machines, and one patient, before a server whose address stays.
type practice struct {
	t       *testing.T
	cfg     Config
	running *running
	target  atomic.Pointer[url.URL]

	server  *clinic.Server
	roots   *clinic.Roots
	keys    *monitor.Keys
	desk    *clinic.Device
	mon     *monitor.Monitor
	phone   *patient.Device
	profile contact.Profile
	notes   [][]byte // that were logged
	codes   int
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

func newPractice(t *testing.T) *practice {
	t.Helper()
	p := &practice{t: t, cfg: Config{Data: t.TempDir(), every: time.Millisecond}}
	p.roots = must(clinic.NewRoots(2, contacttest.Seed("roots"), "root-a", "root-b", "root-c"))(t)
	id := p.roots.Set().Hash()
	file := &keylog.AdmissionFile{Path: AdmittedFile(p.cfg.Data)}
	if err := file.Admit(id); err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(p.target.Load()) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	})
	t.Cleanup(proxy.Close)
	p.start()
	p.server = must(clinic.NewServer(clinic.ServerConfig{URL: proxy.URL}))(t)

	now := time.Now()
	seed := contacttest.Seed
	p.keys = must(monitor.NewKeys("monitor.example.com", seed("monitor"), now))(t)
	p.desk = must(clinic.NewDevice("desk.example.com", seed("desk")))(t)
	page := must(p.server.GetClinic(t.Context(), id, 0))(t)
	p.profile = clinic.FirstProfile(contact.Profile{
		Name: "Example Aesthetics", Slug: "example-aesthetics", Servers: []string{"https://contact.example.com"}, Phones: []string{"+15555550100"},
	}, p.roots.Set(), p.keys.VRFKey(), page.Policies[0], now.Add(-time.Hour), 365*24*time.Hour)
	profile := must(p.roots.SignProfile(p.profile))(t)
	p.log(profile)
	p.log(must(p.roots.SignGrant(clinic.MonitorGrant(id, p.keys.Key(), "Monitor", now.Add(-time.Minute))))(t))

	dir := t.TempDir()
	persons := []monitor.Person{must(monitor.NewPerson(seed("ana"), "ana", "correct horse one", 4))(t), must(monitor.NewPerson(seed("ben"), "ben", "correct horse two", 4))(t)}
	if err := monitor.SetUp(dir, p.keys, []byte("sealed"), "https://monitor.example.com:8443", persons, nil); err != nil {
		t.Fatal(err)
	}
	if err := monitor.Join(dir, monitor.Joining{Profile: profile, Policies: page.Policies, Known: p.notes}); err != nil {
		t.Fatal(err)
	}
	p.mon = must(monitor.Open(monitor.Config{Dir: dir, Keys: p.keys, Server: p.server, Rand: seed("monitor rand"), Now: time.Now}))(t)
	t.Cleanup(func() { _ = p.mon.Close() })
	must(p.mon.Invite(p.desk.Key()))(t)
	p.log(must(p.roots.SignGrant(clinic.DeviceGrant(id, p.desk.Key(), "Front desk", "ana", 10, now.Add(-time.Minute), contact.KindNotice)))(t))
	p.round()

	var err error
	if p.phone, _, err = patient.Create(t.Context(), patient.Config{Disk: patient.NewMemory(), Server: proxy.URL}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.phone.Close() })
	offer := must(p.phone.PrepareClinic(t.Context(), strings.Join(card.Words(id), " "), patient.SourceDesk))(t)
	if err := p.phone.AddClinic(t.Context(), offer); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *practice) start() {
	p.t.Helper()
	p.running = start(p.t, p.cfg)
	p.target.Store(must(url.Parse(p.running.url))(p.t))
}

// log logs a note and waits for its proof.
func (p *practice) log(note []byte) {
	p.t.Helper()
	_, proof, err := p.server.AppendNote(p.t.Context(), note)
	if err != nil || proof == nil {
		p.t.Fatalf("log note: proof of %d bytes, %v", len(proof), err)
	}
	if !slices.ContainsFunc(p.notes, func(n []byte) bool { return string(n) == string(note) }) {
		p.notes = append(p.notes, note)
	}
}

// round has the monitor read both logs and hand in a status.
func (p *practice) round() {
	p.t.Helper()
	if err := p.mon.Round(p.t.Context()); err != nil {
		p.t.Fatalf("round: %v", err)
	}
	status, err := p.mon.Status()
	if err == nil {
		err = p.server.PutStatus(p.t.Context(), status)
	}
	if err != nil {
		p.t.Fatalf("status: %v", err)
	}
}

// message is one that was proved, and is published as often as wanted.
type message struct {
	clinic.Publication
	code string
}

func (p *practice) write() message {
	p.t.Helper()
	p.codes++
	code := contacttest.Code(p.t, fmt.Sprintf("code %d", p.codes))
	lock := must(contact.NewLock(code))(p.t)
	now := time.Now()
	note := must(p.desk.SignMessage(contact.Message{
		Clinic: p.roots.Set().Hash(), ID: lock.ID(), Bearer: true, Salt: [32]byte{byte(p.codes)}, Issued: now.Unix(), Expires: now.Unix() + 30*24*3600,
		Channel: "post", Kind: contact.KindNotice, Body: "Please bring your folder.\n",
	}))(p.t)
	commit := must(contact.Commit(must(translog.ParseSigned(note))(p.t)))(p.t)
	vrf, leaf, err := p.mon.Local(p.desk.Key()).Prove(p.t.Context(), clinic.ProveRequest{Note: note, Commit: commit})
	if err != nil {
		p.t.Fatalf("prove: %v", err)
	}
	sealed := must(contact.SealBearer(contacttest.Seed("nonce "+code.Symbols()), lock, contact.Payload{Note: note, VRF: vrf}))(p.t)
	return message{clinic.Publication{ID: lock.ID(), Envelope: sealed, Leaf: leaf, KeepDay: clinic.KeepDay(now.Add(30 * 24 * time.Hour)), Await: true}, code.Symbols()}
}

func (p *practice) publish(m message) {
	p.t.Helper()
	r, err := p.server.Publish(p.t.Context(), p.desk, m.Publication)
	if err != nil || r.Proof == nil {
		p.t.Fatalf("publish: proof of %d bytes, %v", len(r.Proof), err)
	}
}

// replace ends both logs and begins others. The clinic notices, changes its profile and logs all
// its notes again.
func (p *practice) replace() {
	p.t.Helper()
	if err := p.running.stop(); err != nil {
		p.t.Fatal(err)
	}
	var frozen []string
	for _, kind := range []logwriter.Log{logwriter.Keys, logwriter.Msgs} {
		r := must(ReplaceLog(p.t.Context(), p.cfg, kind, true))(p.t)
		frozen = append(frozen, r.Frozen)
	}
	p.start()
	now := time.Now()
	page := must(p.server.GetClinic(p.t.Context(), p.roots.Set().Hash(), 0))(p.t)
	p.profile.N++
	p.profile.Policies[0].NotAfter = now.Add(24 * time.Hour).Unix()
	p.profile.Policies = append(p.profile.Policies, contact.PolicyRef{
		Hash: contact.PolicyHash(page.Policies[0]), NotBefore: now.Add(-time.Hour).Unix(), NotAfter: now.Add(365 * 24 * time.Hour).Unix(),
	})
	slices.SortFunc(p.profile.Policies, func(a, b contact.PolicyRef) int { return slices.Compare(a.Hash[:], b.Hash[:]) })
	text := p.profile.Marshal() + strings.Join(frozen, "\n") + "\n"
	p.profile = must(contact.ParseProfile(text))(p.t)
	profile := must(p.roots.SignProfile(p.profile))(p.t)
	if err := p.mon.Deliver(profile); err != nil {
		p.t.Fatal(err)
	}
	for _, note := range append(slices.Clone(p.notes), profile) {
		p.log(note)
	}
}

func (p *practice) check(what string, m message, want contact.Finding) {
	p.t.Helper()
	if err := p.phone.RefreshClinics(p.t.Context()); err != nil {
		p.t.Errorf("%s: refresh: %v", what, err)
	}
	got, err := p.phone.CheckCode(p.t.Context(), patient.CodeCheck{Code: m.code})
	if err != nil || got.Headline != want {
		p.t.Errorf("%s: got %v, %v, want %s", what, got.Findings, err, want)
	}
}

// Both logs of a server are replaced under a running clinic and a patient. Once the clinic has
// changed its profile and logged its notes again, what was sent before and what is sent now
// verifies, nobody sees a fork, and the monitor says that the logs have other names and nothing else.
func TestReplacedUnderAClinic(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	before := p.write()
	p.publish(before)
	p.round()
	p.check("before", before, contact.GenuineForAnyone)

	p.replace()
	after := p.write()
	p.publish(after)
	p.round()
	p.check("sent before, asked after", before, contact.GenuineForAnyone)
	p.check("sent after", after, contact.GenuineForAnyone)
	var kinds []monitor.AlarmKind
	for _, a := range p.mon.Alarms() {
		kinds = append(kinds, a.Kind)
	}
	if !slices.Equal(kinds, []monitor.AlarmKind{monitor.AlarmOrigin, monitor.AlarmOrigin}) {
		t.Errorf("got alarms %v, want that both logs have other names", kinds)
	}
	if n := p.phone.Forks(); len(n) != 0 {
		t.Errorf("got %d forks", len(n))
	}
	if n := p.phone.Notices(); len(n) != 0 {
		t.Errorf("got notices %v", n)
	}
}
