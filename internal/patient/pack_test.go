package patient

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/checklist/compile"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
)

var (
	versionField = regexp.MustCompile(`"version":\d+`)
	expiresField = regexp.MustCompile(`"expires":"[^"]*"`)
)

// packOf is the embedded pack under another version, signed with a key.
func packOf(t *testing.T, version uint64, key string) *chaperonev1.GetPackResponse {
	t.Helper()
	return packUntil(t, version, key, "")
}

// packUntil is packOf with another last day, "" for the embedded pack's own.
func packUntil(t *testing.T, version uint64, key, expires string) *chaperonev1.GetPackResponse {
	t.Helper()
	p, err := checklist.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	files := p.Files()
	changed := versionField.ReplaceAll(files["pack.json"], fmt.Appendf(nil, `"version":%d`, version))
	if version != p.Version() && bytes.Equal(changed, files["pack.json"]) {
		t.Fatal("the pack's version was not found")
	}
	if expires != "" {
		changed = expiresField.ReplaceAll(changed, fmt.Appendf(nil, `"expires":%q`, expires))
	}
	files["pack.json"] = changed
	signer, err := note.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := note.Sign(&note.Note{Text: checklist.Manifest(p.ID(), version, files)}, signer)
	if err != nil {
		t.Fatal(err)
	}
	a := &chaperonev1.GetPackResponse{Version: version, Signature: sig}
	for name, data := range files {
		a.Files = append(a.Files, &chaperonev1.PackFile{Name: name, Data: data})
	}
	return a
}

func TestFetchPack(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	cfg := syncConfig(t, s, "phone")
	now := testNow
	embedded, err := checklist.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	now = embedded.Expires().Add(-time.Hour)
	cfg.Now = func() time.Time { return now }
	d, _ := create(t, cfg)
	have := embedded.Version()
	if got := d.Pack().Version(); got != have {
		t.Errorf("at first: got version %d, want the embedded %d", got, have)
	}
	if fetched, err := d.FetchPack(t.Context()); fetched || err != nil {
		t.Errorf("nothing newer: got %v and %v", fetched, err)
	}
	good := packOf(t, have+2, compile.DevelopmentKey)
	s.set(func() { s.pack = good })
	if fetched, err := d.FetchPack(t.Context()); !fetched || err != nil {
		t.Fatalf("newer: got %v and %v", fetched, err)
	}
	if got := d.Pack().Version(); got != have+2 {
		t.Errorf("newer: got version %d, want %d", got, have+2)
	}
	skey, _, err := note.GenerateKey(nil, "chaperone-pack-development")
	if err != nil {
		t.Fatal(err)
	}
	altered := packOf(t, have+3, compile.DevelopmentKey)
	altered.Files[0].Data = append(altered.Files[0].Data, ' ')
	missing := packOf(t, have+3, compile.DevelopmentKey)
	missing.Files = missing.Files[1:]
	for _, tt := range []struct {
		name string
		pack *chaperonev1.GetPackResponse
		want error
	}{
		{"signed by somebody else", packOf(t, have+3, skey), checklist.ErrSignature},
		{"altered", altered, checklist.ErrSignature},
		{"a file is missing", missing, checklist.ErrSignature},
		{"older", packOf(t, have+1, compile.DevelopmentKey), checklist.ErrRollback},
		{"empty but newer", &chaperonev1.GetPackResponse{Version: have + 3}, checklist.ErrSignature},
	} {
		s.set(func() { s.pack = tt.pack })
		if fetched, err := d.FetchPack(t.Context()); fetched || !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v and %v, want %v", tt.name, fetched, err, tt.want)
		}
		if got := d.Pack().Version(); got != have+2 {
			t.Errorf("%s: got version %d in use, want %d", tt.name, got, have+2)
		}
	}
	// The fetched pack is used after a restart, when it has expired too: an older one would
	// be no better, and the plan says so.
	now = embedded.Expires().Add(time.Hour)
	d = reopen(t, d, cfg)
	if got := d.Pack().Version(); got != have+2 || !d.Plan().Expired {
		t.Errorf("after a restart: got version %d, want %d, and a plan that says expired", got, have+2)
	}
	s.set(func() { s.pack = packOf(t, have+3, compile.DevelopmentKey) })
	if _, err := d.FetchPack(t.Context()); !errors.Is(err, checklist.ErrExpired) {
		t.Errorf("an expired pack: got %v, want ErrExpired", err)
	}
	// A stored pack that somebody spoiled falls back to the embedded one.
	for name, data := range map[string][]byte{"garbled": []byte("\xff\xff"), "cut": mustRead(t, cfg.Disk, packFile)[:5000]} {
		if err := cfg.Disk.Write(packFile, data); err != nil {
			t.Fatal(err)
		}
		d = reopen(t, d, cfg)
		if got := d.Pack(); got == nil || got.Version() != have {
			t.Errorf("%s: got %v, want the embedded pack", name, got)
		}
	}
	s.set(func() { s.raw = nil; s.pack = nil })
	if s.plans != 0 {
		t.Errorf("got %d calls of Plan, want none", s.plans)
	}
}

