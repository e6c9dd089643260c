package contact_test

import (
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/contact"
)

func TestLogName(t *testing.T) {
	t.Parallel()
	for origin, want := range map[string]string{
		"log.example.com/keys":    "/log/keys/",
		"localhost/msgs":          "/log/msgs/",
		"log.example.com/2/msgs":  "/log/2/msgs/",
		"log.example.com/13/keys": "/log/13/keys/",
		"log.example.com":         "",
		"keys":                    "",
		"/keys":                   "",
		"a/1/keys":                "",
		"a/02/keys":               "",
		"a/-2/keys":               "",
		"a/2/2/keys":              "",
		"a/other":                 "",
		"a/../keys":               "",
		"a//keys":                 "",
		"a/keys/":                 "",
	} {
		n, ok := contact.ParseLogName(origin)
		if ok != (want != "") || ok && n.Path() != want {
			t.Errorf("%s: got %+v, %v; want path %q", origin, n, ok, want)
		}
		if next, known := contact.ParseLogName(n.Next().String()); ok && (!known || next.N != n.N+1 || next.Server != n.Server) {
			t.Errorf("%s: the next log: got %+v", origin, next)
		}
	}
}
