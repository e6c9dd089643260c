// Package postgres keeps the server's data in PostgreSQL (13 or newer), the engine for when one
// machine is not enough. Several servers may share one database.
//
// It promises that what it acknowledged was committed with synchronous_commit, that of several
// servers that start at once one migrates while the others wait, and that a database of a newer
// release is refused untouched. It warns in the log when the database server runs without fsync,
// for then nothing survives a power cut.
//
// Errors wrap exactly one sentinel of package store (or a sentinel of the service that asked, or
// the context's error) and hold no address, user, row or query. It never creates databases or
// roles. A deleted blob stays in the database's files until PostgreSQL vacuums it away.
package postgres
