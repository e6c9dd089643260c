package patient

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/card"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
)

func (w *clinicWorld) words() string { return strings.Join(card.Words(w.Clinic.ID()), " ") }

// unpinned is newClinicWorld with the clinic not pinned yet.
func unpinned(t *testing.T) *clinicWorld {
	t.Helper()
	w, _ := newClinicWorld(t)
	w.dir = newDir(t)
	w.cfg.Disk = w.dir
	w.d, _ = create(t, w.cfg)
	return w
}

func TestAddAndRemoveClinic(t *testing.T) {
	t.Parallel()
	w := unpinned(t)
	in := w.BearerCode("anyone")
	offer, err := w.d.PrepareClinic(t.Context(), strings.ToUpper(w.words()), SourceDesk)
	if err != nil {
		t.Fatal(err)
	}
	if offer.ID != w.Clinic.ID() || offer.Name != "Example Aesthetics" || offer.Level != contact.Card || !slices.Equal(offer.Phones, []string{"+15555550100"}) ||
		!offer.Since.IsZero() || offer.Young || strings.Join(offer.Words, " ") != w.words() {
		t.Errorf("got %+v", offer)
	}
	w.want(t, CodeCheck{Code: in.Code}, contact.NoPin) // nothing is kept yet
	if err := w.d.AddClinic(t.Context(), offer); err != nil {
		t.Fatal(err)
	}
	_, before := w.s.Asked()
	w.want(t, CodeCheck{Code: in.Code}, contact.GenuineForAnyone)
	if _, after := w.s.Asked(); len(after) != len(before) {
		t.Error("the look-up asked about the clinic again")
	}
	list := w.d.Clinics()
	if len(list) != 1 || list[0].Name != "Example Aesthetics" || !list[0].Confirmed || list[0].StatusAt.IsZero() || list[0].AskedAt.IsZero() || len(list[0].Servers) != 1 {
		t.Errorf("got %+v", list)
	}
	if _, err := w.d.PrepareClinic(t.Context(), w.words(), SourceDesk); !errors.Is(err, ErrSameClinic) {
		t.Errorf("again: got %v, want ErrSameClinic", err)
	}
	if err := w.d.AddClinic(t.Context(), offer); !errors.Is(err, ErrSameClinic) {
		t.Errorf("the same offer again: got %v, want ErrSameClinic", err)
	}
	w.d = reopen(t, w.d, w.cfg)
	if err := w.d.RemoveClinic(t.Context(), offer.ID); err != nil {
		t.Fatal(err)
	}
	if list := w.d.Clinics(); len(list) != 0 {
		t.Errorf("got %+v after removing", list)
	}
	w.want(t, CodeCheck{Code: in.Code}, contact.NoPin)
	// It may come back, as what it now is.
	offer, err = w.d.PrepareClinic(t.Context(), w.words(), SourceRemote)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.d.AddClinic(t.Context(), offer); err != nil {
		t.Fatal(err)
	}
	w.want(t, CodeCheck{Code: in.Code}, contact.GenuineRemote)
	if err := w.d.AddClinic(t.Context(), ClinicOffer{}); !errors.Is(err, ErrFalseClinic) {
		t.Errorf("an offer out of nothing: got %v", err)
	}
}

func TestPrepareClinicRefuses(t *testing.T) {
	t.Parallel()
	w := unpinned(t)
	other := contacttest.Named(t, "another clinic")
	prepare := func(what, words string, want error) {
		t.Helper()
		if _, err := w.d.PrepareClinic(t.Context(), words, SourceDesk); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", what, err, want)
		}
	}
	prepare("five words", "abacus abacus abacus abacus abacus", ErrCardWords)
	prepare("five words", "abacus abacus abacus abacus abacus", card.ErrCount)
	prepare("no word", "abacus abacus abacus abacus abacus qqq", card.ErrWord)
	prepare("nobody's words", "abacus abacus abacus abacus abacus abacus", ErrNoClinic)

	// The server answers with another clinic, with notes that prove nothing, or with none.
	page := func(news contact.News) func([]byte) ([]byte, error) {
		w.s.Tell(news)
		return nil
	}
	honest := w.News()
	news := other.News()
	news.Clinic = w.Clinic.ID()
	w.s.LieOnPages(page(news))
	prepare("another clinic", w.words(), ErrFalseClinic)
	news = w.News()
	news.Notes = news.Notes[1:]
	page(news)
	prepare("no profile", w.words(), ErrFalseClinic)
	news = w.News()
	news.Policies = nil
	page(news)
	prepare("no policy", w.words(), ErrFalseClinic)
	news = w.News()
	news.Notes[0].Note = other.News().Notes[0].Note
	page(news)
	prepare("another profile", w.words(), ErrFalseClinic)
	w.s.LieOnPages(func([]byte) ([]byte, error) { return make([]byte, pageSize-1), nil })
	prepare("garbage", w.words(), ErrBadAnswer)
	w.s.LieOnPages(func([]byte) ([]byte, error) { return nil, errors.New("down") })
	prepare("down", w.words(), ErrOffline)
	w.s.LieOnPages(nil)
	page(honest)
	if _, err := w.d.PrepareClinic(t.Context(), w.words(), "somehow"); err == nil {
		t.Error("a source that is none was taken")
	}
	if err := w.d.UseServer(""); err != nil {
		t.Fatal(err)
	}
	prepare("no server", w.words(), ErrNoServer)
}

