package vault

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// mergeMemory stands in until contact.Memory.Merge lands.
func mergeMemory(a, b contact.Memory) contact.Memory {
	pins := append(slices.Clone(a.Pins), b.Pins...)
	slices.SortFunc(pins, func(x, y contact.Pin) int {
		return cmp.Or(bytes.Compare(x.Clinic[:], y.Clinic[:]), compareJSON(x, y))
	})
	pins = slices.CompactFunc(pins, func(x, y contact.Pin) bool { return x.Clinic == y.Clinic })
	marks := append(slices.Clone(a.Stolen), b.Stolen...)
	slices.SortFunc(marks, func(x, y contact.StolenMark) int {
		return cmp.Or(bytes.Compare(x.Clinic[:], y.Clinic[:]), bytes.Compare(x.Key[:], y.Key[:]), cmp.Compare(x.Since, y.Since))
	})
	marks = slices.CompactFunc(marks, func(x, y contact.StolenMark) bool { return x.Clinic == y.Clinic && x.Key == y.Key })
	return contact.Memory{Pins: pins, Stolen: marks, Now: max(a.Now, b.Now)}
}
