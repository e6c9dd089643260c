package server

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/connect/v2/connectinprocess"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
)

// wires is every way in which a program can talk to the server.
var wires = []struct {
	name string
	h2   bool
	opts []connecthttp.Option
}{
	{"Connect over HTTP 1.1", false, nil},
	{"Connect over h2c", true, nil},
	{"Connect JSON over HTTP 1.1", false, []connecthttp.Option{connecthttp.WithProtoJSON()}},
	{"Connect gzip over h2c", true, []connecthttp.Option{connecthttp.WithSendGzip()}},
	{"Connect GET over HTTP 1.1", false, []connecthttp.Option{connecthttp.WithHTTPGet()}},
	{"gRPC over h2c", true, []connecthttp.Option{connecthttp.WithGRPC()}},
	{"gRPC JSON over h2c", true, []connecthttp.Option{connecthttp.WithGRPC(), connecthttp.WithProtoJSON()}},
	{"gRPC gzip over h2c", true, []connecthttp.Option{connecthttp.WithGRPC(), connecthttp.WithSendGzip()}},
	{"gRPC-Web over HTTP 1.1", false, []connecthttp.Option{connecthttp.WithGRPCWeb()}},
	{"gRPC-Web over h2c", true, []connecthttp.Option{connecthttp.WithGRPCWeb()}},
	{"gRPC-Web JSON over HTTP 1.1", false, []connecthttp.Option{connecthttp.WithGRPCWeb(), connecthttp.WithProtoJSON()}},
}

func TestEveryWireOnEveryEngine(t *testing.T) {
	t.Parallel()
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			r := start(t, Config{DB: engine.db(t)})
			for _, wire := range wires {
				t.Run(wire.name, func(t *testing.T) {
					walk(t, r.clients(t, wire.h2, wire.opts...))
				})
			}
			t.Run("inside the process", func(t *testing.T) {
				walk(t, clientsOver(connectinprocess.New(r.rpc)))
			})
		})
	}
}

// walk takes one patient through everything.
func walk(t *testing.T, c clients) {
	t.Helper()
	walkChecklist(t, c)
	walkVault(t, c)
}

func walkChecklist(t *testing.T, c clients) {
	t.Helper()
	pack, err := checklist.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.checklists.GetPack(t.Context(), &chaperonev1.GetPackRequest{})
	if err != nil {
		t.Fatalf("get pack: %v", err)
	}
	files := map[string][]byte{}
	for _, f := range got.GetFiles() {
		files[f.GetName()] = f.GetData()
	}
	if _, err := checklist.Load(files, got.GetSignature(), nil, pack.Expires().Add(-time.Hour)); err != nil {
		t.Errorf("the pack that was served does not verify: %v", err)
	}
	again, err := c.checklists.GetPack(t.Context(), &chaperonev1.GetPackRequest{HaveVersion: got.GetVersion()})
	if err != nil || len(again.GetFiles()) != 0 || again.GetVersion() != pack.Version() {
		t.Errorf("get pack again: got %d files of version %d (%v), want none of %d", len(again.GetFiles()), again.GetVersion(), err, pack.Version())
	}

	plan, err := c.checklists.Plan(t.Context(), &chaperonev1.PlanRequest{
		Stage: chaperonev1.Stage_STAGE_NOTIFIED, Region: "us", Locale: "es",
		Exposed: []chaperonev1.Exposure{chaperonev1.Exposure_EXPOSURE_LOGIN, chaperonev1.Exposure_EXPOSURE_SSN},
		Uses:    []string{"facebook"},
		Seed:    77,
	})
	if err != nil {
		t.Fatalf("plan: %v", err)
	}
	answers := checklist.Answers{
		Stage: checklist.Notified, Region: "us", Exposed: []checklist.Exposure{checklist.Login, checklist.SSN}, Uses: []string{"facebook"}, Seed: 77,
	}
	now := time.Now()
	want := pack.Plan(answers, nil, now)
	if len(want.Rows) == 0 || len(plan.GetRows()) != len(want.Rows) {
		t.Fatalf("plan: got %d rows, want %d and more than none", len(plan.GetRows()), len(want.Rows))
	}
	comesRound := false
	for i, row := range plan.GetRows() {
		w := want.Rows[i]
		if row.GetItemId() != w.Item.ID || row.GetTitle() != pack.Text("es").Title(w.Item.ID) ||
			row.GetWhy() == "" || row.GetLane() != string(w.Item.Lane) || int(row.GetMinutes()) != w.Minutes ||
			int(row.GetImpact()) != w.Item.Impact || len(row.GetPlatforms()) != len(w.Platforms) {
			t.Errorf("row %d: got %v, want %+v", i, row, w)
		}
		again := 0
		if due := pack.DueAgain(checklist.RowKey{Item: w.Item.ID}, answers, now); !due.IsZero() && len(w.Platforms) == 0 {
			again = int(due.Sub(now).Hours()/24 + 1)
		}
		if len(w.Platforms) == 0 && (int(row.GetAgainAfterDays()) > again || int(row.GetAgainAfterDays()) < again-1) {
			t.Errorf("%s: got again after %d days, want %d", w.Item.ID, row.GetAgainAfterDays(), again)
		}
		comesRound = comesRound || row.GetAgainAfterDays() > 0
	}
	if !comesRound {
		t.Error("got no row that comes round again, want some")
	}
	if int(plan.GetShowFirst()) != want.ShowFirst || plan.GetRegionKnown() != want.RegionKnown || plan.GetPackVersion() != pack.Version() {
		t.Errorf("plan: got %d shown, region known %v, version %d", plan.GetShowFirst(), plan.GetRegionKnown(), plan.GetPackVersion())
	}
	_, err = c.checklists.Plan(t.Context(), &chaperonev1.PlanRequest{Region: "not-a-region"})
	wantCode(t, "plan with a bad region", err, connect.CodeInvalidArgument)
	if err != nil && (!strings.Contains(err.Error(), "region") || strings.Contains(err.Error(), "not-a-region")) {
		t.Errorf("got %q, want the field's name and not its value", err)
	}
}

