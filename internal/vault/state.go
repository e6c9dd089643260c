package vault

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// Schema is the newest state schema that this program understands. It rises only when older
// programs must not touch a state; new fields alone do not raise it.
const Schema = 1

// State is everything a device keeps for its patient. It is only ever stored sealed.
type State struct {
	Schema     int    `json:"schema"`
	Device     string `json:"device"`      // random id of this device
	DeviceName string `json:"device_name"` // what the patient calls it; never sent anywhere in the clear
	Lamport    uint64 `json:"lamport"`     // rises with every change on any device

	Answers        checklist.Answers    `json:"answers"`
	Answered       bool                 `json:"answered"` // the four questions were gone through
	AnswersLamport uint64               `json:"answers_lamport"`
	AnswersDevice  string               `json:"answers_device"`
	Rows           []checklist.RowState `json:"rows"` // sorted by item, platform

	Contact  contact.Memory `json:"contact"` // pins, stolen marks, newest status and heads
	Settings Settings       `json:"settings"`
	Saved    []Saved        `json:"saved,omitempty"`  // sorted by id
	Turned   []Turned       `json:"turned,omitempty"` // sorted by id

	SavedAt int64  `json:"saved_at"` // Unix seconds of the last save
	SavedOn string `json:"saved_on"` // name of the device that saved last
	// Revision is the newest revision of the synced blob that this device has seen.
	Revision uint64 `json:"revision"`

	// Extra is top-level fields that a newer version wrote. They are kept, merged and written
	// back, so that an older device loses nothing of a newer one.
	Extra map[string]json.RawMessage `json:"-"`
}

// Settings is what the patient set for all devices.
type Settings struct {
	Locale  string `json:"locale,omitempty"` // "en" or "es"; "" follows the system
	Theme   string `json:"theme,omitempty"`  // "light", "dark" or "" for automatic
	Lamport uint64 `json:"lamport"`
	Device  string `json:"device"`
}

// LogValue implements [slog.LogValuer]; a state never enters a log.
func (State) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// LogValue implements [slog.LogValuer].
func (Settings) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Clone returns a copy that shares no memory with s.
func (s State) Clone() State {
	s.Answers.Exposed = slices.Clone(s.Answers.Exposed)
	s.Answers.Uses = slices.Clone(s.Answers.Uses)
	s.Answers.Events = checklist.MergeEvents(s.Answers.Events, checklist.Events{})
	s.Rows = slices.Clone(s.Rows)
	s.Contact = s.Contact.Merge(contact.Memory{})
	s.Turned = slices.Clone(s.Turned)
	s.Saved = slices.Clone(s.Saved)
	for i := range s.Saved {
		s.Saved[i] = s.Saved[i].clone()
	}
	s.Extra = maps.Clone(s.Extra)
	return s
}

// plainState is State without its methods, as encoding/json sees it.
type plainState State

// MarshalJSON writes the known fields and then Extra, sorted by name.
func (s State) MarshalJSON() ([]byte, error) { return joinFields(plainState(s), s.Extra) }

// UnmarshalJSON reads a state and keeps fields it does not know in Extra.
func (s *State) UnmarshalJSON(data []byte) error {
	var p plainState
	extra, err := splitFields(data, &p, stateFields[:])
	if err != nil {
		return err
	}
	*s = State(p)
	s.Extra = extra
	return nil
}

// stateFields is the names of State's own fields; a test compares it with the struct.
var stateFields = [...]string{
	"schema", "device", "device_name", "lamport", "answers", "answered", "answers_lamport",
	"answers_device", "rows", "contact", "settings", "saved", "turned", "saved_at", "saved_on", "revision",
}

// DecodeState reads a state from JSON. It fails with ErrDamaged or ErrNewer.
func DecodeState(data []byte) (State, error) {
	var s State
	if err := json.Unmarshal(data, &s); err != nil {
		return State{}, fmt.Errorf("read vault state: %w", unreadable(data))
	}
	if err := s.check(); err != nil {
		return State{}, fmt.Errorf("read vault state: %w", err)
	}
	return s, nil
}

// unreadable says why data could not be decoded: a newer schema may have changed known
// fields. The decoder's own error is dropped, since it may quote what the patient wrote.
func unreadable(data []byte) error {
	var probe struct {
		Schema int `json:"schema"`
		State  struct {
			Schema int `json:"schema"`
		} `json:"state"`
	}
	if err := json.Unmarshal(data, &probe); err == nil && max(probe.Schema, probe.State.Schema) > Schema {
		return ErrNewer
	}
	return ErrDamaged
}

func (s *State) check() error {
	switch {
	case s.Schema > Schema:
		return ErrNewer
	case s.Schema < 1:
		return ErrDamaged
	}
	return nil
}
