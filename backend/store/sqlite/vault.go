package sqlite

import (
	"context"
	_ "embed" // the queries
	"errors"

	"zombiezen.com/go/sqlite"

	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
)

var (
	//go:embed query/vault_get.sql
	vaultGet string
	//go:embed query/vault_insert.sql
	vaultInsert string
	//go:embed query/vault_update.sql
	vaultUpdate string
	//go:embed query/vault_standing.sql
	vaultStanding string
	//go:embed query/vault_delete.sql
	vaultDelete string
	//go:embed query/vault_purge.sql
	vaultPurge string
)

// Vaults implements [vaultsync.Store].
type Vaults struct{ s *Store }

var _ vaultsync.Store = (*Vaults)(nil)

// Vaults returns the vault rows.
func (s *Store) Vaults() *Vaults { return &Vaults{s} }

// Get implements [vaultsync.Store].
func (v *Vaults) Get(ctx context.Context, key vaultsync.Key, have uint64) (vaultsync.Row, error) {
	var row vaultsync.Row
	err := v.s.read(ctx, func(conn *sqlite.Conn) error {
		stmt, err := conn.Prepare(vaultGet)
		if err != nil {
			return err
		}
		stmt.SetBytes(":key", key[:])
		stmt.SetInt64(":have", int64(have))
		return one(stmt, func() {
			stmt.ColumnBytes(0, row.PublicKey[:])
			row.Revision = uint64(stmt.ColumnInt64(1))
			row.SavedDay = stmt.ColumnInt64(2)
			row.Deleted = stmt.ColumnBool(3)
			if stmt.ColumnType(4) != sqlite.TypeNull {
				row.Blob = make([]byte, stmt.ColumnLen(4))
				stmt.ColumnBytes(4, row.Blob)
			}
		})
	})
	return row, v.answer(ctx, "get vault", err)
}

// Put implements [vaultsync.Store].
func (v *Vaults) Put(ctx context.Context, w vaultsync.Write) error {
	err := v.s.write(ctx, func(conn *sqlite.Conn) error {
		query := vaultUpdate
		if w.Base == 0 {
			query = vaultInsert
		}
		stmt, err := conn.Prepare(query)
		if err != nil {
			return err
		}
		stmt.SetBytes(":key", w.Key[:])
		stmt.SetBytes(":public_key", w.PublicKey[:])
		stmt.SetInt64(":day", w.Day)
		stmt.SetBytes(":blob", w.Blob)
		if w.Base != 0 {
			stmt.SetInt64(":base", int64(w.Base))
		}
		if err := run(stmt); err != nil || conn.Changes() == 1 {
			return err
		}
		row, same, err := standing(conn, w.Key, w.Blob)
		if err != nil {
			return err
		}
		return row.Refusal(w, same)
	})
	return v.answer(ctx, "put vault", err)
}

// Delete implements [vaultsync.Store].
func (v *Vaults) Delete(ctx context.Context, key vaultsync.Key, owner vaultsync.PublicKey, day int64) error {
	err := v.s.write(ctx, func(conn *sqlite.Conn) error {
		stmt, err := conn.Prepare(vaultDelete)
		if err != nil {
			return err
		}
		stmt.SetBytes(":key", key[:])
		stmt.SetBytes(":public_key", owner[:])
		stmt.SetInt64(":day", day)
		if err := run(stmt); err != nil || conn.Changes() == 1 {
			return err
		}
		row, _, err := standing(conn, key, nil)
		if err == nil && row.PublicKey != owner {
			return vaultsync.ErrProof
		}
		return err
	})
	return v.answer(ctx, "delete vault", err)
}

// Purge implements [vaultsync.Store].
func (v *Vaults) Purge(ctx context.Context, before int64) (int, error) {
	n := 0
	err := v.s.write(ctx, func(conn *sqlite.Conn) error {
		stmt, err := conn.Prepare(vaultPurge)
		if err != nil {
			return err
		}
		stmt.SetInt64(":before", before)
		if err := run(stmt); err != nil {
			return err
		}
		n = conn.Changes()
		return nil
	})
	return n, v.answer(ctx, "purge vaults", err)
}

// standing reads what stands in a write's way.
func standing(conn *sqlite.Conn, key vaultsync.Key, blob []byte) (row vaultsync.Row, same bool, err error) {
	stmt, err := conn.Prepare(vaultStanding)
	if err != nil {
		return row, false, err
	}
	stmt.SetBytes(":key", key[:])
	stmt.SetBytes(":blob", blob)
	err = one(stmt, func() {
		stmt.ColumnBytes(0, row.PublicKey[:])
		row.Revision = uint64(stmt.ColumnInt64(1))
		row.Deleted = stmt.ColumnBool(2)
		same = stmt.ColumnBool(3)
	})
	return row, same, err
}

// answer lets the service's own sentinels through.
func (v *Vaults) answer(ctx context.Context, what string, err error) error {
	for _, own := range []error{vaultsync.ErrNotFound, vaultsync.ErrConflict, vaultsync.ErrDeleted, vaultsync.ErrProof} {
		if errors.Is(err, own) {
			return err
		}
	}
	return normalise(ctx, what, err)
}

// run executes a statement that gives no rows.
func run(stmt *sqlite.Stmt) error {
	_, err := stmt.Step()
	return errors.Join(err, stmt.Reset())
}

// one executes a statement that gives at most one row. Without one it returns
// [vaultsync.ErrNotFound].
func one(stmt *sqlite.Stmt, scan func()) error {
	found, err := stmt.Step()
	switch {
	case err != nil:
	case !found:
		err = vaultsync.ErrNotFound
	default:
		scan()
	}
	return errors.Join(err, stmt.Reset())
}
