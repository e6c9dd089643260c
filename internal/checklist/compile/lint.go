package compile

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Findings is everything that is wrong with a content tree.
type Findings []string

func (f Findings) Error() string { return strings.Join(f, "\n") }

func (f *Findings) add(file, format string, args ...any) {
	*f = append(*f, file+": "+fmt.Sprintf(format, args...))
}

// The closed vocabularies.
var (
	kinds       = []string{"task", "habit", "read", "decision", "contact"}
	laneNames   = []string{"now", "contain", "accounts", "money", "medical", "footprint", "maintain"}
	stageNames  = []string{"worried", "notified", "threatened", "published"}
	exposed     = []string{"contact", "address", "dob", "gov-id", "ssn", "login", "card", "bank", "insurance", "records", "photo-face", "photo-intimate"}
	efforts     = []string{"easy", "medium", "hard"}
	costs       = []string{"free", "paid", "varies"}
	confidences = []string{"confirmed", "single-source", "dated"}
	skipReasons = []string{"not-mine", "did-elsewhere", "cannot", "not-now"}
	neverEnter  = []string{"ssn", "dob", "photos", "passwords"}
	alsoOn      = []string{"incident.new", "threat.new", "content.rev"}
	statuses    = []string{"official", "secondary", "own"}
	screens     = []string{"verify", "passwords", "message"} // that there are
	capability  = []string{
		"close-audience", "hide-friends", "private-account", "remove-follower", "tag-review", "find-by-phone-off",
		"search-engine-off", "limit-messages", "2fa", "sessions", "report-extortion", "report-ncii", "delete", "export",
	}
	twoFactor = []string{"sms", "totp", "passkey", "security-key", "email", "prompt", "pin"}
	// threatIDs is what items stop, or do not.
	threatIDs = []string{
		"account-fraud", "account-takeover", "bank-fraud", "caller-tricks", "clinic-impersonation", "contact-harvest",
		"data-already-copied", "demands-go-on", "facing-it-alone", "false-page", "impersonation", "lost-evidence", "medical-fraud",
		"new-credit", "other-sites", "pay-again", "people-you-accepted", "phone-takeover", "profiling", "public-parts",
		"reset-by-email", "spread", "stranger-contact", "tax-fraud",
	}
	agencyKinds = []string{
		"bureau", "specialty", "fraud-flag", "police", "regulator", "helpline", "carrier", "emergency", "crisis-line", "tool", "removal",
	}
	roles = []string{
		"emergency", "crisis-line", "crime-report", "police", "fraud-report", "identity-help", "image-help", "image-tool",
		"image-tool-minor", "image-complaint", "takedown-form", "search-removal", "privacy-complaint", "credit-freeze", "credit-flag", "credit-ban", "credit-alert",
		"credit-suppress", "credit-report", "specialty-freeze", "payday-freeze", "government-account", "tax-pin", "broker-opt-out", "prescreen",
		"misuse-help", "support", "field-guide",
	}
	countries = []string{"us", "gb", "ca", "au", "nz"}
)

var (
	itemID = regexp.MustCompile(`^[a-z0-9]+(\.[a-z0-9-]+)+$`)
	plain  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

	agencyName = regexp.MustCompile(`^agency\.[a-z0-9-]+\.name$`)

	url      = regexp.MustCompile(`(?i)https?:|www\.|\b[a-z0-9-]+\.(com|org|net|gov|edu|info|io|uk|ca|au|nz)\b`)
	phone    = regexp.MustCompile(`\+?\d[\d\s().-]{5,}\d|\b(911|999|988|000|111|112|105|101)\b|\b\d{5,}\b`)
	tone     = regexp.MustCompile(`(?i)[!¡]|\bsimply\b|\bplease note\b|\bdon.t worry\b|\bno se preocupe\b|\bsimplemente\b`)
	jargon   = regexp.MustCompile(`(?i)\b(phishing|hash(es|ed|ing)?|signature|merkle|ephi|2fa|mfa|totp|ncii|extortion\w*)\b`)
	revealed = regexp.MustCompile(`(?i)clinic|surg|cirug|photo|foto|threat|amenaza|extor|blackmail|chantaj|credit|crédito|police|polic|friend|amig|password|contraseña|naked|desnud|medic|médic|bank|banco`)
)

// lint checks the source alone.
func (s *source) lint(english map[string]string) Findings {
	var f Findings
	s.lintPack(&f)
	ids := s.lintSources(&f)
	for i := range s.items {
		s.lintItem(&f, &s.items[i], ids)
	}
	s.lintRelations(&f)
	for i := range s.platforms {
		s.lintPlatform(&f, &s.platforms[i], ids)
	}
	for i := range s.agencies {
		s.lintAgency(&f, &s.agencies[i], ids)
	}
	s.lintGuides(&f, ids)
	s.lintTexts(&f, english)
	s.lintGuideTexts(&f, english)
	s.lintCitations(&f)
	return f
}

func day(s string) time.Time {
	t, _ := time.Parse(time.DateOnly, s) // checked by lintPack before anything uses it
	return t
}

