package server

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// The backup that docs/operating.md describes: taken from a running server, started elsewhere.
func TestABackupOfARunningServerStarts(t *testing.T) {
	t.Parallel()
	cfg := Config{Data: t.TempDir(), Origin: "a.example.com"}
	r := start(t, cfg)
	h, blob := newHolder(t), bytes.Repeat([]byte{9}, 64<<10)
	if _, err := r.clients(t, true).vaults.Put(t.Context(), h.put(0, blob)); err != nil {
		t.Fatal(err)
	}
	restored := t.TempDir()
	conn, err := sqlite.OpenConn(filepath.Join(cfg.Data, "chaperone.db"), sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	if err := sqlitex.ExecuteTransient(conn, "VACUUM INTO '"+filepath.Join(restored, "chaperone.db")+"'", nil); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	origin, err := os.ReadFile(filepath.Join(cfg.Data, "origin"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(restored, "origin"), origin, 0o600); err != nil {
		t.Fatal(err)
	}
	second := start(t, Config{Data: restored})
	if second.Origin() != "a.example.com" {
		t.Errorf("got origin %s, want that of the backup", second.Origin())
	}
	got, err := second.clients(t, true).vaults.Get(t.Context(), h.get(0))
	if err != nil || !bytes.Equal(got.GetBlob(), blob) {
		t.Errorf("got %d bytes (%v), want what was backed up", len(got.GetBlob()), err)
	}
}
