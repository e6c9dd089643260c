package patient

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
)

// manyWithdrawals is what one stolen device of a clinic can log in a year.
func manyWithdrawals(clinic [32]byte) contact.Memory {
	var m contact.Memory
	for i := range 200 {
		n := contact.Withdraw{Clinic: clinic, Reason: contact.InError}
		for j := range 64 {
			n.Commits = append(n.Commits, sha256.Sum256(binary.BigEndian.AppendUint32(nil, uint32(64*i+j))))
		}
		slices.SortFunc(n.Commits, func(a, b [32]byte) int { return slices.Compare(a[:], b[:]) })
		at := contacttest.Start.Unix() + int64(i)
		m.Notes = append(m.Notes, contact.NoteSeen{
			Clinic: clinic, Text: n.Marshal(), Signer: contact.Hash{1}, Role: contact.RoleDevice, LoggedAt: at, FirstSeen: at,
		})
	}
	return m.Merge(contact.Memory{})
}

// What a clinic says never takes the room of what the patient does: the vault is saved and synced
// as before, and nothing that was learned is lost.
func TestClinicDoesNotFillVault(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	s := newServer(t)
	cfgA, cfgB := syncConfig(t, s, "phone"), syncConfig(t, s, "laptop")
	a, code := create(t, cfgA)
	if err := a.AddPin(w.Memory.Pins[0]); err != nil {
		t.Fatal(err)
	}
	mustSync(t, a)
	b, _, err := Restore(t.Context(), cfgB, code)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })

	many := manyWithdrawals(w.Clinic.ID())
	for _, d := range []*Device{a, b} {
		d.mu.Lock()
		err := d.remember(many, nil)
		d.mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		if err := d.SetSettings("es", "light"); err != nil {
			t.Fatalf("save: got %v", err)
		}
	}
	mustSync(t, a)
	mustSync(t, b)
	mustSync(t, a)
	if r := mustSync(t, b); r.Pushed {
		t.Error("two devices that know the same go on telling each other")
	}
	a = reopen(t, a, cfgA)
	for _, d := range []*Device{a, b} {
		m, err := d.memory()
		if err != nil {
			t.Fatal(err)
		}
		if got := len(m.Notes); got != len(many.Notes) {
			t.Errorf("got %d notes, want all %d", got, len(many.Notes))
		}
	}
	before := a.State().Lamport
	a.mu.Lock()
	err = a.remember(many, nil)
	a.mu.Unlock()
	if after := a.State().Lamport; err != nil || after != before {
		t.Errorf("the same again: got %v, and it counted as a change: %v", err, after != before)
	}
}
