package contact

// Memory is what a device has learned and must not forget: which clinics are pinned, which
// keys were ever seen stolen, and the newest time that anything verified has shown. It only
// ever grows, so two devices merge by union and maximum.
type Memory struct {
	Pins   []Pin        `json:"pins,omitempty"`
	Stolen []StolenMark `json:"stolen,omitempty"`
	// Now is the greatest time that anything verified here has shown, in Unix seconds. A
	// device clock behind it is not believed.
	Now int64 `json:"now,omitempty"`
}

// Pin is a clinic that the patient has decided to trust.
type Pin struct {
	Clinic    [32]byte `json:"clinic"`   // hash of the first root set; never changes
	RootSet   [32]byte `json:"root_set"` // hash of the root set in force
	Roots     string   `json:"roots"`    // the root set's text
	Name      string   `json:"name"`
	Level     Level    `json:"level"`
	FirstSeen int64    `json:"first_seen"` // Unix seconds
	Confirmed bool     `json:"confirmed"`  // the patient looked at it on this device
}

// StolenMark says that a key was stolen from a time on. Once seen it is final; of two marks
// for one key the smaller time holds.
type StolenMark struct {
	Clinic [32]byte `json:"clinic"`
	Key    [32]byte `json:"key"` // H(vkey)
	Since  int64    `json:"since"`
}
