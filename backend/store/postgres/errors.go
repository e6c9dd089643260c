package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"

	"github.com/chaperone-privacy/chaperone/backend/store"
)

// normalise turns an error of the driver into a sentinel of package store. The driver's own text is
// dropped, for it may hold addresses, users and values; the SQLSTATE is kept. what is a noun
// phrase.
func normalise(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", what, ctx.Err())
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return fmt.Errorf("%s: %w (SQLSTATE %s)", what, sentinel(pg.Code), pg.Code)
	}
	_, badAddress := errors.AsType[*pgconn.ParseConfigError](err)
	switch {
	case badAddress:
		err = store.ErrAddress
	case errors.Is(err, store.ErrNewerSchema):
		err = store.ErrNewerSchema
	case errors.Is(err, puddle.ErrClosedPool):
		err = store.ErrClosed
	default: // the connection could not be made, or broke
		err = store.ErrUnreachable
	}
	return fmt.Errorf("%s: %w", what, err)
}

// sentinel maps an SQLSTATE (PostgreSQL manual, appendix A).
func sentinel(code string) error {
	switch code {
	case "53100": // disk_full
		return store.ErrDiskFull
	case "25006": // read_only_sql_transaction
		return store.ErrReadOnly
	case "3D000": // invalid_catalog_name
		return store.ErrNoDatabase
	case "42501": // insufficient_privilege
		return store.ErrPermission
	case "57P01", "57P02": // admin_shutdown, crash_shutdown
		return store.ErrUnreachable
	case "57P03", "55P03", "57014": // cannot_connect_now, lock_not_available, query_canceled
		return store.ErrBusy
	}
	switch {
	case strings.HasPrefix(code, "08"): // connection exception
		return store.ErrUnreachable
	case strings.HasPrefix(code, "28"): // invalid authorization
		return store.ErrPermission
	case strings.HasPrefix(code, "XX001"), strings.HasPrefix(code, "XX002"): // data, index corrupted
		return store.ErrDamaged
	case strings.HasPrefix(code, "53"), strings.HasPrefix(code, "40"): // no resources; rolled back
		return store.ErrBusy
	default:
		return store.ErrFailed
	}
}
