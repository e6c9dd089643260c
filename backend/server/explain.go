package server

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"syscall"

	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/backend/store"
)

// Trouble is an error in words for whoever runs the server.
type Trouble struct {
	What  string // one sentence, without a full stop
	Hint  string // what to do; may be empty
	Usage bool   // a flag or a setting is wrong, nothing is broken
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Explain puts an error of New or Run into words. data is the data directory. It never repeats
// the database's URL, which may hold a password.
func Explain(err error, data string) Trouble {
	if errors.Is(err, ErrConfig) {
		return Trouble{What: err.Error(), Hint: "run 'chaperoned help serve' for the settings", Usage: true}
	}
	if origin, ok := errors.AsType[*originError](err); ok {
		return Trouble{
			What: fmt.Sprintf("the data in %s belongs to the origin %s, not to %s", data, origin.kept, origin.given),
			Hint: "an origin never changes: leave out --origin, or start with an empty directory by --data DIR",
		}
	}
	if file, ok := errors.AsType[*keyFileError](err); ok {
		return explainKeyFile(file, data)
	}
	if l, ok := errors.AsType[*listenError](err); ok {
		return explainListen(l)
	}
	if errors.Is(err, store.ErrAddress) {
		return Trouble{
			What: "--db is not a URL that PostgreSQL understands", Usage: true,
			Hint: "write postgres://USER@HOST:PORT/DATABASE, and the password in CHAPERONE_DB or a .pgpass file",
		}
	}
	if errors.Is(err, errCertificate) {
		return Trouble{
			What: "the TLS certificate or its key cannot be used: " + lastOf(err),
			Hint: "--tls-cert and --tls-key name a PEM certificate chain and the private key that belongs to it",
		}
	}
	if errors.Is(err, ErrPolicy) {
		return Trouble{
			What:  err.Error(),
			Hint:  "--policy names a C2SP tlog-policy with an address for each witness; its log lines are those of 'chaperoned policy'",
			Usage: true,
		}
	}
	for _, known := range troubles {
		if errors.Is(err, known.err) {
			return Trouble{What: fmt.Sprintf(known.what, data), Hint: known.hint}
		}
	}
	return Trouble{What: err.Error()}
}

// troubles is looked through in order: an engine's own name for its trouble comes first.
var troubles = []struct {
	err        error
	what, hint string // what holds one %s for the data directory, or %.0s for none
}{
	{ErrIntact, "nothing is wrong with this log in %s, as far as its witnesses answer; nothing was changed", "start the server and see what it says; a log whose key was stolen is replaced with --intact"},
	{store.ErrInUse, "the data in %s is already open in another chaperoned", "stop the other one, or choose another directory by --data DIR"},
	{store.ErrNewerSchema, "the data in %s was written by a newer release of chaperoned", "install that release again, or restore a backup from before it"},
	{store.ErrDamaged, "the data in %s is damaged or is not chaperoned's", "nothing was changed; move the directory aside and restore a backup (docs/operating.md)"},
	{store.ErrDiskFull, "the disk that holds %s is full", "make room and start again; nothing that was acknowledged is lost"},
	{store.ErrReadOnly, "the data in %s cannot be written: the file system or the database is read-only", "mount it writable, or choose another directory by --data DIR"},
	{store.ErrPermission, "this user may not open the data in %s", "give the directory to the user that runs chaperoned (mode 0700); for PostgreSQL check the role and its password"},
	{store.ErrNoDatabase, "the database that --db names does not exist%.0s", "create it (createdb NAME), or correct --db"},
	{store.ErrUnreachable, "the database server does not answer%.0s", "check that PostgreSQL runs and that --db or CHAPERONE_DB names it"},
	{store.ErrBusy, "the database is busy or is shutting down%.0s", "try again in a moment"},
	{ErrOrigin, "the file origin in %s is damaged", "restore it from a backup; the origin is part of everything this server has signed"},
	{logwriter.ErrDamaged, "a key file in %s is damaged", "restore it from a backup; a new key would be a new log, which nobody trusts"},
	{syscall.ENOSPC, "the disk that holds %s is full", "make room and start again; nothing that was acknowledged is lost"},
	{syscall.EDQUOT, "the disk quota for %s is used up", "make room and start again; nothing that was acknowledged is lost"},
	{syscall.EROFS, "the file system that holds %s is read-only", "mount it writable, or choose another directory by --data DIR"},
	{syscall.ENOTDIR, "%s is not a directory", "choose another directory by --data DIR"},
	{fs.ErrPermission, "this user may not open the data in %s", "give the directory to the user that runs chaperoned (mode 0700), or choose another by --data DIR"},
	{store.ErrFailed, "the database failed%.0s", "run again with --log-level debug, and see docs/operating.md"},
}

func explainKeyFile(e *keyFileError, data string) Trouble {
	if e.missing {
		return Trouble{
			What: fmt.Sprintf("a log was replaced, and its new key, the file %s, is not in %s", e.file, data),
			Hint: "copy it from the machine on which the log was replaced, or from a backup; another key would be another log",
		}
	}
	return Trouble{
		What: fmt.Sprintf("%s has the key of a log, the file %s, that the database does not know", data, e.file),
		Hint: "if 'chaperoned log replace' was interrupted, run it again; otherwise the database is older than the directory: restore a newer backup",
	}
}

func explainListen(l *listenError) Trouble {
	switch {
	case errors.Is(l.err, syscall.EADDRINUSE):
		return Trouble{
			What: fmt.Sprintf("the address %s is already in use", l.addr),
			Hint: fmt.Sprintf("stop the program that uses it, or choose another by %s ADDR", l.flag),
		}
	case errors.Is(l.err, fs.ErrPermission):
		return Trouble{
			What: fmt.Sprintf("this user may not listen on %s", l.addr),
			Hint: fmt.Sprintf("ports below 1024 need a privilege; choose a higher one by %s ADDR", l.flag),
		}
	case errors.Is(l.err, syscall.EADDRNOTAVAIL):
		return Trouble{
			What: fmt.Sprintf("this machine does not have the address %s", l.addr),
			Hint: fmt.Sprintf("choose one that it has by %s ADDR", l.flag),
		}
	}
	return Trouble{
		What:  fmt.Sprintf("%s is not an address to listen on", l.addr),
		Hint:  fmt.Sprintf("%s takes HOST:PORT, such as 127.0.0.1:8440", l.flag),
		Usage: true,
	}
}

// lastOf returns the text of the innermost error.
func lastOf(err error) string {
	for {
		switch u := err.(type) { //nolint:errorlint // walks the chain itself
		case interface{ Unwrap() error }:
			if u.Unwrap() == nil {
				return err.Error()
			}
			err = u.Unwrap()
		case interface{ Unwrap() []error }:
			errs := u.Unwrap()
			err = errs[len(errs)-1]
		default:
			return err.Error()
		}
	}
}
