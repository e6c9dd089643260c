package main

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/chaperone-privacy/chaperone/backend/store/pgtest"
	sqlitestore "github.com/chaperone-privacy/chaperone/backend/store/sqlite"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
)

const scaleBlob = 4 << 10 // bytes; smaller than the service takes, so that a million fits the disk

func vaultScale(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("vault-scale", flag.ContinueOnError)
	engines := flags.String("engines", "sqlite,postgres", "which engines")
	small := flags.Int("small", 1_000, "vaults in the small store")
	large := flags.Int("large", 1_000_000, "vaults in the large store")
	samples := flags.Int("samples", 20_000, "timed Gets for each store, after as many untimed ones")
	pageSize := flags.Int("page-size", 0, "SQLite page size in bytes; 0 is the store's default")
	dir := flags.String("dir", os.TempDir(), "folder for the data, about 6 GB for a million")
	if err := flags.Parse(args); err != nil {
		return err
	}
	printMachine(out)
	_, _ = fmt.Fprintln(out, "| engine | vaults | blob | Get p50 | Get p99 | p50 against the small store | data on disk | loaded in |\n"+
		"|---|---|---|---|---|---|---|---|")
	for name := range strings.SplitSeq(*engines, ",") {
		if err := scaleEngine(ctx, out, name, []int{*small, *large}, *samples, *pageSize, *dir); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// scaled is a loaded store and what was measured of it.
type scaled struct {
	engine
	vaults int
	bytes  int64
	loaded time.Duration
	times  []time.Duration
}

func scaleEngine(ctx context.Context, out io.Writer, name string, sizes []int, samples, pageSize int, parent string) (err error) {
	dir, err := os.MkdirTemp(parent, "chaperone-scale-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var server *pgtest.Server // nil under sqlite
	if name == "postgres" {
		// Reads are timed; loading without fsync saves the time of whoever waits.
		if server, err = pgtest.Start(ctx, pgtest.Config{NoFsync: true, Settings: []string{"max_wal_size=4GB"}}); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, server.Stop()) }()
	}
	var all []*scaled
	defer func() {
		for _, s := range all {
			err = errors.Join(err, s.close())
		}
	}()
	for _, size := range sizes {
		start := time.Now()
		address, bytes, err := load(ctx, name, server, filepath.Join(dir, strconv.Itoa(size)), size, pageSize)
		if err != nil {
			return err
		}
		took := time.Since(start)
		e, err := openEngine(ctx, name, address)
		if err != nil {
			return err
		}
		all = append(all, &scaled{engine: e, vaults: size, bytes: bytes, loaded: took})
	}
	if err := timeGets(ctx, all, samples); err != nil {
		return err
	}
	for _, s := range all {
		_, _ = fmt.Fprintf(out, "| %s | %d | %d B | %v | %v | %.2fx | %.2f GB | %v |\n",
			name, s.vaults, scaleBlob, s.percentile(50), s.percentile(99),
			float64(s.percentile(50))/float64(all[0].percentile(50)), float64(s.bytes)/1e9, s.loaded.Round(time.Second/10))
	}
	return nil
}

func (s *scaled) percentile(p int) time.Duration {
	return s.times[len(s.times)*p/100].Round(100 * time.Nanosecond)
}

// timeGets asks all stores in turns, so that whatever else the machine does falls on all alike.
func timeGets(ctx context.Context, all []*scaled, samples int) error {
	const turn = 100
	for round := range 2 * samples / turn {
		for _, s := range all {
			for range turn {
				key := scaleKey(rand.IntN(s.vaults))
				start := time.Now()
				row, err := s.engine.vaults.Get(ctx, key, 0)
				took := time.Since(start)
				if err != nil {
					return err
				}
				if len(row.Blob) != scaleBlob {
					return fmt.Errorf("a blob came back with %d bytes", len(row.Blob))
				}
				if round >= samples/turn { // warm by now
					s.times = append(s.times, took)
				}
			}
		}
	}
	for _, s := range all {
		slices.Sort(s.times)
	}
	return nil
}

func scaleKey(n int) vaultsync.Key {
	var id [32]byte
	binary.BigEndian.PutUint64(id[:], uint64(n))
	return vaultsync.KeyOf(id)
}

// load makes a store of that many vaults, past the service, and says where it is and its size.
func load(ctx context.Context, name string, server *pgtest.Server, dir string, vaults, pageSize int) (address string, bytes int64, err error) {
	if name == "postgres" {
		return loadPostgres(ctx, server, vaults)
	}
	return loadSQLite(ctx, dir, vaults, pageSize)
}

func loadSQLite(ctx context.Context, dir string, vaults, pageSize int) (address string, bytes int64, err error) {
	s, err := sqlitestore.Open(ctx, sqlitestore.Config{Dir: dir, PageSize: pageSize}) // makes the tables
	if err != nil {
		return "", 0, err
	}
	if err := s.Close(); err != nil {
		return "", 0, err
	}
	path := filepath.Join(dir, "chaperone.db")
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		return "", 0, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	// Without a journal the load is twice as quick, and the data is thrown away anyhow. The file
	// goes back to its write-ahead log below.
	for _, pragma := range []string{"PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -400000"} {
		if err := sqlitex.ExecuteTransient(conn, pragma, nil); err != nil {
			return "", 0, err
		}
	}
	const insert = `INSERT INTO vault (key, public_key, revision, saved_day, blob) VALUES (:key, :public_key, 1, 20000, :blob)`
	blob, random := make([]byte, scaleBlob), rand.NewChaCha8([32]byte{})
	for n := 0; n < vaults; {
		if err := sqlitex.ExecuteTransient(conn, "BEGIN", nil); err != nil {
			return "", 0, err
		}
		for range min(20_000, vaults-n) {
			_, _ = random.Read(blob) // never fails
			stmt, err := conn.Prepare(insert)
			if err != nil {
				return "", 0, err
			}
			key := scaleKey(n)
			stmt.SetBytes(":key", key[:])
			stmt.SetBytes(":public_key", key[:])
			stmt.SetBytes(":blob", blob)
			if _, err := stmt.Step(); err != nil {
				return "", 0, err
			}
			n++
		}
		if err := sqlitex.ExecuteTransient(conn, "COMMIT", nil); err != nil {
			return "", 0, err
		}
	}
	if err := sqlitex.ExecuteTransient(conn, "PRAGMA journal_mode = WAL", nil); err != nil {
		return "", 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", 0, err
	}
	return dir, info.Size(), nil
}

func loadPostgres(ctx context.Context, server *pgtest.Server, vaults int) (address string, bytes int64, err error) {
	if address, err = server.NewDatabase(ctx); err != nil {
		return "", 0, err
	}
	e, err := openEngine(ctx, "postgres", address) // makes the tables
	if err != nil {
		return "", 0, err
	}
	if err := e.close(); err != nil {
		return "", 0, err
	}
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return "", 0, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	n, blob, random := 0, make([]byte, scaleBlob), rand.NewChaCha8([32]byte{})
	rows := pgx.CopyFromFunc(func() ([]any, error) {
		if n == vaults {
			return nil, nil
		}
		key := scaleKey(n)
		n++
		_, _ = random.Read(blob) // never fails
		return []any{key[:], key[:], int64(1), int64(20_000), blob}, nil
	})
	columns := []string{"key", "public_key", "revision", "saved_day", "blob"}
	if _, err := conn.CopyFrom(ctx, pgx.Identifier{"vault"}, columns, rows); err != nil {
		return "", 0, err
	}
	if _, err := conn.Exec(ctx, "VACUUM ANALYZE vault"); err != nil {
		return "", 0, err
	}
	err = conn.QueryRow(ctx, "SELECT pg_database_size(current_database())").Scan(&bytes)
	return address, bytes, err
}
