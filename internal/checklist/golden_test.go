package checklist_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

var update = flag.Bool("update", false, "write the golden files")

// today is a day on which the committed pack is fresh.
var today = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

func embedded(tb testing.TB) *checklist.Pack {
	tb.Helper()
	p, err := checklist.Embedded()
	if err != nil {
		tb.Fatalf("got %v, want the embedded pack", err)
	}
	return p
}

// TestGoldenPlans pins whole plans as a person reads them. Read a change as a careful adviser
// would before accepting it.
func TestGoldenPlans(t *testing.T) {
	t.Parallel()
	p := embedded(t)
	tests := []struct {
		name   string
		locale string
		a      checklist.Answers
	}{
		// A stranger in three countries and three stages, and one who is only worried.
		{"us-worried", "en", checklist.Answers{Stage: checklist.Worried, Region: "us", Uses: []string{"facebook", "instagram", "linkedin"}}},
		{"us-notified", "en", checklist.Answers{Stage: checklist.Notified, Region: "us", Uses: []string{"facebook", "instagram"}, KnownAt: today.Unix()}},
		{"us-threatened", "en", checklist.Answers{Stage: checklist.Threatened, Region: "us", Uses: []string{"facebook", "instagram"}}},
		{"us-published", "en", checklist.Answers{Stage: checklist.Published, Region: "us", Uses: []string{"facebook", "x", "reddit"}}},
		{"gb-notified", "en", checklist.Answers{Stage: checklist.Notified, Region: "gb", Uses: []string{"facebook", "whatsapp"}, KnownAt: today.Unix()}},
		{"gb-threatened", "en", checklist.Answers{Stage: checklist.Threatened, Region: "gb"}},
		{"gb-published", "en", checklist.Answers{Stage: checklist.Published, Region: "gb", Uses: []string{"tiktok", "whatsapp", "snapchat"}}},
		{"au-notified", "en", checklist.Answers{Stage: checklist.Notified, Region: "au", Uses: []string{"tiktok", "bluesky"}, KnownAt: today.Unix()}},
		{"au-threatened", "en", checklist.Answers{Stage: checklist.Threatened, Region: "au", Uses: []string{"instagram", "snapchat"}}},
		{"au-published", "en", checklist.Answers{Stage: checklist.Published, Region: "au", Uses: []string{"facebook", "linkedin", "threads"}}},
		// Spanish, a person whose pictures are not involved, and a country that is not known.
		{"us-threatened", "es", checklist.Answers{Stage: checklist.Threatened, Region: "us", Uses: []string{"facebook", "instagram"}}},
		{"us-notified", "es", checklist.Answers{Stage: checklist.Notified, Region: "us", Uses: []string{"facebook", "instagram"}, KnownAt: today.Unix()}},
		{"us-published-no-photos", "en", checklist.Answers{Stage: checklist.Published, Region: "us", Exposed: []checklist.Exposure{checklist.Contact, checklist.Records}, NoApps: true}},
		{"unknown-notified", "es", checklist.Answers{Stage: checklist.Notified}},
	}
	for _, tt := range tests {
		t.Run(tt.name+"."+tt.locale, func(t *testing.T) {
			t.Parallel()
			got := markdown(p, tt.locale, tt.a)
			file := filepath.Join("testdata", tt.name+"."+tt.locale+".md")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("plan differs from %s (-want +got):\n%s", file, diff)
			}
		})
	}
}

// markdown writes a plan for somebody who did nothing yet, in a crisis what comes after, and
// the names of all that joins later.
func markdown(p *checklist.Pack, locale string, a checklist.Answers) string {
	var b strings.Builder
	plan := p.Plan(a, nil, today)
	fmt.Fprintf(&b, "# Plan: %s, region %q, %s\n\n", plan.Stage, a.Region, locale)
	fmt.Fprintf(&b, "exposed %v, apps %v, none %v. %d rows, show %d, %d more wait, %d minutes, region known %v.\n",
		a.Exposed, a.Uses, a.NoApps, len(plan.Rows), plan.ShowFirst, plan.More, plan.MinutesLeft, plan.RegionKnown)
	writeRows(&b, p, locale, a.Region, &plan, 1)
	if plan.Crisis() {
		fmt.Fprintf(&b, "\n---\n\nWhen these are done, the next day:\n")
		next := p.Plan(a, settle(&plan, today), today.Add(24*time.Hour))
		writeRows(&b, p, locale, a.Region, &next, len(plan.Rows)+1)
	}
	writeLater(&b, p, locale, a)
	return b.String()
}

