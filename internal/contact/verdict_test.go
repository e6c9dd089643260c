package contact_test

import (
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	for _, c := range contacttest.Cases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			v, _, err := contact.Verify(c.Input)
			if err != nil {
				t.Fatal(err)
			}
			if v.Headline != c.Headline {
				t.Errorf("got %v %v, want %s", v.Findings, v.Remarks, c.Headline)
			}
		})
	}
}
