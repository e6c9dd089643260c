package checklist_test

import (
	"fmt"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

// A plan for somebody in the US who answered nothing else.
func ExamplePack_Plan() {
	pack, err := checklist.Embedded()
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	plan := pack.Plan(checklist.Answers{Region: "us"}, nil, now)
	texts := pack.Text("en")
	for _, row := range plan.Rows[:plan.ShowFirst] {
		fmt.Println(texts.Title(row.Item.ID))
	}
	fmt.Println(len(plan.Rows)-plan.ShowFirst, "later")
	// Output:
	// Turn on a second step for your email
	// Hide who your friends and followers are
	// Freeze your credit at three bureaus
	// Lock your phone number with your carrier
	// Know how your clinic really contacts you
	// 7 later
}

// Who to ring depends on the country; where nothing is known, nobody is named.
func ExampleTexts_Contacts() {
	pack, err := checklist.Embedded()
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	for _, region := range []string{"us", "gb", "fr"} {
		fmt.Print(region)
		for _, c := range pack.Text("es").Contacts("role:emergency", region, now) {
			fmt.Print(" ", c.Name, " ", c.Phones[0].Number)
		}
		fmt.Println()
	}
	// Output:
	// us Emergencias 911
	// gb Emergencias 999
	// fr
}

// Two devices agree on what was done, whichever merges first.
func ExampleMergeRows() {
	key := checklist.RowKey{Item: "accounts.carrier-lock"}
	phone := []checklist.RowState{{RowKey: key, Status: checklist.Doing, Lamport: 4, Device: "phone"}}
	laptop := []checklist.RowState{{RowKey: key, Status: checklist.Done, Lamport: 7, Device: "laptop"}}
	for _, r := range checklist.MergeRows(phone, laptop) {
		fmt.Println(r.Item, r.Status)
	}
	// Output:
	// accounts.carrier-lock done
}
