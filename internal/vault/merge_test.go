package vault

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"reflect"
	"testing"
	"testing/quick"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// anyState is a state from a domain so small that stamps, rows and pins of two states often
// collide.
type anyState State

// Generate implements [quick.Generator].
func (anyState) Generate(r *rand.Rand, _ int) reflect.Value {
	pick := func(list ...string) string { return list[r.Intn(len(list))] }
	stamp := func() uint64 { return uint64(r.Intn(4)) }
	device := func() string { return pick("a", "b", "c") }
	events := func() checklist.Events {
		e := checklist.Events{IncidentAt: int64(r.Intn(3)), ThreatAt: int64(r.Intn(3))}
		for range r.Intn(3) {
			if e.Added == nil {
				e.Added = map[checklist.Exposure]int64{}
			}
			e.Added[checklist.Exposure(pick("ssn", "card", "login"))] = int64(r.Intn(3))
		}
		return e
	}
	s := State{
		Schema: 1 + r.Intn(2), Device: device(), DeviceName: pick("phone", "laptop"), Lamport: stamp(),
		Answered: r.Intn(2) == 0, AnswersLamport: stamp(), AnswersDevice: device(),
		Answers:  checklist.Answers{Stage: checklist.Stage(pick("", "notified")), Region: pick("", "us", "mx"), NoApps: r.Intn(2) == 0, Seed: stamp(), Events: events()},
		Settings: Settings{Locale: pick("", "en", "es"), Theme: pick("", "dark"), Lamport: stamp(), Device: device()},
		SavedAt:  int64(r.Intn(3)), SavedOn: pick("phone", "laptop"), Revision: stamp(),
	}
	for range r.Intn(6) {
		s.Rows = append(s.Rows, checklist.RowState{
			RowKey: checklist.RowKey{Item: pick("x", "y"), Platform: pick("", "p")},
			Status: checklist.Status(pick("todo", "done", "skipped")), Lamport: stamp(), Device: device(), DueAt: int64(r.Intn(2)),
		})
	}
	for range r.Intn(4) {
		s.Contact.Pins = append(s.Contact.Pins, contact.Pin{
			Clinic: [32]byte{byte(r.Intn(2))}, RootSet: [32]byte{byte(r.Intn(2))}, Name: pick("A", "B"),
			Level: contact.Level(pick("in-person", "remote")), FirstSeen: int64(r.Intn(2)), Confirmed: r.Intn(2) == 0,
			Round: stamp(),
		})
		if r.Intn(2) == 0 {
			s.Contact.Removed = append(s.Contact.Removed, contact.Removal{Clinic: [32]byte{byte(r.Intn(2))}, Round: stamp()})
		}
		s.Saved = append(s.Saved, Saved{
			ID: pick("s", "t"), Clinic: pick("A", "B"), Numbers: []string{pick("1", "2")}, Removed: r.Intn(2) == 0, Lamport: stamp(), Device: device(),
		})
		s.Turned = append(s.Turned, Turned{
			ID: pick("m", "n"), Clinic: [32]byte{byte(r.Intn(2))}, TrustedAt: int64(r.Intn(3)), FoundAt: int64(r.Intn(3)),
			Headline: contact.Finding(pick("FORGED", "DISOWNED", "NEW")), Dismissed: r.Intn(2) == 0,
		})
		s.Contact.Stolen = append(s.Contact.Stolen, contact.StolenMark{Clinic: [32]byte{1}, Key: [32]byte{byte(r.Intn(2))}, Since: int64(r.Intn(3))})
	}
	s.Contact.Now = int64(r.Intn(3))
	for range r.Intn(3) {
		if s.Extra == nil {
			s.Extra = map[string]json.RawMessage{}
		}
		s.Extra[pick("new", "newer")] = json.RawMessage(pick("1", `"z"`, `{"lamport":1}`,
			fmt.Sprintf(`{"lamport":%d,"device":%q,"v":%d}`, stamp(), device(), r.Intn(2))))
	}
	return reflect.ValueOf(anyState(s))
}

