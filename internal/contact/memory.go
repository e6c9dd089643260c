package contact

import (
	"bytes"
	"cmp"
	"slices"
)

// Memory is what a device has learned and must not forget: which clinics are pinned, which
// keys were ever seen stolen, the newest status of each monitor key, and the newest time that
// witnesses have shown. It only ever grows, so two devices merge by union and maximum.
type Memory struct {
	Pins []Pin `json:"pins,omitempty"`
	// Removed are clinics that the patient took away; see [Pin.Round].
	Removed []Removal `json:"removed,omitempty"`

	Stolen []StolenMark `json:"stolen,omitempty"`
	// Statuses holds the newest status of each monitor key. It is what the device itself
	// verified, and wins over an older one that comes with a message.
	Statuses []StatusSeen `json:"statuses,omitempty"`
	// Notes are the clinic's notes that verified here: profiles, rotations, revocations,
	// withdrawals and incident statements.
	Notes []NoteSeen `json:"notes,omitempty"`
	// Heads are the newest heads of each log that a quorum of witnesses signed.
	Heads []HeadSeen `json:"heads,omitempty"`
	// Forks are logs that showed two histories. Once seen it is final.
	Forks []Fork `json:"forks,omitempty"`
	// Pairs are what makes a message one for this patient. They are secret.
	Pairs []Pair `json:"pairs,omitempty"`
	// Now is the greatest T_head that anything verified here has shown, in Unix seconds. A
	// device clock behind it is not believed. The issue times of Statuses count beside it
	// while their key is not stolen.
	Now int64 `json:"now,omitempty"`
}

// Pin is a clinic that the patient has decided to trust.
type Pin struct {
	Clinic    Hash   `json:"clinic"`   // hash of the first root set; never changes
	RootSet   Hash   `json:"root_set"` // hash of the root set in force
	Roots     string `json:"roots"`    // the root set's text
	Name      string `json:"name"`
	Level     Level  `json:"level"`
	FirstSeen int64  `json:"first_seen"` // Unix seconds
	// Confirmed says that the patient looked at the pin on this device. One that is not
	// confirmed counts as no pin.
	Confirmed bool `json:"confirmed"`
	// Round counts how often the clinic was taken away and added again. A removal takes away
	// the pins of its round and of those before.
	Round uint64 `json:"round,omitempty"`
}

// Removal says that the patient took a clinic away.
type Removal struct {
	Clinic Hash   `json:"clinic"`
	Round  uint64 `json:"round"` // of the newest pin that it takes away
}

// StolenMark says that a key was stolen from a time on. Once seen it is final; of two marks
// for one key the smaller time holds.
type StolenMark struct {
	Clinic Hash  `json:"clinic"`
	Key    Hash  `json:"key"` // H(vkey)
	Since  int64 `json:"since"`
}

// StatusSeen is a status note that verified on this device.
type StatusSeen struct {
	Clinic Hash   `json:"clinic"`
	Key    Hash   `json:"key"` // H(vkey) of the monitor key
	Issued int64  `json:"issued"`
	Text   string `json:"text"` // the note's text, without the signature
}

// NoteSeen is a note of the keys log that verified on this device.
type NoteSeen struct {
	Clinic Hash   `json:"clinic"`
	Text   string `json:"text"` // the note's text, without the signatures
	// Signer is H(vkey) of the one key that signed; zero for the root, and for two devices.
	Signer    Hash  `json:"signer"`
	Role      Role  `json:"role,omitempty"` // of Signer
	LoggedAt  int64 `json:"logged_at"`      // T_log, Unix seconds
	FirstSeen int64 `json:"first_seen"`     // Unix seconds
}

// HeadSeen is a checkpoint that a policy of the clinic accepted.
type HeadSeen struct {
	Clinic     Hash   `json:"clinic"`
	Origin     string `json:"origin"`
	Size       int64  `json:"size"`
	Root       Hash   `json:"root"`
	Checkpoint string `json:"checkpoint"` // as signed
}

// Fork is the proof that a log told two stories: two accepted checkpoints of one size with
// different roots. Anybody can check it.
type Fork struct {
	Clinic Hash   `json:"clinic"`
	Origin string `json:"origin"`
	A      string `json:"a"` // checkpoints as signed, A before B bytewise
	B      string `json:"b"`
}

// Pair is what this patient shares with a clinic since they met.
type Pair struct {
	Clinic Hash    `json:"clinic"`
	Key    PairKey `json:"key"`
	Since  int64   `json:"since"` // Unix seconds
}

// NewPin makes a confirmed pin of a clinic by its first root set.
func NewPin(roots RootSet, name string, level Level, firstSeen int64) Pin {
	h := roots.Hash()
	return Pin{Clinic: h, RootSet: h, Roots: roots.Text(), Name: name, Level: level, FirstSeen: firstSeen, Confirmed: true}
}

