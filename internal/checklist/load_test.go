package checklist_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"maps"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/checklist/compile"
)

// resign changes a pack and signs it anew.
func resign(t *testing.T, p *checklist.Pack, key string, version uint64, change func(files map[string][]byte)) (map[string][]byte, []byte) {
	t.Helper()
	files := p.Files()
	change(files)
	signer, err := note.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := note.Sign(&note.Note{Text: checklist.Manifest(p.ID(), version, files)}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return files, sig
}

func replace(name, old, to string) func(map[string][]byte) {
	return func(files map[string][]byte) {
		files[name] = bytes.Replace(files[name], []byte(old), []byte(to), 1)
	}
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	if !p.Development() {
		t.Error("got a release, want the committed pack to say that it is development content")
	}
	if len(p.Items()) < 12 || len(p.Platforms()) != 12 || len(p.Locales()) != 2 {
		t.Errorf("got %d items, %d platforms, %d locales", len(p.Items()), len(p.Platforms()), len(p.Locales()))
	}
	size := len(p.Signature())
	for _, data := range p.Files() {
		size += len(data)
	}
	if size > checklist.MaxPackBytes {
		t.Errorf("got %d bytes, want at most %d", size, checklist.MaxPackBytes)
	}
	// It round-trips through the wire's form.
	q, err := checklist.Load(p.Files(), p.Signature(), p, today)
	if err != nil || q.Digest() != p.Digest() {
		t.Errorf("got %v, want the same pack", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	other, _, err := note.GenerateKey(rand.Reader, "chaperone-pack-development")
	if err != nil {
		t.Fatal(err)
	}
	same := func(map[string][]byte) {}
	newer := func(t *testing.T, change func(map[string][]byte)) (map[string][]byte, []byte) {
		return resign(t, p, compile.DevelopmentKey, p.Version()+1, func(files map[string][]byte) {
			replace("pack.json", `"version":1,`, `"version":2,`)(files)
			change(files)
		})
	}
	files, sig := newer(t, same)
	current, err := checklist.Load(files, sig, p, today)
	if err != nil {
		t.Fatalf("got %v for a newer pack, want it accepted", err)
	}
	tests := []struct {
		name string
		make func(t *testing.T) (map[string][]byte, []byte)
		now  time.Time
		want error
	}{
		{"another key", func(t *testing.T) (map[string][]byte, []byte) { return resign(t, p, other, p.Version(), same) }, today, checklist.ErrSignature},
		{"no signature", func(t *testing.T) (map[string][]byte, []byte) { return p.Files(), nil }, today, checklist.ErrSignature},
		{"a changed byte", func(t *testing.T) (map[string][]byte, []byte) {
			files := p.Files()
			replace("i18n/es.json", "a", "b")(files)
			return files, p.Signature()
		}, today, checklist.ErrSignature},
		{"a file more", func(t *testing.T) (map[string][]byte, []byte) {
			files := p.Files()
			files["i18n/fr.json"] = []byte("{}")
			return files, p.Signature()
		}, today, checklist.ErrSignature},
		{"a file less", func(t *testing.T) (map[string][]byte, []byte) {
			files := p.Files()
			delete(files, "i18n/es.json")
			return files, p.Signature()
		}, today, checklist.ErrSignature},
		{"expired", func(t *testing.T) (map[string][]byte, []byte) { return newer(t, same) }, p.Expires(), checklist.ErrExpired},
		{"older", func(t *testing.T) (map[string][]byte, []byte) { return p.Files(), p.Signature() }, today, checklist.ErrRollback},
		{"another pack of this version", func(t *testing.T) (map[string][]byte, []byte) {
			return newer(t, replace("i18n/es.json", "clínica", "clinica"))
		}, today, checklist.ErrRollback},
		{"a field we do not know", func(t *testing.T) (map[string][]byte, []byte) {
			return newer(t, replace("pack.json", `"min_app"`, `"max_app":1,"min_app"`))
		}, today, checklist.ErrUnknownField},
		{"a field we do not know in the texts", func(t *testing.T) (map[string][]byte, []byte) {
			return newer(t, replace("i18n/es.json", `"locale"`, `"tone":"","locale"`))
		}, today, checklist.ErrUnknownField},
		{"for a newer program", func(t *testing.T) (map[string][]byte, []byte) {
			return newer(t, replace("pack.json", `"min_app":1`, `"min_app":2`))
		}, today, checklist.ErrUnknownField},
		{"the signature names another version", func(t *testing.T) (map[string][]byte, []byte) {
			return resign(t, p, compile.DevelopmentKey, 9, same)
		}, today, checklist.ErrMalformed},
		{"not JSON", func(t *testing.T) (map[string][]byte, []byte) {
			return newer(t, func(files map[string][]byte) { files["i18n/es.json"] = []byte("{") })
		}, today, checklist.ErrMalformed},
		{"two values in a file", func(t *testing.T) (map[string][]byte, []byte) {
			return newer(t, func(files map[string][]byte) { files["pack.json"] = append(bytes.Clone(files["pack.json"]), "{}"...) })
		}, today, checklist.ErrMalformed},
		{"texts of another locale", func(t *testing.T) (map[string][]byte, []byte) {
			return newer(t, func(files map[string][]byte) { files["i18n/es.json"] = files["i18n/en.json"] })
		}, today, checklist.ErrMalformed},
		{"an unknown need", func(t *testing.T) (map[string][]byte, []byte) {
			return newer(t, replace("pack.json", `"accounts.password-manager"`, `"accounts.nothing"`))
		}, today, checklist.ErrMalformed},
		{"too large", func(t *testing.T) (map[string][]byte, []byte) {
			return newer(t, func(files map[string][]byte) { files["x"] = make([]byte, checklist.MaxPackBytes) })
		}, today, checklist.ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files, sig := tt.make(t)
			got, err := checklist.Load(maps.Clone(files), sig, current, tt.now)
			if !errors.Is(err, tt.want) || got != nil {
				t.Errorf("got %v, %v, want %v", got != nil, err, tt.want)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	p, err := checklist.Embedded()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p.Signature(), p.Files()["i18n/es.json"])
	f.Add([]byte(checklist.Manifest(p.ID(), 1, nil)), []byte("{}"))
	f.Fuzz(func(t *testing.T, sig, es []byte) {
		files := p.Files()
		files["i18n/es.json"] = es
		got, err := checklist.Load(files, sig, nil, today)
		if err == nil && (!bytes.Equal(es, p.Files()["i18n/es.json"]) || got.Version() != p.Version()) {
			t.Error("got a pack that nobody signed")
		}
	})
}

// A pack with the texts of every language takes at most 4 MB of memory.
func TestMemory(t *testing.T) {
	const most = 4 << 20
	heap := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	p := embedded(t)
	for _, l := range p.Locales() {
		if p.Text(l).Title(p.Items()[0].ID) == "" {
			t.Errorf("%s: got no title", l)
		}
	}
	grown := heap() - before
	runtime.KeepAlive(p)
	t.Logf("the pack takes %.2f MB", float64(grown)/(1<<20))
	if grown > most || grown <= 0 {
		t.Errorf("got %d bytes, want at most %d", grown, most)
	}
}

func TestStale(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	texts := p.Text("en")
	fb := p.Platform("facebook")
	fresh, old := texts.How(fb, "hide-friends", today), texts.How(fb, "hide-friends", today.AddDate(0, 0, 200))
	if fresh.Moved || len(fresh.IOS) == 0 || fresh.Link == "" {
		t.Errorf("got %+v, want paths while fresh", fresh)
	}
	if !old.Moved || old.Web != nil || old.IOS != nil || old.Android != nil || old.Link != "" || old.HelpURL == "" || old.Caveat == "" {
		t.Errorf("got %+v, want the help link alone past the review date", old)
	}
	if dated := texts.How(p.Platform("tiktok"), "private-account", today); !dated.Moved || dated.HelpURL == "" {
		t.Errorf("got %+v, want a dated fact to show the help link alone", dated)
	}
	if got := texts.How(p.Platform("bluesky"), "private-account", today); got.HelpURL != "" || got.Moved {
		t.Errorf("got %+v for what the platform cannot, want nothing", got)
	}
	later := today.AddDate(1, 0, 0)
	for _, c := range texts.Contacts("agency:us-experian", "us", later) {
		if !c.Stale || c.Phones != nil || c.Web == "" {
			t.Errorf("got %+v, want the page alone past the review date", c)
		}
	}
	if c := texts.Contacts("role:emergency", "us", later); len(c) != 1 || c[0].Stale || len(c[0].Phones) != 1 || c[0].Phones[0].Number != "911" {
		t.Errorf("got %+v, want an emergency number always", c)
	}
	plan := p.Plan(checklist.Answers{Region: "us"}, nil, p.Expires())
	if !plan.Expired || len(plan.Rows) == 0 {
		t.Error("got no plan or no banner from an expired pack, want both")
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	for _, locale := range p.Locales() {
		texts := p.Text(locale)
		for _, it := range p.Items() {
			x := texts.Item(it.ID)
			all := append([]string{x.Title, x.Why, x.DoneWhen, x.DiscreetTitle, x.DiscreetNotify}, x.Stops...)
			all = append(all, x.DoesNotStop...)
			for _, s := range x.Steps {
				all = append(all, s.Do)
			}
			for _, s := range all {
				if strings.TrimSpace(s) == "" {
					t.Errorf("%s: %s has an empty text", locale, it.ID)
				}
			}
		}
		for _, l := range checklist.Lanes() {
			if texts.Lane(l) == "" {
				t.Errorf("%s: lane %s has no name", locale, l)
			}
		}
	}
	es := p.Text("es-MX")
	if es.Locale() != "es" || es.Title("now.safe") == p.Text("en").Title("now.safe") {
		t.Errorf("got %q in %s, want Spanish", es.Title("now.safe"), es.Locale())
	}
	if got := p.Text("tlh"); got.Locale() != "en" {
		t.Errorf("got %s for a locale that is not there, want en", got.Locale())
	}
	if got := es.Item("no.such"); got.Title != "" {
		t.Errorf("got %+v for an item that is not there", got)
	}
}

// A text that is missing in a language is English, field by field.
func TestTextFallsBack(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	why := p.Text("es").Item("now.safe").Why
	files, sig := resign(t, p, compile.DevelopmentKey, p.Version(), replace("i18n/es.json", `"now.safe.why"`, `"now.safe.was"`))
	q, err := checklist.Load(files, sig, nil, today)
	if err != nil {
		t.Fatal(err)
	}
	got, want := q.Text("es").Item("now.safe"), p.Text("en").Item("now.safe")
	if got.Why != want.Why || got.Why == why || got.Title == want.Title {
		t.Errorf("got %q under %q, want the English reason under the Spanish title", got.Why, got.Title)
	}
}

func TestDiscreetSaysNothing(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	for _, it := range p.Items() {
		for _, l := range p.Locales() {
			x := p.Text(l).Item(it.ID)
			for _, word := range []string{"clinic", "clínica", "photo", "threat", "credit", "email", "correo", "foto", "amenaza"} {
				if s := strings.ToLower(x.DiscreetTitle + x.DiscreetNotify); strings.Contains(s, word) {
					t.Errorf("%s: got %q on a lock screen", it.ID, s)
				}
			}
		}
	}
}