func walkVault(t *testing.T, c clients) {
	t.Helper()
	ctx := t.Context()
	h := newHolder(t)
	first, second := bytes.Repeat([]byte{1}, 16<<10), bytes.Repeat([]byte{2}, 256<<10)

	_, err := c.vaults.Get(ctx, h.get(0))
	wantCode(t, "get before put", err, connect.CodeNotFound)
	_, err = c.vaults.Put(ctx, h.put(5, first))
	wantCode(t, "put over nothing", err, connect.CodeNotFound)
	for range 2 { // the second is the same request sent again
		put, err := c.vaults.Put(ctx, h.put(0, first))
		if err != nil || put.GetRevision() != 1 {
			t.Fatalf("put: got revision %d (%v), want 1", put.GetRevision(), err)
		}
	}
	got, err := c.vaults.Get(ctx, h.get(0))
	if err != nil || got.GetRevision() != 1 || !bytes.Equal(got.GetBlob(), first) {
		t.Fatalf("get: got revision %d and %d bytes (%v), want 1 and what was put", got.GetRevision(), len(got.GetBlob()), err)
	}
	got, err = c.vaults.Get(ctx, h.get(1))
	if err != nil || got.GetRevision() != 1 || len(got.GetBlob()) != 0 {
		t.Errorf("get what is known: got revision %d and %d bytes (%v), want 1 and none", got.GetRevision(), len(got.GetBlob()), err)
	}
	if put, err := c.vaults.Put(ctx, h.put(1, second)); err != nil || put.GetRevision() != 2 {
		t.Fatalf("put 256 KiB: got revision %d (%v), want 2", put.GetRevision(), err)
	}
	_, err = c.vaults.Put(ctx, h.put(1, bytes.Repeat([]byte{3}, 16<<10)))
	wantCode(t, "put over another device's", err, connect.CodeAborted)

	stranger := *h
	stranger.seed[0] ^= 1
	_, err = c.vaults.Get(ctx, stranger.get(0))
	wantCode(t, "get with another key", err, connect.CodeNotFound)
	_, err = c.vaults.Put(ctx, stranger.put(2, first))
	wantCode(t, "put with another key", err, connect.CodePermissionDenied)
	forged := h.get(0)
	forged.Proof.Signature[0] ^= 1
	_, err = c.vaults.Get(ctx, forged)
	wantCode(t, "get with a forged proof", err, connect.CodePermissionDenied)
	late := *h
	late.now = func() time.Time { return time.Now().Add(-6 * time.Minute) }
	_, err = c.vaults.Get(ctx, late.get(0))
	wantCode(t, "get with an old proof", err, connect.CodeUnauthenticated)
	_, err = c.vaults.Put(ctx, h.put(2, first[:100]))
	wantCode(t, "put of a wrong size", err, connect.CodeInvalidArgument)
	_, err = c.vaults.Get(ctx, &chaperonev1.VaultServiceGetRequest{VaultId: h.id[:]})
	wantCode(t, "get without a proof", err, connect.CodeInvalidArgument)

	for range 2 {
		if _, err := c.vaults.Delete(ctx, h.delete()); err != nil {
			t.Fatalf("delete: %v", err)
		}
	}
	_, err = c.vaults.Get(ctx, h.get(0))
	wantCode(t, "get what was deleted", err, connect.CodeFailedPrecondition)
	_, err = c.vaults.Put(ctx, h.put(0, first))
	wantCode(t, "put into what was deleted", err, connect.CodeFailedPrecondition)
}

