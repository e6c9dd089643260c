package patient

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// twin is a world whose logs have the keys of w's and another history of messages.
func twin(t *testing.T, w *clinicWorld, leaves int) *contacttest.World {
	t.Helper()
	o := contacttest.New(t)
	o.Clock = w.Clock
	for i := range leaves {
		o.Misuse(func(m *contact.Message) { m.Salt = [32]byte{byte(i), 7} })
	}
	o.NewStatus()
	return o
}

// show has the server speak of another history from now on.
func (w *clinicWorld) show(o *contacttest.World) {
	w.s.Tell(o.News())
	w.s.Logs(o.Logs.Keys, o.Logs.Msgs)
}

// A server that shows this device another history than it did is found out by the next refresh,
// whatever the sizes: the next check is red, what was trusted is a notice, and both are for good.
func TestServerForks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		leaves int // of the other history, beside the first message
	}{{"of one size", 1}, {"longer", 5}, {"much longer", 300}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, in := newClinicWorld(t)
			w.want(t, CodeCheck{Code: in.Code}, contact.GenuineForAnyone)
			w.Clock = w.Clock.Add(time.Hour)
			w.show(twin(t, w, tt.leaves))
			if err := w.d.RefreshClinics(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.want(t, CodeCheck{Code: in.Code}, contact.LogForked)
			if n := w.d.Notices(); len(n) != 1 || n[0].Headline != contact.LogForked {
				t.Errorf("got notices %+v, want one about the fork", n)
			}
			// Honest again, and after a restart: it stays.
			w.Clock = w.Clock.Add(time.Hour)
			w.NewStatus()
			w.show(w.World)
			w.d = reopen(t, w.d, w.cfg)
			if err := w.d.RefreshClinics(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.want(t, CodeCheck{Code: in.Code}, contact.LogForked)
			policy, err := translog.ParsePolicy(w.World.Logs.PolicyText())
			if err != nil {
				t.Fatal(err)
			}
			forks := w.d.Forks()
			if len(forks) != 1 || forks[0].Check(policy) != nil || forks[0].Clinic != w.Clinic.ID() {
				t.Errorf("got %d forks, want one that anybody can check", len(forks))
			}
		})
	}
}

