package server

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/chaperone-privacy/chaperone/backend/limit"
	"github.com/chaperone-privacy/chaperone/backend/rpc"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
)

const (
	planPath = "/chaperone.v1.ChecklistService/Plan"
	packPath = "/chaperone.v1.ChecklistService/GetPack"
	putPath  = "/chaperone.v1.VaultService/Put"
)

// canary is what hostile requests carry; nothing that comes back may hold it.
const canary = "canary7f3a"

// What is malformed gets a client's error in every protocol, and hears nothing of itself.
func TestMalformedRequestsGetAClientsErrorAndNoEcho(t *testing.T) {
	t.Parallel()
	r := start(t, Config{DB: MemoryDB})
	frame := func(flags byte, data string) string {
		return string([]byte{flags, 0, 0, byte(len(data) >> 8), byte(len(data))}) + data
	}
	tests := []struct {
		name    string
		method  string
		path    string
		body    string
		headers []string
		h2      bool
		status  int    // of HTTP
		grpc    string // grpc-status under HTTP 200; "" for the other protocols
	}{
		{name: "unknown service", path: "/chaperone.v1." + canary + "/Get", body: "{}", headers: []string{"Content-Type", "application/json"}, status: 404},
		{name: "unknown method", path: "/chaperone.v1.VaultService/" + canary, body: "{}", headers: []string{"Content-Type", "application/json"}, status: 404},
		{name: "unknown method, gRPC", path: "/chaperone.v1.VaultService/" + canary, headers: []string{"Content-Type", "application/grpc"}, h2: true, status: 404},
		{name: "wrong HTTP method", method: http.MethodPut, path: planPath, body: canary, status: 405},
		{name: "GET where there is none", method: http.MethodGet, path: planPath + "?message=" + canary, status: 405},
		{name: "no content type", path: planPath, body: canary, status: 415},
		{name: "unknown content type", path: planPath, body: canary, headers: []string{"Content-Type", "text/" + canary}, status: 415},
		{name: "broken content type", path: planPath, body: canary, headers: []string{"Content-Type", "application/json; " + canary + "=;;"}, status: 415},
		{name: "unknown codec, gRPC", path: planPath, headers: []string{"Content-Type", "application/grpc+" + canary}, h2: true, status: 415},
		{name: "unknown compression", path: planPath, body: canary, headers: []string{"Content-Type", "application/json", "Content-Encoding", canary}, status: 415},
		{name: "unknown compression, gRPC", path: planPath, headers: []string{"Content-Type", "application/grpc", "Grpc-Encoding", canary}, h2: true, status: 200, grpc: "12"},
		{name: "unknown compression, gRPC-Web", path: planPath, headers: []string{"Content-Type", "application/grpc-web", "Grpc-Encoding", canary}, status: 200, grpc: "12"},
		{name: "unknown compression, GET", method: http.MethodGet, path: packPath + "?encoding=json&message={}&compression=" + canary, status: 415},
		{name: "unknown codec, GET", method: http.MethodGet, path: packPath + "?encoding=" + canary + "&message={}", status: 415},
		{name: "broken base64, GET", method: http.MethodGet, path: packPath + "?encoding=proto&base64=1&message=" + canary + "!", status: 400},
		{name: "no message, GET", method: http.MethodGet, path: packPath + "?encoding=json", status: 400},
		{name: "wrong version, GET", method: http.MethodGet, path: packPath + "?encoding=json&message={}&connect=" + canary, status: 400},
		{name: "wrong version", path: planPath, body: "{}", headers: []string{"Content-Type", "application/json", "Connect-Protocol-Version", canary}, status: 400},
		{name: "broken timeout", path: planPath, body: "{}", headers: []string{"Content-Type", "application/json", "Connect-Timeout-Ms", canary}, status: 400},
		{name: "long timeout", path: planPath, body: "{}", headers: []string{"Content-Type", "application/json", "Connect-Timeout-Ms", "12345678901"}, status: 400},
		{name: "negative timeout", path: planPath, body: "{}", headers: []string{"Content-Type", "application/json", "Connect-Timeout-Ms", "-1"}, status: 400},
		{name: "broken timeout, gRPC", path: planPath, headers: []string{"Content-Type", "application/grpc", "Grpc-Timeout", canary}, h2: true, status: 200, grpc: "3"},
		{name: "not JSON", path: planPath, body: "{" + canary, headers: []string{"Content-Type", "application/json"}, status: 400},
		{name: "wrong type in JSON", path: planPath, body: `{"stage":["` + canary + `"]}`, headers: []string{"Content-Type", "application/json"}, status: 400},
		{name: "unknown enum in JSON", path: planPath, body: `{"stage":"` + canary + `"}`, headers: []string{"Content-Type", "application/json"}, status: 400},
		{name: "duplicate field in JSON", path: planPath, body: `{"region":"us","region":"` + canary + `"}`, headers: []string{"Content-Type", "application/json"}, status: 400},
		{name: "deep JSON", path: planPath, body: strings.Repeat(`{"x":`, 1500), headers: []string{"Content-Type", "application/json"}, status: 400},
		{name: "not protobuf", path: planPath, body: "\xff\xff\xff" + canary, headers: []string{"Content-Type", "application/proto"}, status: 400},
		{name: "not UTF-8", path: planPath, body: "\x12\x02\xff\xfe", headers: []string{"Content-Type", "application/proto"}, status: 400},
		{name: "not gzip", path: planPath, body: canary, headers: []string{"Content-Type", "application/json", "Content-Encoding", "gzip"}, status: 400},
		{name: "not gzip, gRPC", path: planPath, body: frame(1, canary), headers: []string{"Content-Type", "application/grpc", "Grpc-Encoding", "gzip"}, h2: true, status: 200, grpc: "3"},
		{name: "compressed without saying so, gRPC", path: planPath, body: frame(1, canary), headers: []string{"Content-Type", "application/grpc"}, h2: true, status: 200, grpc: "3"},
		{name: "flags nobody knows, gRPC", path: planPath, body: frame(0x70, canary), headers: []string{"Content-Type", "application/grpc"}, h2: true, status: 200, grpc: "3"},
		{name: "half a frame, gRPC", path: planPath, body: frame(0, canary)[:8], headers: []string{"Content-Type", "application/grpc"}, h2: true, status: 200, grpc: "3"},
		{name: "half a prefix, gRPC-Web", path: planPath, body: "\x00\x00", headers: []string{"Content-Type", "application/grpc-web"}, status: 200, grpc: "3"},
		{name: "two messages, gRPC", path: planPath, body: frame(0, "") + frame(0, ""), headers: []string{"Content-Type", "application/grpc"}, h2: true, status: 200, grpc: "3"},
		{name: "no message, gRPC", path: planPath, headers: []string{"Content-Type", "application/grpc"}, h2: true, status: 200, grpc: "3"},
		{name: "value out of its pattern", path: planPath, body: `{"uses":["` + strings.ToUpper(canary) + ` "]}`, headers: []string{"Content-Type", "application/json"}, status: 400},
		{name: "broken health request", path: "/grpc.health.v1.Health/Check", body: `{"service":` + canary, headers: []string{"Content-Type", "application/json"}, status: 400},
		{name: "broken health timeout", path: "/grpc.health.v1.Health/Check", body: `{}`, headers: []string{"Content-Type", "application/json", "Connect-Timeout-Ms", canary}, status: 400},
		{name: "unknown health method", path: "/grpc.health.v1.Health/" + canary, body: `{}`, headers: []string{"Content-Type", "application/json"}, status: 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			method := tt.method
			if method == "" {
				method = http.MethodPost
			}
			res, text := fetch(t, httpClient(t, tt.h2), method, r.url+tt.path, strings.NewReader(tt.body), tt.headers...)
			if res.StatusCode != tt.status {
				t.Errorf("got HTTP %d %q, want %d", res.StatusCode, text, tt.status)
			}
			if got := grpcStatus(res, text); got != tt.grpc {
				t.Errorf("got gRPC status %q, want %q", got, tt.grpc)
			}
			var all strings.Builder
			_ = res.Header.Write(&all)
			_ = res.Trailer.Write(&all)
			if whole := strings.ToLower(all.String() + text); strings.Contains(whole, canary) {
				t.Errorf("got %q, want nothing of the request", whole)
			}
			if res.StatusCode == 400 && strings.HasPrefix(tt.path, "/chaperone") {
				var e struct{ Code, Message string }
				if err := json.Unmarshal([]byte(text), &e); err != nil || e.Message == "" {
					t.Errorf("got %q (%v), want a Connect error that says what to do", text, err)
				}
			}
		})
	}
	if logs := strings.ToLower(r.logs.String()); strings.Contains(logs, canary) {
		t.Errorf("the log holds the canary:\n%s", logs)
	}
}

