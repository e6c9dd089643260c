package rpc

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
)

func TestValidTimeout(t *testing.T) {
	t.Parallel()
	tests := []struct {
		value, units string
		digits       int
		want         bool
	}{
		{"", "", 10, true}, {"0", "", 10, true}, {"1234567890", "", 10, true}, {"12345678901", "", 10, false},
		{"-1", "", 10, false}, {"+1", "", 10, false}, {"1.5", "", 10, false}, {"1 ", "", 10, false},
		{"", "HMSmun", 8, true}, {"10S", "HMSmun", 8, true}, {"99999999n", "HMSmun", 8, true}, {"999999999n", "HMSmun", 8, false},
		{"S", "HMSmun", 8, false}, {"10", "HMSmun", 8, false}, {"10s", "HMSmun", 8, false}, {"-1S", "HMSmun", 8, false},
	}
	for _, tt := range tests {
		if got := validTimeout(tt.value, tt.digits, tt.units); got != tt.want {
			t.Errorf("%q in %q: got %v, want %v", tt.value, tt.units, got, tt.want)
		}
	}
}

// Whatever stands in the headers, the guard answers with a 4xx or lets the request through, and
// repeats nothing.
func FuzzGuard(f *testing.F) {
	f.Add("POST", "/chaperone.v1.ChecklistService/Plan", "application/json", "gzip", "10", "1")
	f.Add("POST", "/chaperone.v1.ChecklistService/Plan", "application/grpc+proto", "br", "10S", "")
	f.Add("GET", "/chaperone.v1.ChecklistService/GetPack?connect=v2&compression=br", "", "", "", "2")
	f.Fuzz(func(t *testing.T, method, target, contentType, encoding, timeout, version string) {
		const mark = "fuzzmark"
		req, err := http.NewRequestWithContext(t.Context(), method, "http://x/", http.NoBody)
		if err != nil {
			return
		}
		if u, err := req.URL.Parse(target); err == nil {
			req.URL = u
		}
		for name, value := range map[string]string{
			"Content-Type": contentType, headerContentEncoding: encoding, headerGRPCEncoding: encoding,
			headerConnectTimeout: timeout, headerGRPCTimeout: timeout, headerConnectVersion: version,
		} {
			if value != "" {
				req.Header.Set(name, value+mark)
			}
		}
		passed := false
		rec := httptest.NewRecorder()
		Guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { passed = true }), 1024).ServeHTTP(rec, req)
		if passed {
			return
		}
		res := rec.Result()
		defer res.Body.Close()
		grpc := strings.HasPrefix(req.Header.Get("Content-Type"), "application/grpc") && method == http.MethodPost
		if res.StatusCode < 400 && !grpc || res.StatusCode >= 500 {
			t.Errorf("got %d", res.StatusCode)
		}
		res.Header.Del("Content-Type") // gRPC's is the caller's own
		var all strings.Builder
		_ = res.Header.Write(&all)
		if strings.Contains(all.String()+rec.Body.String(), mark) {
			t.Errorf("got %q, want nothing of the request", all.String()+rec.Body.String())
		}
	})
}

// Every value of the schema has its counterpart in the engine, and no two the same.
func TestEnumsAreConvertedOneToOne(t *testing.T) {
	t.Parallel()
	exposures := map[checklist.Exposure]bool{}
	for n := range chaperonev1.Exposure_name {
		if n == 0 {
			continue
		}
		e := exposureFrom(chaperonev1.Exposure(n))
		if e == "" || exposures[e] {
			t.Errorf("exposure %v: got %q, want one of its own", chaperonev1.Exposure(n), e)
		}
		exposures[e] = true
	}
	stages := map[checklist.Stage]int{}
	for n := range chaperonev1.Stage_name {
		stages[stageFrom(chaperonev1.Stage(n))]++
	}
	want := map[checklist.Stage]int{checklist.Worried: 2, checklist.Notified: 1, checklist.Threatened: 1, checklist.Published: 1}
	for stage, n := range want {
		if stages[stage] != n {
			t.Errorf("stage %q: got %d values, want %d", stage, stages[stage], n)
		}
	}
}
