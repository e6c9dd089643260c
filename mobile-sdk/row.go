package chaperone

import (
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

// Step is one action of a row.
type Step struct {
	text, confirm, ref string
	contacts           []*Contact
}

// Text says what to do.
func (s *Step) Text() string { return s.text }

// Confirm says what the patient sees when it worked, or is "".
func (s *Step) Confirm() string { return s.confirm }

// Ref is "app:verify", "app:passwords" or "app:message" when the step opens a
// screen of the app, "platform:self" when it opens the page of each platform of the row, and
// otherwise "" or what the contacts were found by.
func (s *Step) Ref() string { return s.ref }

// ContactCount is the number of those whom the step says to reach.
func (s *Step) ContactCount() int { return len(s.contacts) }

// ContactAt returns contact i, or null.
func (s *Step) ContactAt(i int) (contact *Contact) {
	defer guardValue(&contact, nil)
	return at(s.contacts, i)
}

// Contact is somebody to reach: a helpline, an agency, a page. There are none of a country
// other than the patient's.
type Contact struct {
	name, web, note string
	phones          []checklist.Phone
	stale           bool
}

// Name is what they call themselves.
func (c *Contact) Name() string { return c.name }

// Web is their page, or "".
func (c *Contact) Web() string { return c.web }

// Note is a remark, or "".
func (c *Contact) Note() string { return c.note }

// Stale reports that what is known may be out of date; its numbers are left out.
func (c *Contact) Stale() bool { return c.stale }

// PhoneCount is the number of phone numbers.
func (c *Contact) PhoneCount() int { return len(c.phones) }

// PhoneAt returns phone number i, or "".
func (c *Contact) PhoneAt(i int) (number string) {
	defer guardValue(&number, "")
	return at(c.phones, i).Number
}

// PhoneTakesText reports whether number i takes text messages.
func (c *Contact) PhoneTakesText(i int) (takes bool) {
	defer guardValue(&takes, false)
	return at(c.phones, i).Text
}

// PhoneTextWord is the word to text to number i, or "".
func (c *Contact) PhoneTextWord(i int) (word string) {
	defer guardValue(&word, "")
	return at(c.phones, i).Word
}

// PlatformRow is the part of a row that concerns one platform.
type PlatformRow struct {
	id, name, status, link, helpURL, caveat string
	minutes                                 int
	due                                     int64
	android, ios, web                       []string
	moved                                   bool
}

// ID is the platform's id, for [Client.Mark].
func (p *PlatformRow) ID() string { return p.id }

// Name is what the platform calls itself.
func (p *PlatformRow) Name() string { return p.name }

// Status is one of the Status constants.
func (p *PlatformRow) Status() string { return p.status }

// DueUnix is when it is due, in Unix seconds; 0 without a date.
func (p *PlatformRow) DueUnix() int64 { return p.due }

// Minutes is how long it takes.
func (p *PlatformRow) Minutes() int { return p.minutes }

// Link opens the setting, or is "" when none is known or it may have moved.
func (p *PlatformRow) Link() string { return p.link }

// HelpURL is the platform's own help page.
func (p *PlatformRow) HelpURL() string { return p.helpURL }

// Caveat is what the setting does not do, or "".
func (p *PlatformRow) Caveat() string { return p.caveat }

// Moved reports that the menus may have moved since they were read: show only the help page.
func (p *PlatformRow) Moved() bool { return p.moved }

// PathCount is the number of menu entries on the way to the setting on system "android",
// "ios" or "web"; 0 when no path is known or it may have moved.
func (p *PlatformRow) PathCount(system string) (n int) {
	defer guardValue(&n, 0)
	return len(p.path(system))
}

// PathAt returns menu entry i on the way to the setting, or "".
func (p *PlatformRow) PathAt(system string, i int) (entry string) {
	defer guardValue(&entry, "")
	return at(p.path(system), i)
}

func (p *PlatformRow) path(system string) []string {
	switch system {
	case "android":
		return p.android
	case "ios":
		return p.ios
	case "web":
		return p.web
	}
	return nil
}

// planView copies plans into the form that the host reads, so that a later change of the
// vault cannot change them.
type planView struct {
	texts  *checklist.Texts
	region string
	now    time.Time
}

func (v planView) plan(p checklist.Plan) *Plan {
	plan := &Plan{
		stage:       string(p.Stage),
		rows:        v.rows(p.Rows),
		finished:    v.rows(p.Finished),
		dueSoon:     v.rows(p.DueSoon),
		showFirst:   p.ShowFirst,
		done:        p.Done,
		total:       p.Total,
		minutes:     p.MinutesLeft,
		waiting:     p.More,
		regionKnown: p.RegionKnown,
		expired:     p.Expired,
	}
	for _, l := range p.Lanes {
		plan.lanes = append(plan.lanes, &LaneProgress{string(l.Lane), v.texts.Lane(l.Lane), l.Done, l.Total, l.Minutes})
	}
	return plan
}

func (v planView) rows(rows []checklist.Row) []*Row {
	out := make([]*Row, 0, len(rows))
	for _, r := range rows {
		text := v.texts.Item(r.Item.ID)
		row := &Row{
			id:       r.Item.ID,
			title:    text.Title,
			why:      text.Why,
			remains:  text.DoesNotStop,
			doneWhen: text.DoneWhen,
			discreet: text.DiscreetNotify,
			lane:     string(r.Item.Lane),
			status:   string(r.Status),
			minutes:  r.Minutes,
			again:    string(r.Again),
			due:      unix(r.Due),
			doneAt:   unix(r.DoneAt),
			ends:     unix(r.Ends),
			stale:    r.Stale,
			optional: r.Optional,
			blocked:  len(r.Unmet) > 0,
			helperOK: r.Item.HelperOK,
		}
		for _, s := range text.Steps {
			row.steps = append(row.steps, v.step(s))
		}
		for _, p := range r.Platforms {
			row.platforms = append(row.platforms, v.platform(p, r.Item.FanOut))
		}
		out = append(out, row)
	}
	return out
}

func (v planView) step(s checklist.StepText) *Step {
	step := &Step{text: s.Do, confirm: s.Confirm, ref: s.Ref}
	for _, c := range v.texts.Contacts(s.Ref, v.region, v.now) {
		step.contacts = append(step.contacts, &Contact{
			name: c.Name, web: c.Web, note: c.Note, phones: slices.Clone(c.Phones), stale: c.Stale,
		})
	}
	return step
}

func (v planView) platform(p checklist.PlatformRow, capability string) *PlatformRow {
	row := &PlatformRow{id: p.Platform.ID, name: p.Platform.Name, status: string(p.Status), due: unix(p.Due)}
	if p.Capability != nil {
		row.minutes = p.Capability.Minutes
	}
	how := v.texts.How(p.Platform, capability, v.now)
	row.link, row.helpURL, row.caveat, row.moved = how.Link, how.HelpURL, how.Caveat, how.Moved
	row.android, row.ios, row.web = slices.Clone(how.Android), slices.Clone(how.IOS), slices.Clone(how.Web)
	return row
}
