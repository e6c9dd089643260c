package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"zombiezen.com/go/sqlite"

	"github.com/chaperone-privacy/chaperone/backend/store"
)

// errClosed is what calls after Close get.
var errClosed = errors.New("closed")

// normalise turns an error of the driver or the file system into a sentinel of package store. The
// driver's own text is dropped, for it may hold paths and values; its code is kept. what is a
// noun phrase.
func normalise(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil && (errors.Is(err, ctx.Err()) || sqlite.ErrCode(err) == sqlite.ResultInterrupt) {
		return fmt.Errorf("%s: %w", what, ctx.Err())
	}
	for _, known := range []struct{ from, to error }{
		{errClosed, store.ErrClosed},
		{store.ErrInUse, store.ErrInUse},
		{store.ErrDamaged, store.ErrDamaged},
		{store.ErrNewerSchema, store.ErrNewerSchema},
		{syscall.ENOSPC, store.ErrDiskFull},
		{syscall.EDQUOT, store.ErrDiskFull},
		{syscall.EROFS, store.ErrReadOnly},
		{syscall.ENOTDIR, store.ErrPermission},
		{syscall.EISDIR, store.ErrPermission},
		{fs.ErrPermission, store.ErrPermission},
	} {
		if errors.Is(err, known.from) {
			return fmt.Errorf("%s: %w", what, known.to)
		}
	}
	code := sqlite.ErrCode(err)
	return fmt.Errorf("%s: %w (%v)", what, sentinel(code), code)
}

func sentinel(code sqlite.ResultCode) error {
	switch code {
	case sqlite.ResultIOErrSHMSize:
		return store.ErrDiskFull // the index of the write-ahead log could not grow
	case sqlite.ResultIOErrShortRead:
		return store.ErrDamaged
	}
	switch code.ToPrimary() {
	case sqlite.ResultFull:
		return store.ErrDiskFull
	case sqlite.ResultReadOnly:
		return store.ErrReadOnly
	case sqlite.ResultPerm, sqlite.ResultCantOpen, sqlite.ResultAuth:
		return store.ErrPermission
	case sqlite.ResultCorrupt, sqlite.ResultNotADB, sqlite.ResultFormat:
		return store.ErrDamaged
	case sqlite.ResultBusy, sqlite.ResultLocked, sqlite.ResultProtocol, sqlite.ResultNoMem:
		return store.ErrBusy
	default:
		return store.ErrFailed
	}
}
