package main

import (
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/tui/plain"
)

// planDoc is a plan for programs.
type planDoc struct {
	Schema      string          `json:"schema"`
	PackVersion uint64          `json:"pack_version"`
	Locale      string          `json:"locale"`
	Stage       checklist.Stage `json:"stage"`
	RegionKnown bool            `json:"region_known"`
	Expired     bool            `json:"expired"`
	Done        int             `json:"done"`
	Total       int             `json:"total"`
	More        int             `json:"more"`
	MinutesLeft int             `json:"minutes_left"`
	Lanes       []laneDoc       `json:"lanes"`
	ShowFirst   int             `json:"show_first"`
	Rows        []rowDoc        `json:"rows"`
	PutOff      []rowDoc        `json:"put_off"`
	Finished    []rowDoc        `json:"finished"`
	DueSoon     []rowDoc        `json:"due_soon"`
}

type laneDoc struct {
	Lane    checklist.Lane `json:"lane"`
	Done    int            `json:"done"`
	Total   int            `json:"total"`
	Minutes int            `json:"minutes_left"`
}

type rowDoc struct {
	Item      string           `json:"item"`
	Rev       int              `json:"rev"`
	Title     string           `json:"title"`
	Lane      checklist.Lane   `json:"lane"`
	Status    checklist.Status `json:"status"`
	Minutes   int              `json:"minutes"`
	Again     checklist.Again  `json:"again"` // why it is open again; "" when it is not
	Due       *time.Time       `json:"due"`
	DoneAt    *time.Time       `json:"done_at"`
	Ends      *time.Time       `json:"ends"` // when what was asked for runs out
	Unmet     []string         `json:"unmet"`
	Optional  bool             `json:"optional"`
	Stale     bool             `json:"stale"` // its facts are past their review date
	Platforms []platformDoc    `json:"platforms"`
}

type platformDoc struct {
	Platform string           `json:"platform"`
	Name     string           `json:"name"`
	Status   checklist.Status `json:"status"`
	Again    checklist.Again  `json:"again"`
	Due      *time.Time       `json:"due"`
	DoneAt   *time.Time       `json:"done_at"`
}

func planJSON(w plain.Writer, plan *checklist.Plan) (string, error) {
	return indented(planDoc{
		Schema: planSchema, PackVersion: w.Pack.Version(), Locale: w.Texts.Locale(), Stage: plan.Stage,
		RegionKnown: plan.RegionKnown, Expired: plan.Expired, Done: plan.Done, Total: plan.Total, More: plan.More,
		MinutesLeft: plan.MinutesLeft, Lanes: laneDocs(plan), ShowFirst: plan.ShowFirst,
		Rows: rowDocs(w, plan.Rows), PutOff: rowDocs(w, plan.PutOff), Finished: rowDocs(w, plan.Finished), DueSoon: rowDocs(w, plan.DueSoon),
	})
}

func laneDocs(plan *checklist.Plan) []laneDoc {
	out := []laneDoc{}
	for _, l := range plan.Lanes {
		out = append(out, laneDoc(l))
	}
	return out
}

func rowDocs(w plain.Writer, rows []checklist.Row) []rowDoc {
	out := []rowDoc{}
	for i := range rows {
		r := &rows[i]
		doc := rowDoc{
			Item: r.Item.ID, Rev: r.Item.Rev, Title: w.Texts.Title(r.Item.ID), Lane: r.Lane, Status: r.Status, Minutes: r.Minutes,
			Again: r.Again, Due: moment(r.Due), DoneAt: moment(r.DoneAt), Ends: moment(r.Ends), Unmet: append([]string{}, r.Unmet...),
			Optional: r.Optional, Stale: r.Stale, Platforms: []platformDoc{},
		}
		for _, pr := range r.Platforms {
			doc.Platforms = append(doc.Platforms, platformDoc{pr.Platform.ID, pr.Platform.Name, pr.Status, pr.Again, moment(pr.Due), moment(pr.DoneAt)})
		}
		out = append(out, doc)
	}
	return out
}
