package main

import (
	"context"
	"crypto/ed25519"
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
	"github.com/chaperone-privacy/chaperone/internal/vault"
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
	_, _ = fmt.Fprintln(out, "| engine | vaults of 4 KiB | Get p50 | Get p99 | p50 against the small store "+
		"| store alone p50 | p99 | p50 against the small store | data | loaded in |\n|---|---|---|---|---|---|---|---|---|---|")
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
	count   int // of vaults
	bytes   int64
	loaded  time.Duration
	service *vaultsync.Service
	store   timings // Get of the store alone
	whole   timings // Get of the service, which verifies the proof first
}

type timings []time.Duration

func scaleEngine(ctx context.Context, out io.Writer, name string, sizes []int, samples, pageSize int, parent string) (err error) {
	dir, err := os.MkdirTemp(parent, "chaperone-scale-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var server *pgtest.Server // nil under sqlite
	if name == "postgres" {
		// Reads are timed; loading without fsync saves the time of whoever waits. The cache is what
		// anyone would give a database of this size, and holds its indexes.
		if server, err = pgtest.Start(ctx, pgtest.Config{NoFsync: true, Settings: []string{"max_wal_size=4GB", "shared_buffers=512MB"}}); err != nil {
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
		service, err := vaultsync.New(vaultsync.Config{Store: e.vaults})
		if err != nil {
			return errors.Join(err, e.close())
		}
		all = append(all, &scaled{engine: e, count: size, bytes: bytes, loaded: took, service: service})
	}
	if err := timeGets(ctx, all, samples); err != nil {
		return err
	}
	for _, s := range all {
		_, _ = fmt.Fprintf(out, "| %s | %d | %v | %v | %.2fx | %v | %v | %.2fx | %.2f GB | %v |\n", name, s.count,
			s.whole.percentile(50), s.whole.percentile(99), ratio(s.whole, all[0].whole),
			s.store.percentile(50), s.store.percentile(99), ratio(s.store, all[0].store),
			float64(s.bytes)/1e9, s.loaded.Round(time.Second/10))
	}
	return nil
}

func (t timings) percentile(p int) time.Duration {
	return t[len(t)*p/100].Round(100 * time.Nanosecond)
}

func ratio(a, b timings) float64 { return float64(a.percentile(50)) / float64(b.percentile(50)) }

// timeGets asks all stores in turns, so that whatever else the machine does falls on all alike.
func timeGets(ctx context.Context, all []*scaled, samples int) error {
	const turn = 100
	for round := range 2 * samples / turn {
		for _, s := range all {
			for range turn {
				store, whole, err := s.timeGet(ctx)
				if err != nil {
					return err
				}
				if round >= samples/turn { // warm by now
					s.store = append(s.store, store)
					s.whole = append(s.whole, whole)
				}
			}
		}
	}
	for _, s := range all {
		slices.Sort(s.store)
		slices.Sort(s.whole)
	}
	return nil
}

// timeGet times a Get of the store and one of the service, of two vaults drawn at random.
func (s *scaled) timeGet(ctx context.Context) (store, whole time.Duration, err error) {
	start := time.Now()
	row, err := s.vaults.Get(ctx, vaultsync.KeyOf(scaleID(rand.IntN(s.count))), 0)
	store = time.Since(start)
	if err != nil {
		return 0, 0, err
	}
	id := scaleID(rand.IntN(s.count))
	request := vaultsync.GetRequest{VaultID: id[:], Proof: scaleProof(id)}
	start = time.Now()
	snapshot, err := s.service.Get(ctx, request)
	whole = time.Since(start)
	if err == nil && (len(row.Blob) != scaleBlob || len(snapshot.Blob) != scaleBlob) {
		err = errors.New("a blob came back with another size")
	}
	return store, whole, err
}

func scaleID(n int) (id [32]byte) {
	binary.BigEndian.PutUint64(id[:], uint64(n))
	return id
}

// scaleSeed is the request seed of all vaults of a scale test.
var scaleSeed = [32]byte{1}

func scaleOwner() []byte {
	return ed25519.NewKeyFromSeed(scaleSeed[:]).Public().(ed25519.PublicKey)
}

func scaleProof(id [32]byte) vaultsync.Proof {
	now, nonce := time.Now(), [vault.NonceSize]byte{1}
	return vaultsync.Proof{
		PublicKey:   scaleOwner(),
		UnixSeconds: now.Unix(),
		Nonce:       nonce[:],
		Signature:   vault.SignRequest(scaleSeed, vault.OpGet, id, 0, nil, now, nonce),
	}
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
	owner := scaleOwner()
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
			key := vaultsync.KeyOf(scaleID(n))
			stmt.SetBytes(":key", key[:])
			stmt.SetBytes(":public_key", owner)
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
	owner := scaleOwner()
	n, blob, random := 0, make([]byte, scaleBlob), rand.NewChaCha8([32]byte{})
	rows := pgx.CopyFromFunc(func() ([]any, error) {
		if n == vaults {
			return nil, nil
		}
		key := vaultsync.KeyOf(scaleID(n))
		n++
		_, _ = random.Read(blob) // never fails
		return []any{key[:], owner, int64(1), int64(20_000), blob}, nil
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
