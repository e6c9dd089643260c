// Package pgtest starts a throwaway PostgreSQL, for tests and for the bench.
//
// It promises that a test never skips for want of a database: it finds PostgreSQL's programs on
// the PATH, by pg_config or where Debian puts them, installs Debian's package when there are none,
// and fails with the reason when it cannot. A server listens on a free port of 127.0.0.1 and on a
// Unix socket, asks for a random password, and commits to the disk (fsync) unless told otherwise.
// It stops, and its files go, when its process ends in any way: a small shell waits on a pipe that
// only this process holds.
//
// PostgreSQL refuses to run as root; under root it runs as the user postgres or nobody.
//
// It never touches a server it has not started. Linux only; not for production.
package pgtest
