package server

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	connectv1 "connectrpc.com/connect"
	"connectrpc.com/grpchealth"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// errNotReady: the server has not started yet, or is about to end.
var errNotReady = errors.New("not ready")

// readiness is what /readyz and the gRPC health service ask. It is ready while the server serves
// and the store answers.
type readiness struct {
	ping func(context.Context) error
	now  func() time.Time

	serving atomic.Bool // from the start of Run until it begins to drain

	mu    sync.Mutex // one ping at a time, whoever asks
	asked time.Time  // when the store was asked last
	last  error      // what it said
}

// pingEvery is for how long an answer of the store holds: probes must not become its load.
const pingEvery = 500 * time.Millisecond

// open says that the server serves from now on. Its store was opened a moment ago, which is an
// answer too.
func (r *readiness) open() {
	r.mu.Lock()
	r.asked, r.last = r.now(), nil
	r.mu.Unlock()
	r.serving.Store(true)
}

// check returns nil when the server is ready.
func (r *readiness) check(ctx context.Context) error {
	if !r.serving.Load() {
		return errNotReady
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.now(); r.asked.IsZero() || now.Sub(r.asked) >= pingEvery || now.Before(r.asked) {
		// The answer is for everybody who asks, not only for a caller who hangs up.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		r.last, r.asked = r.ping(ctx), now
	}
	return r.last
}

// healthChecker answers gRPC's health service for the whole process and for each service.
type healthChecker struct {
	ready    *readiness
	services map[string]bool
}

// Check implements grpchealth.Checker.
func (h *healthChecker) Check(ctx context.Context, req *grpchealth.CheckRequest) (*grpchealth.CheckResponse, error) {
	if req.Service != "" && !h.services[req.Service] {
		return nil, connectv1.NewError(connectv1.CodeNotFound, errors.New("no such service here"))
	}
	if h.ready.check(ctx) != nil {
		return &grpchealth.CheckResponse{Status: grpchealth.StatusNotServing}, nil
	}
	return &grpchealth.CheckResponse{Status: grpchealth.StatusServing}, nil
}

// maxHealthMessage is the read limit of a health request.
const maxHealthMessage = 1 << 10

// healthHandler serves grpc.health.v1. The module has no release for connect v2 yet, so it is
// mounted beside, with codecs that keep the parsers' texts inside.
func healthHandler(check *healthChecker) (string, http.Handler) {
	deadline := connectv1.UnaryInterceptorFunc(func(next connectv1.UnaryFunc) connectv1.UnaryFunc {
		return func(ctx context.Context, req connectv1.AnyRequest) (connectv1.AnyResponse, error) {
			ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
			defer cancel()
			return next(ctx, req)
		}
	})
	return grpchealth.NewHandler(check,
		connectv1.WithReadMaxBytes(maxHealthMessage),
		connectv1.WithInterceptors(deadline),
		connectv1.WithCodec(quietCodec{"proto", proto.Marshal, proto.Unmarshal}),
		connectv1.WithCodec(quietCodec{"json", protojson.Marshal, protojson.Unmarshal}),
		connectv1.WithRecover(func(context.Context, connectv1.Spec, http.Header, any) error {
			return connectv1.NewError(connectv1.CodeInternal, errors.New("internal error"))
		}),
	)
}

// quietCodec is a connect v1 codec whose errors repeat nothing of a message.
type quietCodec struct {
	name      string
	marshal   func(proto.Message) ([]byte, error)
	unmarshal func([]byte, proto.Message) error
}

// Name implements connect.Codec.
func (c quietCodec) Name() string { return c.name }

// Marshal implements connect.Codec.
func (c quietCodec) Marshal(msg any) ([]byte, error) {
	m, ok := msg.(proto.Message)
	if !ok {
		return nil, errors.New("not a message")
	}
	return c.marshal(m)
}

// Unmarshal implements connect.Codec.
func (c quietCodec) Unmarshal(data []byte, msg any) error {
	m, ok := msg.(proto.Message)
	if !ok || c.unmarshal(data, m) != nil {
		return errors.New("the message could not be read")
	}
	return nil
}
