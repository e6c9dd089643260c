package screen

import (
	"slices"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Part is what a plan can be narrowed to: one lane, or everything for one platform.
type Part struct {
	Lane        checklist.Lane // "" for a platform
	Platform    string         // id; "" for a lane
	Name        string         // in the reader's language
	Done, Total int            // rows
	Minutes     int            // what is left
}

// Rows returns every row of a plan, open, put off and finished, in a slice of the caller's own.
func Rows(plan *checklist.Plan) []checklist.Row {
	return slices.Concat(plan.Rows, plan.PutOff, plan.Finished)
}

// Lanes returns the lanes of a plan; name gives their names.
func Lanes(plan *checklist.Plan, name func(checklist.Lane) string) []Part {
	out := make([]Part, 0, len(plan.Lanes))
	for _, l := range plan.Lanes {
		out = append(out, Part{Lane: l.Lane, Name: name(l.Lane), Done: l.Done, Total: l.Total, Minutes: l.Minutes})
	}
	return out
}

// Apps returns the platforms that rows of a plan are about, in their reading order.
func Apps(plan *checklist.Plan, platforms []checklist.Platform) []Part {
	var out []Part
	rows := Rows(plan)
	for i := range platforms {
		p := Part{Platform: platforms[i].ID, Name: platforms[i].Name}
		for j := range rows {
			r := On(&rows[j], p.Platform)
			if r == nil {
				continue
			}
			minutes := 0
			if r.Capability != nil {
				minutes = r.Capability.Minutes
			}
			if s := rows[j].Status; s == checklist.Skipped || s == checklist.NotMine {
				continue // set aside with all of its platforms
			}
			p.count(r.Status, minutes)
		}
		if p.Total > 0 {
			out = append(out, p)
		}
	}
	return out
}

// count counts as the engine does: what was set aside is neither done nor to do.
func (p *Part) count(status checklist.Status, minutes int) {
	if status == checklist.Skipped || status == checklist.NotMine {
		return
	}
	p.Total++
	switch status {
	case checklist.Done, checklist.Recheck:
		p.Done++
	case checklist.Later:
	default:
		p.Minutes += minutes
	}
}

// Holds reports whether a row belongs to the part.
func (p *Part) Holds(r *checklist.Row) bool {
	if p.Platform != "" {
		return On(r, p.Platform) != nil
	}
	return r.Lane == p.Lane
}

// HowFar says how far a part is.
func (p *Part) HowFar(w *words.Catalogue) string {
	done := w.T(words.PlanDone, words.Int("done", p.Done), words.Int("total", p.Total))
	if p.Minutes == 0 {
		return done
	}
	return done + ", " + w.N(words.HomeMinutes, p.Minutes)
}

// On returns the part of a row that belongs to a platform, or nil.
func On(r *checklist.Row, platform string) *checklist.PlatformRow {
	for i := range r.Platforms {
		if r.Platforms[i].Platform.ID == platform {
			return &r.Platforms[i]
		}
	}
	return nil
}

// Finds reports whether a search finds a row: every word of the query is in its title or in
// the names of its platforms, whatever the accents.
func Finds(query, title string, r *checklist.Row) bool {
	texts := []string{title}
	for i := range r.Platforms {
		texts = append(texts, r.Platforms[i].Platform.Name)
	}
	return strings.TrimSpace(query) != "" && widget.Finds(query, texts...)
}
