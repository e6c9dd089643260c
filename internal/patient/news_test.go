package patient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/translog/memlog"
)

// A message that was trusted turns red when its key turns out to be stolen: on this device by a
// notice, on the other one after a sync. Put away once, it is away everywhere.
func TestTrustedMessageTurnsRed(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	s := newServer(t)
	s.now = func() time.Time { return w.Clock }
	in := w.BearerCode("anyone")
	s.Contact.Put(t, in)
	s.Tell(w.News())
	s.Logs(w.Logs.Keys, w.Logs.Msgs)
	cfgA, cfgB := syncConfig(t, s, "phone"), syncConfig(t, s, "laptop")
	cfgA.Now, cfgB.Now = s.now, s.now
	a, code := create(t, cfgA)
	if err := a.AddPin(w.Memory.Pins[0]); err != nil {
		t.Fatal(err)
	}
	mustSync(t, a)
	b, _, err := Restore(t.Context(), cfgB, code)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	for _, check := range []func() (Checked, error){
		func() (Checked, error) { return a.CheckCode(t.Context(), CodeCheck{Code: in.Code}) },
		func() (Checked, error) { return a.CheckBundle(t.Context(), w.Bundle(), nil, "") },
	} {
		if v, err := check(); err != nil || v.Headline != contact.GenuineForAnyone {
			t.Fatalf("got %v, %v", v.Findings, err)
		}
	}
	trustedAt := w.Clock
	if n := a.Notices(); len(n) != 0 {
		t.Fatalf("got notices %v", n)
	}
	a = reopen(t, a, cfgA)

	w.Clock = w.Clock.Add(3 * time.Hour)
	w.Clinic.SetKey(w.Device.Key(), "stolen", contacttest.Start.Unix())
	w.NewStatus()
	s.Tell(w.News())
	mustSync(t, a)
	notices := a.Notices()
	if len(notices) != 2 {
		t.Fatalf("got %d notices, want 2: one by code, one by bundle", len(notices))
	}
	for _, n := range notices {
		if n.Headline != contact.KeyStolen || n.Clinic != "Example Aesthetics" || !n.TrustedAt.Equal(trustedAt) || !n.FoundAt.Equal(w.Clock) {
			t.Errorf("got %+v", n)
		}
	}
	if err := a.DismissNotice(notices[0].ID); err != nil {
		t.Fatal(err)
	}
	mustSync(t, a)
	mustSync(t, b)
	if got := b.Notices(); len(got) != 1 || got[0].ID != notices[1].ID {
		t.Errorf("the other device: got %v, want the notice that was not put away", got)
	}
	if err := b.DismissNotice(notices[1].ID); err != nil {
		t.Fatal(err)
	}
	mustSync(t, b)
	mustSync(t, a)
	a = reopen(t, a, cfgA)
	a.judgeAgain()
	if got := a.Notices(); len(got) != 0 {
		t.Errorf("got %v after both were put away", got)
	}
	if err := a.DismissNotice("nobody's"); err != nil {
		t.Error(err)
	}
}