// TestSyncBringsThePack: a sync takes a newer pack along, says why it refused one, and fails for
// neither; it does not ask again within the hour.
func TestSyncBringsThePack(t *testing.T) {
	t.Parallel()
	skey, _, err := note.GenerateKey(nil, "chaperone-pack-development")
	if err != nil {
		t.Fatal(err)
	}
	embedded, err := checklist.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	have := embedded.Version()
	for _, tt := range []struct {
		name    string
		pack    *chaperonev1.GetPackResponse
		fetched bool
		refused error
		version uint64
	}{
		{"nothing newer", nil, false, nil, have},
		{"newer", packUntil(t, have+1, compile.DevelopmentKey, "2040-01-01"), true, nil, have + 1},
		{"signed by somebody else", packUntil(t, have+1, skey, "2040-01-01"), false, checklist.ErrSignature, have},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			cfg := syncConfig(t, s, "phone")
			d, _ := create(t, cfg)
			s.set(func() { s.pack = tt.pack })
			got, err := d.Sync(t.Context())
			if err != nil || got.PackFetched != tt.fetched || !errors.Is(got.PackRefused, tt.refused) || (got.PackRefused != nil) != (tt.refused != nil) {
				t.Errorf("got %+v and %v, want fetched %v, refused %v", got, err, tt.fetched, tt.refused)
			}
			if v := d.Pack().Version(); v != tt.version {
				t.Errorf("got version %d in use, want %d", v, tt.version)
			}
			s.set(func() { s.pack = packUntil(t, have+5, compile.DevelopmentKey, "2040-01-01") })
			if again, err := d.Sync(t.Context()); err != nil || again.PackFetched {
				t.Errorf("again at once: got %+v and %v, want no pack asked for", again, err)
			}
		})
	}
}

func TestConfigPackWins(t *testing.T) {
	t.Parallel()
	p, err := checklist.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	cfg := testConfig(newDir(t))
	cfg.Pack = p
	d, _ := create(t, cfg)
	if d.Pack() != p {
		t.Error("got another pack than the one of Config")
	}
}

func BenchmarkOpen(b *testing.B) {
	d, cfg := benchDevice(b)
	if err := d.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		d, err := Open(b.Context(), cfg)
		if err != nil {
			b.Fatal(err)
		}
		if err := d.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMark(b *testing.B) {
	d, _ := benchDevice(b)
	key := checklist.RowKey{Item: d.Plan().Rows[0].Item.ID}
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Mark(key, checklist.Done, "", time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPack(b *testing.B) {
	d, _ := benchDevice(b)
	for b.Loop() {
		d.pack = nil
		d.Pack()
	}
}

// benchDevice has a typical vault: answers, every row of the plan touched, one pin.
func benchDevice(b *testing.B) (*Device, Config) {
	b.Helper()
	cfg := testConfig(newDir(b))
	d, _ := create(b, cfg)
	if err := d.SetAnswers(checklist.Answers{Region: "us", Uses: []string{"facebook", "instagram", "linkedin"}}); err != nil {
		b.Fatal(err)
	}
	for _, r := range d.Plan().Rows {
		if err := d.Mark(checklist.RowKey{Item: r.Item.ID}, checklist.Done, "", time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
	return d, cfg
}
