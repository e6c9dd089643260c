package checklist

import "time"

// Stage says how near the threat is; it picks the plan (rule R1).
type Stage string

// The stages.
const (
	Worried    Stage = "worried"    // nothing is known to have happened
	Notified   Stage = "notified"   // the clinic or somebody else announced a breach
	Threatened Stage = "threatened" // somebody demands money or threatens to publish
	Published  Stage = "published"  // something has already been shown to others
)

// Exposure is a class of data that may have been taken.
type Exposure string

// The exposures, in the order in which they are asked.
const (
	Contact       Exposure = "contact"
	Address       Exposure = "address"
	BirthDate     Exposure = "dob"
	GovID         Exposure = "gov-id"
	SSN           Exposure = "ssn"
	Login         Exposure = "login"
	Card          Exposure = "card"
	Bank          Exposure = "bank"
	Insurance     Exposure = "insurance"
	Records       Exposure = "records"
	PhotoFace     Exposure = "photo-face"
	PhotoIntimate Exposure = "photo-intimate"
)

// Lane is a strand of the plan.
type Lane string

// The lanes.
const (
	LaneNow       Lane = "now"
	LaneContain   Lane = "contain"
	LaneAccounts  Lane = "accounts"
	LaneMoney     Lane = "money"
	LaneMedical   Lane = "medical"
	LaneFootprint Lane = "footprint"
	LaneMaintain  Lane = "maintain"
)

// Answers is what the four questions found out (rule R0). The zero value is a person who
// skipped every question: worried, no known country, not sure what was taken, no apps named.
type Answers struct {
	Stage   Stage      `json:"stage,omitempty"`   // "" reads as Worried
	Region  string     `json:"region,omitempty"`  // ISO 3166-1 alpha-2, lower case; "" not given
	Exposed []Exposure `json:"exposed,omitempty"` // empty: not sure, which counts as every class
	Uses    []string   `json:"uses,omitempty"`    // platform ids; empty: not given
	NoApps  bool       `json:"no_apps,omitempty"` // "I use none of these"
	// BorrowSoon says that the person will borrow within 30 days (rule R6).
	BorrowSoon bool `json:"borrow_soon,omitempty"`
	// KnownAt is when the person learned of the incident, in Unix seconds; 0 not given. It
	// starts the clocks of the law, such as the 180 days of a complaint.
	KnownAt int64 `json:"known_at,omitempty"`
	// Seed is drawn once for each vault ([NewSeed]); 0 when there is none. It spreads dates,
	// so that not everybody comes back on one day, and keys the names of calendar entries.
	Seed uint64 `json:"seed,omitempty"`
	// Events is what changed since the first answers; [Renew] writes it.
	Events Events `json:"events,omitzero"`
}

// Events says when the person told of something new, in Unix seconds; 0 for never. What was
// finished before is looked at again where the content says so (rule R9).
type Events struct {
	IncidentAt int64 `json:"incident_at,omitempty"` // something happened, or more was taken than was known
	ThreatAt   int64 `json:"threat_at,omitempty"`   // somebody threatens, or has shown something
	// Added is when each class of data was last added to those that may have been taken.
	Added map[Exposure]int64 `json:"added,omitempty"`
}

// Status is where a row stands.
type Status string

// The statuses. A missing row state is Todo.
const (
	Todo    Status = "todo"
	Doing   Status = "doing"
	Done    Status = "done"
	Skipped Status = "skipped"
	NotMine Status = "na"
	Recheck Status = "recheck" // done before, due again; never shown as lost
	Later   Status = "later"   // put off until DueAt
)

// SkipReason says why a row was skipped.
type SkipReason string

// The reasons for skipping.
const (
	ReasonNotMine      SkipReason = "not-mine"
	ReasonDidElsewhere SkipReason = "did-elsewhere"
	ReasonCannot       SkipReason = "cannot"
	ReasonNotNow       SkipReason = "not-now"
)

