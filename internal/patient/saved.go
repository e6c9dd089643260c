package patient

import "log/slog"

// SavedContacts is what the patient read off a card or bill of their clinic. It tells what is
// not from the clinic at best; it never makes anything trusted.
type SavedContacts struct {
	ID        string // "" to save new ones
	Clinic    string // what the patient calls it
	Numbers   []string
	Domains   []string
	Addresses []string // email
}

// LogValue keeps them out of logs.
func (SavedContacts) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// SavedState is how something compares with what was saved. None is a reason to trust.
type SavedState string

// The states, worst last.
const (
	SavedNone      SavedState = ""           // nothing was saved, or there is nothing to compare
	SavedKnown     SavedState = "known"      // all of it was saved; senders can be faked all the same
	SavedUnknown   SavedState = "unknown"    // something was not saved
	SavedLookAlike SavedState = "look-alike" // something could be taken for what was saved, and is not it
)

// SavedMatch compares sender and text with what was saved.
type SavedMatch struct {
	State  SavedState     // the worst of Found
	Clinic string         // what the patient calls the clinic that it is, or looks like; "" for none
	Found  []SavedFinding // in the order of the text, the sender first
}

// LogValue keeps it out of logs.
func (SavedMatch) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// SavedFinding is one number, link or address.
type SavedFinding struct {
	Kind   string // "number", "domain" or "address"
	Text   string // as it came
	Sender bool   // it is the sender; otherwise it stands in the text
	State  SavedState
	Near   string // what was saved that it is or looks like; "" for none
}

// CompareSaved compares a sender and a text with what was saved; either may be "". There is no
// code and no bundle, so the answer is grey whatever is found: it is never a reason to trust.
func (d *Device) CompareSaved(text, sender string) SavedMatch { return SavedMatch{} }

// SaveContacts keeps contacts; those with the ID of saved ones replace them. It fails with
// ErrSavedContacts for a number, domain or address that is none, and for too many.
func (d *Device) SaveContacts(c SavedContacts) error { return errNotBuilt }

// SavedContacts lists what was saved, by clinic.
func (d *Device) SavedContacts() []SavedContacts { return nil }

// RemoveSaved forgets contacts on all devices. An unknown id is no error.
func (d *Device) RemoveSaved(id string) error { return errNotBuilt }
