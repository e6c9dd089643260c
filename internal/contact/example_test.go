package contact_test

import (
	"fmt"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
)

func ExampleCanon() {
	fmt.Printf("%q\n", contact.Canon("  Your appointment\u00a0is\r\non 14\u200b May. "))
	// Output: "Your appointment is\non 14 May.\n"
}

func ExampleCompare() {
	signed := "Please call the number on your card.\n"
	received := "Please call 555-0142.\n"
	_, diff := contact.Compare(received, signed)
	for _, c := range diff.Changes {
		fmt.Printf("%s: %q instead of %q\n", c.Kind, c.Received[c.ReceivedMark[0]:c.ReceivedMark[1]], c.Signed[c.SignedMark[0]:c.SignedMark[1]])
	}
	// Output:
	// phone: "555-0142" instead of ""
	// text: "555-0142." instead of "the number on your card."
}

func ExampleVerify() {
	_, _, err := contact.Verify(contact.Input{Bundle: []byte("not a bundle")})
	fmt.Println(err)
	// Output: bundle: first line: malformed
}

func ExampleVerifyCode() {
	v, _, err := contact.VerifyCode(contact.CodeInput{Code: "not a code"})
	fmt.Println(v.Headline, v.Headline.Class(), v.Headline.ExitCode(), err)
	// Output: MISTYPED grey 2 <nil>
}

func ExampleLearn() {
	learned, err := contact.Learn(contact.Memory{}, contact.News{}, time.Unix(0, 0))
	fmt.Println(len(learned.Notes), err) // nothing is learned of a clinic that is not pinned
	// Output: 0 <nil>
}