// A clinic that could be taken for one that is pinned is refused.
func TestLookAlikeClinics(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		profile func(*contact.Profile)
		want    error
	}{
		{"another one", func(p *contact.Profile) {}, nil},
		{"same name", func(p *contact.Profile) { p.Name = "EXAMPLE  Aesthetics" }, ErrLikeClinic},
		{"look-alike letters", func(p *contact.Profile) { p.Name = "Examp1e Aesthetics" }, ErrLikeClinic},
		{"accent", func(p *contact.Profile) { p.Name = "Example Aesthétics" }, ErrLikeClinic},
		{"same slug", func(p *contact.Profile) { p.Slug = "example-aesthetics" }, ErrLikeClinic},
		{"same phone", func(p *contact.Profile) { p.Phones = []string{"+15555550100", "+15555550177"} }, ErrLikeClinic},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, _ := newClinicWorld(t)
			if err := w.d.RefreshClinics(t.Context()); err != nil {
				t.Fatal(err)
			}
			other := contacttest.Named(t, "another clinic", func(_ *contacttest.World, c *clinic.Config) {
				c.Profile.Name, c.Profile.Slug, c.Profile.Phones = "Other Surgery", "other-surgery", []string{"+15555550188"}
				tt.profile(&c.Profile)
				c.Profile.Name = contact.Canon(c.Profile.Name)
				c.Profile.Name = strings.TrimSpace(c.Profile.Name)
			})
			w.s.Tell(other.News())
			_, err := w.d.PrepareClinic(t.Context(), strings.Join(card.Words(other.Clinic.ID()), " "), SourcePost)
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

// The age of a clinic counts only under a policy that came with the program or was installed.
func TestAgeOfAClinic(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name        string
		shipped     bool
		installed   bool
		later       time.Duration
		since, warn bool
	}{
		{"no policy of ours", false, false, 0, false, false},
		{"young", true, false, 0, true, true},
		{"old", true, false, 100 * 24 * time.Hour, true, false},
		{"installed", false, true, 0, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := unpinned(t)
			w.Clock = w.Clock.Add(tt.later)
			if tt.shipped {
				w.d.policies = [][]byte{w.Logs.PolicyText()}
			}
			if tt.installed {
				if err := w.dir.Write(policyFile, w.Logs.PolicyText()); err != nil {
					t.Fatal(err)
				}
			}
			offer, err := w.d.PrepareClinic(t.Context(), w.words(), SourceDesk)
			if err != nil {
				t.Fatal(err)
			}
			if !offer.Since.IsZero() != tt.since || offer.Young != tt.warn || tt.since && !offer.Since.Equal(contacttest.Start) {
				t.Errorf("got since %v, young %v", offer.Since, offer.Young)
			}
		})
	}
}

// A rotation leads to the newest profile.
func TestClinicWithANewRoot(t *testing.T) {
	t.Parallel()
	w := unpinned(t)
	next, err := clinic.NewRoots(2, contacttest.Seed("next roots"), "next-a.example.com", "next-b.example.com")
	if err != nil {
		t.Fatal(err)
	}
	rotation := w.Log(w.Roots.SignRotate(w.Clinic.ID(), 1, next))
	p := w.Clinic.Profile()
	p.N, p.Name, p.Roots = 2, "Example Aesthetics West", next.Set()
	profile := w.Log(next.SignProfile(p))
	w.s.Tell(w.News(rotation, profile))
	w.s.NotesAPage(1)
	w.Clock = w.Clock.Add(80 * time.Hour)
	offer, err := w.d.PrepareClinic(t.Context(), w.words(), SourceDesk)
	if err != nil {
		t.Fatal(err)
	}
	if offer.Name != "Example Aesthetics West" || offer.ID != w.Clinic.ID() {
		t.Errorf("got %q, %x", offer.Name, offer.ID)
	}
	if _, pages := w.s.Asked(); len(pages) != 5 {
		t.Errorf("got %d pages of one note, want 5", len(pages))
	}
}