// However many heads push the old ones out of the memory, the newest that was compared is compared
// with what comes.
func TestForkBehindManyHeads(t *testing.T) {
	t.Parallel()
	w, in := newClinicWorld(t)
	w.want(t, CodeCheck{Code: in.Code}, contact.GenuineForAnyone)
	o := twin(t, w, 3)
	for i := range 20 {
		bundle := o.Misuse(func(m *contact.Message) { m.Salt = [32]byte{byte(i), 9} })
		if _, err := w.d.CheckBundle(t.Context(), bundle.Marshal(), nil, ""); err != nil {
			t.Fatal(err)
		}
	}
	w.show(o)
	if err := w.d.RefreshClinics(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.want(t, CodeCheck{Code: in.Code}, contact.LogForked)
}

// A server that shows a new head and does not show that it belongs to the old one has answered
// nothing: what it says makes nothing fresh, and is no fork either.
func TestServerWithoutTiles(t *testing.T) {
	t.Parallel()
	for name, lie := range map[string]func(path string, honest []byte) ([]byte, error){
		"none":       func(string, []byte) ([]byte, error) { return nil, errors.New("gone") },
		"empty":      func(string, []byte) ([]byte, error) { return nil, nil },
		"a short":    func(_ string, row []byte) ([]byte, error) { return row[1:], nil },
		"a long":     func(_ string, row []byte) ([]byte, error) { return append(row, 0), nil },
		"garbage":    func(_ string, row []byte) ([]byte, error) { return make([]byte, len(row)), nil },
		"an endless": func(string, []byte) ([]byte, error) { return make([]byte, 4<<20), nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, in := newClinicWorld(t)
			w.want(t, CodeCheck{Code: in.Code}, contact.GenuineForAnyone)
			w.Misuse(func(m *contact.Message) { m.Salt = [32]byte{9} })
			w.Clock = w.Clock.Add(25 * time.Hour)
			w.NewStatus()
			w.s.Tell(w.News())
			w.s.LieOnTiles(lie)
			if err := w.d.RefreshClinics(t.Context()); !errors.Is(err, ErrRefused) && !errors.Is(err, ErrOffline) {
				t.Errorf("got %v", err)
			}
			clear(w.d.notes.tried)
			w.want(t, CodeCheck{Code: in.Code}, contact.Stale)
			if n := w.d.Forks(); len(n) != 0 {
				t.Errorf("got %d forks", len(n))
			}
			w.s.LieOnTiles(nil)
			if err := w.d.RefreshClinics(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.want(t, CodeCheck{Code: in.Code}, contact.GenuineForAnyone)
		})
	}
}

// What makes a verdict worse is learned from a server that hides its tiles, too.
func TestStolenWithoutTiles(t *testing.T) {
	t.Parallel()
	w, in := newClinicWorld(t)
	w.want(t, CodeCheck{Code: in.Code}, contact.GenuineForAnyone)
	w.Clock = w.Clock.Add(time.Hour)
	w.Misuse(func(m *contact.Message) { m.Salt = [32]byte{9} })
	w.Clinic.SetKey(w.Device.Key(), "stolen", contacttest.Start.Unix())
	w.NewStatus()
	w.s.Tell(w.News())
	w.s.LieOnTiles(func(string, []byte) ([]byte, error) { return nil, errors.New("gone") })
	if err := w.d.RefreshClinics(t.Context()); !errors.Is(err, ErrRefused) {
		t.Errorf("got %v, want %v", err, ErrRefused)
	}
	w.want(t, CodeCheck{Code: in.Code}, contact.KeyStolen)
}

// A root that freezes one branch of a log with two histories takes back what lies below: for codes
// when they are asked about, for bundles and for what was trusted at the next refresh.
func TestFrozenLogIsSpared(t *testing.T) {
	t.Parallel()
	w, in := newClinicWorld(t)
	w.want(t, CodeCheck{Code: in.Code}, contact.GenuineForAnyone)
	w.Clock = w.Clock.Add(time.Hour)
	w.show(twin(t, w, 5))
	if err := w.d.RefreshClinics(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.want(t, CodeCheck{Code: in.Code}, contact.LogForked)

	grow(t, w, 3, 400)
	size, root := w.World.Logs.Msgs.Head()
	p := w.Clinic.Profile()
	p.N++
	p.Frozen = []contact.FrozenHead{{Origin: w.World.Logs.Msgs.Origin(), Size: size, Root: root}}
	note, err := w.Roots.SignProfile(p)
	if err != nil {
		t.Fatal(err)
	}
	logged := w.Log(note, nil)
	hash := contact.NoteHash(p.Marshal())
	w.Clock = w.Clock.Add(time.Hour)
	status, err := w.Monitor.SignStatus(contact.Status{
		Clinic: w.Clinic.ID(), Issued: w.Clock.Unix(), Profile: hash, KeyState: []contact.KeyState{{Key: contact.KeyHash(w.Device.Key()), State: "ok"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	news := w.News(logged)
	news.Status = status
	w.s.Tell(news)
	w.s.Logs(w.World.Logs.Keys, w.World.Logs.Msgs)
	bundle := w.Parts()
	bundle.Profile, bundle.ProfileProof, bundle.Status = logged.Note, logged.Proof, status
	checkBundle := func(want contact.Finding) {
		t.Helper()
		v, err := w.d.CheckBundle(t.Context(), bundle.Marshal(), nil, "")
		if err != nil || v.Headline != want {
			t.Errorf("bundle: got %v, %v, want %s", v.Findings, err, want)
		}
	}
	w.s.Tiles()
	checkBundle(contact.LogForked)
	if paths, _ := w.s.Tiles(); len(paths) != 0 {
		t.Errorf("a bundle had the device ask for %v", paths)
	}
	clear(w.d.notes.tried)
	if err := w.d.RefreshClinics(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkBundle(contact.GenuineForAnyone)
	w.want(t, CodeCheck{Code: in.Code}, contact.GenuineForAnyone)
	w.d = reopen(t, w.d, w.cfg)
	w.s.Tiles()
	w.want(t, CodeCheck{Code: in.Code}, contact.GenuineForAnyone)
	if paths, _ := w.s.Tiles(); len(paths) != 0 {
		t.Errorf("asked again for %v", paths)
	}
}

// growing is a device that watches a log of so many leaves.
func growing(t testing.TB, leaves int) (w *clinicWorld, in contact.CodeInput, refresh func() ([]string, int)) {
	w, in = newClinicWorld(t)
	grow(t, w, 1, leaves)
	return w, in, func() ([]string, int) {
		t.Helper()
		w.Clock = w.Clock.Add(time.Minute)
		w.NewStatus()
		w.s.Tell(w.News())
		if err := w.d.RefreshClinics(t.Context()); err != nil {
			t.Fatal(err)
		}
		return w.s.Tiles()
	}
}

func grow(t testing.TB, w *clinicWorld, salt byte, leaves int) {
	t.Helper()
	if err := w.World.Logs.Msgs.Grow(leaves, func(i int) []byte {
		return contact.Leaf([32]byte{byte(i), byte(i >> 8), byte(i >> 16), salt}, [16]byte{})
	}); err != nil {
		t.Fatal(err)
	}
}

// A log that grows as it should costs a path of tiles, once, and nothing while it does not grow.
func TestHonestLogStaysQuiet(t *testing.T) {
	t.Parallel()
	w, in, refresh := growing(t, 70_000) // tiles of three levels
	first, _ := refresh()
	if slices.ContainsFunc(first, func(p string) bool { return strings.Contains(p, "/msgs/") }) {
		t.Errorf("got %v: there was nothing to compare of the msgs log", first)
	}
	if paths, _ := refresh(); len(paths) != 0 {
		t.Errorf("got %v though nothing was added", paths)
	}
	grow(t, w, 2, 700)
	paths, bytes := refresh()
	if len(paths) == 0 || len(paths) > 6 || bytes > 6*8192 {
		t.Errorf("got %d tiles, %d bytes: %v; want a path of two tiles a level at most", len(paths), bytes, paths)
	}
	if again, _ := refresh(); len(again) != 0 {
		t.Errorf("got %v, want that they are compared once", again)
	}
	w.want(t, CodeCheck{Code: in.Code}, contact.GenuineForAnyone)
	if n := w.d.Forks(); len(n) != 0 {
		t.Errorf("got %d forks", len(n))
	}
}

// What an hour's growth of a log of a million leaves costs a device: requests and bytes.
func BenchmarkCompareLogs(b *testing.B) {
	b.ReportAllocs()
	w, _, refresh := growing(b, 1_000_000)
	refresh()
	tiles, size, n := 0, 0, 0
	for b.Loop() {
		b.StopTimer()
		grow(b, w, 2, 1000)
		b.StartTimer()
		paths, bytes := refresh()
		tiles, size, n = tiles+len(paths), size+bytes, n+1
	}
	b.ReportMetric(float64(tiles)/float64(n), "tiles/op")
	b.ReportMetric(float64(size)/float64(n), "tilebytes/op")
}
