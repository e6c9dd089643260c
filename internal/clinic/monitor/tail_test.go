package monitor_test

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/translog"
	"github.com/chaperone-privacy/chaperone/internal/translog/memlog"
)

// What was proved here and published is no surprise, nor is what others publish.
func TestTailQuiet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	for i := range 300 {
		w.server.log(clinic.MsgsLog, contact.Leaf([32]byte{byte(i), byte(i >> 8), 7}, [16]byte{byte(i)}))
	}
	p := must(w.prove(w.message()))(t)
	w.server.log(clinic.MsgsLog, p.Leaf)
	w.server.log(clinic.MsgsLog, []byte("a leaf of another length"))
	w.tail()
	w.reopen()
	w.server.log(clinic.MsgsLog, contact.Leaf([32]byte{1, 2, 3}, [16]byte{}))
	w.tail()
	w.wantAlarms()
}

// A leaf that only our VRF secret can make, and that nobody asked us for.
func TestPublishedInOurName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	w.tail()
	// The thief has last year's secret: a copy of the monitor's keys.
	check(t, w.keys.AddEpoch(contacttest.Seed("new epoch")))
	w.reopen()
	thief := w.keys.Prover(0)
	_, leaf := thief.Prove([32]byte{9, 9, 9})
	w.server.log(clinic.MsgsLog, leaf)
	w.tail()
	w.wantAlarms(monitor.AlarmPublished)
	w.reopen()
	w.tail()
	w.wantAlarms(monitor.AlarmPublished)
	if a := w.m.Alarms()[0]; a.About != "msgs 0" || !a.Open() {
		t.Errorf("got %+v, want an open alarm about msgs 0", a)
	}
	check(t, w.m.Acknowledge(ben, benPass, 1))
	w.reopen()
	w.tail()
	if a := w.m.Alarms(); len(a) != 1 || a[0].By != ben {
		t.Errorf("got %+v, want one alarm, answered by %s", a, ben)
	}
}

func TestNotesOfOurClinic(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	w.tail()
	// Another clinic's notes are nobody's business.
	other := must(clinic.NewRoots(2, contacttest.Seed("others"), "x", "y"))(t)
	foreign := clinic.FirstProfile(contact.Profile{
		Name: "Another", Slug: "another", Servers: []string{"https://contact.example.com"}, Phones: []string{"+15555550101"},
	}, other.Set(), w.keys.VRFKey(), w.server.logs.PolicyText(), start, time.Hour*24*365)
	w.server.log(clinic.KeysLog, must(other.SignProfile(foreign))(t))
	w.tail()
	w.wantAlarms()
	// Told beforehand: no alarm.
	second := must(w.roots.SignProfile(w.profile(2)))(t)
	check(t, w.m.Deliver(second))
	w.server.log(clinic.KeysLog, second)
	w.tail()
	w.wantAlarms()
	// Not told: somebody has enough root keys, or forgot to tell.
	spy := must(clinic.NewDevice("spy.example.com", contacttest.Seed("spy")))(t)
	grant := clinic.DeviceGrant(w.id, spy.Key(), "Spy", "spy", 10, w.clock, contact.KindNotice)
	w.server.log(clinic.KeysLog, must(w.roots.SignGrant(grant))(t))
	w.tail()
	w.wantAlarms(monitor.AlarmNote)
	// By nobody who may: the server must have let it in.
	forged := grant
	forged.Label = "Forged"
	evil := must(clinic.NewRoots(2, contacttest.Seed("evil"), "root-a", "root-b", "root-c"))(t)
	w.server.log(clinic.KeysLog, must(evil.SignGrant(forged))(t))
	w.tail()
	w.wantAlarms(monitor.AlarmNote, monitor.AlarmForged)
	// Two profiles of one number.
	twin := w.profile(2)
	twin.Name = "Example Aesthetics Two"
	w.server.log(clinic.KeysLog, must(w.roots.SignProfile(twin))(t))
	w.tail()
	w.wantAlarms(monitor.AlarmNote, monitor.AlarmForged, monitor.AlarmFork, monitor.AlarmNote)
}

