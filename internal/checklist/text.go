package checklist

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// LocaleFile is i18n/<locale>.json.
type LocaleFile struct {
	Locale  string            `json:"locale"`
	Strings map[string]string `json:"strings"`
}

// Texts is the pack's words in one language. A text that is missing there is English.
type Texts struct {
	pack    *Pack
	locale  string
	own     map[string]string
	english map[string]string
}

// Text returns the words in the locale ("es", or "es-MX", which reads as "es"). A locale the
// pack does not have is English.
func (p *Pack) Text(locale string) *Texts {
	locale, _, _ = strings.Cut(strings.ToLower(strings.ReplaceAll(locale, "_", "-")), "-")
	at := 0
	for i, l := range p.doc.Locales {
		if l == locale {
			at = i
		}
	}
	slot := &p.texts[at]
	slot.once.Do(func() {
		// The pack is signed and Load has read every locale before; a locale of the embedded
		// pack that cannot be read falls back to English, and tests read them all.
		t := &Texts{pack: p, locale: p.doc.Locales[at]}
		t.own, _ = p.readLocale(t.locale)
		t.english = t.own
		if at != 0 {
			t.english = p.Text(p.doc.Locales[0]).own
		}
		slot.texts = t
	})
	return slot.texts
}

func (p *Pack) readLocale(locale string) (map[string]string, error) {
	var f LocaleFile
	if err := decode(p.files[localeDir+locale+".json"], &f); err != nil {
		return nil, err
	}
	if f.Locale != locale {
		return nil, fmt.Errorf("%w: texts of another locale", ErrMalformed)
	}
	return f.Strings, nil
}

// Locale is the language of the texts.
func (t *Texts) Locale() string { return t.locale }

// Get returns the text with the key (the object's id, a dot, the field), or "".
func (t *Texts) Get(key string) string {
	if s, ok := t.own[key]; ok {
		return s
	}
	return t.english[key]
}

// ItemText is the words of an item.
type ItemText struct {
	Title       string
	Why         string
	Stops       []string // one sentence each
	DoesNotStop []string // one sentence each: what the item does not do
	Steps       []StepText
	DoneWhen    string
	Verify      string
	// DiscreetTitle and DiscreetNotify are all that a lock screen, a window title or a
	// calendar may show.
	DiscreetTitle  string
	DiscreetNotify string
}

// StepText is the words of one step.
type StepText struct {
	ID      string
	Ref     string // see [Step.Ref]
	Do      string
	Confirm string // what the person sees when it worked; may be empty
}

// Title returns the title of an item.
func (t *Texts) Title(item string) string { return t.Get(item + ".title") }

// Item returns the words of an item; the zero value for an id the pack does not have.
func (t *Texts) Item(id string) ItemText {
	it := t.pack.Item(id)
	if it == nil {
		return ItemText{}
	}
	x := ItemText{
		Title:          t.Get(id + ".title"),
		Why:            t.Get(id + ".why"),
		DoneWhen:       t.Get(id + ".done_when"),
		Verify:         t.Get(id + ".verify"),
		DiscreetTitle:  t.Get(id + ".discreet.title"),
		DiscreetNotify: t.Get(id + ".discreet.notify"),
	}
	for _, s := range it.Stops {
		x.Stops = append(x.Stops, t.Threat(s).Stops)
	}
	for _, s := range it.DoesNotStop {
		x.DoesNotStop = append(x.DoesNotStop, t.Threat(s).Remains)
	}
	for _, s := range it.Steps {
		x.Steps = append(x.Steps, StepText{
			ID:      s.ID,
			Ref:     s.Ref,
			Do:      t.Get(id + ".step." + s.ID),
			Confirm: t.Get(id + ".step." + s.ID + ".confirm"),
		})
	}
	return x
}

// ThreatText is the words of a threat.
type ThreatText struct {
	Stops   string // said of an item that stops it
	Remains string // said of an item that does not
}

// Threat returns the words of a threat.
func (t *Texts) Threat(id string) ThreatText {
	return ThreatText{Stops: t.Get("threat." + id + ".stops"), Remains: t.Get("threat." + id + ".remains")}
}

// Lane returns the heading of a lane.
func (t *Texts) Lane(l Lane) string { return t.Get("lane." + string(l)) }

// Capability returns what a capability does, such as "Hide your friends list".
func (t *Texts) Capability(name string) string { return t.Get("capability." + name) }

// How says how to do one thing on one platform, as far as it may be shown at a time.
type How struct {
	// Web, IOS and Android are menu paths, in the words of the platform's English menus;
	// all nil when Moved.
	Web, IOS, Android []string
	Link              string // opens the page itself; "" when Moved
	HelpURL           string // the platform's own help; may be ""
	Caveat            string // what it does not do there
	Moved             bool   // say "the menu may have moved" and show only the help link
}

// How returns how to do what the capability names on the platform at now (rule R10); the
// zero value when the platform cannot do it.
func (t *Texts) How(p *Platform, capability string, now time.Time) How {
	c := p.Capabilities[capability]
	if c == nil {
		return How{}
	}
	h := How{HelpURL: c.HelpURL, Moved: c.Moved(now)}
	if !h.Moved {
		h.Web, h.IOS, h.Android, h.Link = c.Web, c.IOS, c.Android, c.Link
	}
	if c.Caveat {
		if c.SameAs != "" {
			capability = c.SameAs
		}
		h.Caveat = t.Get(p.ID + "." + capability + ".caveat")
	}
	return h
}

// HelpContact is somebody to reach, as far as it may be shown at a time.
type HelpContact struct {
	Agency string // id; "" for a source
	Kind   string
	Name   string
	Web    string
	Phones []Phone
	Mail   []string
	Note   string
	Stale  bool // past its review date: the numbers are left out, the page stays
}

// Contacts resolves a step's ref for a country. It returns nil for a ref that names nothing
// there: the caller then shows the step alone, never another country's numbers.
func (t *Texts) Contacts(ref, region string, now time.Time) []HelpContact {
	kind, name, _ := strings.Cut(ref, ":")
	var out []HelpContact
	switch kind {
	case "source":
		for i := range t.pack.doc.Sources {
			if s := &t.pack.doc.Sources[i]; s.ID == name {
				out = append(out, HelpContact{Name: s.Title, Web: s.URL})
			}
		}
	case "agency", "role":
		for i := range t.pack.doc.Agencies {
			if a := &t.pack.doc.Agencies[i]; a.answers(kind, name, region) {
				out = append(out, t.contact(a, now))
			}
		}
	}
	return out
}

func (a *Agency) answers(kind, name, region string) bool {
	if kind == "agency" {
		return a.ID == name
	}
	return slices.Contains(a.Roles, name) && (slices.Contains(a.Regions, region) || slices.Contains(a.Regions, "any"))
}

func (t *Texts) contact(a *Agency, now time.Time) HelpContact {
	c := HelpContact{Agency: a.ID, Kind: a.Kind, Name: a.Name, Web: a.Web, Stale: a.Stale(now)}
	if own := t.Get("agency." + a.ID + ".name"); own != "" {
		c.Name = own
	}
	if !c.Stale {
		c.Phones, c.Mail = a.Phones, a.Mail
	}
	if a.Note {
		c.Note = t.Get("agency." + a.ID + ".note")
	}
	return c
}
