package checklist

import (
	"fmt"
	"time"
)

// clock is an item's recurrence, made ready (rules R8 and R9).
type clock struct {
	days      int64
	lasts     int64
	phases    []Phase
	month     time.Month // of the season; 0: none
	monthDay  int
	onThreat  bool
	onChange  bool // an incident
	onContent bool
}

// comes reports whether the item is due again by itself, without an event.
func (c *clock) comes() bool { return c.days > 0 || c.month != 0 }

func newClock(r *Recur) (clock, error) {
	var c clock
	if r == nil {
		return c, nil
	}
	c.days, c.lasts, c.phases = int64(r.Days), int64(r.Lasts), r.Phases
	for _, on := range r.AlsoOn {
		switch on {
		case "threat.new":
			c.onThreat = true
		case "incident.new":
			c.onChange = true
		case "content.rev":
			c.onContent = true
		default:
			return c, fmt.Errorf("unknown event %q", on)
		}
	}
	if r.Season != "" {
		t, err := time.Parse("01-02", r.Season)
		if err != nil {
			return c, fmt.Errorf("season %q is not a day", r.Season)
		}
		c.month, c.monthDay = t.Month(), t.Day()
	}
	if c.days < 0 || c.lasts < 0 || (c.lasts > 0 && c.days >= c.lasts) || (c.month != 0 && c.days != 0) {
		return c, fmt.Errorf("recurrence out of range")
	}
	last := 0
	for _, p := range r.Phases {
		if p.Days < 1 || int64(p.Days) > c.days || p.For <= last {
			return c, fmt.Errorf("phases out of range")
		}
		last = p.For
	}
	return c, nil
}

// next is when a row that was finished at done is due again, in Unix seconds; 0: never by
// itself. incident is when the newest incident was known, or 0.
func (c *clock) next(item, platform string, done, incident int64, seed uint64) int64 {
	if done <= 0 {
		return 0
	}
	if c.month != 0 {
		year := time.Unix(done, 0).UTC().Year()
		at := time.Date(year, c.month, c.monthDay, 0, 0, 0, 0, time.UTC).Unix()
		if at <= done {
			at = time.Date(year+1, c.month, c.monthDay, 0, 0, 0, 0, time.UTC).Unix()
		}
		return at + (spread(item, platform, seed)+widest)*day
	}
	if c.days == 0 {
		return 0
	}
	due := done + c.days*day + jitter(c.days, item, platform, seed)
	if incident == 0 {
		return due
	}
	for _, p := range c.phases {
		if done < incident+int64(p.For)*day {
			every := int64(p.Days)
			return min(due, max(incident, done+every*day+jitter(every, item, platform, seed)))
		}
	}
	return due
}

// widest is how many days a date is moved at most, either way.
const widest = 3

// jitter moves a date by a few days, in seconds: three days either way for a clock of two
// months and more, one for a clock of two weeks, none for a shorter one.
func jitter(days int64, item, platform string, seed uint64) int64 {
	switch {
	case days >= 60:
		return spread(item, platform, seed) * day
	case days >= 14:
		return spread(item, platform, seed) % 2 * day
	default:
		return 0
	}
}

// spread is -3 to 3 by a hash of the row and the seed: the same on every device of one
// person, so that rows do not all come on one day, nor all people on the same. Of the seed
// only the low byte counts, so that a request for a plan can carry what counts without
// telling one person from the others.
func spread(item, platform string, seed uint64) int64 {
	h := uint32(2166136261) // FNV-1a
	for _, s := range [2]string{item, platform} {
		for i := range len(s) {
			h = (h ^ uint32(s[i])) * 16777619
		}
	}
	h = (h ^ uint32(seed&0xff)) * 16777619
	return int64((h>>16)%(2*widest+1)) - widest
}

// DueAgain is when a row would be due again if it were finished at done, for somebody with
// the answers; the zero time when it would not, by itself. It does not ask whether the row is
// for that person.
func (p *Pack) DueAgain(key RowKey, a Answers, done time.Time) time.Time {
	i, ok := p.index.items[key.Item]
	if !ok {
		return time.Time{}
	}
	return date(p.index.rules[i].clock.next(key.Item, key.Platform, done.Unix(), incidentOf(&a), a.Seed))
}

// incidentOf is when the newest incident was known: the day the person gave, or when they
// told of a newer one.
func incidentOf(a *Answers) int64 { return max(a.KnownAt, a.Events.IncidentAt) }