func text(t testing.TB, s State) string {
	t.Helper()
	out, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestMergeProperties(t *testing.T) {
	t.Parallel()
	for name, property := range map[string]any{
		"commutative": func(a, b anyState) bool {
			return text(t, Merge(State(a), State(b))) == text(t, Merge(State(b), State(a)))
		},
		"associative": func(a, b, c anyState) bool {
			left := Merge(Merge(State(a), State(b)), State(c))
			right := Merge(State(a), Merge(State(b), State(c)))
			return text(t, left) == text(t, right)
		},
		"idempotent": func(a, b anyState) bool {
			m := Merge(State(a), State(b))
			return text(t, Merge(m, m)) == text(t, m) && text(t, Merge(m, State(b))) == text(t, m) &&
				text(t, Merge(State(a), m)) == text(t, m)
		},
		"leaves its arguments alone": func(a, b anyState) bool {
			before := text(t, State(a)) + text(t, State(b))
			m := Merge(State(a), State(b))
			for i := range m.Rows {
				m.Rows[i].Item = "changed"
			}
			for i := range m.Contact.Pins {
				m.Contact.Pins[i].Name = "changed"
			}
			for i := range m.Saved {
				for j := range m.Saved[i].Numbers {
					m.Saved[i].Numbers[j] = "changed"
				}
			}
			return before == text(t, State(a))+text(t, State(b))
		},
		"survives a round trip": func(a, b anyState) bool {
			a.Schema, b.Schema = Schema, Schema
			m := Merge(State(a), State(b))
			back, err := DecodeState([]byte(text(t, m)))
			return err == nil && text(t, back) == text(t, m) && text(t, Merge(back, State(a))) == text(t, m)
		},
		"content says whether states agree": func(a, b anyState) bool {
			m := Merge(State(a), State(b))
			x, errX := m.Content()
			m.Device, m.DeviceName, m.SavedAt, m.SavedOn, m.Revision = "other", "other", 77, "other", 77
			y, errY := m.Content()
			m.Lamport++
			z, errZ := m.Content()
			return errX == nil && errY == nil && errZ == nil && string(x) == string(y) && string(x) != string(z)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := quick.Check(property, &quick.Config{MaxCount: 400}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestMergeKeepsTheNewer(t *testing.T) {
	t.Parallel()
	a, b := sampleState(), sampleState()
	b.Device = "device-b"
	b.Rows[0].Status, b.Rows[0].Lamport, b.Rows[0].Device = checklist.NotMine, 13, "device-b"
	b.Lamport = 13
	a.Settings = Settings{Locale: "en", Lamport: 20, Device: "device-a"}
	a.Lamport = 20
	m := Merge(a, b)
	if m.Rows[0].Status != checklist.NotMine {
		t.Errorf("row: got %s, want na, the later mark", m.Rows[0].Status)
	}
	if m.Settings.Locale != "en" {
		t.Errorf("locale: got %s, want en, the later setting", m.Settings.Locale)
	}
	if m.Lamport != 20 {
		t.Errorf("lamport: got %d, want 20", m.Lamport)
	}
}

// News told to one device is not lost when the other device's answers are the later ones.
func TestMergeKeepsNews(t *testing.T) {
	t.Parallel()
	a, b := sampleState(), sampleState()
	a.AnswersLamport, a.Answers.Events = 4, checklist.Events{ThreatAt: 9, Added: map[checklist.Exposure]int64{checklist.SSN: 9}}
	b.AnswersLamport, b.Answers.Region, b.Answers.Events = 5, "gb", checklist.Events{IncidentAt: 7}
	m := Merge(a, b)
	if e := m.Answers.Events; m.Answers.Region != "gb" || e.ThreatAt != 9 || e.IncidentAt != 7 || e.Added[checklist.SSN] != 9 {
		t.Errorf("got region %s, events %+v, want the later answers and the news of both", m.Answers.Region, e)
	}
}
