package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
)

const (
	fullEnvelope = 19_456 // bytes, the largest
	bytesBatch   = 64     // messages in a transaction, as many publishers would make it
)

// publishBytes measures what a message of the largest size takes on disk beyond its envelope: its
// row, its leaf, its part of the tiles, and all indexes.
func publishBytes(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("publish-bytes", flag.ContinueOnError)
	name := flags.String("engine", "sqlite", "sqlite or postgres")
	messages := flags.Uint64("messages", 20_000, "messages to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	address, _, done, err := tortureData(ctx, *name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if err := writeFull(ctx, *name, address, 0, 1); err != nil { // makes the tables
		return err
	}
	before, err := bytesOnDisk(ctx, *name, address)
	if err != nil {
		return err
	}
	if err := writeFull(ctx, *name, address, 1, *messages+1); err != nil {
		return err
	}
	after, err := bytesOnDisk(ctx, *name, address)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "| %s, %d messages | bytes |\n|---|---|\n| on disk a message, beyond its envelope of %d; at most 400 | %.0f |\n",
		*name, *messages, fullEnvelope, float64(after-before)/float64(*messages)-fullEnvelope)
	return nil
}

func writeFull(ctx context.Context, name, address string, from, to uint64) (err error) {
	e, err := openEngine(ctx, name, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.close()) }() // which empties the write-ahead log
	fill, err := logwriter.NewFiller[envelope.Row](ctx, e.logs, e.envelopes, logwriter.Msgs)
	if err != nil {
		return err
	}
	for ; from < to; from += bytesBatch {
		var leaves [][]byte
		var rows []envelope.Row
		for n := from; n < min(from+bytesBatch, to); n++ {
			leaf, row := messageOf(12, n)
			row.Sealed, row.Copy = blobOf(row.Commit, fullEnvelope), nil
			leaves, rows = append(leaves, leaf), append(rows, row)
		}
		if err := fill(leaves, rows); err != nil {
			return err
		}
	}
	return nil
}

// bytesOnDisk is the size of a closed database: the file of SQLite, what PostgreSQL says of itself.
func bytesOnDisk(ctx context.Context, name, address string) (n int64, err error) {
	if name != "postgres" {
		info, err := os.Stat(filepath.Join(address, "chaperone.db"))
		if err != nil {
			return 0, err
		}
		return info.Size(), nil
	}
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	err = conn.QueryRow(ctx, "SELECT pg_database_size(current_database())").Scan(&n)
	return n, err
}
