package chaperone

import (
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/patient/patienttest"
)

// A code of a clinic that is not pinned is never genuine, a slip is told, and without a server
// there is nothing to ask.
func TestCheckCode(t *testing.T) {
	t.Parallel()
	w, s := contacttest.New(t), patienttest.New(t)
	in := w.BearerCode("anyone")
	s.Put(t, in)
	s.Tell(w.News())
	s.Logs(w.Logs.Keys, w.Logs.Msgs)
	cfg := configIn(t.TempDir())
	cfg.SetServer(s.URL)
	c, err := cfg.Create(newStore())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, code string
		typed      bool
		want       string
	}{
		{"not pinned", in.Code, false, "NO_PIN"},
		{"nobody's", contacttest.Code(t, "nobody").Symbols(), false, "UNKNOWN"},
		{"a slip", in.Code[:19] + "O", true, "MISTYPED"},
		{"the same again", in.Code[:19] + "O", true, "UNKNOWN"},
	} {
		v, err := c.CheckCode(tt.code, tt.typed, "", false, 0)
		if err != nil || v.Headline() != tt.want || v.Body() != "" {
			t.Errorf("%s: got %v, %v, want %s", tt.name, v, err, tt.want)
		}
	}
	v, err := c.CheckCode(in.Code, false, contacttest.Altered, true, 0)
	if err != nil || v.Headline() != "ALTERED" {
		t.Errorf("altered: got %v, %v", v, err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CheckCode(in.Code, false, "", false, 0); CodeOf(err) != CodeClosed {
		t.Errorf("closed: got %v", err)
	}
	if _, err := new(Client).CheckCode(in.Code, false, "", false, 0); CodeOf(err) != CodeClosed {
		t.Errorf("out of nothing: got %v", err)
	}
}