func TestHealthSpeaksAllProtocols(t *testing.T) {
	t.Parallel()
	r := start(t, Config{DB: MemoryDB})
	url := r.url + "/grpc.health.v1.Health/Check"
	for _, body := range []string{`{}`, `{"service":"chaperone.v1.VaultService"}`} {
		res, text := fetch(t, httpClient(t, false), http.MethodPost, url, strings.NewReader(body), "Content-Type", "application/json")
		if res.StatusCode != http.StatusOK || !strings.Contains(text, "SERVING") {
			t.Errorf("%s: got %d %s, want SERVING", body, res.StatusCode, text)
		}
	}
	res, text := fetch(t, httpClient(t, false), http.MethodPost, url, strings.NewReader(`{"service":"canary.Nothing"}`), "Content-Type", "application/json")
	if res.StatusCode != http.StatusNotFound || strings.Contains(text, "canary") {
		t.Errorf("unknown service: got %d %s, want 404 without the name", res.StatusCode, text)
	}
	res, _ = fetch(t, httpClient(t, true), http.MethodPost, url, bytes.NewReader([]byte{0, 0, 0, 0, 0}), "Content-Type", "application/grpc", "TE", "trailers")
	if got := res.Trailer.Get("Grpc-Status"); got != "0" {
		t.Errorf("gRPC: got status %q, want 0", got)
	}
}

func TestReflectionOnlyWhenAskedFor(t *testing.T) {
	t.Parallel()
	const path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
	ask := append([]byte{0, 0, 0, 0, 2}, 0x3a, 0x00) // list_services: ""
	for _, on := range []bool{false, true} {
		r := start(t, Config{DB: MemoryDB, Reflection: on})
		res, text := fetch(t, httpClient(t, true), http.MethodPost, r.url+path, bytes.NewReader(ask), "Content-Type", "application/grpc", "TE", "trailers")
		if listed := strings.Contains(text, "chaperone.v1.VaultService"); listed != on {
			t.Errorf("reflection %v: got %d, services listed %v", on, res.StatusCode, listed)
		}
		if !on && res.StatusCode != http.StatusNotFound {
			t.Errorf("reflection off: got %d, want 404", res.StatusCode)
		}
	}
}

func TestEveryProcedureOfTheSchemaIsServed(t *testing.T) {
	t.Parallel()
	r := start(t, Config{DB: MemoryDB})
	var served []string
	for spec := range r.rpc.Specs() {
		served = append(served, spec.Procedure)
	}
	for _, file := range []protoreflect.FileDescriptor{
		chaperonev1.File_chaperone_v1_checklist_proto, chaperonev1.File_chaperone_v1_vault_proto,
	} {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				want := "/" + string(service.FullName()) + "/" + string(service.Methods().Get(j).Name())
				if !slices.Contains(served, want) {
					t.Errorf("%s is not served", want)
				}
			}
		}
	}
}

func TestPagesAndProbes(t *testing.T) {
	t.Parallel()
	r := start(t, Config{DB: MemoryDB})
	tests := []struct {
		name, method, path string
		status             int
		text               string
	}{
		{"front page", http.MethodGet, "/", 200, "This is a Chaperone server"},
		{"front page, head only", http.MethodHead, "/", 200, ""},
		{"front page, posted to", http.MethodPost, "/", 405, "Only GET"},
		{"alive", http.MethodGet, "/healthz", 200, "ok\n"},
		{"ready", http.MethodGet, "/readyz", 200, "ready\n"},
		{"nothing there", http.MethodGet, "/canary", 404, "nothing at this address"},
		{"nothing there, with a query", http.MethodGet, "/?x=1", 200, "This is"},
		{"not cleaned", http.MethodGet, "//healthz", 404, ""},
		{"not below", http.MethodGet, "/healthz/x", 404, ""},
		{"metrics are elsewhere", http.MethodGet, "/metrics", 404, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			res, text := fetch(t, httpClient(t, false), tt.method, r.url+tt.path, nil)
			if res.StatusCode != tt.status || !strings.Contains(text, tt.text) {
				t.Errorf("got %d %q, want %d and %q", res.StatusCode, text, tt.status, tt.text)
			}
			if strings.Contains(text, "canary") {
				t.Errorf("got %q, want nothing of the request", text)
			}
			if tt.method == http.MethodHead && text != "" {
				t.Errorf("got a body for HEAD")
			}
		})
	}
	res, text := fetch(t, httpClient(t, false), http.MethodGet, "http://"+r.MetricsAddr().String()+"/metrics", nil)
	if res.StatusCode != 200 || !strings.Contains(text, "chaperone_refused_total") {
		t.Errorf("metrics: got %d", res.StatusCode)
	}
}
