package keylog_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/keylog/keylogtest"
	"github.com/chaperone-privacy/chaperone/internal/contact"
)

func TestPutStatus(t *testing.T) {
	t.Parallel()
	a, w := desk(t)
	b := keylogtest.New(t, "b")
	put := func(what string, note []byte, want error) {
		t.Helper()
		if err := w.PutStatus(t.Context(), note); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", what, err, want)
		}
	}
	newest := func(what string, want []byte) {
		t.Helper()
		raw, err := w.Clinic(t.Context(), a.ID, -1)
		parts, kinds := sections(t, raw, err)
		i := slices.Index(kinds, byte(keylog.SectionStatus))
		switch {
		case i < 0 && want != nil, i >= 0 && !bytes.Equal([]byte(parts[i]), want):
			t.Errorf("%s: sections are %v, not with the status that was expected", what, kinds)
		}
	}
	newest("none", nil)
	first := a.Status(w.now.Add(-time.Hour), keylogtest.Monitor)
	put("first", first, nil)
	newest("first", first)
	put("older", a.Status(w.now.Add(-2*time.Hour), keylogtest.Monitor), nil)
	newest("older is ignored", first)
	other := a.Status(w.now, keylogtest.Monitor2)
	put("of the other monitor", other, nil)
	newest("of two monitors", other)
	put("by a device", a.Status(w.now, keylogtest.Desk), keylog.ErrSignature)
	put("by a root", a.Status(w.now, keylogtest.RootA), keylog.ErrSignature)
	put("by two monitors", a.Sign(contact.Status{Clinic: a.ID, Issued: 1}.Marshal(), keylogtest.Monitor2, keylogtest.Monitor), keylog.ErrSignature)
	put("by another clinic's monitor", b.Sign(contact.Status{Clinic: a.ID, Issued: 1}.Marshal(), keylogtest.Monitor), keylog.ErrSignature)
	put("of a clinic that is not admitted", b.Status(w.now, keylogtest.Monitor), keylog.ErrNotAdmitted)
	put("from the future", a.Status(w.now.Add(time.Hour+time.Second), keylogtest.Monitor), keylog.ErrFuture)
	put("a grant", a.Grant(t, "Front desk", w.now), keylog.ErrMalformed)
	put("not a note", []byte("status\n"), keylog.ErrMalformed)
	put("too large", append(bytes.Clone(first), make([]byte, keylog.MaxNote)...), keylog.ErrMalformed)

	w.append(t, revoke(t, a, keylogtest.Monitor2, contact.Retired, w.now.Unix()-60))
	newest("its key retired before it was issued", first)
	put("by a monitor that retired", a.Status(w.now, keylogtest.Monitor2), keylog.ErrRevoked)
	w.append(t, revoke(t, a, keylogtest.Monitor, contact.Compromised, 0))
	newest("all keys ended", nil)
	put("by a stolen monitor", a.Status(w.now, keylogtest.Monitor), keylog.ErrRevoked)
}

func TestStatusesADay(t *testing.T) {
	t.Parallel()
	a, w := desk(t)
	for n := range keylog.MaxStatuses {
		if err := w.PutStatus(t.Context(), a.Status(w.now.Add(time.Duration(n)*time.Second), keylogtest.Monitor)); err != nil {
			t.Fatalf("status %d: %v", n, err)
		}
	}
	more := a.Status(w.now.Add(keylog.MaxStatuses*time.Second), keylogtest.Monitor)
	if err := w.PutStatus(t.Context(), more); !errors.Is(err, keylog.ErrTooMany) {
		t.Errorf("one more: got %v, want ErrTooMany", err)
	}
	w.now = w.now.Add(24 * time.Hour)
	if err := w.PutStatus(t.Context(), a.Status(w.now, keylogtest.Monitor)); err != nil {
		t.Errorf("tomorrow: got %v", err)
	}
}

// The status comes once, on the last page, also when the notes leave no room for it.
func TestStatusPage(t *testing.T) {
	t.Parallel()
	a, w := desk(t)
	st := contact.Status{Clinic: a.ID, Issued: w.now.Unix()}
	for n := range 128 {
		st.KeyState = append(st.KeyState, contact.KeyState{Key: [32]byte{byte(n)}, State: "until", Time: 1<<40 + int64(n)})
	}
	for n := range 256 {
		st.Gone = append(st.Gone, contact.Gone{Commit: &[32]byte{byte(n)}, Reason: contact.Superseded})
	}
	status := a.Sign(st.Marshal(), keylogtest.Monitor)
	if len(status) < 20_000 {
		t.Fatalf("the status has %d bytes: too few to try this", len(status))
	}
	if err := w.PutStatus(t.Context(), status); err != nil {
		t.Fatal(err)
	}
	for n := range 60 {
		w.append(t, a.Grant(t, fmt.Sprintf("Desk %d", n), w.now))
	}
	w.witness(t)
	notes, found, pages := 0, 0, 0
	for after, more := int64(-1), true; more; pages++ {
		raw, err := w.Clinic(t.Context(), a.ID, after)
		parts, kinds := sections(t, raw, err)
		more = false
		for i, kind := range kinds {
			switch kind {
			case keylog.SectionNote:
				notes++
			case keylog.SectionStatus:
				found++
				if i != len(kinds)-1 || parts[i] != string(status) {
					t.Error("the status is not last, or another")
				}
			case keylog.SectionMore:
				next := indexOf(parts[i])
				if next <= after || found > 0 {
					t.Fatalf("after %d come those after %d, with %d statuses before", after, next, found)
				}
				after, more = next, true
			}
		}
	}
	if notes != 66 || found != 1 || pages < 2 {
		t.Errorf("got %d notes and %d statuses on %d pages, want 66 and 1 on several", notes, found, pages)
	}
}

// A status stands on the public page. Whoever hands it back must not use up what the clinic may
// hand over today: its next status would be refused, and all its messages would read as stale.
func TestStatusHandedBackCostsNothing(t *testing.T) {
	t.Parallel()
	a, w := desk(t)
	older := a.Status(w.now.Add(-time.Hour), keylogtest.Monitor)
	newest := a.Status(w.now, keylogtest.Monitor)
	for _, note := range [][]byte{older, newest} {
		if err := w.PutStatus(t.Context(), note); err != nil {
			t.Fatal(err)
		}
	}
	for n := range keylog.MaxStatuses {
		if err := w.PutStatus(t.Context(), [][]byte{older, newest}[n%2]); err != nil {
			t.Fatalf("handed back %d times: %v", n, err)
		}
	}
	if err := w.PutStatus(t.Context(), a.Status(w.now.Add(time.Second), keylogtest.Monitor)); err != nil {
		t.Errorf("the next one: got %v", err)
	}
}
