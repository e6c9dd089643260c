package checklist

import (
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// MaxSeed bounds seeds, so that every reader of JSON can carry them whole.
const MaxSeed = 1<<53 - 1

// NewSeed draws the seed of a vault, 1 to [MaxSeed], from random.
func NewSeed(random io.Reader) (uint64, error) {
	var b [8]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return 0, fmt.Errorf("draw seed: %w", err)
	}
	return max(1, binary.BigEndian.Uint64(b[:])&MaxSeed), nil
}

// Renew returns next as the answers that replace old at a time. What they tell that is new is
// written into Events (rule R9): a stage that rises, data added to what may have been taken,
// a later day of the incident. The seed and the events of old stay, whatever next holds.
//
// "Not sure" tells nothing new, and neither does the first day that is given for an incident.
func Renew(old, next Answers, at time.Time) Answers {
	now := at.Unix()
	e := MergeEvents(old.Events, Events{})
	from, to := stageOf(old.Stage), stageOf(next.Stage)
	if (from == stageWorried && to > from) || (old.KnownAt != 0 && next.KnownAt > old.KnownAt) {
		e.IncidentAt = max(e.IncidentAt, now)
	}
	if to > from && to >= stageThreatened {
		e.ThreatAt = max(e.ThreatAt, now)
	}
	if len(old.Exposed) > 0 {
		for _, x := range next.Exposed {
			if slices.Contains(old.Exposed, x) || !slices.Contains(exposures[:], x) {
				continue
			}
			if e.Added == nil {
				e.Added = map[Exposure]int64{}
			}
			e.IncidentAt, e.Added[x] = max(e.IncidentAt, now), max(e.Added[x], now)
		}
	}
	next.Events = e
	if old.Seed != 0 {
		next.Seed = old.Seed
	}
	return next
}

// MergeEvents joins what two devices know: the latest of each. It is commutative, associative
// and idempotent, and the result shares no memory with a or b.
func MergeEvents(a, b Events) Events {
	out := Events{IncidentAt: max(a.IncidentAt, b.IncidentAt), ThreatAt: max(a.ThreatAt, b.ThreatAt), Added: maps.Clone(a.Added)}
	for x, at := range b.Added {
		if out.Added == nil {
			out.Added = map[Exposure]int64{}
		}
		out.Added[x] = max(out.Added[x], at)
	}
	return out
}
