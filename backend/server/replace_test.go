package server

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"github.com/jackc/pgx/v5"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/keylog/keylogtest"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// damage changes the data behind the server's back.
func damage(t *testing.T, cfg Config, query string) {
	t.Helper()
	if cfg.DB == "" {
		conn, err := sqlite.OpenConn(filepath.Join(cfg.Data, "chaperone.db"), sqlite.OpenReadWrite)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(sqlitex.ExecuteTransient(conn, query, nil), conn.Close()); err != nil {
			t.Fatal(err)
		}
		return
	}
	conn, err := pgx.Connect(t.Context(), cfg.DB)
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Exec(t.Context(), query)
	if err = errors.Join(err, conn.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
}

func logNotes(t *testing.T, client contactClient, notes ...[]byte) {
	t.Helper()
	for i, note := range notes {
		if _, err := client.AppendNote(t.Context(), &chaperonev1.AppendNoteRequest{Note: note}); err != nil {
			t.Fatalf("note %d: %v", i, err)
		}
	}
}

// wantStopped waits until a log is stopped for a reason.
func wantStopped(t *testing.T, s *logwriter.Signer, want error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.Wait(ctx, 1<<40); !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

// A damaged msgs log is refused and replaced. Old proofs stay where they were and verify; what lost
// its place is published again, once; what is new goes to the new log.
func TestReplaceMsgs(t *testing.T) {
	t.Parallel()
	for _, engine := range engines[1:] {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			cfg := Config{Data: t.TempDir(), DB: engine.db(t), every: time.Millisecond}
			clinic := keylogtest.New(t, "a")
			admit(t, cfg.Data, clinic)
			r := start(t, cfg)
			client := contactOver(t, r, true)
			old := policyOf(t, client, clinic)
			logNotes(t, client, clinic.Profile(t, 1), clinic.Grant(t, "Front desk", time.Now().Add(-time.Hour)))
			for n := range 3 {
				p, err := client.Publish(t.Context(), publication(clinic, n))
				if err != nil {
					t.Fatal(err)
				}
				wantProven(t, old, p.GetProof(), publication(clinic, n).GetLeaf(), uint64(n), "localhost/msgs")
			}
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}
			if _, err := ReplaceLog(t.Context(), cfg, logwriter.Msgs, false); !errors.Is(err, ErrIntact) {
				t.Fatalf("replace a log that is in order: got %v, want ErrIntact", err)
			}

			damage(t, cfg, "UPDATE log_leaf SET leaf = (SELECT leaf FROM log_leaf WHERE log = 2 AND idx = 0) WHERE log = 2 AND idx = 2")
			lastHash := "substr(hashes, 1, 96) || substr(hashes, 1, 32)" // of three leaves
			if cfg.DB == "" {
				lastHash = "CAST(" + lastHash + " AS BLOB)"
			}
			damage(t, cfg, "UPDATE log_tile SET hashes = "+lastHash+" WHERE log = 2")
			r = start(t, cfg)
			client = contactOver(t, r, true)
			wantStopped(t, r.Server.logs.msgs, logwriter.ErrDifferent)
			_, err := client.Publish(t.Context(), publication(clinic, 3))
			wantCode(t, "publish on a damaged log", err, connect.CodeFailedPrecondition)
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}
			got, err := ReplaceLog(t.Context(), cfg, logwriter.Msgs, false)
			if err != nil || got.New != "localhost/2/msgs" || got.Why == "" || !strings.HasPrefix(got.Frozen, "log-frozen localhost/msgs 2 ") {
				t.Fatalf("replace: got %+v, %v", got, err)
			}
			if !strings.HasPrefix(got.Log, "log localhost/2/msgs+") {
				t.Errorf("log line: got %q", got.Log)
			}
			if _, err := ReplaceLog(t.Context(), cfg, logwriter.Msgs, false); !errors.Is(err, ErrIntact) {
				t.Errorf("replace the new log: got %v, want ErrIntact", err)
			}

			r = start(t, cfg)
			client = contactOver(t, r, true)
			now := policyOf(t, client, clinic)
			if now.NamesLog("localhost/msgs") || !now.NamesLog("localhost/2/msgs") || !now.NamesLog("localhost/keys") {
				t.Errorf("the first policy names %v", now.Logs)
			}
			wantHead(t, r, "/log/msgs/checkpoint", got.Frozen, old)
			wantFound(t, client, clinic, old, 0)
			wantFound(t, client, clinic, old, 1)
			lost := publication(clinic, 2)
			found, err := client.LookUp(t.Context(), &chaperonev1.LookUpRequest{Id: lost.GetId()})
			if err != nil || found.GetAnswer()[0] != 1 {
				t.Errorf("a message that lost its place: got %v, %v, want it without a proof", found.GetAnswer()[0], err)
			}
			p, err := client.Publish(t.Context(), lost)
			if err != nil {
				t.Fatalf("publish again: %v", err)
			}
			wantProven(t, now, p.GetProof(), lost.GetLeaf(), 0, "localhost/2/msgs")
			p, err = client.Publish(t.Context(), publication(clinic, 2))
			if err != nil || p.GetIndex() != 0 {
				t.Errorf("and once more: got index %d, %v, want 0", p.GetIndex(), err)
			}
			p, err = client.Publish(t.Context(), publication(clinic, 7))
			if err != nil || p.GetIndex() != 1 {
				t.Fatalf("publish: got index %d, %v, want 1", p.GetIndex(), err)
			}
			wantProven(t, now, p.GetProof(), publication(clinic, 7).GetLeaf(), 1, "localhost/2/msgs")
		})
	}
}

