package patient

import (
	"fmt"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// Plan runs the engine on the device.
func (d *Device) Plan() checklist.Plan {
	pack := d.Pack()
	if pack == nil {
		return checklist.Plan{}
	}
	s := d.State()
	return pack.Plan(s.Answers, s.Rows, d.now())
}

// SetAnswers saves the answers to the four questions. What they tell that is new, such as a
// threat, opens again what it concerns; see [checklist.Renew].
func (d *Device) SetAnswers(a checklist.Answers) error {
	a.Exposed, a.Uses = slices.Clone(a.Exposed), slices.Clone(a.Uses)
	err := d.change(func(l *vault.Local) error {
		s := &l.State
		next := checklist.Renew(s.Answers, a, d.now())
		if next.Seed == 0 { // of a vault from before there were seeds
			seed, err := checklist.NewSeed(d.rand)
			if err != nil {
				return err
			}
			next.Seed = seed
		}
		s.Answers, s.Answered = next, true
		s.AnswersLamport, s.AnswersDevice = tick(s)
		return nil
	})
	if err != nil {
		return fmt.Errorf("set answers: %w", err)
	}
	return nil
}

// Mark saves what the patient did with a row, and returns once it is on disk. For a fan-out
// row an empty platform means every platform of the row. until is used by [checklist.Later].
// The day on which the row was finished before stays, except for [checklist.Todo], which says
// that it was not. It fails with ErrNoRow for a row that the pack does not know.
func (d *Device) Mark(key checklist.RowKey, status checklist.Status, reason checklist.SkipReason, until time.Time) error {
	keys, err := d.rowKeys(key)
	if err != nil {
		return fmt.Errorf("mark row: %w", err)
	}
	pack, state := d.Pack(), checklist.RowState{Status: status}
	switch status {
	case checklist.Done:
		state.DoneAt = d.now().Unix()
	case checklist.Skipped:
		state.SkipReason = reason
	case checklist.Later:
		if !until.IsZero() {
			state.DueAt = until.Unix()
		}
	}
	err = d.change(func(l *vault.Local) error {
		s := &l.State
		state.Lamport, state.Device = tick(s)
		rows := make([]checklist.RowState, len(keys))
		for i, k := range keys {
			rows[i] = state
			rows[i].RowKey = k
			switch status {
			case checklist.Done:
				rows[i].DoneRev = pack.Rev(k)
			case checklist.Todo:
			default:
				if old := rowState(s.Rows, k); old != nil {
					rows[i].DoneAt, rows[i].DoneRev = old.DoneAt, old.DoneRev
				}
			}
		}
		s.Rows = checklist.MergeRows(s.Rows, rows)
		return nil
	})
	if err != nil {
		return fmt.Errorf("mark row: %w", err)
	}
	return nil
}

// rowKeys returns the rows that a mark covers: for a fan-out the platforms that it has in
// today's plan, so that an app named later is not taken as done.
func (d *Device) rowKeys(key checklist.RowKey) ([]checklist.RowKey, error) {
	pack := d.Pack()
	if pack == nil {
		return nil, ErrNoRow
	}
	item := pack.Item(key.Item)
	switch {
	case item == nil:
		return nil, ErrNoRow
	case key.Platform != "" && (item.FanOut == "" || pack.Platform(key.Platform) == nil):
		return nil, ErrNoRow
	case key.Platform != "" || item.FanOut == "":
		return []checklist.RowKey{key}, nil
	}
	plan := d.Plan()
	for _, rows := range [][]checklist.Row{plan.Rows, plan.Finished, plan.DueSoon, plan.PutOff} {
		for _, row := range rows {
			if row.Item.ID != key.Item || len(row.Platforms) == 0 {
				continue
			}
			keys := make([]checklist.RowKey, len(row.Platforms))
			for i, p := range row.Platforms {
				keys[i] = checklist.RowKey{Item: key.Item, Platform: p.Platform.ID}
			}
			return keys, nil
		}
	}
	return []checklist.RowKey{key}, nil
}

// rowState finds when a row was finished last: by itself, or with the whole row that it is
// part of.
func rowState(rows []checklist.RowState, key checklist.RowKey) *checklist.RowState {
	var last *checklist.RowState
	for i := range rows {
		if r := &rows[i]; (r.RowKey == key || r.RowKey == checklist.RowKey{Item: key.Item}) && (last == nil || r.DoneAt > last.DoneAt) {
			last = r
		}
	}
	return last
}

// SetSettings saves settings.
func (d *Device) SetSettings(locale, theme string) error {
	err := d.change(func(l *vault.Local) error {
		s := &l.State
		lamport, device := tick(s)
		s.Settings = vault.Settings{Locale: locale, Theme: theme, Lamport: lamport, Device: device}
		return nil
	})
	if err != nil {
		return fmt.Errorf("set settings: %w", err)
	}
	return nil
}
