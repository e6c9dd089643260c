package monitor

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// AlarmKind says what an alarm is about.
type AlarmKind string

// The kinds of alarm, the gravest first.
const (
	AlarmPublished AlarmKind = "published" // a message stands in the log in the clinic's name, and in no outbox
	AlarmCopied    AlarmKind = "copied"    // a device's key and channel were copied
	AlarmForged    AlarmKind = "forged"    // a note of the clinic in the log that nobody of the clinic could sign
	AlarmNote      AlarmKind = "note"      // a note of the clinic in the log that this machine was not told of
	AlarmFork      AlarmKind = "fork"      // a log shows two histories
	AlarmOwnKey    AlarmKind = "own-key"   // the monitor's own key is revoked, or a VRF epoch is not ours
	AlarmOrigin    AlarmKind = "origin"    // the server's log goes by another name
	AlarmClock     AlarmKind = "clock"     // this machine's clock was set back, or is off
	AlarmStale     AlarmKind = "stale"     // no head that enough witnesses signed, for 30 minutes
	AlarmFull      AlarmKind = "full"      // a status had no room for everything
)

// Alarm is something that a person must look at. It is on disk before anything else happens,
// and stays open until a person answers for it by name.
type Alarm struct {
	N     int       `json:"n"` // from 1
	Kind  AlarmKind `json:"kind"`
	Time  int64     `json:"time"`  // Unix seconds
	About string    `json:"about"` // place in a log, label of a device: never a message's text
	By    string    `json:"by"`    // who dealt with it; "" while it is open
	At    int64     `json:"at"`    // when they did
}

// Open reports whether nobody has dealt with the alarm.
func (a Alarm) Open() bool { return a.By == "" }

// ErrNoAlarm says that there is no open alarm of this number.
var ErrNoAlarm = errors.New("no open alarm of this number")

// alarmRecord is a line of alarms.log: an alarm, or an answer to one.
type alarmRecord struct {
	N     int       `json:"n"`
	Kind  AlarmKind `json:"kind,omitempty"`
	Key   string    `json:"key,omitempty"` // what it is about: raised once
	Time  int64     `json:"time"`
	About string    `json:"about,omitempty"`
	By    string    `json:"by,omitempty"`
}

// alarms are all that were ever raised.
type alarms struct {
	list []Alarm
	keys map[string]bool
	log  journal
}

func (a *alarms) read(raw []byte) error {
	var r alarmRecord
	if err := json.Unmarshal(raw, &r); err != nil {
		return err
	}
	if r.By != "" {
		if r.N < 1 || r.N > len(a.list) {
			return fmt.Errorf("answer to alarm %d", r.N)
		}
		a.list[r.N-1].By, a.list[r.N-1].At = r.By, r.Time
		return nil
	}
	if a.keys == nil {
		a.keys = map[string]bool{}
	}
	a.keys[r.Key] = true
	a.list = append(a.list, Alarm{N: r.N, Kind: r.Kind, Time: r.Time, About: r.About})
	return nil
}

// raise raises an alarm unless one of this key was ever raised.
func (a *alarms) raise(kind AlarmKind, key, about string, now int64) (bool, error) {
	key = string(kind) + " " + key
	if a.keys[key] {
		return false, nil
	}
	r := alarmRecord{N: len(a.list) + 1, Kind: kind, Key: key, Time: now, About: about}
	if err := a.log.append(r); err != nil {
		return false, fmt.Errorf("keep alarm: %w", err)
	}
	raw, err := json.Marshal(r)
	if err != nil {
		return false, fmt.Errorf("keep alarm: %w", err)
	}
	return true, a.read(raw)
}

func (a *alarms) answer(n int, by string, now int64) error {
	if n < 1 || n > len(a.list) || !a.list[n-1].Open() {
		return ErrNoAlarm
	}
	if err := a.log.append(alarmRecord{N: n, By: by, Time: now}); err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	a.list[n-1].By, a.list[n-1].At = by, now
	return nil
}

// ReadAlarms reads the alarms of a monitor's directory, also while it runs.
func ReadAlarms(dir string) ([]Alarm, error) {
	var a alarms
	if err := readJournal(dir, alarmsFile, a.read); err != nil {
		return nil, err
	}
	return a.list, nil
}

// Alarms returns all alarms, the oldest first.
func (m *Monitor) Alarms() []Alarm {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.alarms.list)
}

// raise keeps an alarm. A disk that does not take it stops proofs: m.broken. m.mu is held.
func (m *Monitor) raise(kind AlarmKind, key, about string) error {
	fresh, err := m.alarms.raise(kind, key, about, m.now())
	if err != nil {
		m.broken = err
		m.cfg.Log.Error("alarm could not be kept", "kind", string(kind))
		return err
	}
	if fresh {
		m.cfg.Log.Error("alarm", "kind", string(kind), "number", len(m.alarms.list))
	}
	return nil
}