// Merge returns the union of two memories. It is commutative, associative and idempotent, so
// devices end up equal whatever the order; the result shares nothing with m and o. Of two
// pins of one clinic that of the later round is kept, then a confirmed one, then the older; none
// that was removed.
func (m Memory) Merge(o Memory) Memory {
	out := Memory{Now: max(m.Now, o.Now)}
	out.Pins = union(m.Pins, o.Pins, func(a, b Pin) int { return bytes.Compare(a.Clinic[:], b.Clinic[:]) }, betterPin)
	out.Removed = union(m.Removed, o.Removed, func(a, b Removal) int { return bytes.Compare(a.Clinic[:], b.Clinic[:]) },
		func(a, b Removal) bool { return a.Round >= b.Round })
	out.Pins = slices.DeleteFunc(out.Pins, func(p Pin) bool {
		return slices.ContainsFunc(out.Removed, func(r Removal) bool { return r.Clinic == p.Clinic && p.Round <= r.Round })
	})
	if len(out.Pins) == 0 {
		out.Pins = nil
	}
	out.Stolen = union(m.Stolen, o.Stolen, func(a, b StolenMark) int {
		return cmp.Or(bytes.Compare(a.Clinic[:], b.Clinic[:]), bytes.Compare(a.Key[:], b.Key[:]))
	}, func(a, b StolenMark) bool { return a.Since <= b.Since })
	out.Statuses = union(m.Statuses, o.Statuses, func(a, b StatusSeen) int {
		return cmp.Or(bytes.Compare(a.Clinic[:], b.Clinic[:]), bytes.Compare(a.Key[:], b.Key[:]))
	}, func(a, b StatusSeen) bool {
		return cmp.Or(-cmp.Compare(a.Issued, b.Issued), cmp.Compare(a.Text, b.Text)) <= 0
	})
	out.Notes = union(m.Notes, o.Notes, func(a, b NoteSeen) int {
		return cmp.Or(bytes.Compare(a.Clinic[:], b.Clinic[:]), cmp.Compare(a.Text, b.Text), bytes.Compare(a.Signer[:], b.Signer[:]))
	}, func(a, b NoteSeen) bool {
		return cmp.Or(cmp.Compare(a.LoggedAt, b.LoggedAt), cmp.Compare(a.FirstSeen, b.FirstSeen)) <= 0
	})
	out.Heads = newestHeads(union(m.Heads, o.Heads, compareHeads, func(a, b HeadSeen) bool { return a.Checkpoint <= b.Checkpoint }))
	out.Forks = union(m.Forks, o.Forks, func(a, b Fork) int {
		return cmp.Or(bytes.Compare(a.Clinic[:], b.Clinic[:]), cmp.Compare(a.Origin, b.Origin))
	}, func(a, b Fork) bool { return cmp.Or(cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B)) <= 0 })
	out.Pairs = union(m.Pairs, o.Pairs, func(a, b Pair) int {
		return cmp.Or(bytes.Compare(a.Clinic[:], b.Clinic[:]), bytes.Compare(a.Key[:], b.Key[:]))
	}, func(a, b Pair) bool { return a.Since <= b.Since })
	return out
}

// betterPin orders two pins of one clinic: the later round, confirmed before not, then the older,
// then by text.
func betterPin(a, b Pin) bool {
	if a.Round != b.Round {
		return a.Round > b.Round
	}
	if a.Confirmed != b.Confirmed {
		return a.Confirmed
	}
	return cmp.Or(cmp.Compare(a.FirstSeen, b.FirstSeen), bytes.Compare(a.RootSet[:], b.RootSet[:]),
		cmp.Compare(a.Level, b.Level), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Roots, b.Roots)) <= 0
}

// Remove returns the memory without a clinic. What was learned of it stays: it counts for nothing
// without a pin, and should the patient add the clinic again, nothing that was seen stolen is
// forgotten.
func (m Memory) Remove(clinic [32]byte) Memory {
	for _, p := range m.Pins {
		if p.Clinic == clinic {
			return m.Merge(Memory{Removed: []Removal{{clinic, p.Round}}})
		}
	}
	return m.Merge(Memory{})
}

// NextRound is the round of a pin that is made now; see [Pin.Round].
func (m Memory) NextRound(clinic [32]byte) uint64 {
	for _, r := range m.Removed {
		if r.Clinic == clinic {
			return r.Round + 1
		}
	}
	return 0
}

// union sorts by key and keeps, of equal keys, the one that better prefers.
func union[T any](a, b []T, key func(T, T) int, better func(T, T) bool) []T {
	all := append(append(make([]T, 0, len(a)+len(b)), a...), b...)
	var out []T
	for _, i := range sorted(len(all), func(i, j int) int { return key(all[i], all[j]) }) {
		x := all[i]
		if n := len(out); n == 0 || key(out[n-1], x) != 0 {
			out = append(out, x)
		} else if !better(out[n-1], x) {
			out[n-1] = x
		}
	}
	return out
}

// sorted returns 0 to n-1 in the order of compare, equal ones as they were. It sorts every kind
// of list with one piece of code: the page's module must stay small.
func sorted(n int, compare func(i, j int) int) []int {
	index := make([]int, n)
	for i := range index {
		index[i] = i
	}
	slices.SortStableFunc(index, compare)
	return index
}

// sortedBy returns a sorted copy of a list; equal elements stay in order.
func sortedBy[T any](list []T, compare func(a, b T) int) []T {
	out := make([]T, 0, len(list))
	for _, i := range sorted(len(list), func(i, j int) int { return compare(list[i], list[j]) }) {
		out = append(out, list[i])
	}
	return out
}

// pin returns the confirmed pin of a clinic.
func (m Memory) pin(clinic [32]byte) (Pin, bool) {
	for _, p := range m.Pins {
		if p.Clinic == clinic && p.Confirmed {
			return p, true
		}
	}
	return Pin{}, false
}
