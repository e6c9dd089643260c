package vault

import (
	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
)

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

	SavedAt int64  `json:"saved_at"` // Unix seconds of the last save
	SavedOn string `json:"saved_on"` // name of the device that saved last
	// Revision is the newest revision of the synced blob that this device has seen.
	Revision uint64 `json:"revision"`
}

// Settings is what the patient set for all devices.
type Settings struct {
	Locale  string `json:"locale,omitempty"` // "en" or "es"; "" follows the system
	Theme   string `json:"theme,omitempty"`  // "light", "dark" or "" for automatic
	Lamport uint64 `json:"lamport"`
	Device  string `json:"device"`
}
