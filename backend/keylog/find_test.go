package keylog_test

import (
	"testing"

	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/keylog/keylogtest"
	"github.com/chaperone-privacy/chaperone/internal/contact/card"
)

// A clinic is found by the words of its card once its profile is logged, and not before.
func TestFindByCard(t *testing.T) {
	t.Parallel()
	a, b := keylogtest.New(t, "a"), keylogtest.New(t, "b")
	w := newWorld(t, a, b)
	find := func(id keylog.ClinicID, want bool) {
		t.Helper()
		got, ok, err := w.Find(t.Context(), card.Of(id))
		if err != nil || ok != want || ok && got != id {
			t.Errorf("got %x, %v, %v, want %v", got, ok, err, want)
		}
	}
	find(a.ID, false)
	w.append(t, a.Profile(t, 1))
	find(a.ID, true)
	find(b.ID, false)
	w.append(t, a.Profile(t, 2))
	find(a.ID, true)
	if _, ok, err := w.Find(t.Context(), card.Number{}); ok || err != nil {
		t.Errorf("zeros: got %v, %v, want no clinic", ok, err)
	}
}