// What servers say wrongly changes nothing, and a clinic is asked again an hour after it answered.
func TestRefresh(t *testing.T) {
	t.Parallel()
	w, in := newClinicWorld(t)
	w.s.NotesAPage(1)
	asked := func() int { _, pages := w.s.Asked(); return len(pages) }
	w.d.refreshDue(t.Context())
	if n := asked(); n != 3 {
		t.Fatalf("got %d pages of one note, want 3", n)
	}
	w.d.refreshDue(t.Context())
	if n := asked(); n != 3 {
		t.Errorf("asked again at once")
	}
	later := func(d time.Duration) {
		w.Clock = w.Clock.Add(d)
		clear(w.d.notes.tried)
	}
	later(59 * time.Minute)
	w.d.refreshDue(t.Context())
	if n := asked(); n != 3 {
		t.Errorf("asked again within the hour")
	}
	later(12 * time.Minute)
	w.d.refreshDue(t.Context())
	_, pages := w.s.Asked()
	if len(pages) != 4 || pages[3].GetAfter() == 0 {
		t.Errorf("after an hour: got %d pages, want one more, about what is new", len(pages))
	}
	// A message by a key that was granted since.
	honest := w.News()
	held := func() papers {
		t.Helper()
		p, err := w.d.papersOf(w.Clinic.ID())
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	before := fmt.Sprint(held().Notes)
	for name, lie := range map[string]func([]byte) ([]byte, error){
		"nothing":       func([]byte) ([]byte, error) { return nil, nil },
		"short":         func(p []byte) ([]byte, error) { return p[1:], nil },
		"zeros":         func(p []byte) ([]byte, error) { return make([]byte, len(p)), nil },
		"length beyond": func(p []byte) ([]byte, error) { p[1] = 0xff; return p, nil },
		"cut off":       func(p []byte) ([]byte, error) { clear(p[200:]); return p, nil },
		"end not empty": func(p []byte) ([]byte, error) { p[len(p)-1] = 1; return p, nil },
		"ten megabytes": func([]byte) ([]byte, error) { return make([]byte, 10<<20), nil },
		"more for ever": func(p []byte) ([]byte, error) { return moreForEver(p), nil },
		"an error":      func([]byte) ([]byte, error) { return nil, errors.New("down") },
	} {
		w.s.LieOnPages(lie)
		if err := w.d.RefreshClinics(t.Context()); !errors.Is(err, ErrRefused) && !errors.Is(err, ErrOffline) {
			t.Errorf("%s: got %v", name, err)
		}
		if now := fmt.Sprint(held().Notes); now != before {
			t.Errorf("%s: the papers changed", name)
		}
	}
	w.s.LieOnPages(nil)
	w.want(t, CodeCheck{Code: in.Code}, contact.GenuineForAnyone)

	// After a day everything is read again, and an older status does not come back.
	later(25 * time.Hour)
	w.want(t, CodeCheck{Code: in.Code}, contact.Stale)
	w.NewStatus()
	w.s.Tell(w.News())
	if err := w.d.RefreshClinics(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.want(t, CodeCheck{Code: in.Code}, contact.GenuineForAnyone)
	w.s.Tell(honest)
	if err := w.d.RefreshClinics(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.want(t, CodeCheck{Code: in.Code}, contact.GenuineForAnyone)
}

// Of a keys log that took the place of another everything is read, once.
func TestReplacedKeysLogIsReadAgain(t *testing.T) {
	t.Parallel()
	w, _ := newClinicWorld(t)
	refresh := func(want ...uint64) {
		t.Helper()
		w.Clock = w.Clock.Add(time.Minute)
		_, before := w.s.Asked()
		if err := w.d.RefreshClinics(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, pages := w.s.Asked()
		var got []uint64
		for _, p := range pages[len(before):] {
			got = append(got, p.GetAfter())
		}
		if !slices.Equal(got, want) {
			t.Errorf("asked after %v, want %v", got, want)
		}
	}
	refresh(0)
	refresh(3)
	second, err := memlog.New(memlog.Config{Name: "log.example.com/2", Rand: contacttest.Seed("second"), Now: func() time.Time { return w.Clock }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.Keys.Append([]byte("a note")); err != nil {
		t.Fatal(err)
	}
	news := w.News()
	news.Heads[0] = second.Keys.Checkpoint()
	w.s.Tell(news)
	refresh(3, 0)
	refresh(3)
}

// moreForEver makes a page say that there are more, with nothing on it.
func moreForEver(page []byte) []byte {
	out := make([]byte, len(page))
	copy(out, []byte{pageMore, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1})
	return out
}

// A clock that runs a day ahead is noticed when a server has just shown the time.
func TestClockAhead(t *testing.T) {
	t.Parallel()
	w, in := newClinicWorld(t)
	ahead := 30 * time.Hour
	w.s.Date(func() time.Time { return w.Clock })
	w.d.now = func() time.Time { return w.Clock.Add(ahead) }
	got := w.want(t, CodeCheck{Code: in.Code}, contact.Clock)
	if got.Body != "" {
		t.Error("the body is shown")
	}
	ahead = 0
	w.want(t, CodeCheck{Code: in.Code}, contact.GenuineForAnyone)

	// A log in which nothing happened for two days does not make a clock wrong.
	w.Clock = w.Clock.Add(48 * time.Hour)
	w.want(t, CodeCheck{Code: in.Code}, contact.Stale)
}

// Clinics are asked about without a server for the vault.
func TestKeepSyncedAsksAboutClinics(t *testing.T) {
	t.Parallel()
	w, _ := newClinicWorld(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	came := make(chan struct{}, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.d.keepSynced(ctx, 5*time.Millisecond, func() { came <- struct{}{} })
	}()
	select {
	case <-came:
	case <-ctx.Done():
		t.Error("nothing came")
	}
	cancel()
	<-ended
	if list := w.d.Clinics(); len(list) != 1 || list[0].StatusAt.IsZero() {
		t.Errorf("got %+v", list)
	}
}

func FuzzPage(f *testing.F) {
	f.Add(make([]byte, pageSize), uint64(0))
	f.Add(moreForEver(make([]byte, pageSize)), uint64(3))
	f.Add([]byte{pageNote, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 'x', pageProof, 0, 0, 0, 1, 'p'}, uint64(1))
	f.Fuzz(func(t *testing.T, start []byte, after uint64) {
		raw := make([]byte, pageSize)
		copy(raw, start)
		got, ok := readPage(raw, after)
		if !ok {
			return
		}
		if got.next < after || got.more && got.next == after {
			t.Errorf("from %d to %d, more %v", after, got.next, got.more)
		}
		for _, n := range got.news.Notes {
			if n.Proof == nil {
				t.Error("a note without a proof")
			}
		}
	})
}

func FuzzLookUpAnswer(f *testing.F) {
	f.Add([]byte{0})
	f.Add([]byte{1, 0, 0, 0, 1, 'e', 0, 0, 0, 1, 'p'})
	f.Add([]byte{2})
	f.Fuzz(func(t *testing.T, start []byte) {
		raw := make([]byte, lookUpSize)
		copy(raw, start)
		got, ok := readLookUp(raw)
		if ok && (got.answer == contact.NoAnswer || got.answer == contact.Found && len(got.envelope) == 0) {
			t.Errorf("got %+v", got)
		}
	})
}

// What was judged by all that is known is not judged by it again when the program is started
// again, and looking twice at a message writes it once.
func TestJudgedOnce(t *testing.T) {
	t.Parallel()
	w, in := newClinicWorld(t)
	c := CodeCheck{Code: in.Code}
	kept := func() []byte {
		t.Helper()
		raw, err := w.dir.Read(trustedFile)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	w.want(t, c, contact.GenuineForAnyone)
	first := kept()
	shown := w.Clock.UTC()
	w.d = reopen(t, w.d, w.cfg)
	w.Clock = w.Clock.Add(59 * time.Minute)
	if got := w.want(t, c, contact.GenuineForAnyone); !got.SeenAt.Equal(shown) {
		t.Errorf("got seen at %v, want %v", got.SeenAt, shown)
	}
	if !bytes.Equal(first, kept()) {
		t.Error("written again within the hour")
	}
	w.Clock = w.Clock.Add(time.Hour)
	if got := w.want(t, c, contact.GenuineForAnyone); !got.SeenAt.Equal(shown) {
		t.Errorf("two hours later: got seen at %v, want %v", got.SeenAt, shown)
	}
	if bytes.Equal(first, kept()) {
		t.Error("two hours later: not written")
	}

	// A message that would turn red if it were judged, but was judged by what is known.
	memory, err := w.d.memory()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.d.notes.open(w.d); err != nil {
		t.Fatal(err)
	}
	if n := len(w.d.notes.trusted); n != 1 || len(w.d.notes.trusted[0].JudgedBy) == 0 {
		t.Fatalf("got %d messages kept, want one that was judged", n)
	}
	w.d.notes.trusted[0].Envelope[40] ^= 1
	w.d.judgeTrusted(memory)
	if n := w.d.Notices(); len(n) != 0 {
		t.Errorf("judged again by the same: %v", n)
	}
	w.d.notes.trusted[0].JudgedBy = nil
	w.d.judgeTrusted(memory)
	if n := w.d.Notices(); len(n) != 1 {
		t.Errorf("got %d notices of a message that was not judged, want 1", len(n))
	}
}
