package checklist

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"math"
	"sync"
	"time"
)

// Item is one thing to do, read, decide or keep doing. It holds no words: use [Pack.Text]
// for those, in the reader's language.
type Item struct {
	ID          string       `json:"id"`
	Rev         int          `json:"rev"`
	Kind        string       `json:"kind"`  // task, habit, read, decision or contact
	Stops       []string     `json:"stops"` // ids of threats, for [Texts.Threat]
	DoesNotStop []string     `json:"does_not_stop"`
	Lane        Lane         `json:"lane"`
	Crisis      int          `json:"crisis,omitempty"` // place in the order of rule R4: 1 to 8 are rows of the crisis plan, 9 to 15 come right after it; 0: none
	First       int          `json:"first,omitempty"`  // place among the first five of rule R11; 0: none
	Impact      int          `json:"impact"`           // 1 to 5, rule R11
	Minutes     int          `json:"minutes"`          // honest median, for each platform if the item fans out
	Effort      string       `json:"effort"`           // easy, medium or hard
	Reversible  bool         `json:"reversible"`
	Cost        string       `json:"cost"`              // free, paid or varies
	FanOut      string       `json:"fan_out,omitempty"` // capability each platform must have; "" for none
	Regions     []string     `json:"regions"`           // ISO 3166-1 alpha-2, "any", or exclusions such as "-us"
	When        When         `json:"applies_when"`
	Needs       []string     `json:"needs,omitempty"`      // items to finish before
	Supersedes  []string     `json:"supersedes,omitempty"` // items that this one makes optional
	Recur       *Recur       `json:"recur,omitempty"`
	Deadline    *Deadline    `json:"deadline,omitempty"`
	Wait        *Wait        `json:"wait,omitempty"`
	Steps       []Step       `json:"steps,omitempty"`
	Verify      string       `json:"verify,omitempty"` // how to see that it worked
	SkipReasons []SkipReason `json:"skip_reasons"`
	NeverEnter  []string     `json:"never_enter,omitempty"` // what a note to this item must not hold
	HelperOK    bool         `json:"helper_ok"`             // somebody trusted may do it for the person
	Letters     []string     `json:"letters,omitempty"`
	Sources     []string     `json:"sources"`
	AsOf        string       `json:"as_of"`      // YYYY-MM-DD, the day the sources were read
	ReviewBy    string       `json:"review_by"`  // YYYY-MM-DD
	Confidence  string       `json:"confidence"` // confirmed, single-source or dated
}

// Stale reports whether the item's facts are past their review date (rule R10).
func (it *Item) Stale(now time.Time) bool { return past(it.ReviewBy, now) }

// When says for whom an item is. All of its parts must hold; an empty part always holds.
type When struct {
	Stages  []Stage    `json:"stage_any,omitempty"`
	Exposed []Exposure `json:"exposed_any,omitempty"`
	Uses    []string   `json:"uses_any,omitempty"`
	NotIf   []string   `json:"not_if,omitempty"` // no-social-accounts
}

// Recur says when a finished item is due again (rule R8): after Days, or each year in a
// Season, or only on the events of AlsoOn.
type Recur struct {
	Days int `json:"days"` // after it was finished; 0: not by itself
	// Lasts is how long what was asked for holds, in days; 0: until it is lifted, or nothing
	// was. Days comes before the end.
	Lasts  int      `json:"lasts_days,omitempty"`
	Season string   `json:"season,omitempty"`  // MM-DD; never before that day
	Phases []Phase  `json:"phases,omitempty"`  // more often after an incident, the shortest first
	AlsoOn []string `json:"also_on,omitempty"` // incident.new, threat.new or content.rev
}

// Phase is a time after an incident in which an item comes round more often.
type Phase struct {
	Days int `json:"days"`
	For  int `json:"for_days"` // counted from the incident
}

// Deadline is a clock of the law, counted from the day the person learned of the incident.
type Deadline struct {
	Days   int    `json:"days"`
	Source string `json:"source"`
}

// Wait says that there is nothing to do until others have had their time: so many days after
// another item was finished, such as the 48 hours that a site has to take something down.
type Wait struct {
	After string `json:"after"` // id of an item, one of Needs
	Days  int    `json:"days"`
}

