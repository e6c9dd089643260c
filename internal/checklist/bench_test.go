//go:build unix

package checklist_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/checklist/compile"
)

func BenchmarkEmbedded(b *testing.B) {
	b.ReportAllocs()
	defer measureCPU(b)()
	for b.Loop() {
		if _, err := checklist.Embedded(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkText(b *testing.B) {
	p := embedded(b)
	sig, files := p.Signature(), p.Files()
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		q, err := checklist.Load(files, sig, nil, today)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		q.Text("es").Title("now.safe")
	}
}

// grown is a pack with every item twice, which is more than the content is meant to hold.
func grown(tb testing.TB) *checklist.Pack {
	tb.Helper()
	p := embedded(tb)
	files := p.Files()
	var doc checklist.Document
	if err := json.Unmarshal(files["pack.json"], &doc); err != nil {
		tb.Fatal(err)
	}
	for _, it := range p.Items() {
		it.ID, it.First, it.Supersedes = it.ID+"-again", 0, nil
		doc.Items = append(doc.Items, it)
	}
	slices.SortFunc(doc.Items, func(a, b checklist.Item) int { return strings.Compare(a.ID, b.ID) })
	data, err := json.Marshal(doc)
	if err != nil {
		tb.Fatal(err)
	}
	files["pack.json"] = data
	signer, err := note.NewSigner(compile.DevelopmentKey)
	if err != nil {
		tb.Fatal(err)
	}
	sig, err := note.Sign(&note.Note{Text: checklist.Manifest(p.ID(), p.Version(), files)}, signer)
	if err != nil {
		tb.Fatal(err)
	}
	q, err := checklist.Load(files, sig, nil, today)
	if err != nil {
		tb.Fatal(err)
	}
	return q
}

// BenchmarkLoadGrown opens the grown pack and reads all its texts.
func BenchmarkLoadGrown(b *testing.B) {
	p := grown(b)
	files, sig := p.Files(), p.Signature()
	b.ReportMetric(float64(len(p.Items())), "items")
	b.ReportAllocs()
	defer measureCPU(b)()
	for b.Loop() {
		if _, err := checklist.Load(files, sig, nil, today); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlan(b *testing.B) {
	p := grown(b)
	var all []string
	for _, pl := range p.Platforms() {
		all = append(all, pl.ID)
	}
	half := func(a checklist.Answers) []checklist.RowState {
		var rows []checklist.RowState
		for i, it := range p.Items() {
			if i%2 == 0 {
				rows = append(rows, row(it.ID, checklist.Done, today))
			}
		}
		return rows
	}
	for _, bb := range []struct {
		name string
		a    checklist.Answers
		rows bool
	}{
		{"worried", checklist.Answers{Region: "us"}, false},
		{"notified-every-app", checklist.Answers{Stage: checklist.Notified, Region: "us", Uses: all}, false},
		{"notified-half-done", checklist.Answers{Stage: checklist.Notified, Region: "us", Uses: all}, true},
		{"threatened", checklist.Answers{Stage: checklist.Threatened, Region: "gb", Uses: all}, false},
	} {
		b.Run(bb.name, func(b *testing.B) {
			var rows []checklist.RowState
			if bb.rows {
				rows = half(bb.a)
			}
			n := 0
			b.ReportAllocs()
			defer measureCPU(b)()
			for b.Loop() {
				plan := p.Plan(bb.a, rows, today)
				n = len(plan.Rows) + len(plan.Finished) + len(plan.PutOff)
			}
			b.ReportMetric(float64(n), "rows")
		})
	}
}
