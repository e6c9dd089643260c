package compile

import (
	"fmt"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

// lintPlans checks what the content yields for every stage, country and class of data, with
// no app named, with none used, and with each app alone.
func lintPlans(p *checklist.Pack) Findings {
	var f Findings
	exposures := append([]checklist.Exposure{""}, checklist.Exposures()...)
	for _, stage := range checklist.Stages() {
		for _, region := range append([]string{"", "zz"}, p.Regions()...) {
			for _, e := range exposures {
				a := checklist.Answers{Stage: stage, Region: region}
				if e != "" {
					a.Exposed = []checklist.Exposure{e}
				}
				f.plan(p, a)
				a.NoApps = true
				f.plan(p, a)
				a.NoApps = false
				for _, platform := range p.Platforms() {
					a.Uses = []string{platform.ID}
					f.plan(p, a)
				}
			}
		}
	}
	return f
}

func (f *Findings) plan(p *checklist.Pack, a checklist.Answers) {
	plan := p.Plan(a, nil, day(p.Released()))
	where := fmt.Sprintf("plan for %s, region %q, exposed %v, apps %v, none %v", a.Stage, a.Region, a.Exposed, a.Uses, a.NoApps)
	if err := CheckFresh(&plan); err != nil {
		f.add(where, "%v", err)
	}
	if len(*f) > 20 {
		return
	}
	// Whoever has the plan to themselves from the first row on never meets a row before what
	// it needs.
	at := map[string]int{}
	for i := range plan.Rows {
		at[plan.Rows[i].Item.ID] = i
	}
	for i := range plan.Rows {
		for _, id := range plan.Rows[i].Unmet {
			if j, ok := at[id]; !ok || j > i {
				f.add(where, "%s stands before %s, which it needs", plan.Rows[i].Item.ID, id)
			}
		}
	}
}

// CheckFresh checks a plan of somebody who has done nothing yet: never empty, at most 12
// rows, 1 to 7 of them `now` rows in a crisis and none otherwise.
func CheckFresh(plan *checklist.Plan) error {
	now := 0
	for i := range plan.Rows {
		if plan.Rows[i].Lane == checklist.LaneNow {
			now++
		}
	}
	switch {
	case len(plan.Rows) == 0:
		return fmt.Errorf("the plan is empty")
	case len(plan.Rows) > 12:
		return fmt.Errorf("the plan has %d rows, more than 12", len(plan.Rows))
	case plan.Crisis() && (now == 0 || now > 7 || len(plan.Rows) > 7):
		return fmt.Errorf("the crisis plan has %d rows, %d of them now", len(plan.Rows), now)
	case !plan.Crisis() && now > 0:
		return fmt.Errorf("%d now rows outside a crisis", now)
	}
	return nil
}