// Step is one action of an item.
type Step struct {
	ID string `json:"id"`
	// Ref is what the step links to; "" for nothing. It is one of agency:ID, role:ROLE (the
	// agencies of the person's country that do this), source:ID, platform:self (the page of
	// each platform of the row) or app:NAME (a screen of the program: verify, passwords
	// or message). [Texts.Contacts] resolves the first three.
	Ref string `json:"ref,omitempty"`
}

// Platform is a service that a person may use, such as Facebook.
type Platform struct {
	ID           string                 `json:"id"`
	Name         string                 `json:"name"`
	Order        int                    `json:"order"` // the order in which platforms are listed
	Domains      []string               `json:"domains"`
	TwoFactor    []string               `json:"two_factor,omitempty"` // sms, totp, passkey, security-key, email, prompt or pin
	Capabilities map[string]*Capability `json:"capabilities"`
	Cannot       []string               `json:"cannot,omitempty"`
}

// Capability says how to do one thing on one platform.
type Capability struct {
	Web        []string `json:"web_path,omitempty"`
	IOS        []string `json:"ios_path,omitempty"`
	Android    []string `json:"android_path,omitempty"`
	Link       string   `json:"deep_link,omitempty"`
	HelpURL    string   `json:"help_url,omitempty"`
	SameAs     string   `json:"same_as,omitempty"` // the capability this one is done by; doing one does both
	Rev        int      `json:"rev,omitempty"`     // rises when the platform changed so that what was set must be looked at again
	Minutes    int      `json:"minutes"`
	AsOf       string   `json:"as_of"`
	ReviewBy   string   `json:"review_by"`
	Confidence string   `json:"confidence"`
	Sources    []string `json:"sources"`
	Caveat     bool     `json:"caveat,omitempty"` // [Texts.How] has words of warning
}

// Moved reports that the paths must not be shown: the copy that was read is old, or the
// facts are past their review date (rule R10). Only the help link is left.
func (c *Capability) Moved(now time.Time) bool {
	return c.Confidence == "dated" || past(c.ReviewBy, now)
}

// Agency is somebody outside who can help: a bureau, the police, a helpline.
type Agency struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Kind       string   `json:"kind"`
	Regions    []string `json:"regions"` // ISO 3166-1 alpha-2, or "any"
	Roles      []string `json:"roles"`   // what a step may ask for, such as emergency or credit-freeze
	Order      int      `json:"order"`
	Web        string   `json:"web,omitempty"`
	Phones     []Phone  `json:"phones,omitempty"`
	Mail       []string `json:"mail,omitempty"` // postal address, line by line
	Cost       string   `json:"cost,omitempty"`
	Days       int      `json:"lasts_days,omitempty"` // how long what it gives lasts; 0: until lifted, or not known
	ForwardsTo []string `json:"forwards_to,omitempty"`
	Gives      string   `json:"gives,omitempty"` // pin, account or letter
	Note       bool     `json:"note,omitempty"`  // [Texts.Contacts] has a remark
	AsOf       string   `json:"as_of"`
	ReviewBy   string   `json:"review_by"`
	Confidence string   `json:"confidence"`
	Sources    []string `json:"sources"`
}

// Stale reports whether the agency's facts are past their review date. Emergency numbers and
// crisis lines never are: an old number is better than none there.
func (a *Agency) Stale(now time.Time) bool {
	return a.Kind != "emergency" && a.Kind != "crisis-line" && past(a.ReviewBy, now)
}

// Phone is one number of an agency. Text says that it takes text messages; Word, when set,
// is what to text.
type Phone struct {
	Number string `json:"n"`
	Text   bool   `json:"text,omitempty"`
	Word   string `json:"word,omitempty"`
}

// Source is where a fact was read.
type Source struct {
	ID        string `json:"id"`
	URL       string `json:"url"`
	Title     string `json:"title"`
	Publisher string `json:"publisher"`
	Retrieved string `json:"retrieved"` // YYYY-MM-DD, the day the copy was read
	Status    string `json:"status"`    // official, secondary or own
}

