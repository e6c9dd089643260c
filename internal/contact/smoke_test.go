package contact_test

import (
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
)

func TestSmoke(t *testing.T) {
	w := contacttest.New(t)
	for _, in := range []contact.Input{w.Input(), w.With(contacttest.Body), w.With(contacttest.Altered)} {
		v, learned, err := contact.Verify(in)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v %+v", v, v.Diff)
		t.Logf("%d %d", len(learned.Statuses), learned.Now)
	}
}
