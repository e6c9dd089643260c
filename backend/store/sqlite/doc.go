// Package sqlite keeps the server's data in one SQLite file, the engine for one machine.
//
// It promises that what it acknowledged survives a crash of the process and of the machine
// (write-ahead log, synchronous=FULL); that one process at a time holds a data directory, by an
// operating system lock that dies with the process; that a database of a newer release is refused
// untouched; and that a deleted blob is overwritten in the file (secure_delete), though copies
// may remain in the write-ahead log until it is reused, and in backups.
//
// The directory is made with mode 0700 and holds chaperone.db, its -wal and -shm files, and lock.
//
// Errors wrap exactly one sentinel of package store (or a sentinel of the service that asked, or
// the context's error) and hold no path, row or query. It never keeps a second copy outside the
// directory.
//
// Why this driver and this migrator: docs/design/0005-stores.md.
package sqlite
