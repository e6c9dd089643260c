package clinic

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
)

// Errors of a [Server].
var (
	ErrBadServer   = errors.New("the server's address cannot be used") // not https, or no address
	ErrOffline     = errors.New("the server could not be reached")
	ErrNotAdmitted = errors.New("the server does not take this from the clinic") // not admitted, or not its signature
	ErrTaken       = errors.New("the server has something else under this name") // id, commit or number
	ErrStopped     = errors.New("the server's log is stopped")
	ErrServerSaid  = errors.New("the server refused") // limit, quota
	ErrClock       = errors.New("this machine's clock is off")
	ErrBadAnswer   = errors.New("the server's answer makes no sense")
	ErrUnsupported = errors.New("the server does not know this request") // an older version
)

const (
	requestTimeout = 15 * time.Second
	maxAnswer      = 128 << 10 // of a request; a page has 64 KiB
	maxBundleFile  = 20 << 20  // of an entry bundle: 256 entries of 64 KiB at most
	userAgent      = "chaperone"
)

// ServerConfig says which server, and how to reach it.
type ServerConfig struct {
	URL  string           // origin: https, or http on this machine
	HTTP *http.Client     // nil: one with timeouts; cookies and redirects are never used
	Now  func() time.Time // nil means time.Now
	Rand io.Reader        // for nonces; nil means crypto/rand
}

// Server is one server as a clinic's machines use it. It believes nothing that it answers;
// callers verify proofs. It is safe for concurrent use.
type Server struct {
	url     string
	http    *http.Client
	now     func() time.Time
	rand    io.Reader
	contact chaperonev1connect.ContactServiceClient
	clinic  chaperonev1connect.ClinicServiceClient

	mu   sync.Mutex
	logs map[string]contact.LogName // those last read, by kind; under mu
}

// NewServer returns a Server. It fails with [ErrBadServer] and asks nothing yet.
func NewServer(cfg ServerConfig) (*Server, error) {
	address, err := CleanServer(cfg.URL)
	if err != nil {
		return nil, err
	}
	s := &Server{url: address, http: httpClient(cfg.HTTP), now: cfg.Now, rand: cfg.Rand}
	if s.now == nil {
		s.now = time.Now
	}
	if s.rand == nil {
		s.rand = rand.Reader
	}
	c := connect.NewClient(connecthttp.NewTransport(s.http, address, connecthttp.WithReadMaxBytes(maxAnswer)), neutral)
	s.contact = chaperonev1connect.NewContactServiceClient(c)
	s.clinic = chaperonev1connect.NewClinicServiceClient(c)
	return s, nil
}

// URL returns the server's address in its one form.
func (s *Server) URL() string { return s.url }

// CleanServer brings an address into one form: scheme and host. It must be https, but for this
// machine itself. It fails with [ErrBadServer] and does not quote the address, which may hold a
// password.
func CleanServer(address string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return "", ErrBadServer
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	host := u.Hostname()
	if host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" || strings.Trim(u.Path, "/") != "" {
		return "", ErrBadServer
	}
	ip := net.ParseIP(host)
	here := host == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !here) {
		return "", ErrBadServer
	}
	return u.Scheme + "://" + u.Host, nil
}

// httpClient returns a client with a timeout, without cookies, and one that follows no redirect.
func httpClient(given *http.Client) *http.Client {
	c := &http.Client{}
	if given != nil {
		*c = *given
	} else {
		c.Transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: requestTimeout}).DialContext,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    requestTimeout,
			ResponseHeaderTimeout:  requestTimeout,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConns:           4,
		}
	}
	c.Jar = nil
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if c.Timeout == 0 {
		c.Timeout = requestTimeout
	}
	return c
}

// neutral sends the same User-Agent from every machine.
func neutral(next connect.ClientFunc) connect.ClientFunc {
	return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
		if info, ok := connect.CallInfoForClientContext(ctx); ok {
			info.RequestHeader().Set("User-Agent", userAgent)
		}
		return next(ctx, spec)
	}
}

// Publication is a message to publish. The same one sent again is answered with the same index.
type Publication struct {
	ID       [16]byte // derived from the code
	Envelope []byte   // sealed, one of the four sizes
	Leaf     []byte   // commit 32, tag 16
	KeepDay  int64    // last day on which it is kept, days since 1970-01-01 UTC; see [KeepDay]
	Watch    []byte   // 16 bytes, or nothing
	Copy     []byte   // for the patient's inbox, or nothing; goes with Watch
	// Await asks the server to answer only when the witnesses have signed, or after three seconds.
	Await bool
}

// digest is what the device signs.
func (p Publication) digest() [32]byte {
	until := binary.BigEndian.AppendUint64(nil, uint64(p.KeepDay)) //nolint:gosec // its bits
	return contact.FieldsDigest(p.ID[:], p.Envelope, p.Leaf, until, p.Watch, p.Copy)
}

// KeepDay is the last day on which a server keeps a message that expires then: the first day of
// the fourth month after, in days since 1970-01-01 UTC.
func KeepDay(expires time.Time) int64 {
	y, m, _ := expires.UTC().Date()
	return time.Date(y, m+4, 1, 0, 0, 0, 0, time.UTC).Unix() / (24 * 3600)
}

