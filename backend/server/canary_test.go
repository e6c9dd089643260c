package server

import (
	"bytes"
	"encoding/hex"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"github.com/jackc/pgx/v5"

	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
)

// What patients send is found nowhere: not in the log (at debug), not in metrics, and of a plan
// nothing in the data either. Of a vault the data holds the sealed bytes and a hash of its id.
func TestCanariesAreFoundNowhere(t *testing.T) {
	t.Parallel()
	for _, engine := range engines[1:] {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			db := engine.db(t)
			cfg := Config{Data: t.TempDir(), DB: db, Reflection: true}
			r := start(t, cfg)
			h := newHolder(t)
			copy(h.id[:], "canary-vault-id-canary-vault-id-")
			blob := bytes.Repeat([]byte("sealed-"), 16<<10)[:16<<10]
			for _, wire := range wires {
				plant(t, r, h, wire.h2, blob, wire.opts...)
			}
			_, metrics := fetch(t, httpClient(t, false), http.MethodGet, "http://"+r.MetricsAddr().String()+"/metrics", nil)
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}

			planted := map[string]string{
				"answer: app": "canaryapp", "answer: region": "qq", "bad region": "canary-region", "bad app": "CANARY APP",
				"vault id": string(h.id[:]), "vault id in hex": hex.EncodeToString(h.id[:]),
				"user agent": "canary-agent", "header": "canary-header", "query": "canary-query", "path": "canary-path",
			}
			alsoNotInText := map[string]string{"blob": "sealed-", "address": "127.0.0.1", "threatened": "threatened"}
			for what, text := range map[string]string{"log": r.logs.String(), "metrics": metrics} {
				if len(text) < 200 {
					t.Errorf("the %s has %d bytes: nothing was looked at", what, len(text))
				}
				for _, set := range []map[string]string{planted, alsoNotInText} {
					for name, canary := range set {
						if name == "answer: region" {
							continue // two letters; looked for where they would stand, below
						}
						if strings.Contains(strings.ToLower(text), strings.ToLower(canary)) {
							t.Errorf("the %s holds the %s (%q)", what, name, canary)
						}
					}
				}
				for _, shape := range []string{`"qq"`, "=qq", ":qq", " qq "} {
					if strings.Contains(text, shape) {
						t.Errorf("the %s holds the region (%q)", what, shape)
					}
				}
			}
			stored := everything(t, cfg.Data, db)
			if !bytes.Contains(stored, []byte("sealed-sealed-")) && !bytes.Contains(stored, []byte(hex.EncodeToString([]byte("sealed-sealed-")))) {
				t.Error("the data does not hold the sealed blob: nothing was looked at")
			}
			for name, canary := range planted {
				if name == "answer: region" {
					continue
				}
				if bytes.Contains(stored, []byte(canary)) || bytes.Contains(stored, []byte(hex.EncodeToString([]byte(canary)))) {
					t.Errorf("the data holds the %s (%q)", name, canary)
				}
			}
		})
	}
}

// plant sends canaries by every way in.
func plant(t *testing.T, r *running, h *holder, h2 bool, blob []byte, opts ...connecthttp.Option) {
	t.Helper()
	c := r.clients(t, h2, opts...)
	ctx, info := connect.NewClientContext(t.Context())
	info.RequestHeader().Set("X-Canary", "canary-header")
	info.RequestHeader().Set("User-Agent", "canary-agent")
	if _, err := c.checklists.Plan(ctx, &chaperonev1.PlanRequest{
		Stage: chaperonev1.Stage_STAGE_THREATENED, Region: "qq", Uses: []string{"canaryapp"},
		Exposed: []chaperonev1.Exposure{chaperonev1.Exposure_EXPOSURE_PHOTO_INTIMATE},
	}); err != nil {
		t.Errorf("plan: %v", err)
	}
	_, err := c.checklists.Plan(ctx, &chaperonev1.PlanRequest{Region: "canary-region", Uses: []string{"CANARY APP"}})
	wantCode(t, "plan with bad answers", err, connect.CodeInvalidArgument)
	got, err := c.vaults.Get(ctx, h.get(0))
	base := got.GetRevision()
	if err != nil && connect.CodeOf(err) != connect.CodeNotFound {
		t.Errorf("get: %v", err)
	}
	blob[len(blob)-1]++
	if _, err := c.vaults.Put(ctx, h.put(base, blob)); err != nil {
		t.Errorf("put: %v", err)
	}
	wrong := h.put(0, blob)
	wrong.Proof.Signature[3] ^= 1
	_, err = c.vaults.Put(ctx, wrong)
	wantCode(t, "forged put", err, connect.CodePermissionDenied)
	fetch(t, httpClient(t, h2), http.MethodGet, r.url+"/canary-path?canary-query=1", nil, "User-Agent", "canary-agent")
	fetch(t, httpClient(t, h2), http.MethodPost, r.url+"/chaperone.v1.VaultService/canary-path", strings.NewReader("canary-header"), "Content-Type", "application/canary-header")
}

// everything returns all bytes of the data directory, and of a PostgreSQL database every row of
// every table as text.
func everything(t *testing.T, dir, db string) []byte {
	t.Helper()
	var all bytes.Buffer
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all.WriteString(d.Name())
		all.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if db == "" {
		return all.Bytes()
	}
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, `SELECT table_schema||'.'||table_name FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog','information_schema')`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 2 {
		t.Fatalf("got tables %v (%v), want more", tables, err)
	}
	for _, table := range tables {
		rows, err := conn.Query(ctx, "SELECT t::text FROM "+table+" t")
		if err != nil {
			t.Fatal(err)
		}
		texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(table + strings.Join(texts, "\n"))
	}
	return all.Bytes()
}
