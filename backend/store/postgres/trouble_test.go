package postgres_test

import (
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/chaperone-privacy/chaperone/backend/store"
	"github.com/chaperone-privacy/chaperone/backend/store/pgtest"
	"github.com/chaperone-privacy/chaperone/backend/store/postgres"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	edit := func(f func(u *url.URL)) string {
		u, err := url.Parse(pgtest.Database(t))
		if err != nil {
			t.Fatal(err)
		}
		f(u)
		return u.String()
	}
	newer := pgtest.Database(t)
	s, err := postgres.Open(t.Context(), postgres.Config{URL: newer})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	exec(t, newer, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (1000, true)")

	tests := []struct {
		name, address string
		want          error
	}{
		{"no address", "postgres://user:canary@127.0.0.1:port/db", store.ErrAddress},
		{"nobody listens", edit(func(u *url.URL) { u.Host = "127.0.0.1:1" }), store.ErrUnreachable},
		{"no such database", edit(func(u *url.URL) { u.Path = "/absent" }), store.ErrNoDatabase},
		{"wrong password", edit(func(u *url.URL) { u.User = url.UserPassword("chaperone", "canary") }), store.ErrPermission},
		{"read-only", edit(func(u *url.URL) {
			u.RawQuery += "&default_transaction_read_only=on"
		}), store.ErrReadOnly},
		{"newer release", newer, store.ErrNewerSchema},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := postgres.Open(t.Context(), postgres.Config{URL: tt.address})
			if !errors.Is(err, tt.want) || s != nil {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			for _, secret := range []string{"127.0.0.1", "canary", "absent", "user="} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("got %q, want no %q in it", err, secret)
				}
			}
		})
	}
}

// TestServersThatStartAtOnce migrate one after the other.
func TestServersThatStartAtOnce(t *testing.T) {
	t.Parallel()
	address := pgtest.Database(t)
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			s, err := postgres.Open(t.Context(), postgres.Config{URL: address, MaxConns: 2})
			if err != nil {
				errs[i] = err
				return
			}
			errs[i] = errors.Join(s.Ping(t.Context()), s.Close())
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

// TestWarnsOfLoss: the shared test server runs without fsync.
func TestWarnsOfLoss(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	s, err := postgres.Open(t.Context(), postgres.Config{
		URL: pgtest.Database(t),
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "fsync=off") {
		t.Errorf("log: got %q, want a warning", log.String())
	}
}

// TestServerGone: a database server that dies is ErrUnreachable, and one that comes back is used.
func TestServerGone(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	server, err := pgtest.Start(ctx, pgtest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Errorf("stop: got %v, want nil", err)
		}
	})
	address, err := server.NewDatabase(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s, err := postgres.Open(ctx, postgres.Config{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w := vaultsync.Write{Blob: []byte("kept")}
	if err := s.Vaults().Put(ctx, w); err != nil {
		t.Fatal(err)
	}
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(ctx); !errors.Is(err, store.ErrUnreachable) {
		t.Errorf("ping: got %v, want ErrUnreachable", err)
	}
	if err := s.Vaults().Put(ctx, w); !errors.Is(err, store.ErrUnreachable) {
		t.Errorf("put: got %v, want ErrUnreachable", err)
	}
	if err := server.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if row, err := s.Vaults().Get(ctx, w.Key, 0); err != nil || string(row.Blob) != "kept" {
		t.Errorf("get after restart: got %q, %v, want what was stored", row.Blob, err)
	}
}

func exec(t *testing.T, address, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Exec(t.Context(), statement)
	if err := errors.Join(err, conn.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
}
