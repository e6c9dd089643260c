package postgres

import (
	"context"
	_ "embed" // the queries
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/chaperone-privacy/chaperone/backend/store"
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
	var owner []byte
	err := v.s.pool.QueryRow(ctx, vaultGet, key[:], int64(have)).
		Scan(&owner, &row.Revision, &row.SavedDay, &row.Deleted, &row.Blob)
	if err != nil {
		return vaultsync.Row{}, answer(ctx, "get vault", err)
	}
	copy(row.PublicKey[:], owner)
	return row, nil
}

// Put implements [vaultsync.Store]. Each statement is its own transaction: PostgreSQL makes
// concurrent writers of one row wait for each other and look again.
func (v *Vaults) Put(ctx context.Context, w vaultsync.Write) error {
	// The row in the way of a first write can be purged before it is looked at; then the write is
	// tried again, once.
	for range 2 {
		query, args := vaultUpdate, []any{w.Key[:], w.PublicKey[:], w.Day, w.Blob, int64(w.Base)}
		if w.Base == 0 {
			query, args = vaultInsert, args[:4]
		}
		tag, err := v.s.pool.Exec(ctx, query, args...)
		if err != nil || tag.RowsAffected() == 1 {
			return answer(ctx, "put vault", err)
		}
		row, same, err := v.standing(ctx, w.Key, w.Blob)
		switch {
		case err == nil:
			return row.Refusal(w, same)
		case w.Base == 0 && errors.Is(err, pgx.ErrNoRows):
			continue
		default:
			return answer(ctx, "put vault", err)
		}
	}
	return store.ErrBusy
}

// Delete implements [vaultsync.Store].
func (v *Vaults) Delete(ctx context.Context, key vaultsync.Key, owner vaultsync.PublicKey, day int64) error {
	tag, err := v.s.pool.Exec(ctx, vaultDelete, key[:], owner[:], day)
	if err != nil || tag.RowsAffected() == 1 {
		return answer(ctx, "delete vault", err)
	}
	row, _, err := v.standing(ctx, key, nil)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil // its mark was purged in the meantime
	case err == nil && row.PublicKey != owner:
		return vaultsync.ErrProof
	default:
		return answer(ctx, "delete vault", err)
	}
}

// Purge implements [vaultsync.Store].
func (v *Vaults) Purge(ctx context.Context, before int64) (int, error) {
	tag, err := v.s.pool.Exec(ctx, vaultPurge, before)
	if err != nil {
		return 0, answer(ctx, "purge vaults", err)
	}
	return int(tag.RowsAffected()), nil
}

// standing reads what stands in a write's way.
func (v *Vaults) standing(ctx context.Context, key vaultsync.Key, blob []byte) (row vaultsync.Row, same bool, err error) {
	var owner []byte
	err = v.s.pool.QueryRow(ctx, vaultStanding, key[:], blob).
		Scan(&owner, &row.Revision, &row.Deleted, &same)
	copy(row.PublicKey[:], owner)
	return row, same, err
}

// answer says in the service's words that there is no row.
func answer(ctx context.Context, what string, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return vaultsync.ErrNotFound
	}
	return normalise(ctx, what, err)
}
