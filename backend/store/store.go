// Package store names the ways in which any storage engine of the server can fail, so that a
// program can print one clear sentence without knowing the engine. The engines lie in the
// packages below it: memory, sqlite and postgres.
//
// Its texts never hold a row, a query, a password or an address. It never talks to an engine.
package store

import "errors"

// What can be wrong with an engine. An engine's error wraps exactly one of them; the texts are
// whole, safe sentences without a full stop.
var (
	// ErrDiskFull: there is no room left, or a quota is used up. Nothing acknowledged is lost.
	ErrDiskFull = errors.New("the disk that holds the data is full")
	// ErrReadOnly: the disk, the file or the database refuses writes.
	ErrReadOnly = errors.New("the data is read-only")
	// ErrPermission: the directory or file may not be read or written by this user, or the
	// database server refuses this user.
	ErrPermission = errors.New("the data may not be opened by this user")
	// ErrInUse: another process holds the data directory.
	ErrInUse = errors.New("the data is already open in another process")
	// ErrDamaged: the file is not a database of this program, or parts of it are unreadable.
	ErrDamaged = errors.New("the data is damaged or is not a chaperone database")
	// ErrNewerSchema: a newer release of the program has already migrated the data.
	ErrNewerSchema = errors.New("the data was written by a newer release")
	// ErrAddress: the address of the database server cannot be understood.
	ErrAddress = errors.New("the database address is not valid")
	// ErrNoDatabase: the database server has no database of that name.
	ErrNoDatabase = errors.New("the database does not exist on the database server")
	// ErrUnreachable: the database server does not answer.
	ErrUnreachable = errors.New("the database server cannot be reached")
	// ErrBusy: the engine is overloaded or is shutting down; trying again later may help.
	ErrBusy = errors.New("the database is busy")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("the store is closed")
	// ErrFailed: the engine failed in a way that has no other name here.
	ErrFailed = errors.New("the database failed")
)
