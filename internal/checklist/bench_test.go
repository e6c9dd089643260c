//go:build unix

package checklist_test

import (
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
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
	p := embedded(b)
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
