package checklist

import (
	"cmp"
	"slices"
	"time"
)

// Reminder is one moment at which to say that there is something to do. Whoever shows it
// says no more than how many tasks there are.
type Reminder struct {
	At   time.Time
	Rows []RowKey // what comes due then; for opening the program, never for a lock screen
}

// Reminding says when a person may be reminded.
type Reminding struct {
	// Now is the earliest moment. Its location is the person's own: hours are read there.
	Now time.Time
	// Until is the latest moment; zero: a year after Now.
	Until time.Time
	// Hour is the hour of the day at which to remind, 1 to 23; 0: ten in the morning.
	Hour int
	// QuietFrom and QuietTo are the hours between which nothing is said, 0 to 23 each, such as
	// 22 and 8. Equal, or out of range: 21 and 9.
	QuietFrom, QuietTo int
	// Sent is the moments of reminders that were given before Now. They count.
	Sent []time.Time
}

const (
	remindsAWeek = 2
	remindHour   = 10
	quietFrom    = 21
	quietTo      = 9
)

// clockDays is how many days before the end of a law's clock a reminder comes.
var clockDays = [2]int{30, 7}

// pending is one thing to be reminded of.
type pending struct {
	key  RowKey
	day  int // the first day, counted from the day of Now
	last int // the last day on which it is still of use
}

// noLast is the last day of what can wait.
const noLast = 1 << 30

// Reminders lists the coming reminders of a plan, the soonest first: rows that are due again,
// rows put off, and clocks of the law. Within any seven days there are at most two, of which
// one may speak of several rows; none lies in the quiet hours. It is pure.
//
// A row that was put off by the limit waits some days, unless it has an end: then it joins
// the reminder before, so that nobody hears of an end that has passed.
func (plan *Plan) Reminders(c Reminding) []Reminder {
	return c.arrange(c.pending(plan))
}

// pending gathers what there is to remind of, by day.
func (c *Reminding) pending(plan *Plan) []pending {
	var out []pending
	add := func(r *Row, at, end time.Time) {
		p := pending{RowKey{Item: r.Item.ID}, max(0, c.days(at)), noLast}
		if end.After(c.Now) {
			p.last = max(0, c.days(end)-1)
		}
		out = append(out, p)
	}
	for i := range plan.Rows {
		switch r := &plan.Rows[i]; {
		case r.Status == Recheck, !r.Due.IsZero() && !r.Due.After(c.Now) && r.Item.Deadline == nil:
			add(r, c.Now, r.Ends)
		case !r.Due.IsZero():
			for _, n := range clockDays {
				if at := r.Due.AddDate(0, 0, -n); !at.Before(c.Now) {
					add(r, at, r.Due)
				}
			}
		}
	}
	for i := range plan.PutOff {
		if r := &plan.PutOff[i]; !r.Due.IsZero() {
			add(r, r.Due, r.Ends)
		}
	}
	for i := range plan.Finished {
		if r := &plan.Finished[i]; r.Status == Done && !r.Due.IsZero() {
			add(r, r.Due, r.Ends)
		}
	}
	slices.SortFunc(out, func(a, b pending) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.key.Item, b.key.Item))
	})
	return out
}

// arrange gives each thing a day.
func (c *Reminding) arrange(list []pending) []Reminder {
	until := c.Until
	if until.IsZero() {
		until = c.Now.AddDate(1, 0, 0)
	}
	first := 0
	if c.on(0).Before(c.Now) {
		first = 1 // today's hour has passed
	}
	// days is those of Sent and then of the reminders themselves.
	days := make([]int, 0, len(c.Sent)+len(list))
	for _, at := range c.Sent {
		days = append(days, min(0, c.days(at)))
	}
	slices.Sort(days)
	sent := len(days)
	var out []Reminder
	for _, p := range list {
		day := max(p.day, first)
		if n := len(days); n > sent && days[n-1] >= day {
			day = days[n-1]
		} else if n >= remindsAWeek && days[n-remindsAWeek]+7 > day {
			day = days[n-remindsAWeek] + 7
			if day > p.last && n > sent {
				day = days[n-1]
			}
		}
		at := c.on(day)
		if at.After(until) {
			break
		}
		if n := len(days); n == sent || days[n-1] != day {
			days = append(days, day)
			out = append(out, Reminder{At: at})
		}
		if r := &out[len(out)-1]; !slices.Contains(r.Rows, p.key) {
			r.Rows = append(r.Rows, p.key)
		}
	}
	return out
}

// days is how many days a moment lies after Now, by the person's calendar.
func (c *Reminding) days(at time.Time) int {
	number := func(t time.Time) int64 {
		y, m, d := t.In(c.Now.Location()).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / day
	}
	return int(number(at) - number(c.Now))
}

// on is the moment of a day, counted from the day of Now, outside the quiet hours.
func (c *Reminding) on(n int) time.Time {
	hour := c.Hour
	if hour < 1 || hour > 23 {
		hour = remindHour
	}
	from, to := c.QuietFrom, c.QuietTo
	if from == to || from < 0 || to < 0 || from > 23 || to > 23 {
		from, to = quietFrom, quietTo
	}
	y, m, d := c.Now.Date()
	at := time.Date(y, m, d+n, hour, 0, 0, 0, c.Now.Location())
	if !quiet(at.Hour(), from, to) {
		return at
	}
	at = time.Date(y, m, d+n, to, 0, 0, 0, c.Now.Location())
	if quiet(at.Hour(), from, to) { // the clocks went back or forward over that hour
		at = time.Date(y, m, d+n, to+1, 0, 0, 0, c.Now.Location())
	}
	return at
}

// quiet reports whether an hour lies between two, which may stand on two days.
func quiet(hour, from, to int) bool {
	if from < to {
		return hour >= from && hour < to
	}
	return hour >= from || hour < to
}