// grpcStatus finds grpc-status in trailers, headers (trailers only) or the body (gRPC-Web).
func grpcStatus(res *http.Response, body string) string {
	for _, h := range []http.Header{res.Trailer, res.Header} {
		if s := h.Get("Grpc-Status"); s != "" {
			return s
		}
	}
	if _, after, ok := strings.Cut(strings.ToLower(body), "grpc-status:"); ok {
		status, _, _ := strings.Cut(after, "\r\n")
		return strings.TrimSpace(status)
	}
	return ""
}

// A gzip bomb costs its limit and no more.
func TestGzipBombIsRefusedEarly(t *testing.T) {
	// Not parallel: it measures what the process allocates.
	r := start(t, Config{DB: MemoryDB})
	const inflated = 64 << 20
	var bomb bytes.Buffer
	z, err := gzip.NewWriterLevel(&bomb, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range inflated / len(zeros) {
		if _, err := z.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if bomb.Len() > 300<<10 {
		t.Fatalf("the bomb has %d bytes: the limit of the body would stop it", bomb.Len())
	}
	// Whole, and cut off: both inflate to many times the limit.
	for _, size := range []int{bomb.Len(), bomb.Len() / 2} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		res, text := fetch(t, httpClient(t, false), http.MethodPost, r.url+putPath, bytes.NewReader(bomb.Bytes()[:size]),
			"Content-Type", "application/proto", "Content-Encoding", "gzip")
		runtime.ReadMemStats(&after)
		if res.StatusCode != http.StatusTooManyRequests || !strings.Contains(text, "too large") {
			t.Errorf("bomb of %d bytes: got %d %q, want too large", size, res.StatusCode, text)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
			t.Errorf("bomb of %d bytes: allocated %d MiB, want less than 16", size, used>>20)
		}
	}
}

func TestOversizeMessagesAreRefused(t *testing.T) {
	t.Parallel()
	r := start(t, Config{DB: MemoryDB})
	big := bytes.Repeat([]byte("a"), 2<<20)
	for _, wire := range wires {
		t.Run(wire.name, func(t *testing.T) {
			t.Parallel()
			c := r.clients(t, wire.h2, wire.opts...)
			_, err := c.checklists.Plan(t.Context(), &chaperonev1.PlanRequest{Region: string(big[:64<<10])})
			wantCode(t, "plan of 64 KiB", err, connect.CodeResourceExhausted)
			h := newHolder(t)
			_, err = c.vaults.Put(t.Context(), h.put(0, big))
			if connect.CodeOf(err) != connect.CodeResourceExhausted && !isCutOff(err) {
				t.Errorf("put of 2 MiB: got %v, want resource_exhausted or a closed connection", err)
			}
		})
	}
}

// isCutOff reports whether the server closed the connection under the client's upload.
func isCutOff(err error) bool {
	code := connect.CodeOf(err)
	return code == connect.CodeUnavailable || code == connect.CodeUnknown
}

// A gRPC frame that promises 4 GiB is not read to its end.
func TestAFramesPromiseIsNotBelieved(t *testing.T) {
	t.Parallel()
	r := start(t, Config{DB: MemoryDB})
	body := io.MultiReader(bytes.NewReader([]byte{0, 0xff, 0xff, 0xff, 0xff}), bytes.NewReader(make([]byte, 1<<20)))
	began := time.Now()
	res, text := fetch(t, httpClient(t, true), http.MethodPost, r.url+planPath, body, "Content-Type", "application/grpc")
	if got := grpcStatus(res, text); got != "8" {
		t.Errorf("got gRPC status %q (HTTP %d), want 8", got, res.StatusCode)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("took %v, want less than a second", took)
	}
}

func TestSlowSendersAreCutOff(t *testing.T) {
	t.Parallel()
	r := start(t, Config{DB: MemoryDB, Timeouts: Timeouts{
		ReadHeader: 150 * time.Millisecond, Read: 300 * time.Millisecond, Write: 500 * time.Millisecond, Idle: 200 * time.Millisecond,
	}})
	tests := []struct{ name, send string }{
		{"says nothing", ""},
		{"half a request line", "POST " + planPath},
		{"headers without an end", "POST " + planPath + " HTTP/1.1\r\nHost: x\r\nX-A: b\r\n"},
		{"a body that does not come", "POST " + planPath + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"},
		{"a chunk that does not come", "POST " + planPath + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"},
		{"HTTP/2 without settings", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
		{"idle after an answer", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := net.Dial("tcp", r.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, tt.send); err != nil {
				t.Fatal(err)
			}
			// It ends by itself, well before this deadline.
			if err := c.SetReadDeadline(time.Now().Add(1900 * time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(c)
			if nerr, ok := errors.AsType[net.Error](err); ok && nerr.Timeout() {
				t.Errorf("the connection is still open; got %q", got)
			}
			if strings.Contains(string(got), "HTTP/1.1 500") {
				t.Errorf("got %q, want no internal error", got)
			}
		})
	}
	// Those who behave were served all the while.
	if res, _ := fetch(t, httpClient(t, false), http.MethodGet, r.url+"/readyz", nil); res.StatusCode != 200 {
		t.Errorf("readyz: got %d, want 200", res.StatusCode)
	}
}

func TestBigHeadersAreRefused(t *testing.T) {
	t.Parallel()
	r := start(t, Config{DB: MemoryDB})
	c, err := net.Dial("tcp", r.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	// It may close before all is sent: writing may fail.
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nX-Big: "+strings.Repeat(canary, 2100)+"\r\n\r\n")
	if err := c.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 512)
	n, err := io.ReadAtLeast(c, got, 12)
	if err != nil {
		t.Fatalf("got %q (%v), want an answer", got[:n], err)
	}
	if text := string(got[:n]); !strings.HasPrefix(text, "HTTP/1.1 431") || strings.Contains(text, canary) {
		t.Errorf("got %q, want 431 without the header", text)
	}
}

func TestRateLimitRefusesAndSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	r := start(t, Config{DB: MemoryDB, Limits: Limits{Rates: map[limit.Class]limit.Rate{rpc.ClassVault: {PerMinute: 6, Burst: 3}}}})
	for _, wire := range wires[:1] {
		c := r.clients(t, wire.h2, wire.opts...)
		h := newHolder(t)
		for range 3 {
			_, err := c.vaults.Get(t.Context(), h.get(0))
			wantCode(t, "within the limit", err, connect.CodeNotFound)
		}
		ctx, info := connect.NewClientContext(t.Context())
		_, err := c.vaults.Get(ctx, h.get(0))
		wantCode(t, "over the limit", err, connect.CodeResourceExhausted)
		if got := info.ResponseHeader().Get("Retry-After"); got == "" || got == "0" {
			t.Errorf("got Retry-After %q, want seconds", got)
		}
		if _, err := c.checklists.GetPack(t.Context(), &chaperonev1.GetPackRequest{}); err != nil {
			t.Errorf("another class: %v", err)
		}
	}
	_, text := fetch(t, httpClient(t, false), http.MethodGet, "http://"+r.MetricsAddr().String()+"/metrics", nil)
	if !strings.Contains(text, `chaperone_refused_total{limit="address"} 1`) {
		t.Error("the refusal is not counted")
	}
}

func TestCallersBehindATrustedProxyAreToldApart(t *testing.T) {
	t.Parallel()
	r := start(t, Config{
		DB: MemoryDB, TrustedProxies: mustNets("127.0.0.0/8"),
		Limits: Limits{Rates: map[limit.Class]limit.Rate{rpc.ClassVault: {PerMinute: 1}}},
	})
	status := func(forwarded ...string) int {
		var headers []string
		headers = append(headers, "Content-Type", "application/json")
		for _, f := range forwarded {
			headers = append(headers, "X-Forwarded-For", f)
		}
		res, _ := fetch(t, httpClient(t, false), http.MethodPost, r.url+"/chaperone.v1.VaultService/Get", strings.NewReader("{}"), headers...)
		return res.StatusCode
	}
	for _, step := range []struct {
		forwarded string
		want      int
	}{
		{"192.0.2.1", 400},               // admitted, then found invalid
		{"192.0.2.1", 429},               // the same caller again
		{"198.51.100.9, 192.0.2.1", 429}, // what the caller wrote itself does not help it
		{"192.0.2.1, 127.0.0.2", 429},    // through two trusted proxies
		{"198.51.100.7", 400},            // another caller
	} {
		if got := status(step.forwarded); got != step.want {
			t.Errorf("%s: got %d, want %d", step.forwarded, got, step.want)
		}
	}
}

// A request that outlives its deadline is ended, and says so.
func TestTheDeadlineHolds(t *testing.T) {
	t.Parallel()
	r := start(t, Config{DB: MemoryDB, Timeouts: Timeouts{Deadline: 50 * time.Millisecond}, Limits: Limits{
		Rates: map[limit.Class]limit.Rate{}, Gate: limit.GateConfig{Concurrent: 1},
	}})
	gate := r.gate
	if err := gate.Enter(t.Context(), netip.MustParseAddr("192.0.2.1")); err != nil {
		t.Fatal(err)
	}
	c := r.clients(t, true)
	_, err := c.checklists.Plan(t.Context(), &chaperonev1.PlanRequest{})
	wantCode(t, "behind a full gate", err, connect.CodeDeadlineExceeded)
	gate.Leave()
	if _, err := c.checklists.Plan(t.Context(), &chaperonev1.PlanRequest{}); err != nil {
		t.Errorf("with a free place: %v", err)
	}
}

func TestAManyStreamsConnectionIsBounded(t *testing.T) {
	t.Parallel()
	r := start(t, Config{DB: MemoryDB})
	conn, err := net.Dial("tcp", r.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"); err != nil {
		t.Fatal(err)
	}
	// The server's SETTINGS frame: 9 bytes of header, then id and value of 6 bytes each.
	br := bufio.NewReader(conn)
	head := make([]byte, 9)
	if _, err := io.ReadFull(br, head); err != nil {
		t.Fatal(err)
	}
	payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	if _, err := io.ReadFull(br, payload); err != nil {
		t.Fatal(err)
	}
	found := false
	for ; len(payload) >= 6; payload = payload[6:] {
		if payload[0] == 0 && payload[1] == 3 { // SETTINGS_MAX_CONCURRENT_STREAMS
			found = true
			if got := int(payload[4])<<8 | int(payload[5]); got > 64 {
				t.Errorf("got %d streams, want at most 64", got)
			}
		}
	}
	if !found {
		t.Error("no bound on streams was announced")
	}
}

// A panic costs one request, and leaves nothing of it in the log.
func TestAPanicCostsOneRequest(t *testing.T) {
	t.Parallel()
	r := start(t, Config{DB: MemoryDB, wrap: func(s vaultsync.Store) vaultsync.Store { return explosive{s} }})
	c := r.clients(t, true)
	h := newHolder(t)
	_, err := c.vaults.Get(t.Context(), h.get(0))
	wantCode(t, "a handler that panics", err, connect.CodeInternal)
	if err != nil && !strings.Contains(err.Error(), "quote request") {
		t.Errorf("got %q, want an id to quote", err)
	}
	if _, err := c.checklists.Plan(t.Context(), &chaperonev1.PlanRequest{}); err != nil {
		t.Errorf("after a panic: %v", err)
	}
	logs := r.logs.String()
	if !strings.Contains(logs, "rpc panicked") || !strings.Contains(logs, "explosive") || strings.Contains(logs, canary) {
		t.Errorf("got log %q, want where it panicked and not with what", logs)
	}
}

// explosive panics with a canary.
type explosive struct{ vaultsync.Store }

func (explosive) Get(context.Context, vaultsync.Key, uint64) (vaultsync.Row, error) {
	panic(canary)
}

func mustNets(list ...string) []netip.Prefix {
	var nets []netip.Prefix
	for _, n := range list {
		nets = append(nets, netip.MustParsePrefix(n))
	}
	return nets
}
