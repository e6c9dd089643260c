package chaperone

import (
	"slices"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

// The stages: how near the threat is.
const (
	StageWorried    = "worried"    // nothing is known to have happened
	StageNotified   = "notified"   // somebody announced a breach
	StageThreatened = "threatened" // somebody demands money or threatens to publish
	StagePublished  = "published"  // something has already been shown to others
)

// The classes of data that may have been taken.
const (
	ExposedContact       = "contact"
	ExposedAddress       = "address"
	ExposedBirthDate     = "dob"
	ExposedGovID         = "gov-id"
	ExposedSSN           = "ssn"
	ExposedLogin         = "login"
	ExposedCard          = "card"
	ExposedBank          = "bank"
	ExposedInsurance     = "insurance"
	ExposedRecords       = "records"
	ExposedPhotoFace     = "photo-face"
	ExposedPhotoIntimate = "photo-intimate"
)

// AnswersInput collects the answers to the four questions. Every question may be skipped: an
// empty one is a person who is worried, gave no country, is not sure what was taken and
// named no apps. There is no field for a name or a procedure.
type AnswersInput struct {
	a checklist.Answers
}

// NewAnswersInput returns empty answers.
func NewAnswersInput() *AnswersInput { return &AnswersInput{} }

// SetStage sets one of the Stage constants.
func (in *AnswersInput) SetStage(stage string) {
	defer guardNone()
	in.a.Stage = checklist.Stage(stage)
}

// SetRegion sets the country, ISO 3166-1 alpha-2 such as "us".
func (in *AnswersInput) SetRegion(region string) {
	defer guardNone()
	in.a.Region = strings.ToLower(region)
}

// AddExposure adds one of the Exposed constants. None at all means "not sure".
func (in *AnswersInput) AddExposure(data string) {
	defer guardNone()
	if e := checklist.Exposure(data); !slices.Contains(in.a.Exposed, e) {
		in.a.Exposed = append(in.a.Exposed, e)
	}
}

// AddApp adds a platform that the patient uses, by its id such as "facebook".
func (in *AnswersInput) AddApp(id string) {
	defer guardNone()
	if !slices.Contains(in.a.Uses, id) {
		in.a.Uses = append(in.a.Uses, id)
	}
}

// SetNoApps says that the patient uses none of the platforms.
func (in *AnswersInput) SetNoApps(none bool) {
	defer guardNone()
	in.a.NoApps = none
}

// SetBorrowSoon says that the patient will borrow within 30 days, for a home or a phone.
func (in *AnswersInput) SetBorrowSoon(soon bool) {
	defer guardNone()
	in.a.BorrowSoon = soon
}

// SetKnownAt sets the day on which the patient learned of the incident, in Unix seconds; 0 when
// they did not say. It starts the clocks of the law.
func (in *AnswersInput) SetKnownAt(unixSeconds int64) {
	defer guardNone()
	in.a.KnownAt = unixSeconds
}

// maxApps bounds what a host can make us keep; there are far fewer platforms.
const maxApps = 64

// maxUnix is in the year 6325; a host that counts in milliseconds is beyond it.
const maxUnix = 1 << 37

// answers checks the values and returns a copy.
func (in *AnswersInput) answers() (checklist.Answers, error) {
	if in == nil || !slices.Contains([]checklist.Stage{
		"", checklist.Worried, checklist.Notified, checklist.Threatened, checklist.Published,
	}, in.a.Stage) {
		return checklist.Answers{}, fail(CodeBadInput)
	}
	if r := in.a.Region; r != "" && (len(r) != 2 || strings.Trim(r, "abcdefghijklmnopqrstuvwxyz") != "") {
		return checklist.Answers{}, fail(CodeBadInput)
	}
	if in.a.KnownAt < 0 || in.a.KnownAt > maxUnix {
		return checklist.Answers{}, fail(CodeBadInput)
	}
	known := []checklist.Exposure{
		checklist.Contact, checklist.Address, checklist.BirthDate, checklist.GovID, checklist.SSN, checklist.Login,
		checklist.Card, checklist.Bank, checklist.Insurance, checklist.Records, checklist.PhotoFace, checklist.PhotoIntimate,
	}
	for _, e := range in.a.Exposed {
		if !slices.Contains(known, e) {
			return checklist.Answers{}, fail(CodeBadInput)
		}
	}
	if len(in.a.Uses) > maxApps {
		return checklist.Answers{}, fail(CodeBadInput)
	}
	for _, id := range in.a.Uses {
		if id == "" || len(id) > 64 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" {
			return checklist.Answers{}, fail(CodeBadInput)
		}
	}
	a := in.a
	a.Exposed = slices.Clone(in.a.Exposed)
	a.Uses = slices.Clone(in.a.Uses)
	return a, nil
}
