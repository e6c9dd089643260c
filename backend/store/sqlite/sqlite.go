package sqlite

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/chaperone-privacy/chaperone/backend/store"
)

const (
	applicationID   = 0x43686170 // "Chap", in the header of the file
	defaultPageSize = 16384      // bytes; measured, docs/design/0005-stores.md
	defaultReaders  = 4
	walBytes        = 8 << 20 // the log is copied into the database at this size
	busyTimeout     = 5 * time.Second
)

//go:embed migrations/*.sql
var migrations embed.FS

// Config says where the data lies.
type Config struct {
	// Dir is the data directory; required. It is made if it does not exist.
	Dir string
	// Readers is how many reads run at once; 0 means 4. Writes run one at a time.
	Readers int
	// PageSize is the size of a page of a new database in bytes, a power of two from 512 to
	// 65536; 0 means the measured default. An existing database keeps its own.
	PageSize int
	// Held, if not nil, is called once the directory is locked, before the database is opened: for
	// what lies beside it and may be done meanwhile.
	Held func()
}

// Store is an open data directory. It is safe for concurrent use.
type Store struct {
	lock    *os.File          // held from Open to Close
	writer  chan *sqlite.Conn // holds the only writing connection while nobody uses it
	readers *readers
	closed  chan struct{} // closed by Close, first
	once    sync.Once     // guards Close
	err     error         // what Close returned; under once
}

// Open locks the data directory, migrates the database and returns it ready. The caller closes it.
// Errors are store.ErrInUse, ErrPermission, ErrReadOnly, ErrDiskFull, ErrDamaged, ErrNewerSchema
// and the others of package store.
func Open(ctx context.Context, c Config) (*Store, error) {
	s, err := open(ctx, c)
	return s, normalise(ctx, "open sqlite database", err)
}

func open(ctx context.Context, c Config) (_ *Store, err error) {
	if c.Dir == "" {
		return nil, errors.New("no data directory given")
	}
	if c.Readers < 1 {
		c.Readers = defaultReaders
	}
	if c.PageSize == 0 {
		c.PageSize = defaultPageSize
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockFile(filepath.Join(c.Dir, "lock"))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = unlockFile(lock)
		}
	}()

	if c.Held != nil {
		c.Held()
	}

	path := filepath.Join(c.Dir, "chaperone.db")
	if err := create(path); err != nil {
		return nil, err
	}
	writer, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		return nil, err
	}
	if err := prepareWriter(ctx, writer, c.PageSize); err != nil {
		_ = writer.Close()
		return nil, err
	}
	s := &Store{
		lock:    lock,
		writer:  make(chan *sqlite.Conn, 1),
		readers: newReaders(path, c.Readers),
		closed:  make(chan struct{}),
	}
	s.writer <- writer
	return s, nil
}

// create makes the file with a mode of its own, which the -wal and -shm files inherit.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func prepareWriter(ctx context.Context, conn *sqlite.Conn, pageSize int) error {
	conn.SetInterrupt(ctx.Done())
	defer conn.SetInterrupt(nil)
	version, err := checkSchema(conn)
	if err != nil {
		return err
	}
	err = pragmas(conn,
		fmt.Sprintf("page_size = %d", pageSize), // before the log is switched on
		"journal_mode = WAL",
		"synchronous = FULL",
		"fullfsync = ON", // macOS: fsync alone does not reach the disk there
		"secure_delete = ON",
		fmt.Sprintf("wal_autocheckpoint = %d", walBytes/pageSize),
		fmt.Sprintf("journal_size_limit = %d", 2*walBytes),
	)
	if err != nil {
		return err
	}
	return migrate(conn, version)
}

// migrate applies what a database of the given version lacks, all of it or nothing. The
// directory's lock keeps other processes away.
func migrate(conn *sqlite.Conn, version int64) (err error) {
	all, err := scripts()
	if err != nil || version == int64(len(all)) {
		return err
	}
	end, err := sqlitex.ImmediateTransaction(conn)
	if err != nil {
		return err
	}
	defer end(&err)
	for _, script := range all[version:] {
		if err := sqlitex.ExecScript(conn, script); err != nil {
			return err
		}
	}
	return sqlitex.ExecScript(conn, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, len(all)))
}

// pragmas sets what every connection has, then the given ones.
func pragmas(conn *sqlite.Conn, more ...string) error {
	conn.SetBusyTimeout(busyTimeout)
	common := []string{
		"trusted_schema = OFF",
		"cell_size_check = ON", // damage becomes an error rather than a wrong answer
		"foreign_keys = ON",
		"cache_size = -2048", // KiB; the operating system caches the rest
	}
	for _, p := range append(common, more...) {
		if err := sqlitex.ExecuteTransient(conn, "PRAGMA "+p+";", nil); err != nil {
			return err
		}
	}
	return nil
}

// checkSchema returns how many migrations a file has seen. It refuses files that are not ours and
// those of a newer release, before anything is written to them.
func checkSchema(conn *sqlite.Conn) (version int64, err error) {
	var id, objects int64
	for _, q := range []struct {
		query string
		into  *int64
	}{
		{"PRAGMA application_id;", &id},
		{"PRAGMA user_version;", &version},
		{"SELECT count(*) FROM sqlite_schema;", &objects},
	} {
		err := sqlitex.ExecuteTransient(conn, q.query, &sqlitex.ExecOptions{
			ResultFunc: func(stmt *sqlite.Stmt) error {
				*q.into = stmt.ColumnInt64(0)
				return nil
			},
		})
		if err != nil {
			return 0, err
		}
	}
	known, err := scripts()
	switch {
	case err != nil:
		return 0, err
	case id == applicationID && version > int64(len(known)):
		return 0, store.ErrNewerSchema
	case id != applicationID && (id != 0 || version != 0 || objects != 0), version < 0:
		return 0, store.ErrDamaged
	}
	return version, nil
}

// scripts returns the migrations in order of their file names.
func scripts() ([]string, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var all []string
	for _, name := range names {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		all = append(all, string(text))
	}
	return all, nil
}

// Ping reports whether the database can be read.
func (s *Store) Ping(ctx context.Context) error {
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		return sqlitex.Execute(conn, "SELECT 1 FROM sqlite_schema LIMIT 1;", nil)
	})
	return normalise(ctx, "ping sqlite database", err)
}

// Close waits for calls that are under way, closes the database and gives the directory free.
// Closing again returns what the first Close did.
func (s *Store) Close() error {
	s.once.Do(func() {
		close(s.closed)
		writer := <-s.writer
		err := errors.Join(s.readers.close(), writer.Close())
		err = errors.Join(err, unlockFile(s.lock))
		s.err = normalise(context.Background(), "close sqlite database", err)
	})
	return s.err
}

// read lends f a reading connection. ctx ends the wait for one, not the reading itself: rows are
// found by key in microseconds, less than it takes to watch for a cancellation.
func (s *Store) read(ctx context.Context, f func(*sqlite.Conn) error) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	conn, err := s.readers.take(ctx, s.closed)
	if err != nil {
		return err
	}
	defer s.readers.give(conn)
	return f(conn)
}

// write lends f the writing connection. A statement outside a transaction commits by itself. ctx
// ends the wait for the connection; a statement that has begun is seen through, so that its answer
// is known.
func (s *Store) write(ctx context.Context, f func(*sqlite.Conn) error) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	select {
	case <-s.closed:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	case conn := <-s.writer:
		defer func() { s.writer <- conn }()
		return f(conn)
	}
}

func (s *Store) check(ctx context.Context) error {
	select {
	case <-s.closed:
		return errClosed
	default:
		return ctx.Err()
	}
}
