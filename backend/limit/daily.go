package limit

import (
	"sync"
	"time"
)

// Daily counts what somebody does in a day (UTC), up to a bound. Counts live in memory: a restart
// forgets them, and several servers count each for themselves. It is safe for concurrent use.
type Daily[K comparable] struct {
	most int
	now  func() time.Time

	mu    sync.Mutex
	day   int64     // that the counts are of, since 1970-01-01 UTC; under mu
	count map[K]int // under mu; as many as were seen in a day
}

// NewDaily returns a Daily that allows most a day. now nil means time.Now.
func NewDaily[K comparable](most int, now func() time.Time) *Daily[K] {
	if now == nil {
		now = time.Now
	}
	return &Daily[K]{most: most, now: now, count: map[K]int{}}
}

// Take counts one, and reports whether it was within the bound.
func (d *Daily[K]) Take(who K) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.turn()
	if d.count[who] >= d.most {
		return false
	}
	d.count[who]++
	return true
}

// Give takes one back that was counted for nothing.
func (d *Daily[K]) Give(who K) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.turn()
	if d.count[who] > 0 {
		d.count[who]--
	}
}

// Left is how long it is until the counts begin anew.
func (d *Daily[K]) Left() time.Duration {
	return 24*time.Hour - time.Duration(d.now().Unix()%86400)*time.Second
}

func (d *Daily[K]) turn() {
	if today := d.now().Unix() / 86400; today != d.day {
		d.day = today
		clear(d.count)
	}
}
