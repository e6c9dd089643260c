package vault

import (
	"bytes"
	"cmp"
	"encoding/json"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

// Merge joins the states of two devices. It is commutative, associative and idempotent:
// devices that have seen the same states agree, in whatever order they saw them. Rows,
// answers, settings, saved contacts and registers go by the greater (lamport, device), contact
// memory by union and maximum, and so do the events of answers and messages that turned. Device, DeviceName and Revision of the result mean nothing; the caller
// puts its own there.
func Merge(a, b State) State {
	a, b = a.Clone(), b.Clone()
	out := State{
		Schema:   max(a.Schema, b.Schema),
		Lamport:  max(a.Lamport, b.Lamport),
		Rows:     checklist.MergeRows(a.Rows, b.Rows),
		Contact:  a.Contact.Merge(b.Contact),
		Saved:    mergeSaved(a.Saved, b.Saved),
		Turned:   mergeTurned(a.Turned, b.Turned),
		Revision: max(a.Revision, b.Revision),
		Extra:    mergeExtra(a.Extra, b.Extra),
	}
	out.Device, out.DeviceName = a.Device, a.DeviceName
	if cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.DeviceName, b.DeviceName)) < 0 {
		out.Device, out.DeviceName = b.Device, b.DeviceName
	}
	out.SavedAt, out.SavedOn = a.SavedAt, a.SavedOn
	if cmp.Or(cmp.Compare(a.SavedAt, b.SavedAt), cmp.Compare(a.SavedOn, b.SavedOn)) < 0 {
		out.SavedAt, out.SavedOn = b.SavedAt, b.SavedOn
	}
	from := &a
	if compareAnswers(&a, &b) < 0 {
		from = &b
	}
	out.Answers, out.Answered = from.Answers, from.Answered
	out.AnswersLamport, out.AnswersDevice = from.AnswersLamport, from.AnswersDevice
	// News that the other device was told is not lost with its answers.
	out.Answers.Events = checklist.MergeEvents(a.Answers.Events, b.Answers.Events)
	out.Settings = a.Settings
	if compareSettings(a.Settings, b.Settings) < 0 {
		out.Settings = b.Settings
	}
	return out
}

// compareStamp orders changes: by lamport, then device.
func compareStamp(lamport uint64, device string, lamport2 uint64, device2 string) int {
	return cmp.Or(cmp.Compare(lamport, lamport2), cmp.Compare(device, device2))
}

func compareAnswers(a, b *State) int {
	if c := compareStamp(a.AnswersLamport, a.AnswersDevice, b.AnswersLamport, b.AnswersDevice); c != 0 {
		return c
	}
	// Two different answers under one stamp come only from a device restored twice from one
	// image. Any fixed order will do.
	type answers struct {
		Answered bool
		Answers  checklist.Answers
	}
	x, y := answers{a.Answered, a.Answers}, answers{b.Answered, b.Answers}
	x.Answers.Events, y.Answers.Events = checklist.Events{}, checklist.Events{} // merged by themselves
	return compareJSON(x, y)
}

func compareSettings(a, b Settings) int {
	return cmp.Or(
		compareStamp(a.Lamport, a.Device, b.Lamport, b.Device),
		cmp.Compare(a.Locale, b.Locale),
		cmp.Compare(a.Theme, b.Theme),
	)
}

// compareJSON orders two values of one type by their JSON.
func compareJSON(a, b any) int {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	if errX != nil || errY != nil {
		return 0
	}
	return bytes.Compare(x, y)
}

// Content returns the part of a state that devices share, in one fixed form: two states with
// the same content need no sync. Device, names, save times and revision are left out, and so
// is whether a pin was confirmed, which is each device's own matter.
func (s State) Content() ([]byte, error) {
	c := Merge(s, s)
	c.Device, c.DeviceName, c.SavedAt, c.SavedOn, c.Revision = "", "", 0, "", 0
	for i := range c.Contact.Pins {
		c.Contact.Pins[i].Confirmed = false
	}
	return json.Marshal(c)
}
