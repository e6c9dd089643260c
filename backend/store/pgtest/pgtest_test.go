package pgtest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chaperone-privacy/chaperone/backend/store/pgtest"
)

// TestMain lets this binary play a process that starts a server and dies.
func TestMain(m *testing.M) {
	if os.Getenv("PGTEST_VICTIM") != "" {
		os.Exit(victim())
	}
	os.Exit(m.Run())
}

func victim() int {
	s, err := pgtest.Start(context.Background(), pgtest.Config{NoFsync: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(s.URL("postgres"))
	time.Sleep(time.Hour) // is killed
	return 0
}

func TestKilledServerKeepsWhatWasCommitted(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s, err := pgtest.Start(ctx, pgtest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("stop: got %v, want nil", err)
		}
	})
	address, err := s.NewDatabase(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got := query(t, address, "SHOW fsync"); got != "on" {
		t.Errorf("fsync: got %q, want on", got)
	}
	query(t, address, "CREATE TABLE t AS SELECT 'kept' AS v", "SELECT v FROM t")
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.Connect(ctx, address); err == nil {
		t.Error("connect after kill: got a connection, want an error")
	}
	if err := s.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if got := query(t, address, "SELECT v FROM t"); got != "kept" {
		t.Errorf("after restart: got %q, want kept", got)
	}
}

func TestDatabasesAreApart(t *testing.T) {
	t.Parallel()
	a, b := pgtest.Database(t), pgtest.Database(t)
	if a == b {
		t.Fatalf("got the same database twice: %s", a)
	}
	query(t, a, "CREATE TABLE t (v text)", "SELECT 'made'")
	if got := query(t, b, "SELECT count(*)::text FROM pg_tables WHERE tablename = 't'"); got != "0" {
		t.Errorf("tables of the other database: got %s, want 0", got)
	}
}

// TestServerDiesWithItsProcess: kill -9 of the process that started a server ends the server.
func TestServerDiesWithItsProcess(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "PGTEST_VICTIM=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimSpace(line)
	if _, err := url.Parse(address); err != nil {
		t.Fatal(err)
	}
	query(t, address, "SELECT 'up'")
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // says that it was killed
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := pgx.Connect(t.Context(), address)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return
		}
		if err == nil {
			_ = conn.Close(t.Context())
		}
		if time.Now().After(deadline) {
			t.Fatal("the server outlives its process")
		}
	}
}

// query runs statements and returns the one value of the last.
func query(t *testing.T, address string, statements ...string) string {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	last := len(statements) - 1
	for _, s := range statements[:last] {
		if _, err := conn.Exec(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	var v string
	if err := conn.QueryRow(ctx, statements[last]).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}
