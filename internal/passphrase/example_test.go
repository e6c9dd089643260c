package passphrase_test

import (
	"fmt"

	"github.com/chaperone-privacy/chaperone/internal/passphrase"
)

func ExampleJudge() {
	s := passphrase.Judge([]byte("instagram1987"), "Instagram")
	fmt.Println(s.Level, s.Reason)
	// Output: weak named
}

func ExampleGenerator_Words() {
	s, err := passphrase.Generator{}.Words(passphrase.DefaultWords)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Clear()
	fmt.Printf("%.0f bits\n", s.Bits)
	// Output: 78 bits
}
