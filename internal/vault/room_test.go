package vault

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// A flood of what little keys may log pushes out neither what the roots said, nor keys seen
// stolen, nor the newest status, nor anything of another clinic.
func TestRoom(t *testing.T) {
	t.Parallel()
	note := func(clinic byte, kind string, i int, signer contact.Hash) contact.NoteSeen {
		return contact.NoteSeen{
			Clinic: contact.Hash{clinic}, Text: fmt.Sprintf("chaperone/%s/v1\n%d %s\n", kind, i, strings.Repeat("x", 2000)), Signer: signer, LoggedAt: int64(i),
		}
	}
	first := contact.Memory{
		Notes:    []contact.NoteSeen{note(1, "clinic", 1, contact.Hash{}), note(1, "revoke", 2, contact.Hash{}), note(2, "withdraw", 1, contact.Hash{9})},
		Stolen:   []contact.StolenMark{{Clinic: contact.Hash{1}, Key: contact.Hash{7}}},
		Statuses: []contact.StatusSeen{{Clinic: contact.Hash{1}, Key: contact.Hash{8}, Issued: 5, Text: "chaperone/status/v1\n"}},
		Now:      7,
	}
	var flood contact.Memory
	for i := range 300 {
		kind, signer := "withdraw", contact.Hash{9}
		if i%3 == 0 {
			kind = "revoke"
		}
		flood.Notes = append(flood.Notes, note(1, kind, 1000+i, signer))
		origin := fmt.Sprintf("%d.example.com/keys", i)
		flood.Heads = append(flood.Heads, contact.HeadSeen{Clinic: contact.Hash{1}, Origin: origin, Size: 1, Checkpoint: strings.Repeat("x", 1000)})
		flood.Forks = append(flood.Forks, contact.Fork{Clinic: contact.Hash{3}, Origin: origin, A: strings.Repeat("a", 1000), B: strings.Repeat("b", 1000)})
	}
	kept, beyond := Room(first.Merge(flood))
	if diff := cmp.Diff(first.Merge(contact.Memory{}), func() contact.Memory {
		m := kept.Merge(contact.Memory{})
		m.Notes, m.Heads, m.Forks = nil, nil, nil
		for _, n := range kept.Notes {
			if n.LoggedAt < 1000 {
				m.Notes = append(m.Notes, n)
			}
		}
		return m
	}()); diff != "" {
		t.Errorf("pushed out (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(first.Merge(flood), kept.Merge(beyond)); diff != "" {
		t.Errorf("lost (-want +got):\n%s", diff)
	}
	size := 0
	for _, n := range kept.Notes {
		size += len(n.Text)
	}
	if size > clinicRoom || len(beyond.Notes) == 0 {
		t.Errorf("kept %d bytes of notes, and %d notes beyond", size, len(beyond.Notes))
	}
	if raw, err := json.Marshal(kept); err != nil || len(raw) > clinicsRoom || len(raw) < clinicRoom {
		t.Errorf("kept %d bytes, %v, want at most %d", len(raw), err, clinicsRoom)
	}
	if len(kept.Forks) == 0 || len(beyond.Forks) == 0 || len(kept.Heads) == 0 {
		t.Errorf("kept %d forks and %d heads", len(kept.Forks), len(kept.Heads))
	}
	if again, rest := Room(kept); !cmp.Equal(again, kept) || !cmp.Equal(rest, contact.Memory{}) {
		t.Error("what was kept does not fit a second time")
	}
}
