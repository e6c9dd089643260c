package compile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

const content = "../content"

// tree copies the committed content, for a test to damage.
func tree(tb testing.TB) fstest.MapFS {
	tb.Helper()
	m := fstest.MapFS{}
	err := fs.WalkDir(os.DirFS(content), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(content, name))
		m[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// TestCommittedPack fails when the committed pack was not made from the committed source.
func TestCommittedPack(t *testing.T) {
	t.Parallel()
	r, err := Compile(os.DirFS(content), nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Compile(os.DirFS(content), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Files["pack.sig"], again.Files["pack.sig"] = r.Signature, again.Signature
	for name, data := range r.Files {
		if !bytes.Equal(data, again.Files[name]) {
			t.Errorf("%s: got other bytes the second time", name)
		}
		committed, err := os.ReadFile(filepath.Join("..", "pack", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(data, committed) {
			t.Errorf("%s is not what the content gives; run: go run ./internal/checklist/packgen", name)
		}
	}
	page, err := os.ReadFile("../../../docs/content-coverage.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(page), string(r.Coverage)); diff != "" {
		t.Errorf("docs/content-coverage.md (-committed +compiled):\n%s", diff)
	}
}

// Spanish is complete: only names may be left to English.
func TestSpanishIsComplete(t *testing.T) {
	t.Parallel()
	s, err := read(os.DirFS(content))
	if err != nil {
		t.Fatal(err)
	}
	english, err := s.english()
	if err != nil {
		t.Fatal(err)
	}
	for key := range english {
		if _, ok := s.locales["es"][key]; !ok && !agencyName.MatchString(key) {
			t.Errorf("%s has no Spanish", key)
		}
	}
	for key, text := range s.locales["es"] {
		if strings.Contains(strings.ToLower(text), " tú ") || strings.Contains(text, "tus ") {
			t.Errorf("%s: got %q, want usted", key, text)
		}
	}
}

// Each rule of the content model is broken once, and named in the finding.
func TestLint(t *testing.T) {
	t.Parallel()
	edit := func(name, old, to string) func(*testing.T, fstest.MapFS) {
		return func(t *testing.T, m fstest.MapFS) {
			f, ok := m[name]
			if !ok || !bytes.Contains(f.Data, []byte(old)) {
				t.Fatalf("%s does not hold %q", name, old)
			}
			m[name] = &fstest.MapFile{Data: bytes.Replace(f.Data, []byte(old), []byte(to), 1)}
		}
	}
	const (
		safe   = "items/now.safe.yaml"
		freeze = "items/money.freeze.yaml"
		hide   = "items/social.friends-hide.yaml"
		fb     = "platforms/facebook.yaml"
		tiktok = "platforms/tiktok.yaml"
		recur  = "items/medical.statements.yaml"
		every  = "recur: {every: P90D}"
	)
	tests := []struct {
		name   string
		damage func(*testing.T, fstest.MapFS)
		want   string
	}{
		{"unknown key", edit(safe, "why:", "mood: calm\nwhy:"), "field mood not found"},
		{"unknown file", func(_ *testing.T, m fstest.MapFS) { m["notes.txt"] = &fstest.MapFile{} }, "not a YAML file"},
		{"no place", func(_ *testing.T, m fstest.MapFS) { m["misc/a.yaml"] = &fstest.MapFile{} }, "no place in the content tree"},
		{"file named otherwise", edit(safe, "id: now.safe", "id: now.safer"), "as the file is named"},
		{"two documents", edit(safe, "kind:", "---\nkind:"), "more than one document"},
		{"retired id", edit("pack.yaml", "tombstones: [", "tombstones: [now.safe, "), "was retired"},
		{"closed list", edit(safe, "kind: decision", "kind: chore"), `kind: "chore" is not one of`},
		{"threat", edit(safe, "stops: [facing-it-alone]", "stops: [everything]"), `"everything" is not one of`},
		{"no honest line", edit(freeze, "does_not_stop: [account-fraud, tax-fraud, medical-fraud]", "does_not_stop: []"), "does_not_stop is missing"},
		{"no done_when", edit(safe, "done_when: You are", "done_when: \"\"\n#"), "done_when is missing"},
		{"no helper_ok", edit(safe, "helper_ok: false", ""), "helper_ok is missing"},
		{"no source", edit(safe, "sources: [988-line, fraudsupport-extortion, chaperone-advice]", "sources: []"), "sources is missing"},
		{"source not listed", edit(safe, "988-line, ", "999-line, "), `source "999-line" is not in sources.yaml`},
		{"source of nothing", edit("sources.yaml", "- id: 988-line", "- id: spare\n  url: https://example.com\n  title: a\n  publisher: b\n  retrieved: \"2026-11-24\"\n  status: secondary\n- id: 988-line"), "nothing cites it"},
		{"read after the release", edit(safe, `as_of: "2026-11-24"`, `as_of: "2026-11-25"`), "as_of <= released <= review_by"},
		{"review before the release", edit(safe, `review_by: "2027-05-23"`, `review_by: "2026-11-23"`), "as_of <= released <= review_by"},
		{"platform read too rarely", edit(fb, `review_by: "2027-02-22"`, `review_by: "2027-03-22"`), "more than 90 days"},
		{"agency read too rarely", edit("agencies/us-experian.yaml", `review_by: "2027-05-23"`, `review_by: "2027-11-20"`), "more than 180 days"},
		{"old copy with a path", edit(tiktok, "    help_url:", "    app_path: [Profile, Privacy]\n    help_url:"), "dated facts ship a help link alone"},
		{"link not https", edit(fb, "deep_link: https:", "deep_link: http:"), "is not https"},
		{"phone in prose", edit(safe, "call the emergency line.", "call 911."), "phone number stands in prose"},
		{"phone in Spanish prose", edit("i18n/es/now.yaml", "llame a emergencias", "llame al 555-0142"), "phone number stands in prose"},
		{"link in prose", edit(safe, "call the emergency line.", "see example.com."), "link stands in prose"},
		{"shouting", edit(safe, "call the emergency line.", "call now!"), "not our voice"},
		{"jargon", edit(safe, "call the emergency line.", "report the phishing."), "a patient need not know"},
		{"lock screen", edit(safe, "title: A 2-minute task", "title: Your clinic photos"), "too much for a lock screen"},
		{"long step", edit(safe, "call the emergency line.", strings.Repeat("call them ", 14)), "more than 140 characters"},
		{"circle", edit(hide, "steps:", "needs: [social.remove-strangers]\nsteps:"), "go round in a circle"},
		{"unknown need", edit(hide, "steps:", "needs: [social.nothing]\nsteps:"), `no item "social.nothing"`},
		{"unknown agency", edit(freeze, "agency:us-equifax", "agency:us-equifux"), `no agency "us-equifux"`},
		{"role nobody has", edit("items/money.cifas.yaml", "role:credit-flag", "role:credit-freeze"), "nobody has role credit-freeze in gb"},
		{"ref", edit(freeze, "agency:us-equifax", "phone:555"), "is none of"},
		{"region", edit(freeze, "regions: [us]", "regions: [us, fr]"), `region "fr" is not in the pack`},
		{"now without crisis", edit(safe, "crisis: 1\n", ""), "needs a place in the crisis"},
		{"no Spanish title", edit("i18n/es/now.yaml", "  title: Vea si", "  titulo: Vea si"), "now.safe.title is missing"},
		{"text of nothing", edit("i18n/es/now.yaml", "now.safe:", "now.saver:"), "no such text"},
		{"same_as", edit(fb, "same_as: hide-friends", "same_as: close-audience"), "same_as must name"},
		{"two clocks", edit(recur, every, "recur: {every: P90D, season: 01-15}"), "only one of every, lasts and season"},
		{"no clock", edit(recur, every, "recur: {every: \"\"}"), "says nothing"},
		{"an event of nothing", edit(recur, every, "recur: {also_on: [moon.full]}"), `"moon.full" is not one of`},
		{"a season that is no day", edit(recur, every, "recur: {season: 02-30}"), "season is not a day"},
		{"a season that most years lack", edit(recur, every, "recur: {season: 02-29}"), "season is not a day"},
		{"an end without warning", edit(recur, every, "recur: {lasts: P365D}"), "lasts and ahead go together"},
		{"an end nobody knows", edit(recur, every, "recur: {lasts: agency:us-experian, ahead: P30D}"), "does not say how long it lasts"},
		{"an end of no agency", edit(recur, every, "recur: {lasts: agency:nobody, ahead: P30D}"), "does not say how long it lasts"},
		{"a warning that may come too late", edit(recur, every, "recur: {lasts: P21D, ahead: P3D}"), "ahead is not more than 3 days"},
		{"a warning before the beginning", edit(recur, every, "recur: {lasts: P21D, ahead: P21D}"), "less than it lasts"},
		{"a phase that is slower", edit(recur, every, "recur: {every: P30D, phases: [{every: P60D, for: P90D}]}"), "phases come more often"},
		{"phases out of order", edit(recur, every, "recur: {every: P90D, phases: [{every: P7D, for: P90D}, {every: P30D, for: P30D}]}"), "phases come more often"},
		{"an end on every app", edit(hide, "recur: {every: P180D", "recur: {lasts: P365D, ahead: P30D"), "not for items that fan out"},
		{"a wait for nothing", edit(freeze, "steps:", "wait: {after: money.fraud-alert, for: P2D}\nsteps:"), "wait.after is not one of needs"},
		{"a wait of no time", edit(freeze, "steps:", "wait: {after: money.fraud-alert, for: P0D}\nsteps:"), "wait.for is not a duration"},
		{"a platform revision below zero", edit(fb, "    minutes:", "    rev: -1\n    minutes:"), "rev is below 0"},
		{"starts with the second thing", func(t *testing.T, m fstest.MapFS) {
			edit("items/social.remove-strangers.yaml", "impact: 4", "impact: 5\nfirst: 1")(t, m)
		}, "which it needs"},
		{"empty crisis", func(t *testing.T, m fstest.MapFS) {
			for name, f := range m {
				if strings.HasPrefix(name, "items/") {
					f.Data = bytes.ReplaceAll(f.Data, []byte("stage_any: [threatened, published]"), []byte("stage_any: [published]"))
				}
			}
		}, "0 of them now"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := tree(t)
			tt.damage(t, m)
			_, err := Compile(m, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want a finding with %q", err, tt.want)
			}
		})
	}
}

// Every kind of recurrence comes through to the engine.
func TestRecurrences(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, recur string
		want        checklist.Recur
	}{
		{"days", "{every: P90D, also_on: [threat.new]}", checklist.Recur{Days: 90, AlsoOn: []string{"threat.new"}}},
		{"an agency's end", "{lasts: agency:gb-cifas, ahead: P30D}", checklist.Recur{Days: 700, Lasts: 730}},
		{"an end", "{lasts: P365D, ahead: P30D}", checklist.Recur{Days: 335, Lasts: 365}},
		{"a season", "{season: 01-15}", checklist.Recur{Season: "01-15"}},
		{"a phase", "{every: P120D, phases: [{every: P30D, for: P182D}]}", checklist.Recur{Days: 120, Phases: []checklist.Phase{{Days: 30, For: 182}}}},
		{"events alone", "{also_on: [incident.new]}", checklist.Recur{AlsoOn: []string{"incident.new"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := tree(t)
			f := m["items/medical.statements.yaml"]
			m["items/medical.statements.yaml"] = &fstest.MapFile{Data: bytes.Replace(f.Data, []byte("{every: P90D}"), []byte(tt.recur), 1)}
			r, err := Compile(m, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&tt.want, r.Pack.Item("medical.statements").Recur); diff != "" {
				t.Errorf("recurrence (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryFindingIsReported(t *testing.T) {
	t.Parallel()
	m := tree(t)
	for _, name := range []string{"items/now.safe.yaml", "items/money.freeze.yaml"} {
		m[name] = &fstest.MapFile{Data: bytes.Replace(m[name].Data, []byte("effort: "), []byte("effort: very-"), 1)}
	}
	_, err := Compile(m, nil)
	var f Findings
	if !errors.As(err, &f) || len(f) != 2 {
		t.Errorf("got %v, want two findings", err)
	}
}

func FuzzFlatten(f *testing.F) {
	f.Add("now.safe:\n  title: a\n  step: {s1: b}\n")
	f.Add("a: {\"\": b, c: d}\n")
	f.Fuzz(func(t *testing.T, text string) {
		s := &source{locales: map[string]map[string]string{}}
		err := s.readTexts(fstest.MapFS{"i18n/en/a.yaml": {Data: []byte(text)}}, "i18n/en/a.yaml")
		if err != nil {
			return
		}
		for key := range s.locales["en"] {
			if strings.HasPrefix(key, ".") && !strings.Contains(text, ".") {
				t.Errorf("got key %q from %q", key, text)
			}
		}
	})
}
