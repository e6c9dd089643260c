package checklist

import (
	"cmp"
	"slices"
)

// MergeRows joins what two devices know, row by row: the greater (Lamport, Device) wins. It
// is commutative, associative and idempotent, and the result is sorted by item and platform.
// Two different states with the same clock and device, which only a restored copy can make,
// are decided by their content, so that every device decides alike.
func MergeRows(a, b []RowState) []RowState {
	all := make([]RowState, 0, len(a)+len(b))
	all = append(append(all, a...), b...)
	slices.SortFunc(all, func(x, y RowState) int {
		if c := compareKeys(x.RowKey, y.RowKey); c != 0 {
			return c
		}
		return compareStates(&y, &x)
	})
	return slices.CompactFunc(all, func(x, y RowState) bool { return x.RowKey == y.RowKey })
}

func compareKeys(x, y RowKey) int {
	return cmp.Or(cmp.Compare(x.Item, y.Item), cmp.Compare(x.Platform, y.Platform))
}

// compareStates orders two states of one row; the greater is the newer.
func compareStates(x, y *RowState) int {
	return cmp.Or(
		cmp.Compare(x.Lamport, y.Lamport),
		cmp.Compare(x.Device, y.Device),
		cmp.Compare(x.DoneAt, y.DoneAt),
		cmp.Compare(x.Status, y.Status),
		cmp.Compare(x.DueAt, y.DueAt),
		cmp.Compare(x.DoneRev, y.DoneRev),
		cmp.Compare(x.SkipReason, y.SkipReason),
	)
}