// A log that shows another history than it did.
func TestForks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		lie  func(w *world, other *memlog.Log)
		want []monitor.AlarmKind
	}{
		{"another root for one size", func(w *world, other *memlog.Log) {
			w.server.heads[clinic.MsgsLog] = other.Checkpoint()
		}, []monitor.AlarmKind{monitor.AlarmFork}},
		{"longer, and not an extension", func(w *world, other *memlog.Log) {
			_, err := other.Append([]byte("more"))
			check(w.t, err)
			w.server.heads[clinic.MsgsLog] = other.Checkpoint()
			w.server.leaves[clinic.MsgsLog] = append(w.server.leaves[clinic.MsgsLog], []byte("more"))
		}, []monitor.AlarmKind{monitor.AlarmFork}},
		{"other leaves than it signed", func(w *world, _ *memlog.Log) {
			w.server.log(clinic.MsgsLog, []byte("signed"))
			w.server.leaves[clinic.MsgsLog][2] = []byte("shown")
		}, []monitor.AlarmKind{monitor.AlarmFork}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.grant()
			w.server.log(clinic.MsgsLog, []byte("one"))
			w.server.log(clinic.MsgsLog, []byte("two"))
			w.tail()
			// The same log's key and witness, another history: who owns the server has both.
			twin := newServer(t, func() time.Time { return w.clock })
			twin.log(clinic.MsgsLog, []byte("one"))
			twin.log(clinic.MsgsLog, []byte("TWO"))
			tt.lie(w, twin.logs.Msgs)
			if err := w.m.Tail(t.Context()); err == nil {
				t.Error("got no error")
			}
			w.wantAlarms(tt.want...)
			w.reopen()
			w.wantAlarms(tt.want...)
		})
	}
}

// unsigned takes the witness's line off a checkpoint.
func unsigned(t *testing.T, raw []byte) []byte {
	t.Helper()
	c := must(translog.ParseCheckpoint(raw))(t)
	c.Signed.Sigs = c.Signed.Sigs[:1]
	return c.Signed.Marshal()
}

// Two heads of one size that the log signed are an alarm also where too few witnesses signed one of
// them, or both. One such head alone, or one that somebody else signed, is none.
func TestTwoHeadsWithoutQuorum(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	w.server.log(clinic.MsgsLog, []byte("one"))
	w.tail()
	show := func(head []byte, want ...monitor.AlarmKind) {
		t.Helper()
		w.server.heads[clinic.MsgsLog] = head
		if err := w.m.Tail(t.Context()); !errors.Is(err, monitor.ErrLog) {
			t.Errorf("got %v, want %v", err, monitor.ErrLog)
		}
		w.wantAlarms(want...)
	}
	twin := newServer(t, func() time.Time { return w.clock })
	twin.log(clinic.MsgsLog, []byte("ONE"))
	stranger := must(memlog.New(memlog.Config{Name: "log.example.com", Rand: contacttest.Seed("a stranger"), Now: func() time.Time { return w.clock }}))(t)
	must(stranger.Msgs.Append([]byte("ONE")))(t)
	show(unsigned(t, w.server.logs.Msgs.Checkpoint()))
	show(unsigned(t, stranger.Msgs.Checkpoint()))
	show(unsigned(t, twin.logs.Msgs.Checkpoint()), monitor.AlarmFork)

	// Neither has a quorum, with a restart between.
	third := newServer(t, func() time.Time { return w.clock })
	for range 2 {
		twin.log(clinic.MsgsLog, []byte("two"))
		third.log(clinic.MsgsLog, []byte("three"))
	}
	show(unsigned(t, twin.logs.Msgs.Checkpoint()), monitor.AlarmFork)
	third.log(clinic.MsgsLog, []byte("three"))
	w.reopen()
	show(unsigned(t, third.logs.Msgs.Checkpoint()), monitor.AlarmFork, monitor.AlarmFork)
	w.server.heads[clinic.MsgsLog] = nil
	w.tail()
}

// An old head replayed is no alarm by itself, and turns stale.
func TestOldHeadReplayed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	w.server.log(clinic.MsgsLog, []byte("one"))
	old := w.server.logs.Msgs.Checkpoint()
	w.server.log(clinic.MsgsLog, []byte("two"))
	w.tail()
	w.server.heads[clinic.MsgsLog] = old
	if err := w.m.Tail(t.Context()); err == nil {
		t.Error("got no error for a smaller head")
	}
	w.wantAlarms()
	w.clock = w.clock.Add(31 * time.Minute)
	_ = w.m.Tail(t.Context())
	w.wantAlarms(monitor.AlarmStale)
}