// Document is pack.json: everything but words. Only the compiler makes one.
type Document struct {
	ID        string     `json:"id"`
	Version   uint64     `json:"version"`
	MinApp    int        `json:"min_app"`
	Released  string     `json:"released"`
	Expires   string     `json:"expires"`
	Locales   []string   `json:"locales"`
	Regions   []string   `json:"regions"`
	Items     []Item     `json:"items"`     // by id
	Platforms []Platform `json:"platforms"` // by order
	Agencies  []Agency   `json:"agencies"`  // by order, then id
	Sources   []Source   `json:"sources"`   // by id
	Triage    *Triage    `json:"triage,omitempty"`
	Letters   []Letter   `json:"letters,omitempty"`  // by order, then id
	Messages  []Message  `json:"messages,omitempty"` // by id
}

// Pack is a verified content pack. It does not change, and may be used from several
// goroutines.
type Pack struct {
	doc         Document
	files       map[string][]byte
	signature   []byte
	development bool
	expires     time.Time
	index       index
	texts       []localeText // one for each locale, in the order of doc.Locales
	scratch     sync.Pool    // of *scratch
}

type localeText struct {
	once  sync.Once
	texts *Texts
}

// ID is the name of the pack's line of versions.
func (p *Pack) ID() string { return p.doc.ID }

// Version counts up with every release.
func (p *Pack) Version() uint64 { return p.doc.Version }

// Released is the day of the release, YYYY-MM-DD.
func (p *Pack) Released() string { return p.doc.Released }

// Expires is when the pack stops being current. It stays usable, with a banner.
func (p *Pack) Expires() time.Time { return p.expires }

// Locales is the languages the pack is written in; the first is English.
func (p *Pack) Locales() []string { return p.doc.Locales }

// Regions is the countries the pack has facts for, ISO 3166-1 alpha-2 in lower case.
func (p *Pack) Regions() []string { return p.doc.Regions }

// Development reports whether the pack is signed with the development key, whose private
// half is public: programs must say "development content".
func (p *Pack) Development() bool { return p.development }

// Items is every item, by id.
func (p *Pack) Items() []Item { return p.doc.Items }

// Item returns the item with the id, or nil.
func (p *Pack) Item(id string) *Item {
	i, ok := p.index.items[id]
	if !ok {
		return nil
	}
	return &p.doc.Items[i]
}

// Rev is the revision that finishing a row now confirms, for [RowState.DoneRev]: the item's,
// and with a platform the platform's own added to it. It is 0 for a row the pack does not
// know.
func (p *Pack) Rev(key RowKey) int {
	i, ok := p.index.items[key.Item]
	if !ok {
		return 0
	}
	rev := p.doc.Items[i].Rev
	if at, ok := p.index.platforms[key.Platform]; ok {
		if c := p.index.caps[i*len(p.doc.Platforms)+at]; c != nil {
			rev += c.Rev
		}
	}
	return rev
}

// Platforms is every platform, in the order in which they are listed.
func (p *Pack) Platforms() []Platform { return p.doc.Platforms }

// Platform returns the platform with the id, or nil.
func (p *Pack) Platform(id string) *Platform {
	i, ok := p.index.platforms[id]
	if !ok {
		return nil
	}
	return &p.doc.Platforms[i]
}

// Agencies is every agency.
func (p *Pack) Agencies() []Agency { return p.doc.Agencies }

// Sources is every source, by id.
func (p *Pack) Sources() []Source { return p.doc.Sources }

// Files is the files that the signature covers, by name. The bytes must not be modified.
func (p *Pack) Files() map[string][]byte { return maps.Clone(p.files) }

// Signature is the signed note over the files.
func (p *Pack) Signature() []byte { return p.signature }

// Digest is the SHA-256 of the signed note's text in hexadecimal: it names this exact
// content, whoever signed it.
func (p *Pack) Digest() string {
	sum := sha256.Sum256([]byte(Manifest(p.doc.ID, p.doc.Version, p.files)))
	return hex.EncodeToString(sum[:])
}

// past reports whether the day of review (YYYY-MM-DD) is over everywhere.
func past(day string, now time.Time) bool { return now.Unix() >= pastFrom(day) }

// pastFrom is when a day is over everywhere, in Unix seconds; a text that is no day always was.
func pastFrom(day string) int64 {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return math.MinInt64
	}
	return t.Add(36 * time.Hour).Unix()
}
