package compile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

// DevelopmentKey signs the committed pack. It is public on purpose and worth nothing: with
// it anybody can make the committed bytes again. A release is signed with another key, and
// a program built with that key refuses this one.
const DevelopmentKey = "PRIVATE+KEY+chaperone-pack-development+ead1dad6+AfftZD39XArrp/+6luVHliYsg7vI2AgacJ8HGtM1+Zo+" //nolint:gosec // public on purpose

// Result is a compiled pack.
type Result struct {
	Files     map[string][]byte // pack.json and i18n/<locale>.json
	Signature []byte            // pack.sig
	Coverage  []byte            // docs/content-coverage.md
	Pack      *checklist.Pack   // the same pack, signed with the development key and opened
}

// Compile reads the content tree, checks it against every rule and returns the pack, signed
// by signer; nil signs with the development key. The error joins all findings.
func Compile(tree fs.FS, signer note.Signer) (*Result, error) {
	s, err := read(tree)
	if err != nil {
		return nil, err
	}
	english, err := s.english()
	if err != nil {
		return nil, err
	}
	findings := s.lint(english)
	if len(findings) > 0 {
		return nil, findings
	}
	doc := s.document()
	files := map[string][]byte{}
	if files["pack.json"], err = canonical(doc); err != nil {
		return nil, err
	}
	for _, l := range doc.Locales {
		texts := english
		if l != "en" {
			texts = s.locales[l]
		}
		if files["i18n/"+l+".json"], err = canonical(checklist.LocaleFile{Locale: l, Strings: texts}); err != nil {
			return nil, err
		}
	}
	development, err := note.NewSigner(DevelopmentKey)
	if err != nil {
		return nil, fmt.Errorf("development key: %w", err)
	}
	r := &Result{Files: files}
	sig, err := sign(doc, files, development)
	if err != nil {
		return nil, err
	}
	if r.Pack, err = checklist.Load(files, sig, nil, day(doc.Released)); err != nil {
		return nil, fmt.Errorf("open compiled pack: %w", err)
	}
	if findings := append(lintPlans(r.Pack), lintWalks(r.Pack)...); len(findings) > 0 {
		return nil, findings
	}
	r.Signature = sig
	if signer != nil {
		if r.Signature, err = sign(doc, files, signer); err != nil {
			return nil, err
		}
	}
	r.Coverage = s.coverage(english)
	return r, nil
}

func sign(doc *checklist.Document, files map[string][]byte, signer note.Signer) ([]byte, error) {
	sig, err := note.Sign(&note.Note{Text: checklist.Manifest(doc.ID, doc.Version, files)}, signer)
	if err != nil {
		return nil, fmt.Errorf("sign pack: %w", err)
	}
	return sig, nil
}

// canonical is compact JSON with the elements of its lists and maps of texts on lines of
// their own, so that a change of content is a change of lines.
func canonical(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("write JSON: %w", err)
	}
	return breakLines(b.Bytes(), 2), nil
}

// breakLines puts a line break before every value at the given depth or less.
func breakLines(compact []byte, most int) []byte {
	out := make([]byte, 0, len(compact)+len(compact)/16)
	depth, quoted, escaped := 0, false, false
	for _, c := range compact {
		out = append(out, c)
		switch {
		case escaped:
			escaped = false
		case quoted:
			escaped, quoted = c == '\\', c != '"'
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		case c == ',' && depth <= most:
			out = append(out, '\n')
		}
	}
	return out
}

// english gathers the English texts: those written in the objects, and i18n/en.
func (s *source) english() (map[string]string, error) {
	texts := maps.Clone(s.locales["en"])
	if texts == nil {
		texts = map[string]string{}
	}
	var findings Findings
	put := func(file, key, text string) {
		text = strings.TrimSpace(text)
		if text == "" {
			return
		}
		if _, ok := texts[key]; ok {
			findings.add(file, "%s: written twice", key)
		}
		texts[key] = text
	}
	for _, it := range s.items {
		put(it.file, it.ID+".title", it.Title)
		put(it.file, it.ID+".why", it.Why)
		put(it.file, it.ID+".done_when", it.DoneWhen)
		put(it.file, it.ID+".verify", it.Verify.Text)
		put(it.file, it.ID+".discreet.title", it.Discreet.Title)
		put(it.file, it.ID+".discreet.notify", it.Discreet.Notify)
		for _, step := range it.Steps {
			put(it.file, it.ID+".step."+step.ID, step.Do)
			put(it.file, it.ID+".step."+step.ID+".confirm", step.Confirm)
		}
	}
	for _, p := range s.platforms {
		for _, name := range slices.Sorted(maps.Keys(p.Capabilities)) {
			put(p.file, p.ID+"."+name+".caveat", p.Capabilities[name].Caveat)
		}
	}
	for _, a := range s.agencies {
		put(a.file, "agency."+a.ID+".name", a.Name)
		put(a.file, "agency."+a.ID+".note", a.Note)
	}
	s.guideTexts(put)
	if len(findings) > 0 {
		return nil, findings
	}
	return texts, nil
}

