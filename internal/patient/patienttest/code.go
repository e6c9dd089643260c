package patienttest

import (
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/humancode"
)

// Code reads the code of a case.
func Code(tb testing.TB, symbols string) humancode.Code {
	tb.Helper()
	code, err := humancode.Parse(symbols, humancode.MessageLen)
	if err != nil {
		tb.Fatal(err)
	}
	return code
}
