package sqlite

import (
	"context"
	"errors"
	"sync"

	"zombiezen.com/go/sqlite"
)

// readers lends out reading connections. They are opened when they are first needed, for opening
// all of them would be a good part of the server's start. The one used last is lent first, for its
// cache is warm.
type readers struct {
	path  string
	slots chan struct{} // holds one token for each connection that is lent out

	mu   sync.Mutex
	idle []*sqlite.Conn // under mu
}

func newReaders(path string, most int) *readers {
	return &readers{path: path, slots: make(chan struct{}, most)}
}

// take returns a connection. The caller gives it back.
func (r *readers) take(ctx context.Context, closed <-chan struct{}) (*sqlite.Conn, error) {
	select {
	case <-closed:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	case r.slots <- struct{}{}:
	}
	conn := r.pop()
	if conn == nil {
		var err error
		if conn, err = r.open(); err != nil {
			<-r.slots
			return nil, err
		}
	}
	return conn, nil
}

func (r *readers) pop() *sqlite.Conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.idle) == 0 {
		return nil
	}
	conn := r.idle[len(r.idle)-1]
	r.idle = r.idle[:len(r.idle)-1]
	return conn
}

func (r *readers) open() (*sqlite.Conn, error) {
	conn, err := sqlite.OpenConn(r.path, sqlite.OpenReadWrite) // a reader maintains the log's index too
	if err != nil {
		return nil, err
	}
	if err := pragmas(conn, "query_only = ON"); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

func (r *readers) give(conn *sqlite.Conn) {
	r.mu.Lock()
	r.idle = append(r.idle, conn)
	r.mu.Unlock()
	<-r.slots
}

// close waits until all connections are given back, and closes them. Nothing is lent afterwards.
func (r *readers) close() error {
	for range cap(r.slots) {
		r.slots <- struct{}{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, conn := range r.idle {
		errs = append(errs, conn.Close())
	}
	r.idle = nil
	return errors.Join(errs...)
}
