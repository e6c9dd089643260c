package patient

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
	"github.com/chaperone-privacy/chaperone/internal/patient/patienttest"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// fakeVault is a vault as the fake server keeps it: every blob it ever had.
type fakeVault struct {
	key     []byte
	blobs   [][]byte // blobs[i] has revision i+1
	deleted bool
}

// fakeServer is VaultService, ChecklistService and ContactService in memory. With none of its hooks set it is
// honest; with them it does what a hostile server or network could.
type fakeServer struct {
	patienttest.Contact
	url string

	mu     sync.Mutex
	vaults map[string]*fakeVault
	now    func() time.Time
	gets   int
	puts   []*chaperonev1.VaultServicePutRequest
	agents map[string]bool
	plans  int
	pack   *chaperonev1.GetPackResponse

	beforeGet func(*chaperonev1.VaultServiceGetRequest) (*chaperonev1.VaultServiceGetResponse, error)
	beforePut func(*chaperonev1.VaultServicePutRequest) (*chaperonev1.VaultServicePutResponse, error)
	afterPut  func(*chaperonev1.VaultServicePutResponse, error) (*chaperonev1.VaultServicePutResponse, error)
	raw       http.HandlerFunc // answers in place of everything
}

var _ chaperonev1connect.VaultServiceHandler = (*fakeServer)(nil)
var _ chaperonev1connect.ChecklistServiceHandler = (*fakeServer)(nil)

func newServer(t testing.TB) *fakeServer {
	t.Helper()
	s := &fakeServer{vaults: map[string]*fakeVault{}, now: func() time.Time { return testNow }, agents: map[string]bool{}}
	server := connect.NewServer()
	chaperonev1connect.RegisterVaultServiceHandler(server, s)
	chaperonev1connect.RegisterChecklistServiceHandler(server, s)
	chaperonev1connect.RegisterContactServiceHandler(server, &s.Contact)
	mux := http.NewServeMux()
	connecthttp.Mount(mux, server)
	mux.HandleFunc("/log/", s.ServeTile)
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		raw := s.raw
		s.agents[r.UserAgent()] = true
		s.mu.Unlock()
		if raw != nil {
			raw(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(h.Close)
	s.url = h.URL
	return s
}

// set changes a hook.
func (s *fakeServer) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *fakeServer) check(op vault.Op, id []byte, p *chaperonev1.VaultProof, revision uint64, blob []byte) error {
	if !vault.VerifyRequest(p.GetPublicKey(), op, id, revision, blob, p.GetUnixSeconds(), p.GetNonce(), p.GetSignature()) {
		return connect.NewError(connect.CodePermissionDenied, "proof")
	}
	if !vault.Fresh(p.GetUnixSeconds(), s.now()) {
		return connect.NewError(connect.CodeUnauthenticated, "clock")
	}
	if v := s.vaults[string(id)]; v != nil && !bytes.Equal(v.key, p.GetPublicKey()) {
		return connect.NewError(connect.CodePermissionDenied, "key")
	}
	return nil
}

func (s *fakeServer) Get(_ context.Context, r *chaperonev1.VaultServiceGetRequest) (*chaperonev1.VaultServiceGetResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gets++
	if s.beforeGet != nil {
		if a, err := s.beforeGet(r); a != nil || err != nil {
			return a, err
		}
	}
	if err := s.check(vault.OpGet, r.GetVaultId(), r.GetProof(), r.GetHaveRevision(), nil); err != nil {
		return nil, err
	}
	v := s.vaults[string(r.GetVaultId())]
	switch {
	case v == nil:
		return nil, connect.NewError(connect.CodeNotFound, "none")
	case v.deleted:
		return nil, connect.NewError(connect.CodeFailedPrecondition, "deleted")
	}
	a := &chaperonev1.VaultServiceGetResponse{Revision: uint64(len(v.blobs))}
	if a.Revision != r.GetHaveRevision() {
		a.Blob = v.blobs[len(v.blobs)-1]
	}
	return a, nil
}

func (s *fakeServer) Put(_ context.Context, r *chaperonev1.VaultServicePutRequest) (*chaperonev1.VaultServicePutResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.puts = append(s.puts, r)
	if s.beforePut != nil {
		if a, err := s.beforePut(r); a != nil || err != nil {
			return a, err
		}
	}
	a, err := s.put(r)
	if s.afterPut != nil {
		return s.afterPut(a, err)
	}
	return a, err
}

func (s *fakeServer) put(r *chaperonev1.VaultServicePutRequest) (*chaperonev1.VaultServicePutResponse, error) {
	if err := s.check(vault.OpPut, r.GetVaultId(), r.GetProof(), r.GetBaseRevision(), r.GetBlob()); err != nil {
		return nil, err
	}
	switch len(r.GetBlob()) {
	case 16 << 10, 64 << 10, 256 << 10:
	default:
		return nil, connect.NewError(connect.CodeInvalidArgument, "size")
	}
	v := s.vaults[string(r.GetVaultId())]
	if v == nil {
		v = &fakeVault{key: r.GetProof().GetPublicKey()}
		s.vaults[string(r.GetVaultId())] = v
	}
	n := uint64(len(v.blobs))
	switch {
	case v.deleted:
		return nil, connect.NewError(connect.CodeFailedPrecondition, "deleted")
	case n == r.GetBaseRevision()+1 && bytes.Equal(v.blobs[n-1], r.GetBlob()):
		return &chaperonev1.VaultServicePutResponse{Revision: n}, nil
	case n != r.GetBaseRevision():
		return nil, connect.NewError(connect.CodeAborted, "conflict")
	}
	v.blobs = append(v.blobs, r.GetBlob())
	return &chaperonev1.VaultServicePutResponse{Revision: n + 1}, nil
}

func (s *fakeServer) Delete(_ context.Context, r *chaperonev1.VaultServiceDeleteRequest) (*chaperonev1.VaultServiceDeleteResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.check(vault.OpDelete, r.GetVaultId(), r.GetProof(), 0, nil); err != nil {
		return nil, err
	}
	if v := s.vaults[string(r.GetVaultId())]; v != nil {
		*v = fakeVault{key: v.key, deleted: true}
	}
	return &chaperonev1.VaultServiceDeleteResponse{}, nil
}

func (s *fakeServer) GetPack(_ context.Context, r *chaperonev1.GetPackRequest) (*chaperonev1.GetPackResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pack == nil {
		return &chaperonev1.GetPackResponse{Version: r.GetHaveVersion()}, nil
	}
	return s.pack, nil
}

// Plan must never be called: it would tell the server the answers.
func (s *fakeServer) Plan(context.Context, *chaperonev1.PlanRequest) (*chaperonev1.PlanResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plans++
	return &chaperonev1.PlanResponse{}, nil
}

// only returns the one vault that the server has.
func (s *fakeServer) only(t testing.TB) *fakeVault {
	t.Helper()
	if len(s.vaults) != 1 {
		t.Fatalf("got %d vaults on the server, want one", len(s.vaults))
	}
	for _, v := range s.vaults {
		return v
	}
	return nil
}