func (s *source) document() *checklist.Document {
	d := &checklist.Document{
		ID: s.pack.ID, Version: s.pack.Version, MinApp: s.pack.MinApp,
		Released: s.pack.Released, Expires: s.pack.Expires,
		Locales: s.pack.Locales, Regions: s.pack.Regions,
	}
	for i := range s.items {
		it := s.items[i].item()
		if r := s.items[i].Recur; r != nil {
			it.Recur = s.recur(r)
		}
		d.Items = append(d.Items, it)
	}
	for i := range s.platforms {
		d.Platforms = append(d.Platforms, s.platforms[i].platform())
	}
	for i := range s.agencies {
		d.Agencies = append(d.Agencies, s.agencies[i].agency())
	}
	for _, x := range s.sources {
		d.Sources = append(d.Sources, checklist.Source(x))
	}
	s.guides(d)
	return d
}

func (x *itemSource) item() checklist.Item {
	it := checklist.Item{
		ID: x.ID, Rev: x.Rev, Kind: x.Kind, Stops: nonNil(x.Stops), DoesNotStop: nonNil(x.DoesNotStop),
		Lane: checklist.Lane(x.Lane), Crisis: x.Crisis, First: x.First, Impact: x.Impact, Minutes: x.Minutes,
		Effort: x.Effort, Reversible: x.Reversible == nil || *x.Reversible, Cost: x.Cost, Regions: x.Regions,
		When: checklist.When{
			Stages: typed[checklist.Stage](x.AppliesWhen.Stages), Exposed: typed[checklist.Exposure](x.AppliesWhen.Exposed),
			Uses: x.AppliesWhen.Uses, NotIf: x.AppliesWhen.NotIf,
		},
		Needs: x.Needs, Supersedes: x.Supersedes, Verify: x.Verify.How,
		SkipReasons: typed[checklist.SkipReason](x.SkipReasons), NeverEnter: x.NeverEnter,
		HelperOK: x.HelperOK != nil && *x.HelperOK, Letters: x.Letters, Sources: x.Sources,
		AsOf: x.AsOf, ReviewBy: x.ReviewBy, Confidence: x.Confidence,
	}
	if x.FanOut != nil {
		it.FanOut = x.FanOut.Capability
	}
	if x.Deadline != nil {
		days, _ := parseDays(x.Deadline.Within)
		it.Deadline = &checklist.Deadline{Days: days, Source: x.Deadline.Source}
	}
	if x.Wait != nil {
		days, _ := parseDays(x.Wait.For)
		it.Wait = &checklist.Wait{After: x.Wait.After, Days: days}
	}
	for _, s := range x.Steps {
		it.Steps = append(it.Steps, checklist.Step{ID: s.ID, Ref: s.Link.Ref})
	}
	return it
}

func (x *platformSource) platform() checklist.Platform {
	p := checklist.Platform{
		ID: x.ID, Name: x.Name, Order: x.Order, Domains: x.Domains, TwoFactor: x.TwoFactor, Cannot: x.Cannot,
		Capabilities: map[string]*checklist.Capability{},
	}
	for name, c := range x.Capabilities {
		same := c.SameAs
		if same != "" {
			c = x.Capabilities[same]
		}
		p.Capabilities[name] = &checklist.Capability{
			Web: c.Web, IOS: either(c.IOS, c.App), Android: either(c.Android, c.App), Link: c.Link, HelpURL: c.HelpURL,
			SameAs: same, Minutes: c.Minutes, AsOf: c.AsOf, ReviewBy: c.ReviewBy, Confidence: c.Confidence,
			Sources: c.Sources, Caveat: c.Caveat != "", Rev: c.Rev,
		}
	}
	return p
}

func (x *agencySource) agency() checklist.Agency {
	days, _ := parseDays(x.Lasts)
	a := checklist.Agency{
		ID: x.ID, Name: x.Name, Kind: x.Kind, Regions: x.Regions, Roles: x.Roles, Order: x.Order, Web: x.Web,
		Mail: x.Mail, Cost: x.Cost, Days: days, ForwardsTo: x.ForwardsTo, Gives: x.Gives, Note: x.Note != "",
		AsOf: x.AsOf, ReviewBy: x.ReviewBy, Confidence: x.Confidence, Sources: x.Sources,
	}
	for _, p := range x.Phones {
		a.Phones = append(a.Phones, checklist.Phone(p))
	}
	return a
}

func either(a, b []string) []string {
	if len(a) > 0 {
		return a
	}
	return b
}

func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func typed[T ~string](list []string) []T {
	var out []T
	for _, s := range list {
		out = append(out, T(s))
	}
	return out
}

var isoDays = regexp.MustCompile(`^P([1-9][0-9]{0,3})D$`)

// parseDays reads an ISO 8601 duration in days, such as P90D; "" is 0.
func parseDays(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	m := isoDays.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("%q is not a duration in days such as P90D", s)
	}
	return strconv.Atoi(m[1])
}