// Receipt says where a message or a note is. Its proof is not verified.
type Receipt struct {
	Index int64
	Proof []byte // tlog-proof; nil while too few witnesses have signed: send the same again
}

// Publish publishes a message with a granted device's key. It fails with [ErrOffline],
// [ErrNotAdmitted] (the key is not granted there), [ErrTaken], [ErrStopped], [ErrClock],
// [ErrServerSaid] or [ErrBadAnswer].
func (s *Server) Publish(ctx context.Context, d *Device, p Publication) (Receipt, error) {
	proof, err := s.deviceProof(d, chaperonev1connect.ClinicServicePublishProcedure, p.digest())
	if err != nil {
		return Receipt{}, fmt.Errorf("publish: %w", err)
	}
	a, err := s.clinic.Publish(ctx, &chaperonev1.PublishRequest{
		Proof: proof, Id: p.ID[:], Envelope: p.Envelope, Leaf: p.Leaf, KeepUntilDay: p.KeepDay,
		WatchId: p.Watch, InboxCopy: p.Copy, AwaitProof: p.Await,
	})
	if err != nil {
		return Receipt{}, fmt.Errorf("publish: %w", serverError(ctx, err))
	}
	return receipt(a.GetIndex(), a.GetProof())
}

func receipt(index uint64, proof []byte) (Receipt, error) {
	if index >= 1<<53 {
		return Receipt{}, ErrBadAnswer
	}
	return Receipt{int64(index), proof}, nil
}

// deviceProof shows that the caller holds a granted key.
func (s *Server) deviceProof(d *Device, procedure string, digest [32]byte) (*chaperonev1.DeviceProof, error) {
	var nonce [16]byte
	if _, err := io.ReadFull(s.rand, nonce[:]); err != nil {
		return nil, fmt.Errorf("draw nonce: %w", err)
	}
	at := s.now().Unix()
	public := d.Key().Public
	return &chaperonev1.DeviceProof{
		PublicKey: public[:], UnixSeconds: at, Nonce: nonce[:],
		Signature: ed25519.Sign(d.signer.private, contact.RequestBytes(procedure, at, nonce, digest)),
	}, nil
}

// AppendNote logs a signed note. One that is logged already is answered with its place. Errors
// are those of [Server.Publish].
func (s *Server) AppendNote(ctx context.Context, note []byte) (index int64, proof []byte, err error) {
	a, err := s.clinic.AppendNote(ctx, &chaperonev1.AppendNoteRequest{Note: note})
	if err != nil {
		return 0, nil, fmt.Errorf("log note: %w", serverError(ctx, err))
	}
	r, err := receipt(a.GetIndex(), a.GetProof())
	return r.Index, r.Proof, err
}

// PutStatus hands in a signed status. Errors are those of [Server.Publish], and
// [ErrUnsupported].
func (s *Server) PutStatus(ctx context.Context, note []byte) error {
	if _, err := s.clinic.PutStatus(ctx, &chaperonev1.PutStatusRequest{Status: note}); err != nil {
		return fmt.Errorf("put status: %w", serverError(ctx, err))
	}
	return nil
}

// GetClinic fetches a page about a clinic: its notes whose index is at least after. Errors are
// those of [Server.Publish].
func (s *Server) GetClinic(ctx context.Context, clinic [32]byte, after int64) (Page, error) {
	a, err := s.contact.GetClinic(ctx, &chaperonev1.GetClinicRequest{ClinicId: clinic[:], After: uint64(max(after, 0))}) //nolint:gosec // >= 0
	if err != nil {
		return Page{}, fmt.Errorf("get clinic: %w", serverError(ctx, err))
	}
	p, err := parsePage(a.GetPage())
	if err != nil {
		return Page{}, fmt.Errorf("get clinic: %w", err)
	}
	return p, nil
}

// serverError turns the error of a request into one of ours, without the server's text.
func serverError(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil {
		return fmt.Errorf("%w: %w", ErrOffline, cause)
	}
	code := connect.CodeOf(err)
	var wire *connect.Error
	if !errors.As(err, &wire) || !wire.IsRemote() {
		switch code {
		case connect.CodeResourceExhausted, connect.CodeInvalidArgument:
			return fmt.Errorf("%w: size or encoding", ErrBadAnswer)
		}
		return fmt.Errorf("%w (%v)", ErrOffline, code)
	}
	switch code {
	case connect.CodePermissionDenied:
		return ErrNotAdmitted
	case connect.CodeAlreadyExists:
		return ErrTaken
	case connect.CodeFailedPrecondition:
		return ErrStopped
	case connect.CodeUnauthenticated:
		return ErrClock
	case connect.CodeUnimplemented:
		return ErrUnsupported
	case connect.CodeUnavailable, connect.CodeDeadlineExceeded, connect.CodeInternal, connect.CodeUnknown, connect.CodeCanceled, connect.CodeDataLoss:
		return fmt.Errorf("%w (%v)", ErrOffline, code)
	default:
		return fmt.Errorf("%w (%v)", ErrServerSaid, code)
	}
}
