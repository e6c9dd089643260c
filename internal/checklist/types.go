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
	Due       time.Time     // zero: no date
	Minutes   int           // what is left of the row
	Unmet     []string      // ids of prerequisites not done yet
	Optional  bool          // another row of the plan does more (rule R6)
}

// PlatformRow is the part of a fan-out row that belongs to one platform.
type PlatformRow struct {
	Platform   *Platform
	Capability *Capability
	Status     Status
	Due        time.Time
}

// Plan is the answer of the engine: the same for the same input on every device.
//
// A plan is a short list, never everything there is to do. The first one holds at most 12
// rows (7 in a crisis); when all of them are settled, the next few join it. More says how
// many rows wait beyond the plan.
type Plan struct {
	Stage       Stage
	Rows        []Row // open rows in order; Rows[0] is "do this next"
	ShowFirst   int   // how many of Rows to show before "later" (1 + 4, or all of a crisis plan)
	PutOff      []Row // rows put off to a later day, soonest first
	Finished    []Row // done, skipped and not-mine rows
	DueSoon     []Row // done rows that are due again within 14 days, soonest first
	Done, Total int   // counted in rows of the plan; Total includes rows put off
	More        int   // rows that wait until these are settled
	MinutesLeft int   // of Rows
	RegionKnown bool  // false: generic advice, no numbers of another country
	Expired     bool  // the pack is past its expiry (rule R10)
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
