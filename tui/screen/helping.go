package screen

import (
	"slices"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// HelperRows returns the open rows that somebody trusted may see and do. A row is left out
// unless the content allows a helper, and also when it would tell why there is a plan at all:
// because it is about the first hours of a threat or about health, because only people to whom
// something happened get it, or because its words speak of it. text is the words of an item.
func HelperRows(w *words.Catalogue, text func(item string) checklist.ItemText, plan *checklist.Plan) []checklist.Row {
	telling := strings.Split(widget.Fold(w.T(words.HelperTelling)), "|")
	var out []checklist.Row
	for _, r := range plan.Rows {
		if mayHelp(r.Item) && !tells(text(r.Item.ID), telling) {
			out = append(out, r)
		}
	}
	return out
}

func mayHelp(it *checklist.Item) bool {
	switch {
	case !it.HelperOK, it.Lane == checklist.LaneNow, it.Lane == checklist.LaneMedical, it.Lane == checklist.LaneMaintain:
		return false
	case len(it.When.Stages) > 0 && !slices.Contains(it.When.Stages, checklist.Worried):
		return false
	}
	return !slices.ContainsFunc(it.Steps, func(s checklist.Step) bool { return strings.HasPrefix(s.Ref, "app:") })
}

// tells reports whether what a helper would read of an item holds a word that says too much.
func tells(text checklist.ItemText, telling []string) bool {
	read := []string{text.Title}
	for _, s := range text.Steps {
		read = append(read, s.Do, s.Confirm)
	}
	all := widget.Fold(strings.Join(read, " "))
	return slices.ContainsFunc(telling, func(word string) bool { return strings.Contains(all, word) })
}
