package screen

import (
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

// Planner is the part of a device that [Adopt] needs.
type Planner interface {
	Plan() checklist.Plan
	SetAnswers(a checklist.Answers) error
	Mark(key checklist.RowKey, status checklist.Status, reason checklist.SkipReason, until time.Time) error
}

// Adopt makes the plan go by answers and sees to it that the first of steps is in it: a plan
// is a short list, and what somebody was just told to do first must not wait beyond it. It
// saves, and so may block.
func Adopt(d Planner, a checklist.Answers, steps []string) error {
	if err := d.SetAnswers(a); err != nil {
		return err
	}
	if len(steps) == 0 || Planned(d, steps[0]) {
		return nil
	}
	return d.Mark(checklist.RowKey{Item: steps[0]}, checklist.Doing, "", time.Time{})
}

// Planned reports whether an item is an open row of the plan.
func Planned(d Planner, item string) bool {
	plan := d.Plan()
	return slices.ContainsFunc(plan.Rows, func(r checklist.Row) bool { return r.Item.ID == item })
}
