package rpc

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"runtime"
	"strings"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/chaperone-privacy/chaperone/backend/limit"
)

// Observer counts requests. procedure, code and reason come from closed sets.
type Observer interface {
	// Began is called when a request of procedure starts.
	Began(procedure string)
	// Ended is called once for each Began. code is "ok" or a Connect code.
	Ended(procedure, code string, took time.Duration)
	// Refused is called for each refusal of a limit.
	Refused(reason limit.Reason)
}

// RequestIDHeader carries the random id that stands in the log.
const RequestIDHeader = "Request-Id"

// observe is the outermost interceptor: it gives the request an id, turns its error into an
// answer, and tells the log and the observer how it ended.
func (s *service) observe(next connect.ServerFunc) connect.ServerFunc {
	return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
		start := s.now()
		id := s.requestID()
		header := responseHeader(ctx)
		header.Set(RequestIDHeader, id)
		s.observer.Began(spec.Procedure)
		err := next(ctx, spec, stream)
		if err == nil {
			s.ended(ctx, spec.Procedure, "ok", id, start)
			return nil
		}
		a := answerFor(err)
		if a.retryAfter > 0 {
			header.Set("Retry-After", retrySeconds(a.retryAfter))
		}
		if refused, ok := errors.AsType[*limit.RefusedError](err); ok {
			s.observer.Refused(refused.Reason)
		}
		if a.code == connect.CodeInternal {
			s.log.ErrorContext(ctx, "rpc failed", "procedure", spec.Procedure, "id", id, "error", err)
		}
		s.ended(ctx, spec.Procedure, a.code.String(), id, start)
		return a.wire(id)
	}
}

func (s *service) ended(ctx context.Context, procedure, code, id string, start time.Time) {
	took := s.now().Sub(start)
	s.observer.Ended(procedure, code, took)
	if s.log.Enabled(ctx, slog.LevelDebug) {
		s.log.DebugContext(ctx, "rpc", "procedure", procedure, "code", code, "ms", float64(took.Microseconds())/1000, "id", id)
	}
}

// requestID returns 8 random bytes in hex; it means nothing outside one log.
func (s *service) requestID() string {
	var b [8]byte
	if _, err := io.ReadFull(s.rand, b[:]); err != nil {
		return "none"
	}
	return hex.EncodeToString(b[:])
}

// recoverPanics turns a panic into errPanic, and logs where it happened. Values are left out:
// they may hold a request.
func (s *service) recoverPanics(next connect.ServerFunc) connect.ServerFunc {
	return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) (err error) {
		defer func() {
			if p := recover(); p != nil {
				s.log.ErrorContext(ctx, "rpc panicked", "procedure", spec.Procedure, "type", fmt.Sprintf("%T", p), "at", panicSite())
				err = errPanic
			}
		}()
		return next(ctx, spec, stream)
	}
}

// panicSite lists the functions and lines that led to a panic, without their arguments.
func panicSite() string {
	pcs := make([]uintptr, 24)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	var b strings.Builder
	for {
		f, more := frames.Next()
		if f.Function != "" && !strings.HasPrefix(f.Function, "runtime.") {
			fmt.Fprintf(&b, "%s:%d ", f.Function, f.Line)
		}
		if !more {
			return strings.TrimSpace(b.String())
		}
	}
}

// admit takes a token of the caller's bucket before anything is read, gives the request its
// deadline, and lets it through the gate once its message has arrived.
func (s *service) admit(next connect.ServerFunc) connect.ServerFunc {
	return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
		source := callerOf(ctx)
		if err := s.rates.Take(source, classOf(spec.Procedure)); err != nil {
			return err
		}
		if spec.StreamType != connect.StreamTypeUnary {
			return next(ctx, spec, &guarded{ServerStream: stream})
		}
		ctx, cancel := context.WithTimeout(ctx, s.deadline)
		defer cancel()
		g := &guarded{ServerStream: stream, ctx: ctx, source: source, gate: s.gate}
		defer g.leave()
		return next(ctx, spec, g)
	}
}

// guarded is a stream whose transport errors are marked as such, and which holds a place in the
// gate from the moment the message has arrived until the answer is ready: a caller who is slow
// to send or to read keeps nobody waiting.
type guarded struct {
	connect.ServerStream

	ctx    context.Context //nolint:containedctx // the call's own; a stream lives no longer
	source netip.Addr
	gate   *limit.Gate // nil: no gate
	inside bool
}

func (g *guarded) Receive(msg any) error {
	if err := g.ServerStream.Receive(msg); err != nil {
		if errors.Is(err, io.EOF) && connect.CodeOf(err) == connect.CodeUnknown {
			return err
		}
		return &unreadable{cause: err}
	}
	if g.gate == nil || g.inside {
		return nil
	}
	if err := g.gate.Enter(g.ctx, g.source); err != nil {
		return err
	}
	g.inside = true
	return nil
}

func (g *guarded) Send(msg any) error {
	g.leave()
	if err := g.ServerStream.Send(msg); err != nil {
		return &undelivered{cause: err}
	}
	return nil
}

func (g *guarded) leave() {
	if g.inside {
		g.inside = false
		g.gate.Leave()
	}
}

// callerOf returns the caller's address, or the zero address for a caller inside the process.
func callerOf(ctx context.Context) netip.Addr {
	info, ok := connect.CallInfoForServerContext(ctx)
	if !ok {
		return netip.Addr{}
	}
	ap, err := netip.ParseAddrPort(info.PeerAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr()
}

func responseHeader(ctx context.Context) *connect.Header {
	if info, ok := connect.CallInfoForServerContext(ctx); ok {
		return info.ResponseHeader()
	}
	return new(connect.Header)
}
