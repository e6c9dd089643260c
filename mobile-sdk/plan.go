package chaperone

import (
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

// Where a row stands.
const (
	StatusTodo    = "todo"
	StatusDoing   = "doing"
	StatusDone    = "done"
	StatusSkipped = "skipped"
	StatusNotMine = "na"
	StatusRecheck = "recheck" // done before, due again; never say that it was lost
	StatusLater   = "later"   // put off
)

// Why a row was skipped.
const (
	ReasonNotMine      = "not-mine"
	ReasonDidElsewhere = "did-elsewhere"
	ReasonCannot       = "cannot"
	ReasonNotNow       = "not-now"
)

// Plan is the plan at one moment: the open rows in order. At(0) is what to do next.
type Plan struct {
	stage                       string
	rows, finished, dueSoon     []*Row
	showFirst, done, total, min int
	regionKnown, expired        bool
}

// Count is the number of open rows.
func (p *Plan) Count() int { return len(p.rows) }

// At returns open row i, or null.
func (p *Plan) At(i int) (row *Row) {
	defer guardValue(&row, nil)
	return at(p.rows, i)
}

// FinishedCount is the number of rows done, skipped or not the patient's.
func (p *Plan) FinishedCount() int { return len(p.finished) }

// FinishedAt returns finished row i, or null.
func (p *Plan) FinishedAt(i int) (row *Row) {
	defer guardValue(&row, nil)
	return at(p.finished, i)
}

// DueSoonCount is the number of rows that were done and are due again within 14 days.
func (p *Plan) DueSoonCount() int { return len(p.dueSoon) }

// DueSoonAt returns row i of those due soon, the soonest first, or null.
func (p *Plan) DueSoonAt(i int) (row *Row) {
	defer guardValue(&row, nil)
	return at(p.dueSoon, i)
}

// ShowFirst is how many open rows to show before "later". Do not show more at once.
func (p *Plan) ShowFirst() int { return p.showFirst }

// Stage is the stage that picked this plan, one of the Stage constants.
func (p *Plan) Stage() string { return p.stage }

// Done is how many rows of Total are finished.
func (p *Plan) Done() int { return p.done }

// Total is the number of rows, open and finished.
func (p *Plan) Total() int { return p.total }

// MinutesLeft is an honest estimate for the open rows.
func (p *Plan) MinutesLeft() int { return p.min }

// RegionKnown reports whether there are checked facts for the patient's country. If not,
// the advice is generic: say so.
func (p *Plan) RegionKnown() bool { return p.regionKnown }

// Expired reports whether the content is past its date: say that menus may have moved.
func (p *Plan) Expired() bool { return p.expired }

// Row is one thing to do. A row that concerns several platforms lists them.
type Row struct {
	id, title, why, lane, status, doneWhen string
	minutes                                int
	due                                    int64
	optional, blocked, helperOK            bool
	steps                                  []string
	platforms                              []*PlatformRow
}

// ID is the item's id, for [Client.Mark].
func (r *Row) ID() string { return r.id }

// Title says what to do, in one line.
func (r *Row) Title() string { return r.title }

// Why says why, and what it does not do.
func (r *Row) Why() string { return r.why }

// DoneWhen says how the patient sees that it is done.
func (r *Row) DoneWhen() string { return r.doneWhen }

// Lane is the strand of the plan, such as "contain" or "money".
func (r *Row) Lane() string { return r.lane }

// Status is one of the Status constants.
func (r *Row) Status() string { return r.status }

// Minutes is how long the rest of the row takes.
func (r *Row) Minutes() int { return r.minutes }

// DueUnix is when it is due, in Unix seconds; 0 without a date.
func (r *Row) DueUnix() int64 { return r.due }

// Optional reports whether another row that is done makes this one unnecessary.
func (r *Row) Optional() bool { return r.optional }

// Blocked reports whether something else should be done first.
func (r *Row) Blocked() bool { return r.blocked }

// HelperOK reports whether somebody the patient trusts may do it for them.
func (r *Row) HelperOK() bool { return r.helperOK }

// StepCount is the number of steps.
func (r *Row) StepCount() int { return len(r.steps) }

// StepAt returns step i, or "".
func (r *Row) StepAt(i int) (step string) {
	defer guardValue(&step, "")
	return at(r.steps, i)
}

// PlatformCount is the number of platforms; 0 for a row without.
func (r *Row) PlatformCount() int { return len(r.platforms) }

// PlatformAt returns platform i, or null.
func (r *Row) PlatformAt(i int) (platform *PlatformRow) {
	defer guardValue(&platform, nil)
	return at(r.platforms, i)
}

// PlatformRow is the part of a row that concerns one platform.
type PlatformRow struct {
	id, name, status, link, helpURL, caveat string
	minutes                                 int
	due                                     int64
	android, ios, web                       []string
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

// Link opens the setting, or is "" when none is known or what is known may be out of date.
func (p *PlatformRow) Link() string { return p.link }

// HelpURL is the platform's own help page.
func (p *PlatformRow) HelpURL() string { return p.helpURL }

// Caveat is what the setting does not do, or "".
func (p *PlatformRow) Caveat() string { return p.caveat }

// PathCount is the number of menu entries on the way to the setting on system "android",
// "ios" or "web"; 0 when no path is known or it may be out of date.
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

// at returns list[i], or the zero value when there is none.
func at[T any](list []T, i int) (zero T) {
	if i < 0 || i >= len(list) {
		return zero
	}
	return list[i]
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// newPlan copies a plan into the form that the host reads, so that a later change of the
// vault cannot change it.
func (c *Client) newPlan(pack *checklist.Pack, p checklist.Plan) *Plan {
	return &Plan{
		stage:       string(p.Stage),
		rows:        c.newRows(pack, p.Rows),
		finished:    c.newRows(pack, p.Finished),
		dueSoon:     c.newRows(pack, p.DueSoon),
		showFirst:   p.ShowFirst,
		done:        p.Done,
		total:       p.Total,
		min:         p.MinutesLeft,
		regionKnown: p.RegionKnown,
		expired:     p.Expired,
	}
}

func (c *Client) newRows(pack *checklist.Pack, rows []checklist.Row) []*Row {
	out := make([]*Row, 0, len(rows))
	for _, r := range rows {
		row := &Row{
			id:       r.Item.ID,
			title:    itemText(pack, c.locale, r.Item.ID+".title"),
			why:      itemText(pack, c.locale, r.Item.ID+".why"),
			doneWhen: itemText(pack, c.locale, r.Item.ID+".done_when"),
			lane:     string(r.Item.Lane),
			status:   string(r.Status),
			minutes:  r.Minutes,
			due:      unix(r.Due),
			optional: r.Optional,
			blocked:  len(r.Unmet) > 0,
			helperOK: r.Item.HelperOK,
		}
		for _, s := range r.Item.Steps {
			row.steps = append(row.steps, itemText(pack, c.locale, r.Item.ID+"."+s.ID))
		}
		for _, p := range r.Platforms {
			row.platforms = append(row.platforms, newPlatformRow(p))
		}
		out = append(out, row)
	}
	return out
}

func newPlatformRow(p checklist.PlatformRow) *PlatformRow {
	row := &PlatformRow{id: p.Platform.ID, name: p.Platform.Name, status: string(p.Status), due: unix(p.Due)}
	if k := p.Capability; k != nil {
		row.link, row.helpURL, row.caveat, row.minutes = k.Link, k.HelpURL, k.Caveat, k.Minutes
		row.android, row.ios, row.web = slices.Clone(k.Android), slices.Clone(k.IOS), slices.Clone(k.Web)
	}
	return row
}

// itemText is a placeholder until the pack knows its texts.
func itemText(pack *checklist.Pack, locale, key string) string { return key }

// inPlan reports whether a row is in the plan, so that a host's mistake leaves no trace in
// the vault.
func inPlan(p checklist.Plan, item, platform string) bool {
	for _, rows := range [][]checklist.Row{p.Rows, p.Finished, p.DueSoon} {
		for _, r := range rows {
			if r.Item.ID != item {
				continue
			}
			return platform == "" || slices.ContainsFunc(r.Platforms, func(p checklist.PlatformRow) bool {
				return p.Platform.ID == platform
			})
		}
	}
	return false
}

// validMark reports whether status, reason and until fit each other.
func validMark(status, reason string, untilUnix int64) bool {
	switch status {
	case StatusTodo, StatusDoing, StatusDone, StatusNotMine:
		return reason == "" && untilUnix == 0
	case StatusLater:
		return reason == "" && untilUnix > 0
	case StatusSkipped:
		return untilUnix == 0 && slices.Contains([]string{ReasonNotMine, ReasonDidElsewhere, ReasonCannot, ReasonNotNow}, reason)
	}
	return false
}
