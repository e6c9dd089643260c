package app

import (
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// content shows a pack as of now.
type content struct {
	pack func() *checklist.Pack
	now  func() time.Time
}

// PackContent returns what the screens show of a content pack. pack may return another pack
// later, when a newer one was downloaded; now is the clock that facts grow old by.
func PackContent(pack func() *checklist.Pack, now func() time.Time) screen.Content {
	return content{pack, now}
}

func (c content) Title(locale, item string) string { return c.pack().Text(locale).Title(item) }

func (c content) Lane(locale string, lane checklist.Lane) string {
	return c.pack().Text(locale).Lane(lane)
}

func (c content) Item(locale, item string) checklist.ItemText {
	return c.pack().Text(locale).Item(item)
}

func (c content) How(locale string, p *checklist.Platform, capability string) checklist.How {
	return c.pack().Text(locale).How(p, capability, c.now())
}

func (c content) Contacts(locale, ref, region string) []checklist.HelpContact {
	return c.pack().Text(locale).Contacts(ref, region, c.now())
}

func (c content) Regions() []string { return c.pack().Regions() }

func (c content) Platforms() []checklist.Platform { return c.pack().Platforms() }

// Crisis is the plan of somebody who answered nothing but that they are threatened.
func (c content) Crisis(region string) []checklist.Row {
	plan := c.pack().Plan(checklist.Answers{Stage: checklist.Threatened, Region: region}, nil, c.now())
	if plan.ShowFirst > 0 && plan.ShowFirst < len(plan.Rows) {
		return plan.Rows[:plan.ShowFirst]
	}
	return plan.Rows
}

func (c content) Sources(item string) []checklist.Source {
	it := c.pack().Item(item)
	if it == nil {
		return nil
	}
	all := c.pack().Sources()
	var out []checklist.Source
	for _, id := range it.Sources {
		for _, s := range all {
			if s.ID == id {
				out = append(out, s)
			}
		}
	}
	return out
}

func (c content) Development() bool { return c.pack().Development() }