// A log that takes the place of another has the clinic's notes again: that there is a new log is
// for a person to know, the notes are no news. A root that was replaced had signed some of them.
func TestLogReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	p := must(w.prove(w.message()))(t)
	w.server.log(clinic.MsgsLog, p.Leaf)
	w.tail()
	next := must(clinic.NewRoots(2, contacttest.Seed("next roots"), "root-d", "root-e"))(t)
	rotate := must(w.roots.SignRotate(w.id, 1, next))(t)
	check(t, w.m.Deliver(rotate))
	w.server.log(clinic.KeysLog, rotate)
	w.tail()

	logs := must(memlog.New(memlog.Config{Name: "log.example.com/2", Rand: contacttest.Seed("second logs"), Now: func() time.Time { return w.clock }}))(t)
	profile := w.profile(2)
	profile.Roots = next.Set()
	now := w.clock.Unix()
	profile.Policies[0].NotAfter = now + 24*3600
	profile.Policies = append(profile.Policies, contact.PolicyRef{Hash: contact.PolicyHash(logs.PolicyText()), NotBefore: now, NotAfter: now + 300*24*3600})
	note := must(next.SignProfile(profile))(t)
	check(t, w.m.Deliver(note))
	w.server.log(clinic.KeysLog, note)
	w.tail()
	w.wantAlarms()

	old := w.server.leaves
	w.server.logs, w.server.leaves = logs, map[string][][]byte{}
	for _, leaf := range old[clinic.KeysLog] {
		w.server.log(clinic.KeysLog, leaf)
	}
	w.server.log(clinic.MsgsLog, []byte("first leaf of the new log"))
	w.clock = w.clock.Add(time.Minute)
	w.tail()
	w.wantAlarms(monitor.AlarmOrigin, monitor.AlarmOrigin)
	if s := w.round(); s.Msgs.Size != 1 || w.keyState(s, w.device.Key()) != "ok" {
		t.Errorf("got %+v, want the heads of the new log and the same keys", s)
	}
}

// A damaged log takes no notes any more: the profile that lists the new log's policy is handed over,
// and met in the new log alone. Nothing else is believed of it before.
func TestLogReplacedWithoutTheOldOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	logs := must(memlog.New(memlog.Config{Name: "log.example.com/2", Rand: contacttest.Seed("second logs"), Now: func() time.Time { return w.clock }}))(t)
	profile := w.profile(2)
	now := w.clock.Unix()
	profile.Policies[0].NotAfter = now + 24*3600
	profile.Policies = append(profile.Policies, contact.PolicyRef{Hash: contact.PolicyHash(logs.PolicyText()), NotBefore: now, NotAfter: now + 300*24*3600})
	note := must(w.roots.SignProfile(profile))(t)
	old := w.server.leaves
	w.server.logs, w.server.leaves = logs, map[string][][]byte{}
	for _, leaf := range old[clinic.KeysLog] {
		w.server.log(clinic.KeysLog, leaf)
	}
	w.server.log(clinic.KeysLog, note)
	w.clock = w.clock.Add(time.Minute)
	if err := w.m.Tail(t.Context()); !errors.Is(err, monitor.ErrLog) {
		t.Errorf("before it was told: got %v, want %v", err, monitor.ErrLog)
	}
	evil := must(clinic.NewRoots(2, contacttest.Seed("evil"), "root-a", "root-b", "root-c"))(t)
	forged := profile
	forged.N, forged.Roots = 9, evil.Set()
	wantRefused(t, w.m.Deliver(must(evil.SignProfile(forged))(t)), "note")
	check(t, w.m.Deliver(note))
	w.reopen()
	w.tail()
	w.wantAlarms(monitor.AlarmOrigin)
	if s := w.round(); s.Profile != contact.Hash(contact.NoteHash(profile.Marshal())) {
		t.Error("the status does not name the new profile")
	}
}

// A server that has no messages log yet is believed until something should be in it.
func TestEmptyLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	w.clock = w.clock.Add(2 * time.Hour)
	w.tail()
	if s := w.round(); s.Msgs.Size != 0 {
		t.Errorf("got %d messages, want none", s.Msgs.Size)
	}
	must(w.prove(w.message()))(t)
	for range 4 {
		w.clock = w.clock.Add(10 * time.Minute)
		w.tail()
	}
	w.wantAlarms()
	w.clock = w.clock.Add(31 * time.Minute)
	w.tail()
	w.wantAlarms(monitor.AlarmStale)
}

// A log that was there does not become empty.
func TestLogGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	w.server.leaves[clinic.KeysLog] = nil
	if err := w.m.Tail(t.Context()); !errors.Is(err, monitor.ErrLog) {
		t.Errorf("got %v, want %v", err, monitor.ErrLog)
	}
}