// wantHead compares the checkpoint that is served with a log-frozen line.
func wantHead(t *testing.T, r *running, path, line string, policy *translog.Policy) {
	t.Helper()
	res, raw := fetch(t, httpClient(t, false), http.MethodGet, r.url+path, nil)
	cp, err := translog.ParseCheckpoint([]byte(raw))
	if err != nil {
		t.Fatalf("%s: status %d, %v", path, res.StatusCode, err)
	}
	if _, err := policy.Check(cp); err != nil {
		t.Errorf("%s: %v", path, err)
	}
	if got := fmt.Sprintf("log-frozen %s %d %s", cp.Origin, cp.Size, base64.StdEncoding.EncodeToString(cp.Root[:])); got != line {
		t.Errorf("%s: got %q, want %q", path, got, line)
	}
}

// A server on an old backup, with independent witnesses, is replaced under another policy: all that
// the backup holds stays proven, and the world sees no second history.
func TestReplaceAfterAnOldBackup(t *testing.T) {
	t.Parallel()
	data, backup := t.TempDir(), t.TempDir()
	policyFile, _ := outside(t, data)
	clinic := keylogtest.New(t, "a")
	admit(t, data, clinic)
	cfg := Config{Data: data, Policy: policyFile, every: time.Millisecond}
	r := start(t, cfg)
	client := contactOver(t, r, true)
	old := policyOf(t, client, clinic)
	logNotes(t, client, clinic.Profile(t, 1), clinic.Grant(t, "Front desk", time.Now().Add(-time.Hour)))
	if _, err := client.Publish(t.Context(), publication(clinic, 0)); err != nil {
		t.Fatal(err)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(backup, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	r = start(t, cfg)
	client = contactOver(t, r, true)
	if p, err := client.Publish(t.Context(), publication(clinic, 1)); err != nil || len(p.GetProof()) == 0 {
		t.Fatalf("publish: %v", err)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}

	cfg.Data = backup
	if _, err := ReplaceLog(t.Context(), cfg, logwriter.Keys, false); !errors.Is(err, ErrIntact) {
		t.Errorf("replace the keys log: got %v, want ErrIntact: nothing is missing there", err)
	}
	got, err := ReplaceLog(t.Context(), cfg, logwriter.Msgs, false)
	if err != nil || !strings.HasPrefix(got.Why, logwriter.ErrBehind.Error()) {
		t.Fatalf("replace: got %+v, %v, want that it is behind", got, err)
	}
	_, err = New(t.Context(), Config{Data: backup, Policy: policyFile, Listen: "127.0.0.1:0", Metrics: Off})
	if !errors.Is(err, ErrPolicy) {
		t.Errorf("start with the old policy: got %v, want ErrPolicy", err)
	}
	cfg.Policy, _ = outside(t, backup)
	r = start(t, cfg)
	client = contactOver(t, r, true)
	now := policyOf(t, client, clinic)
	wantFound(t, client, clinic, old, 0)
	wantHead(t, r, "/log/msgs/checkpoint", got.Frozen, old)
	p, err := client.Publish(t.Context(), publication(clinic, 1)) // which the backup does not know
	if err != nil {
		t.Fatalf("publish again: %v", err)
	}
	wantProven(t, now, p.GetProof(), publication(clinic, 1).GetLeaf(), 0, "localhost/2/msgs")
	again, err := client.Publish(t.Context(), publication(clinic, 0))
	if err != nil {
		t.Fatal(err)
	}
	wantProven(t, old, again.GetProof(), publication(clinic, 0).GetLeaf(), 0, "localhost/msgs")
	res, _ := fetch(t, httpClient(t, false), http.MethodGet, r.url+"/log/2/msgs/checkpoint", nil)
	if res.StatusCode != http.StatusOK {
		t.Errorf("the new log's checkpoint: got status %d", res.StatusCode)
	}
}

// A keys log that is replaced begins empty; clinics log their notes again as they are. What was
// revoked in the old one is not given back, by nobody.
func TestReplaceKeys(t *testing.T) {
	t.Parallel()
	cfg := Config{Data: t.TempDir(), every: time.Millisecond}
	a, b := keylogtest.New(t, "a"), keylogtest.New(t, "b")
	admit(t, cfg.Data, a)
	admit(t, cfg.Data, b)
	r := start(t, cfg)
	client := contactOver(t, r, true)
	from := time.Now().Add(-time.Hour)
	first := a.Profile(t, 1)
	notes := [][]byte{first, a.Grant(t, "Front desk", from), b.Profile(t, 1), b.Grant(t, "Front desk", from)}
	logNotes(t, client, notes...)
	stolen := a.SignRoots(contact.Revoke{Clinic: a.ID, Key: a.Key(t, keylogtest.Desk), Reason: contact.Compromised}.Marshal())
	rotate := b.Rotate(t, 1, keylogtest.New(t, "c"))
	second := *b
	logNotes(t, client, stolen, rotate, b.Rotate(t, 2, keylogtest.New(t, "d")))
	_, err := client.Publish(t.Context(), publication(a, 1))
	wantCode(t, "publish with a stolen key", err, connect.CodePermissionDenied)
	if err == nil || !strings.Contains(err.Error(), "was revoked by its clinic") {
		t.Errorf("got %v, want that the key was revoked", err)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}

	if _, err := ReplaceLog(t.Context(), cfg, logwriter.Keys, true); err != nil { // as when its key was stolen
		t.Fatal(err)
	}
	r = start(t, cfg)
	client = contactOver(t, r, true)
	_, err = client.Publish(t.Context(), publication(a, 1))
	wantCode(t, "publish with a stolen key, after the replacement", err, connect.CodePermissionDenied)
	if _, err := client.Publish(t.Context(), publication(b, 2)); err != nil {
		t.Errorf("publish with a good key: %v", err)
	}
	policies, logged := pageOf(t, client, a)
	if logged != 0 || policies != 2 {
		t.Errorf("got %d notes and %d policies, want none and two", logged, policies)
	}
	for i, note := range append(notes, rotate) { // all but the revocation, as a thief would
		n, err := client.AppendNote(t.Context(), &chaperonev1.AppendNoteRequest{Note: note})
		if err != nil || n.GetIndex() != uint64(i) {
			t.Fatalf("log note %d again: got %d, %v", i, n.GetIndex(), err)
		}
		wantProven(t, policyOf(t, client, a), n.GetProof(), note, uint64(i), "localhost/2/keys")
	}
	_, err = client.Publish(t.Context(), publication(a, 1))
	wantCode(t, "publish with a stolen key, granted again", err, connect.CodePermissionDenied)
	if _, logged := pageOf(t, client, a); logged != 2 {
		t.Errorf("got %d notes, want 2", logged)
	}
	_, err = client.AppendNote(t.Context(), &chaperonev1.AppendNoteRequest{Note: second.Profile(t, 2)})
	wantCode(t, "a profile of a root set whose rotation alone was logged again", err, connect.CodePermissionDenied)
	logNotes(t, client, stolen, b.Profile(t, 2))
	_, err = client.AppendNote(t.Context(), &chaperonev1.AppendNoteRequest{Note: keylogtest.New(t, "b").Profile(t, 3)})
	wantCode(t, "a profile of the root set that was rotated away", err, connect.CodePermissionDenied)
}

// pageOf counts policies and notes of a clinic's first page.
func pageOf(t *testing.T, client contactClient, c *keylogtest.Clinic) (policies, notes int) {
	t.Helper()
	page, err := client.GetClinic(t.Context(), &chaperonev1.GetClinicRequest{ClinicId: c.ID[:]})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sectionsOf(page.GetPage()) {
		switch s.kind {
		case keylog.SectionPolicy:
			policies++
		case keylog.SectionNote:
			notes++
		}
	}
	return policies, notes
}

// The directory and the database must be of one mind about which logs are in use.
func TestKeyFilesFit(t *testing.T) {
	t.Parallel()
	cfg := Config{Data: t.TempDir(), Listen: "127.0.0.1:0", Metrics: Off}
	s, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := logwriter.LoadKey(filepath.Join(cfg.Data, "msgs-log-key-2"), strings.NewReader(strings.Repeat("x", 32))); err != nil {
		t.Fatal(err)
	}
	refused := func(what, hint string) {
		t.Helper()
		_, err := New(t.Context(), cfg)
		if !errors.Is(err, ErrKeyFile) {
			t.Fatalf("%s: got %v, want ErrKeyFile", what, err)
		}
		if trouble := Explain(err, cfg.Data); !strings.Contains(trouble.Hint, hint) || !strings.Contains(trouble.What, "msgs-log-key-2") {
			t.Errorf("%s: got %+v", what, trouble)
		}
	}
	refused("interrupted", "run it again")
	if _, err := ReplaceLog(t.Context(), cfg, logwriter.Msgs, true); err != nil {
		t.Fatalf("run it again: %v", err)
	}
	if s, err = New(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(cfg.Data, "msgs-log-key-2")); err != nil {
		t.Fatal(err)
	}
	refused("lost", "copy it")
	if _, err := ReplaceLog(t.Context(), cfg, logwriter.Msgs, true); !errors.Is(err, ErrKeyFile) {
		t.Errorf("replace without the key: got %v, want ErrKeyFile", err)
	}
}
