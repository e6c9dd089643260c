package contact_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
)

// What is kept of a server's answer is what verified, whatever came with it, and judging from it
// gives what judging from the bundle gives.
func TestSiftKeepsWhatVerifies(t *testing.T) {
	t.Parallel()
	w, other := contacttest.New(t), contacttest.New(t)
	news := w.News(w.Log(w.Roots.SignRevoke(contact.Revoke{Clinic: w.Clinic.ID(), Key: revoker(t).Key(), Reason: contact.Compromised})))
	want := slices.Clone(news.Notes)
	stranger := device(t, "stranger.example.com")
	forgedGrant, err := other.Roots.SignGrant(contact.Grant{
		Clinic: w.Clinic.ID(), Key: stranger.Key(), Role: contact.RoleDevice, Label: "Stranger", Holder: "x", NotBefore: 1, NotAfter: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	b := w.Parts()
	news.Notes = append(news.Notes,
		contact.LoggedNote{Note: forgedGrant, Proof: b.GrantProof},         // not logged
		contact.LoggedNote{Note: b.Grant, Proof: b.ProfileProof},           // with a wrong proof
		contact.LoggedNote{Note: []byte("garbage"), Proof: []byte("more")}, // nothing
		news.Notes[0], // twice
	)
	news.Policies = append(news.Policies, []byte("log nothing\n"))
	news.Heads = append(news.Heads, []byte("garbage"))
	learned, kept, err := contact.Sift(w.Memory, news, w.Clock)
	if err != nil {
		t.Fatal(err)
	}
	byNote := func(a, b contact.LoggedNote) int { return strings.Compare(string(a.Note), string(b.Note)) }
	slices.SortFunc(want, byNote)
	got := slices.SortedFunc(slices.Values(kept.Notes), byNote)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("notes (-want +got):\n%s", d)
	}
	if d := cmp.Diff(b.Policies, kept.Policies); d != "" {
		t.Errorf("policies (-want +got):\n%s", d)
	}
	if len(kept.Heads) != 2 || string(kept.Status) != string(w.Status) {
		t.Errorf("got %d heads, status %q", len(kept.Heads), kept.Status)
	}
	// Kept once, the same is kept and learned again.
	memory := w.Memory.Merge(learned)
	again, twice, err := contact.Sift(memory, kept, w.Clock)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(kept, twice); d != "" {
		t.Errorf("kept again (-want +got):\n%s", d)
	}
	if d := cmp.Diff(memory, memory.Merge(again)); d != "" {
		t.Errorf("learned again (-want +got):\n%s", d)
	}
	if _, kept, err := contact.Sift(contact.Memory{}, news, w.Clock); err != nil || len(kept.Notes) > 0 {
		t.Errorf("not pinned: kept %d notes, %v", len(kept.Notes), err)
	}
}

// A clinic that was taken away stays away whatever device merges when, until it is added again.
func TestRemovedPins(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	id := w.Clinic.ID()
	first := w.Memory
	gone := first.Remove(id)
	if len(gone.Pins) != 0 {
		t.Fatalf("got pins %v after removing", gone.Pins)
	}
	pin := first.Pins[0]
	pin.Round, pin.Level, pin.FirstSeen = gone.NextRound(id), contact.Remote, pin.FirstSeen+9
	added := gone.Merge(contact.Memory{Pins: []contact.Pin{pin}})
	if len(added.Pins) != 1 || added.Pins[0].Level != contact.Remote {
		t.Fatalf("got pins %v after adding again", added.Pins)
	}
	goneAgain := added.Remove(id)
	all := []contact.Memory{first, gone, added, goneAgain}
	last := func(upTo int) contact.Memory { return all[upTo] }
	for i := range all {
		for j := range all {
			for k := range all {
				want := last(max(i, j, k))
				left := all[i].Merge(all[j]).Merge(all[k])
				right := all[i].Merge(all[j].Merge(all[k]))
				if d := cmp.Diff(want.Pins, left.Pins); d != "" {
					t.Errorf("%d %d %d (-want +got):\n%s", i, j, k, d)
				}
				if d := cmp.Diff(left, right); d != "" {
					t.Errorf("%d %d %d: not associative:\n%s", i, j, k, d)
				}
			}
		}
	}
	if r := goneAgain.Remove(id); !cmp.Equal(r, goneAgain) {
		t.Error("removing what is not there changed something")
	}
}
