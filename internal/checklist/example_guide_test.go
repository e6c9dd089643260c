package checklist_test

import (
	"fmt"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

// Somebody who does not know what happened answers "I was told that my data was taken", then
// "A password".
func ExampleTriage() {
	pack, err := checklist.Embedded()
	if err != nil {
		fmt.Println(err)
		return
	}
	walk := pack.Triage().Walk()
	for _, answer := range []int{3, 3} {
		fmt.Println(pack.Text("en").Node(walk.Node().ID).Ask)
		if walk, err = walk.Answer(answer); err != nil {
			fmt.Println(err)
			return
		}
	}
	answers := walk.Apply(checklist.Answers{Region: "us"})
	fmt.Println(pack.Text("en").Ending(walk.Ending().ID).Title)
	fmt.Println(answers.Stage, pack.Steps(walk.Ending(), answers)[0])
	// Output:
	// What is happening right now?
	// What were you told was taken?
	// Take your accounts back, starting with your email
	// notified accounts.email-password
}

func ExampleLetterText_Text() {
	letter := checklist.LetterText{
		Fields: []checklist.FieldText{
			{Field: checklist.Field{ID: "name", Required: true}},
			{Field: checklist.Field{ID: "phone"}},
		},
		Parts: []checklist.PartText{{Text: "Please call me: {phone}"}, {Text: "Signed: {blank}\n{name}"}},
	}
	text, byHand := letter.Text(checklist.Filling{Values: map[string]string{"name": "Alex Doe"}})
	fmt.Print(text)
	fmt.Println(len(byHand))
	// Output:
	// Signed: ....................................
	// Alex Doe
	// 0
}
