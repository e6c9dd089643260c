package monitor

import (
	"errors"
	"time"
)

// ErrHours says that opening hours do not read.
var ErrHours = errors.New("opening hours are days and two times of the day")

// Hours are when a clinic is open, in the zone of the monitor's clock. Outside of them a second
// person must approve, and a status says when the clinic opens next.
type Hours struct {
	Days []time.Weekday `json:"days"`
	From string         `json:"from"` // 08:00
	To   string         `json:"to"`   // 18:30, after From
}

// check accepts nil.
func (h *Hours) check() error {
	if h == nil {
		return nil
	}
	from, err := time.Parse("15:04", h.From)
	to, err2 := time.Parse("15:04", h.To)
	if err != nil || err2 != nil || !from.Before(to) || len(h.Days) == 0 {
		return ErrHours
	}
	for _, d := range h.Days {
		if d < time.Sunday || d > time.Saturday {
			return ErrHours
		}
	}
	return nil
}

// on returns when the clinic opens and closes on the day of t; ok is false on a day off.
func (h *Hours) on(t time.Time) (from, to time.Time, ok bool) {
	for _, d := range h.Days {
		ok = ok || d == t.Weekday()
	}
	a, err := time.Parse("15:04", h.From)
	b, err2 := time.Parse("15:04", h.To)
	if err != nil || err2 != nil {
		return t, t, false
	}
	y, m, d := t.Date()
	from = time.Date(y, m, d, a.Hour(), a.Minute(), 0, 0, t.Location())
	to = time.Date(y, m, d, b.Hour(), b.Minute(), 0, 0, t.Location())
	return from, to, ok
}

// open reports whether the clinic is open. A clinic without hours always is.
func (h *Hours) open(t time.Time) bool {
	if h == nil {
		return true
	}
	from, to, ok := h.on(t)
	return ok && !t.Before(from) && t.Before(to)
}

// next returns when the clinic opens after t, if that is within most.
func (h *Hours) next(t time.Time, most time.Duration) (time.Time, bool) {
	if h == nil {
		return time.Time{}, false
	}
	for day := range 8 {
		from, _, ok := h.on(t.AddDate(0, 0, day))
		if ok && from.After(t) {
			return from, from.Sub(t) <= most
		}
	}
	return time.Time{}, false
}
