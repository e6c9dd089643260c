package patient

import (
	"context"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

// What is done on one device shows on the other without anybody asking for it.
func TestKeepSynced(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b, _, _, _ := pair(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{}, 2)
	came := make(chan struct{}, 8)
	for _, d := range []*Device{a, b} {
		go func() {
			d.keepSynced(ctx, 5*time.Millisecond, func() { came <- struct{}{} })
			ended <- struct{}{}
		}()
	}
	_, single := someRowsOrSingle(t, a)
	key := checklist.RowKey{Item: single}
	if err := a.Mark(key, checklist.Done, "", time.Time{}); err != nil {
		t.Fatal(err)
	}
	// b asks every ten minutes by itself; a change of its own makes it look now.
	deadline := time.After(20 * time.Second)
	for !done(b, key) {
		if err := b.SetSettings("es", ""); err != nil {
			t.Fatal(err)
		}
		select {
		case <-came:
		case <-deadline:
			t.Fatal("the change did not come to the other device")
		}
	}
	cancel()
	<-ended
	<-ended
}

// A closed device, and one whose server went back in time, are left alone.
func TestKeepSyncedEnds(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, _, _, _, _ := pair(t, s)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	a.keepSynced(t.Context(), time.Hour, func() {}) // would run for the whole test otherwise
}

func done(d *Device, key checklist.RowKey) bool {
	for _, r := range d.State().Rows {
		if r.RowKey == key && r.Status == checklist.Done {
			return true
		}
	}
	return false
}