func TestNoAnswerIsStale(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant()
	w.server.away = true
	for range 3 {
		w.clock = w.clock.Add(10 * time.Minute)
		_ = w.m.Tail(t.Context())
	}
	w.wantAlarms()
	w.clock = w.clock.Add(time.Minute)
	_ = w.m.Tail(t.Context())
	w.wantAlarms(monitor.AlarmStale, monitor.AlarmStale)
	// Once for each time that it happens.
	w.clock = w.clock.Add(time.Hour)
	_ = w.m.Tail(t.Context())
	w.wantAlarms(monitor.AlarmStale, monitor.AlarmStale)
	w.server.away = false
	w.tail()
	w.server.away = true
	w.clock = w.clock.Add(time.Hour)
	_ = w.m.Tail(t.Context())
	w.wantAlarms(monitor.AlarmStale, monitor.AlarmStale, monitor.AlarmStale, monitor.AlarmStale)
}

// witness is a C2SP witness over HTTP that stands at a size of each log.
type witness struct {
	key   translog.Key
	priv  ed25519.PrivateKey
	now   func() time.Time
	ahead int64 // it has seen so many leaves more
}

func (s *witness) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil || r.URL.Path != "/w/add-checkpoint" {
		http.Error(rw, "no", http.StatusBadRequest)
		return
	}
	a, err := translog.ParseAddCheckpoint(raw)
	if err != nil {
		http.Error(rw, "no", http.StatusBadRequest)
		return
	}
	if s.ahead > 0 {
		rw.Header().Set("Content-Type", "text/x.tlog.size")
		rw.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(rw, "7\n")
		return
	}
	t := s.now().Unix()
	sig := binary.BigEndian.AppendUint64(nil, uint64(t))
	sig = append(sig, ed25519.Sign(s.priv, translog.CosignatureText(t, []byte(a.Checkpoint.Text())))...)
	_, _ = rw.Write(translog.MarshalSig(translog.Sig{Name: s.key.Name, ID: s.key.ID(), Bytes: sig}))
}

// With witnesses that can be asked, an idle log is fresh as long as they stand by its head; a
// server that hides a longer log from us is noticed.
func TestWitnessesAreAsked(t *testing.T) {
	t.Parallel()
	clock := start
	// The third seed of the logs is their witness's: here it can be asked over HTTP too.
	var all [96]byte
	_, err := io.ReadFull(contacttest.Seed("logs"), all[:])
	check(t, err)
	priv := ed25519.NewKeyFromSeed(all[64:])
	key := must(translog.NewWitnessKey("log.example.com/demo-witness", priv.Public().(ed25519.PublicKey)))(t)
	wit := &witness{key: key, priv: priv, now: func() time.Time { return clock }}
	srv := httptest.NewServer(wit)
	defer srv.Close()

	w := newWorld(t, func(w *world) { w.witness = srv.URL + "/w" })
	w.grant()
	w.server.log(clinic.MsgsLog, []byte("one"))
	for range 10 {
		clock = clock.Add(10 * time.Minute)
		w.clock = clock
		w.tail()
	}
	w.wantAlarms()
	// A clock that runs ahead is noticed, and nothing is signed by it.
	w.clock = w.clock.Add(3 * time.Hour)
	w.tail()
	w.wantAlarms(monitor.AlarmClock)
	_, err = w.prove(w.message())
	wantRefused(t, err, "clock")
	_, err = w.m.Status()
	wantRefused(t, err, "clock")
	w.clock = clock.Add(10 * time.Minute)
	clock = w.clock
	w.tail()
	must(w.prove(w.message()))(t)

	wit.ahead = 1
	for range 4 {
		clock = clock.Add(10 * time.Minute)
		w.clock = clock
		_ = w.m.Tail(t.Context())
	}
	w.wantAlarms(monitor.AlarmClock, monitor.AlarmStale, monitor.AlarmStale)
	if got, want := w.m.Alarms()[2].About, "msgs: a witness has 7, the server shows 1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func BenchmarkScan(b *testing.B) {
	b.ReportAllocs()
	keys, err := monitor.NewKeys("monitor.example.com", contacttest.Seed("k"), start)
	if err != nil {
		b.Fatal(err)
	}
	leaves := make([][]byte, 2048)
	for i := range leaves {
		leaves[i] = contact.Leaf([32]byte{byte(i), byte(i >> 8), 3}, [16]byte{})
	}
	for b.Loop() {
		if n := monitor.ScanLeaves(keys, leaves); n != 0 {
			b.Fatalf("got %d matches", n)
		}
	}
	b.ReportMetric(float64(b.N*len(leaves))/b.Elapsed().Seconds(), "leaves/s")
}