// writeLater names every row that joins once all before it are done, in the order in which
// they join.
func writeLater(b *strings.Builder, p *checklist.Pack, locale string, a checklist.Answers) {
	fmt.Fprintf(b, "\n---\n\nOver the next weeks:\n\n")
	plan := p.Plan(a, nil, today)
	rows := settle(&plan, today)
	at := today.Add(24 * time.Hour)
	if plan.Crisis() {
		plan = p.Plan(a, rows, at)
		rows = append(rows, settle(&plan, at)...)
	}
	for {
		if plan = p.Plan(a, rows, at); len(plan.Rows) == 0 {
			return
		}
		for i := range plan.Rows {
			id := plan.Rows[i].Item.ID
			fmt.Fprintf(b, "- %s (`%s`)\n", p.Text(locale).Title(id), id)
		}
		rows = append(rows, settle(&plan, at)...)
	}
}

// settle marks every open row of a plan as done.
func settle(plan *checklist.Plan, at time.Time) []checklist.RowState {
	var rows []checklist.RowState
	for i := range plan.Rows {
		rows = append(rows, checklist.RowState{
			RowKey: checklist.RowKey{Item: plan.Rows[i].Item.ID}, Status: checklist.Done,
			DoneRev: plan.Rows[i].Item.Rev, DoneAt: at.Unix(), Lamport: 1, Device: "a",
		})
	}
	return rows
}

func writeRows(b *strings.Builder, p *checklist.Pack, locale, region string, plan *checklist.Plan, from int) {
	texts := p.Text(locale)
	for i := range plan.Rows {
		row := &plan.Rows[i]
		x := texts.Item(row.Item.ID)
		fmt.Fprintf(b, "\n## %d. %s\n\n`%s`, %s, impact %d, %d min", from+i, x.Title, row.Item.ID, row.Lane, row.Item.Impact, row.Minutes)
		if !row.Due.IsZero() {
			fmt.Fprintf(b, ", by %s", row.Due.Format(time.DateOnly))
		}
		if len(row.Unmet) > 0 {
			fmt.Fprintf(b, ", after %s", strings.Join(row.Unmet, ", "))
		}
		fmt.Fprintf(b, "\n\n%s\n", x.Why)
		for _, d := range x.DoesNotStop {
			fmt.Fprintf(b, "%s\n", d)
		}
		fmt.Fprintln(b)
		for n, s := range x.Steps {
			fmt.Fprintf(b, "%d. %s\n", n+1, s.Do)
			writeRef(b, texts, row, s.Ref, region)
			if s.Confirm != "" {
				fmt.Fprintf(b, "   - [ ] %s\n", s.Confirm)
			}
		}
		fmt.Fprintf(b, "\nDone when: %s\n", x.DoneWhen)
		if x.Verify != "" {
			fmt.Fprintf(b, "To see that it worked: %s\n", x.Verify)
		}
		fmt.Fprintf(b, "Lock screen: %s\n", x.DiscreetTitle)
	}
}

func writeRef(b *strings.Builder, texts *checklist.Texts, row *checklist.Row, ref, region string) {
	for _, c := range texts.Contacts(ref, region, today) {
		fmt.Fprintf(b, "   - %s", c.Name)
		for _, ph := range c.Phones {
			fmt.Fprintf(b, " %s", ph.Number)
		}
		if c.Web != "" {
			fmt.Fprintf(b, " <%s>", c.Web)
		}
		if c.Note != "" {
			fmt.Fprintf(b, " %s", c.Note)
		}
		fmt.Fprintln(b)
	}
	if strings.HasPrefix(ref, "app:") {
		fmt.Fprintf(b, "   - (%s)\n", ref)
	}
	if ref != "platform:self" {
		return
	}
	for _, pl := range row.Platforms {
		h := texts.How(pl.Platform, row.Item.FanOut, today)
		fmt.Fprintf(b, "   - %s:", pl.Platform.Name)
		for _, path := range [][]string{h.Web, h.IOS, h.Android} {
			if len(path) > 0 {
				fmt.Fprintf(b, " %s", strings.Join(path, " > "))
				break
			}
		}
		for _, u := range []string{h.Link, h.HelpURL} {
			if u != "" {
				fmt.Fprintf(b, " <%s>", u)
			}
		}
		if h.Moved {
			fmt.Fprintf(b, " (menu may have moved)")
		}
		fmt.Fprintf(b, " %s\n", h.Caveat)
	}
}
