package vaultsync

import (
	"errors"
	"fmt"
)

// The sentinels of this package. Their texts are safe to show: they hold nothing of a request.
var (
	// ErrNotFound: there is no such vault, or (Get) it belongs to another key.
	ErrNotFound = errors.New("vault not found")
	// ErrConflict: another device was faster. The error is a [*ConflictError].
	ErrConflict = errors.New("vault was changed by another device")
	// ErrDeleted: the vault was deleted, and its mark still stands.
	ErrDeleted = errors.New("vault was deleted")
	// ErrProof: the signature does not verify, or (Put, Delete) the vault belongs to another key.
	ErrProof = errors.New("vault proof is not valid")
	// ErrClock: the proof's time is more than five minutes from the server's.
	ErrClock = errors.New("vault proof is too old or from the future")
	// ErrSize: the blob is not exactly 16, 64 or 256 KiB.
	ErrSize = errors.New("vault blob has a wrong size")
	// ErrMalformed: an id, key, nonce or signature has a wrong length, or a revision is too high.
	ErrMalformed = errors.New("vault request is malformed")
	// ErrUnavailable: the store failed. Whether a write happened is not known; sending the same
	// request again is safe. The error wraps the store's own.
	ErrUnavailable = errors.New("vault store is unavailable")
)

// ConflictError is an [ErrConflict] that says where the vault stands.
type ConflictError struct {
	Current uint64 // revision the vault stands at
}

// Error implements error.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("%v: it stands at revision %d", ErrConflict, e.Current)
}

// Unwrap makes errors.Is(err, ErrConflict) hold.
func (e *ConflictError) Unwrap() error { return ErrConflict }
