package vault

import (
	"bytes"
	"cmp"
	"log/slog"
	"slices"

	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// Saved is what a patient saved of a clinic that does not take part: what stands on their card
// or bill. It goes by the greater (lamport, device), as a row of the checklist does.
type Saved struct {
	ID        string   `json:"id"`     // random
	Clinic    string   `json:"clinic"` // what the patient calls it
	Numbers   []string `json:"numbers,omitempty"`
	Domains   []string `json:"domains,omitempty"`
	Addresses []string `json:"addresses,omitempty"`
	Removed   bool     `json:"removed,omitempty"` // then the rest is empty
	Lamport   uint64   `json:"lamport"`
	Device    string   `json:"device"`
}

// LogValue implements [slog.LogValuer].
func (Saved) LogValue() slog.Value { return slog.StringValue("[redacted]") }

func mergeSaved(a, b []Saved) []Saved {
	return mergeByID(a, b, func(s Saved) string { return s.ID }, func(x, y Saved) Saved {
		if c := compareStamp(x.Lamport, x.Device, y.Lamport, y.Device); c > 0 || c == 0 && compareJSON(x, y) >= 0 {
			return x
		}
		return y
	})
}

func (s Saved) clone() Saved {
	s.Numbers, s.Domains, s.Addresses = slices.Clone(s.Numbers), slices.Clone(s.Domains), slices.Clone(s.Addresses)
	return s
}

// Turned is a message that was shown as trusted and turned red. Once it did, it stays so; once
// one device has put the notice away, it is away everywhere.
type Turned struct {
	ID        string          `json:"id"` // of the message
	Clinic    contact.Hash    `json:"clinic"`
	TrustedAt int64           `json:"trusted_at"` // when it was last shown as trusted, Unix seconds
	FoundAt   int64           `json:"found_at"`   // when a device first found it, Unix seconds
	Headline  contact.Finding `json:"headline"`   // the worst that any device found
	Dismissed bool            `json:"dismissed,omitempty"`
}

// LogValue implements [slog.LogValuer].
func (Turned) LogValue() slog.Value { return slog.StringValue("[redacted]") }

func mergeTurned(a, b []Turned) []Turned {
	return mergeByID(a, b, func(t Turned) string { return t.ID }, func(x, y Turned) Turned {
		if bytes.Compare(x.Clinic[:], y.Clinic[:]) < 0 {
			x.Clinic = y.Clinic
		}
		if cmp.Or(cmp.Compare(x.Headline.Rank(), y.Headline.Rank()), cmp.Compare(x.Headline, y.Headline)) > 0 {
			x.Headline = y.Headline
		}
		x.TrustedAt, x.FoundAt = max(x.TrustedAt, y.TrustedAt), min(x.FoundAt, y.FoundAt)
		x.Dismissed = x.Dismissed || y.Dismissed
		return x
	})
}

// mergeByID joins two lists, sorts by id, and joins those with one id; nil for none.
func mergeByID[T any](a, b []T, id func(T) string, join func(T, T) T) []T {
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, func(x, y T) int { return cmp.Compare(id(x), id(y)) })
	var out []T
	for _, x := range all {
		if n := len(out); n > 0 && id(out[n-1]) == id(x) {
			out[n-1] = join(out[n-1], x)
		} else {
			out = append(out, x)
		}
	}
	return out
}

// AddTurned adds messages that turned red to those that did before.
func (s *State) AddTurned(turned ...Turned) { s.Turned = mergeTurned(s.Turned, turned) }

// PutSaved adds saved contacts, or replaces those with their id if their stamp is later.
func (s *State) PutSaved(saved ...Saved) { s.Saved = mergeSaved(s.Saved, saved) }
