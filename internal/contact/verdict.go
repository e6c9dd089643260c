package contact

import (
	"log/slog"
	"slices"
	"time"
)

// Finding is one thing that verification found. The order of the constants is the order of
// precedence: the headline of a [Verdict] is the first finding in it (contact-protocol 9).
type Finding string

// The findings, worst first.
const (
	LogForked        Finding = "LOG_FORKED"
	KeyStolen        Finding = "KEY_STOLEN"
	Forged           Finding = "FORGED"
	Disowned         Finding = "DISOWNED"
	NotForYou        Finding = "NOT_FOR_YOU"
	Altered          Finding = "ALTERED"
	Unknown          Finding = "UNKNOWN"
	Mistyped         Finding = "MISTYPED"
	NoPin            Finding = "NO_PIN"
	Unavailable      Finding = "UNAVAILABLE"
	Unproven         Finding = "UNPROVEN"
	Clock            Finding = "CLOCK"
	Stale            Finding = "STALE"
	Withdrawn        Finding = "WITHDRAWN"
	NotYet           Finding = "NOT_YET"
	Expired          Finding = "EXPIRED"
	GenuineRemote    Finding = "GENUINE_REMOTE"
	GenuineOneKey    Finding = "GENUINE_ONE_KEY"
	GenuineForAnyone Finding = "GENUINE_FOR_ANYONE"
	Genuine          Finding = "GENUINE"
)

// Class is the colour of a verdict. It is never shown by colour alone.
type Class string

// The classes.
const (
	Red   Class = "red"
	Grey  Class = "grey"
	Amber Class = "amber"
	Green Class = "green"
)

// Remark is something worth saying that decides nothing.
type Remark string

// The remarks.
const (
	RemarkSeenBefore      Remark = "seen-before"
	RemarkPinnedOn        Remark = "pinned-on"
	RemarkDemoWitness     Remark = "demo-witness"
	RemarkOtherChannel    Remark = "other-channel"
	RemarkHiddenCharacter Remark = "hidden-characters"
	RemarkMixedScripts    Remark = "mixed-scripts"
	RemarkBearerRequest   Remark = "bearer-request" // a number, link, amount or request in a bearer body
	RemarkWithExtras      Remark = "with-extras"    // text outside the signed body; not from the clinic
	// RemarkIncident: the clinic has published a statement about a breach, which is held here.
	RemarkIncident Remark = "incident"
	// RemarkIncidentMissing: it has published one that this device could not load.
	RemarkIncidentMissing Remark = "incident-missing"
	// RemarkChangeAnnounced: it announced new root keys, phone numbers or report recipients,
	// which are not used yet. Ask at the desk.
	RemarkChangeAnnounced Remark = "change-announced"
	// RemarkTwoHeads: a log signed two roots for one size, and one of them or both without enough
	// witnesses. It proves no fork to anybody else, and is worth a question.
	RemarkTwoHeads Remark = "two-heads"
)

// Verdict is what verification found. It is a value, not an error: an error means that
// nothing could be decided, and the caller treats the message as not genuine.
type Verdict struct {
	Headline Finding
	Findings []Finding // all of them, in order of precedence; Findings[0] is Headline
	Remarks  []Remark

	Clinic string // display name of the pinned clinic; empty when not known
	// CallsItself is the name that a clinic which is not pinned gives itself. Anybody can
	// use a name.
	CallsItself string
	ClinicID    [32]byte  // zero when not known
	Signer      string    // label of the key that signed; only in amber and green
	Kind        string    // what the message is about, such as "appointment"
	Issued      time.Time // as the note says
	Expires     time.Time
	LoggedAt    time.Time // T_log; zero when not proven
	StatusAt    time.Time // when the clinic's newest status was issued
	Level       Level     // how the clinic came to be pinned
	PinnedAt    time.Time

	// Body is the signed text. It is empty unless the class is amber or green.
	Body string
	// Unplaced is what [Input.Prefixes] lacked: with LOG_FORKED, heads below one that the root froze
	// of which nobody has shown that they lie on its branch.
	Unplaced []Prefix
	// Diff is set only in ALTERED, when nothing else is wrong.
	Diff *Diff
}

// Level says how a clinic came to be pinned, strongest first.
type Level string

// The levels.
const (
	InPerson Level = "in-person"
	Letter   Level = "letter"
	Card     Level = "card"
	Remote   Level = "remote"
)

func (l Level) valid() bool {
	return l == InPerson || l == Letter || l == Card || l == Remote
}

// Diff is how received text differs from what the clinic signed.
type Diff struct {
	Changes []Change
}

// Change is one difference. Kind is "link", "phone", "amount", "wallet", "date", "number" (any
// other of 5 digits and more) or "text"; the dangerous kinds come first.
type Change struct {
	Kind     string
	Signed   string // the line as the clinic wrote it; empty when it wrote none
	Received string // the line as received; empty when it is missing
	// Marks are byte ranges of the tokens that differ.
	SignedMark, ReceivedMark [2]int
}

// order is the order of precedence.
var order = [...]Finding{
	LogForked, KeyStolen, Forged, Disowned, NotForYou, Altered, Unknown, Mistyped, NoPin, Unavailable,
	Unproven, Clock, Stale, Withdrawn, NotYet, Expired, GenuineRemote, GenuineOneKey, GenuineForAnyone, Genuine,
}

// Rank is the place of a finding in the order of precedence, 0 the worst. Unknown findings
// rank before everything.
func (f Finding) Rank() int { return slices.Index(order[:], f) }

// Class is the colour of a finding. A finding that this package does not know is red.
func (f Finding) Class() Class {
	switch f {
	case Mistyped, NoPin, Unavailable, Unproven, Clock, Stale:
		return Grey
	case Withdrawn, NotYet, Expired, GenuineRemote, GenuineOneKey, GenuineForAnyone:
		return Amber
	case Genuine:
		return Green
	}
	return Red
}

// ExitCode is what a program returns for a headline: 0 genuine, 1 not genuine or not valid
// now, 2 cannot tell.
func (f Finding) ExitCode() int {
	switch f {
	case Genuine, GenuineForAnyone:
		return 0
	case GenuineOneKey, GenuineRemote, Mistyped, NoPin, Unavailable, Unproven, Clock, Stale:
		return 2
	}
	return 1
}

// Has reports whether f is among the findings.
func (v Verdict) Has(f Finding) bool { return slices.Contains(v.Findings, f) }

// LogValue keeps a patient's mail out of logs.
func (v Verdict) LogValue() slog.Value { return slog.StringValue("[redacted]") }
