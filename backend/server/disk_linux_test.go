package server

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"connectrpc.com/connect/v2"
)

// A disk that fills up while patients save: what was acknowledged stays, what was not is said to
// be unavailable, and saving works again as soon as there is room.
func TestADiskThatFillsUpLosesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,size=6m"); err != nil {
		t.Fatalf("mount a small file system: %v (the tests of a full disk run as root)", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	// Half of it, so that there is room for the log and its copy once it is gone.
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 3<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := Config{Data: filepath.Join(dir, "data")}
	r := start(t, cfg)
	c := r.clients(t, true)

	var saved []*holder
	var refused *holder
	blob := func(i int) []byte { return bytes.Repeat([]byte{byte(i + 1)}, 64<<10) }
	for i := 0; refused == nil; i++ {
		if i == 200 {
			t.Fatal("200 blobs of 64 KiB went onto a disk of 6 MiB")
		}
		h := newHolder(t)
		switch _, err := c.vaults.Put(t.Context(), h.put(0, blob(i))); {
		case err == nil:
			saved = append(saved, h)
		default:
			wantCode(t, "put on a full disk", err, connect.CodeUnavailable)
			refused = h
		}
	}
	if len(saved) < 5 {
		t.Fatalf("got %d saved before the disk was full, want some", len(saved))
	}
	check := func(when string) {
		t.Helper()
		for i, h := range saved {
			got, err := c.vaults.Get(t.Context(), h.get(0))
			if err != nil || !bytes.Equal(got.GetBlob(), blob(i)) {
				t.Errorf("%s: vault %d: got %d bytes (%v), want what was acknowledged", when, i, len(got.GetBlob()), err)
			}
		}
	}
	check("while the disk is full")
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if _, err := c.vaults.Put(t.Context(), refused.put(0, blob(len(saved)))); err != nil {
		t.Errorf("put when there is room again: %v", err)
	}
	saved = append(saved, refused)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	c = start(t, cfg).clients(t, true)
	check("after a restart")
}
