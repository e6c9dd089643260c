package limit

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"
)

func TestListenBoundsConnections(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		config ConnsConfig
		want   int // of 4 connections
	}{
		{"of one source", ConnsConfig{Total: 10, PerSource: 2}, 2},
		{"of all", ConnsConfig{Total: 3, PerSource: 10}, 3},
		{"of an exempt source", ConnsConfig{Total: 10, PerSource: 2, Exempt: netip.Addr.IsLoopback}, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inner, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			ln := Listen(inner, tt.config)
			accepted := make(chan net.Conn, 8)
			go func() {
				defer close(accepted)
				for {
					c, err := ln.Accept()
					if err != nil {
						return
					}
					accepted <- c
				}
			}()
			open := 0
			for range 4 {
				if stays(t, ln.Addr().String()) {
					open++
				}
			}
			if open != tt.want {
				t.Errorf("got %d of 4 connections open, want %d", open, tt.want)
			}
			// A place that is given back is free again.
			first := <-accepted
			if err := errors.Join(first.Close(), ignoreClosed(first.Close())); err != nil {
				t.Fatal(err)
			}
			if tt.want < 4 && !stays(t, ln.Addr().String()) {
				t.Error("refused although a connection was closed")
			}
			if err := ln.Close(); err != nil {
				t.Fatal(err)
			}
			for c := range accepted {
				_ = c.Close()
			}
		})
	}
}

// stays reports whether a new connection is still open after a moment.
func stays(t *testing.T, addr string) bool {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	_, err = c.Read(make([]byte, 1))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	if err == nil || (!errors.Is(err, io.EOF) && !isReset(err)) {
		t.Fatalf("got %v, want a closed connection", err)
	}
	return false
}

func isReset(err error) bool {
	_, ok := errors.AsType[*net.OpError](err)
	return ok
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
