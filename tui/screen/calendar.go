package screen

import (
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

// CalendarFile is what a calendar is called unless the reader says otherwise.
const CalendarFile = "tasks.ics"

// Calendar writes the reminders of the coming year as a calendar file. It says how many tasks
// there are, and nothing of what they are. entries is how many reminders it holds.
func Calendar(w *words.Catalogue, plan *checklist.Plan, seed uint64, now time.Time) (file []byte, entries int) {
	reminders := plan.Reminders(checklist.Reminding{Now: now})
	return checklist.Calendar(reminders, seed, now, checklist.CalendarText{
		Name:  w.T(words.ReminderName),
		Title: func(r checklist.Reminder) string { return w.N(words.ReminderTasks, len(r.Rows)) },
	}), len(reminders)
}