func oneOf(f *Findings, file, field, got string, list []string) {
	if !slices.Contains(list, got) {
		f.add(file, "%s: %q is not one of %s", field, got, strings.Join(list, ", "))
	}
}

func allOf(f *Findings, file, field string, got, list []string) {
	for i, g := range got {
		oneOf(f, file, field, g, list)
		if slices.Contains(got[:i], g) {
			f.add(file, "%s: %q is listed twice", field, g)
		}
	}
}

func need(f *Findings, file, field string, ok bool) {
	if !ok {
		f.add(file, "%s is missing", field)
	}
}

func (s *source) lintPack(f *Findings) {
	const file = "pack.yaml"
	p := &s.pack
	need(f, file, "id", plain.MatchString(p.ID))
	need(f, file, "version", p.Version > 0)
	need(f, file, "min_app", p.MinApp > 0)
	released, err1 := time.Parse(time.DateOnly, p.Released)
	expires, err2 := time.Parse(time.DateOnly, p.Expires)
	if err1 != nil || err2 != nil || !released.Before(expires) {
		f.add(file, "released and expires are not days in order")
	}
	if len(p.Locales) == 0 || p.Locales[0] != "en" {
		f.add(file, "the first locale is not en")
	}
	allOf(f, file, "regions", p.Regions, countries)
	for l := range s.locales {
		if !slices.Contains(p.Locales, l) {
			f.add("i18n/"+l, "not a locale of the pack")
		}
	}
}

func (s *source) lintSources(f *Findings) map[string]*sourceSource {
	ids := map[string]*sourceSource{}
	for i := range s.sources {
		x := &s.sources[i]
		file := "sources.yaml: " + x.ID
		if ids[x.ID] != nil {
			f.add(file, "written twice")
		}
		ids[x.ID] = x
		need(f, file, "id", plain.MatchString(strings.ReplaceAll(x.ID, ".", "-")))
		need(f, file, "title", x.Title != "")
		need(f, file, "publisher", x.Publisher != "")
		oneOf(f, file, "status", x.Status, statuses)
		if x.Status == "own" {
			continue
		}
		if !strings.HasPrefix(x.URL, "https://") && (x.URL != "" || x.Status == "official") {
			f.add(file, "url is not https")
		}
		if t, err := time.Parse(time.DateOnly, x.Retrieved); err != nil || t.After(day(s.pack.Released)) {
			f.add(file, "retrieved is not a day before the release")
		}
	}
	return ids
}

// lintCitations wants every source to stand behind something.
func (s *source) lintCitations(f *Findings) {
	cited := map[string]bool{}
	note := func(list []string) {
		for _, id := range list {
			cited[id] = true
		}
	}
	for _, x := range s.items {
		note(x.Sources)
		for _, step := range x.Steps {
			if kind, name, _ := strings.Cut(step.Link.Ref, ":"); kind == "source" {
				cited[name] = true
			}
		}
	}
	for _, x := range s.platforms {
		for _, c := range x.Capabilities {
			note(c.Sources)
		}
	}
	for _, x := range s.agencies {
		note(x.Sources)
	}
	for _, x := range s.letters {
		note(x.Sources)
	}
	for _, x := range s.messages {
		note(x.Sources)
	}
	for _, x := range s.sources {
		if !cited[x.ID] {
			f.add("sources.yaml: "+x.ID, "nothing cites it")
		}
	}
}

// dates checks as_of <= released <= review_by, and that the review is not too far off.
func (s *source) dates(f *Findings, file, asOf, reviewBy string, most int) {
	from, err1 := time.Parse(time.DateOnly, asOf)
	to, err2 := time.Parse(time.DateOnly, reviewBy)
	released := day(s.pack.Released)
	switch {
	case err1 != nil || err2 != nil:
		f.add(file, "as_of and review_by are not days")
	case from.After(released) || to.Before(released):
		f.add(file, "not as_of <= released <= review_by")
	case to.After(from.AddDate(0, 0, most)):
		f.add(file, "review_by is more than %d days after as_of", most)
	}
}

func lintCited(f *Findings, file string, list []string, ids map[string]*sourceSource) {
	need(f, file, "sources", len(list) > 0)
	for _, id := range list {
		if ids[id] == nil {
			f.add(file, "source %q is not in sources.yaml", id)
		}
	}
}

func (s *source) lintRegions(f *Findings, file string, list []string) {
	need(f, file, "regions", len(list) > 0)
	for _, r := range list {
		if r != "any" && !slices.Contains(s.pack.Regions, strings.TrimPrefix(r, "-")) {
			f.add(file, "region %q is not in the pack", r)
		}
	}
}