// RowKey names a row: an item, and the platform when the item fans out over platforms.
type RowKey struct {
	Item     string `json:"item"`
	Platform string `json:"platform,omitempty"`
}

// Again says why a row that was finished is open again. It is never progress lost.
type Again string

// The reasons, the weightiest last; a row with several shows the weightiest.
const (
	AgainNot      Again = ""         // it is not
	AgainDue      Again = "due"      // its time came round, or what was asked for ends soon
	AgainContent  Again = "content"  // the advice changed
	AgainIncident Again = "incident" // the person told of a new incident, or of more that was taken
	AgainThreat   Again = "threat"   // the person told of a new threat
)

// RowState is what the person did with one row. Times are Unix seconds, 0 for never.
// Two devices merge row by row: the greater (Lamport, Device) wins.
type RowState struct {
	RowKey
	Status     Status     `json:"status"`
	DoneRev    int        `json:"rev_done,omitempty"`
	DoneAt     int64      `json:"done_at,omitempty"`
	DueAt      int64      `json:"due_at,omitempty"`
	SkipReason SkipReason `json:"skip_reason,omitempty"`
	Lamport    uint64     `json:"lamport"`
	Device     string     `json:"device"`
}

// Row is one row of a plan. A fan-out is one row; its platforms are listed inside it.
type Row struct {
	Item      *Item
	Status    Status
	Lane      Lane          // the item's lane, or [LaneNow] where a crisis plan pulls it forward
	Platforms []PlatformRow // nil unless the item fans out
	Again     Again         // why it is open again, when it is
	Due       time.Time     // zero: no date
	DoneAt    time.Time     // when it was finished last, also when it is open again; zero: never, or not known
	Ends      time.Time     // when what was asked for then runs out; zero: it does not, or not known
	Minutes   int           // what is left of the row
	Unmet     []string      // ids of prerequisites not done yet
	Optional  bool          // another row of the plan does more (rule R6)
	Stale     bool          // its facts are past their review date: say so, and show where they were read (rule R10)
}

// PlatformRow is the part of a fan-out row that belongs to one platform.
type PlatformRow struct {
	Platform   *Platform
	Capability *Capability
	Status     Status
	Again      Again
	Due        time.Time
	DoneAt     time.Time
}

// LaneProgress is how far the rows of one lane are. Lanes add up to the whole plan.
type LaneProgress struct {
	Lane        Lane
	Done, Total int // rows; a row that is due again counts as done
	Minutes     int // what is left
}

// Plan is the answer of the engine: the same for the same input on every device.
//
// A plan is a short list, never everything there is to do. The first one holds at most 12
// rows (7 in a crisis); when all of them are settled, the next few join it. A clock of the law
// that ends within 30 days does not wait its turn. More says how many rows wait beyond the plan.
type Plan struct {
	Stage       Stage
	Rows        []Row          // open rows in order; Rows[0] is "do this next"
	ShowFirst   int            // how many of Rows to show before "later" (1 + 4, or all of a crisis plan)
	PutOff      []Row          // rows put off to a later day, soonest first
	Finished    []Row          // done, skipped and not-mine rows
	DueSoon     []Row          // done rows that are due again within 14 days, soonest first
	Done, Total int            // counted in rows of the plan; Total includes rows put off; due again is done
	Lanes       []LaneProgress // in the order of the stage; only lanes that have rows
	More        int            // rows that wait until these are settled
	MinutesLeft int            // of Rows
	RegionKnown bool           // false: generic advice, no numbers of another country
	Expired     bool           // the pack is past its expiry (rule R10)
}

// Crisis reports whether the plan is the short list for a person under threat.
func (p *Plan) Crisis() bool { return p.Stage == Threatened || p.Stage == Published }

// Next returns the row to do next, or nil when nothing is open.
func (p *Plan) Next() *Row {
	if len(p.Rows) == 0 {
		return nil
	}
	return &p.Rows[0]
}
