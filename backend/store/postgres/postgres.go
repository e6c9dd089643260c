package postgres

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/chaperone-privacy/chaperone/backend/store"
)

const (
	defaultMaxConns = 16
	connectTimeout  = 5 * time.Second
	migrateWait     = 300 // seconds that a server waits for another one to migrate
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed query/settings.sql
var settings string

// Config says where the database is.
type Config struct {
	// URL is a libpq URL or key/value string; required. It names a database that exists.
	URL string
	// MaxConns is the most connections held open; 0 means pool_max_conns of the URL, else 16.
	MaxConns int32
	// Log takes a warning when the database server is set up to lose data; nil discards.
	Log *slog.Logger
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	pool *pgxpool.Pool
}

// Open connects, migrates the database and returns it ready. The caller closes it. Errors are
// store.ErrAddress, ErrUnreachable, ErrNoDatabase, ErrPermission, ErrReadOnly, ErrDiskFull,
// ErrDamaged, ErrNewerSchema and the others of package store.
func Open(ctx context.Context, c Config) (*Store, error) {
	s, err := open(ctx, c)
	return s, normalise(ctx, "open postgres database", err)
}

func open(ctx context.Context, c Config) (*Store, error) {
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	config, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, err
	}
	switch {
	case c.MaxConns > 0:
		config.MaxConns = c.MaxConns
	case !strings.Contains(c.URL, "pool_max_conns"):
		config.MaxConns = defaultMaxConns
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	params := config.ConnConfig.RuntimeParams
	params["application_name"] = "chaperoned"
	if _, set := params["synchronous_commit"]; !set {
		params["synchronous_commit"] = "on" // an acknowledgement is a promise
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if err := prepare(ctx, pool, log); err != nil {
		pool.Close()
		return nil, err
	}
	return &Store{pool: pool}, nil
}

func prepare(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) error {
	var fsync, fullPages string
	if err := pool.QueryRow(ctx, settings).Scan(&fsync, &fullPages); err != nil {
		return err
	}
	if fsync != "on" || fullPages != "on" {
		log.Warn("database server may lose data in a crash", "fsync", fsync, "full_page_writes", fullPages)
	}
	return migrate(ctx, pool)
}

func migrate(ctx context.Context, pool *pgxpool.Pool) (err error) {
	db := stdlib.OpenDBFromPool(pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	scripts, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, migrateWait))
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, scripts,
		goose.WithSessionLocker(locker),
		goose.WithDisableGlobalRegistry(true),
		goose.WithSlog(slog.New(slog.DiscardHandler)), // its errors are returned
	)
	if err != nil {
		return err
	}
	// A database of a newer release has all of our migrations, so that Up leaves it untouched.
	if _, err := provider.Up(ctx); err != nil {
		return err
	}
	current, newest, err := provider.GetVersions(ctx)
	if err == nil && current > newest {
		return store.ErrNewerSchema
	}
	return err
}

// Ping reports whether the database server answers.
func (s *Store) Ping(ctx context.Context) error {
	return normalise(ctx, "ping postgres database", s.pool.Ping(ctx))
}

// Close waits for calls that are under way and closes the connections. Closing again is nil.
func (s *Store) Close() error {
	s.pool.Close()
	return nil
}