func (s *source) lintPlatform(f *Findings, x *platformSource, ids map[string]*sourceSource) {
	file := x.file
	need(f, file, "id", plain.MatchString(x.ID))
	need(f, file, "name", x.Name != "")
	need(f, file, "order", x.Order > 0)
	need(f, file, "domains", len(x.Domains) > 0)
	allOf(f, file, "two_factor", x.TwoFactor, twoFactor)
	allOf(f, file, "cannot", x.Cannot, capability)
	for _, name := range slices.Sorted(maps.Keys(x.Missing)) {
		oneOf(f, file, "missing", name, capability)
	}
	for _, name := range slices.Sorted(maps.Keys(x.Capabilities)) {
		c := x.Capabilities[name]
		file := file + ": " + name
		oneOf(f, file, "capability", name, capability)
		if c.Rev < 0 || (c.SameAs != "" && c.Rev != 0) {
			f.add(file, "rev is below 0, or not its own")
		}
		if slices.Contains(x.Cannot, name) || x.Missing[name] != "" {
			f.add(file, "both there and not")
		}
		if c.SameAs != "" {
			if same, ok := x.Capabilities[c.SameAs]; !ok || same.SameAs != "" || c.Link != "" || c.HelpURL != "" || c.Minutes != 0 {
				f.add(file, "same_as must name a capability of the platform and stand alone")
			}
			continue
		}
		need(f, file, "minutes", c.Minutes > 0)
		oneOf(f, file, "confidence", c.Confidence, confidences)
		lintCited(f, file, c.Sources, ids)
		s.dates(f, file, c.AsOf, c.ReviewBy, reviewPlatform)
		if c.Confidence == "dated" && (c.HelpURL == "" || len(c.Web)+len(c.IOS)+len(c.Android)+len(c.App) > 0 || c.Link != "") {
			f.add(file, "dated facts ship a help link alone")
		}
		if c.Link == "" && c.HelpURL == "" && len(c.Web)+len(c.IOS)+len(c.Android)+len(c.App) == 0 {
			f.add(file, "no way to do it")
		}
		for _, u := range []string{c.Link, c.HelpURL} {
			if u != "" && !strings.HasPrefix(u, "https://") {
				f.add(file, "%q is not https", u)
			}
		}
	}
}

func (s *source) lintAgency(f *Findings, x *agencySource, ids map[string]*sourceSource) {
	file := x.file
	need(f, file, "id", plain.MatchString(x.ID))
	need(f, file, "name", x.Name != "")
	oneOf(f, file, "kind", x.Kind, agencyKinds)
	need(f, file, "roles", len(x.Roles) > 0)
	allOf(f, file, "roles", x.Roles, roles)
	oneOf(f, file, "confidence", x.Confidence, confidences)
	if x.Confidence == "dated" && len(x.Phones)+len(x.Mail) > 0 {
		f.add(file, "dated facts ship no number and no address")
	}
	if x.Web == "" && len(x.Phones) == 0 {
		f.add(file, "no way to reach it")
	}
	if x.Web != "" && !strings.HasPrefix(x.Web, "https://") {
		f.add(file, "web is not https")
	}
	if _, err := parseDays(x.Lasts); err != nil {
		f.add(file, "lasts: %v", err)
	}
	if x.Cost != "" {
		oneOf(f, file, "cost", x.Cost, costs)
	}
	for _, p := range x.Phones {
		if !regexp.MustCompile(`^[0-9][0-9 -]*$`).MatchString(p.Number) {
			f.add(file, "phone %q is not digits", p.Number)
		}
	}
	s.lintRegions(f, file, x.Regions)
	lintCited(f, file, x.Sources, ids)
	s.dates(f, file, x.AsOf, x.ReviewBy, reviewAgency)
}

// lintTexts checks the words in every language.
func (s *source) lintTexts(f *Findings, english map[string]string) {
	for _, l := range s.pack.Locales {
		file, texts := "i18n/"+l, s.locales[l]
		if l == "en" {
			texts = english
		}
		for _, key := range slices.Sorted(maps.Keys(texts)) {
			if _, ok := english[key]; !ok {
				f.add(file, "%s: no such text", key)
			}
			lintText(f, file, key, texts[key])
		}
		for _, x := range s.items {
			need(f, file, x.ID+".title", texts[x.ID+".title"] != "")
		}
		for _, id := range threatIDs {
			need(f, file, "threat."+id, texts["threat."+id+".stops"] != "" && texts["threat."+id+".remains"] != "")
		}
		for _, id := range laneNames {
			need(f, file, "lane."+id, texts["lane."+id] != "")
		}
		for _, id := range capability {
			need(f, file, "capability."+id, texts["capability."+id] != "")
		}
	}
}

func lintText(f *Findings, file, key, text string) {
	switch {
	case url.MatchString(text) && !agencyName.MatchString(key): // some are called by their domain
		f.add(file, "%s: a link stands in prose; use ref", key)
	case phone.MatchString(text):
		f.add(file, "%s: a phone number stands in prose; use ref", key)
	case tone.MatchString(text):
		f.add(file, "%s: not our voice", key)
	case jargon.MatchString(text):
		f.add(file, "%s: a word that a patient need not know", key)
	case strings.Contains(key, ".discreet.") && revealed.MatchString(text):
		f.add(file, "%s: says too much for a lock screen", key)
	case strings.Contains(key, ".step.") && len([]rune(text)) > 140:
		f.add(file, "%s: more than 140 characters", key)
	case strings.HasSuffix(key, ".title") && len([]rune(text)) > 64:
		f.add(file, "%s: more than 64 characters", key)
	}
}
