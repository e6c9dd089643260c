package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

// readAnswers reads answers strictly: a word it does not know is a mistake to be told, since
// leaving it out would give another plan.
func readAnswers(data []byte, pack *checklist.Pack) (checklist.Answers, error) {
	var a checklist.Answers
	if err := decodeOne(data, &a); err != nil {
		return a, fmt.Errorf("read answers: %w: %w", errAnswers, err)
	}
	if a.Stage != "" && !slices.Contains(checklist.Stages(), a.Stage) {
		return a, fmt.Errorf("read answers: %w: unknown stage", errAnswers)
	}
	if a.Region != "" && !isRegion(a.Region) {
		return a, fmt.Errorf("read answers: %w: region is not two small letters", errAnswers)
	}
	for _, e := range a.Exposed {
		if !slices.Contains(checklist.Exposures(), e) {
			return a, fmt.Errorf("read answers: %w: unknown exposure", errAnswers)
		}
	}
	for _, id := range a.Uses {
		if pack.Platform(id) == nil {
			return a, fmt.Errorf("read answers: %w: unknown platform", errAnswers)
		}
	}
	for e := range a.Events.Added {
		if !slices.Contains(checklist.Exposures(), e) {
			return a, fmt.Errorf("read answers: %w: unknown exposure", errAnswers)
		}
	}
	moments := []int64{a.KnownAt, a.Events.IncidentAt, a.Events.ThreatAt}
	moments = slices.AppendSeq(moments, maps.Values(a.Events.Added))
	if a.Seed > checklist.MaxSeed || slices.ContainsFunc(moments, outOfTime) {
		return a, fmt.Errorf("read answers: %w: number out of range", errAnswers)
	}
	return a, nil
}

// progressSchema is the schema of a file of progress.
const progressSchema = "chaperone.progress.v1"

// progressDoc is what a person did, for programs: the rows of a vault.
type progressDoc struct {
	Schema string               `json:"schema"`
	Rows   []checklist.RowState `json:"rows"`
}

// readProgress reads progress as strictly as answers.
func readProgress(data []byte, pack *checklist.Pack) ([]checklist.RowState, error) {
	var doc progressDoc
	if err := decodeOne(data, &doc); err != nil {
		return nil, fmt.Errorf("read progress: %w: %w", errProgress, err)
	}
	if doc.Schema != progressSchema {
		return nil, fmt.Errorf("read progress: %w: another schema", errProgress)
	}
	seen := map[checklist.RowKey]bool{}
	for i := range doc.Rows {
		r := &doc.Rows[i]
		item := pack.Item(r.Item)
		switch {
		case item == nil, r.Platform != "" && (item.FanOut == "" || pack.Platform(r.Platform) == nil):
			return nil, fmt.Errorf("read progress: %w: unknown row", errProgress)
		case seen[r.RowKey]:
			return nil, fmt.Errorf("read progress: %w: a row is there twice", errProgress)
		case !slices.Contains(checklist.Statuses(), r.Status):
			return nil, fmt.Errorf("read progress: %w: unknown status", errProgress)
		case r.SkipReason != "" && !slices.Contains(checklist.SkipReasons(), r.SkipReason):
			return nil, fmt.Errorf("read progress: %w: unknown reason", errProgress)
		case outOfTime(r.DoneAt), outOfTime(r.DueAt), r.DoneRev < 0:
			return nil, fmt.Errorf("read progress: %w: number out of range", errProgress)
		}
		seen[r.RowKey] = true
	}
	return doc.Rows, nil
}

// outOfTime reports whether Unix seconds are not a moment from 1970 to the year 6325: so far
// that nobody means it, and near enough for every date that comes of it to be written.
func outOfTime(unix int64) bool { return unix < 0 || unix > 1<<37 }

// decodeOne reads exactly one JSON value without unknown fields.
func decodeOne(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}

// readMoment reads a moment (RFC 3339), or a day, which is its noon where the person is.
func readMoment(s string, where *time.Location) (time.Time, error) {
	if t, err := time.ParseInLocation(time.DateOnly, s, where); err == nil {
		return t.Add(12 * time.Hour), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	return t.In(where), err
}

func isRegion(s string) bool {
	return len(s) == 2 && s[0] >= 'a' && s[0] <= 'z' && s[1] >= 'a' && s[1] <= 'z'
}
