package vault

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

// Local is what lies in the patient's slot of the local file: the state, and what belongs to
// this device alone and is never synced.
type Local struct {
	State State `json:"state"`
	Keys  Keys  `json:"keys"`
	// Code is the recovery code in canonical spelling, until it has been retyped.
	Code string `json:"code,omitempty"`
	// Confirmed is the clinics, as hex of their ids, whose pins were made or looked at on
	// this device.
	Confirmed []string `json:"confirmed,omitempty"`
	// Unasked is the clinics, as hex of their ids, that came with a restore and of which no
	// server has said anything since: the copy may have been an old one.
	Unasked []string `json:"unasked,omitempty"`
	// Helper is set while this device shows only what somebody trusted may do.
	Helper bool `json:"helper,omitempty"`
	// Marks is what was last seen on each server, by its address.
	Marks map[string]Mark `json:"marks,omitempty"`

	// Extra is fields that a newer version wrote.
	Extra map[string]json.RawMessage `json:"-"`
}

// Mark is the newest blob that this device has seen on a server. It only ever rises.
type Mark struct {
	Revision uint64 `json:"revision"`
	Blob     []byte `json:"blob"`    // SHA-256 of the blob
	Content  []byte `json:"content"` // SHA-256 of its [State.Content]
	At       int64  `json:"at"`      // Unix seconds of the sync
}

// LogValue implements [slog.LogValuer]; nothing of it enters a log.
func (Local) LogValue() slog.Value { return slog.StringValue("[redacted]") }

type plainLocal Local

// MarshalJSON writes the known fields and then Extra, sorted by name.
func (l Local) MarshalJSON() ([]byte, error) { return joinFields(plainLocal(l), l.Extra) }

// UnmarshalJSON reads a slot and keeps fields it does not know in Extra.
func (l *Local) UnmarshalJSON(data []byte) error {
	var p plainLocal
	extra, err := splitFields(data, &p, localFields[:])
	if err != nil {
		return err
	}
	*l = Local(p)
	l.Extra = extra
	return nil
}

// localFields is the names of Local's own fields; a test compares it with the struct.
var localFields = [...]string{"state", "keys", "code", "confirmed", "unasked", "helper", "marks"}

// DecodeLocal reads the payload of a slot. It fails with ErrDamaged or ErrNewer.
func DecodeLocal(payload []byte) (Local, error) {
	var l Local
	if err := json.Unmarshal(payload, &l); err != nil {
		return Local{}, fmt.Errorf("read vault slot: %w", unreadable(payload))
	}
	if err := l.State.check(); err != nil {
		return Local{}, fmt.Errorf("read vault slot: %w", err)
	}
	return l, nil
}
