package pgtest

import (
	"context"
	"sync"
	"testing"
)

// shared is the one server of a test binary. It ends with the process.
var shared = sync.OnceValues(func() (*Server, error) {
	return Start(context.Background(), Config{NoFsync: true})
})

// Database returns the address of a fresh, empty database on a server that the tests of a binary
// share. The server does not fsync. The test fails when there can be none.
func Database(tb testing.TB) string {
	tb.Helper()
	s, err := shared()
	if err != nil {
		tb.Fatalf("start postgres: %v", err)
	}
	address, err := s.NewDatabase(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return address
}
