package rpc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/limit"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
)

const secret = "canary-in-an-error"

// The codes of the vault are fixed by docs/design/0003-vault.md; devices tell them apart.
func TestAnswers(t *testing.T) {
	t.Parallel()
	rules := NewRules()
	invalid := rules.Validate(&chaperonev1.PlanRequest{Region: secret, Uses: []string{"facebook", secret + " "}})
	if invalid == nil {
		t.Fatal("got no validation error")
	}
	tests := []struct {
		name  string
		err   error
		code  connect.Code
		text  string // part of it
		retry time.Duration
	}{
		{"not found", fmt.Errorf("%s: %w", secret, vaultsync.ErrNotFound), connect.CodeNotFound, "check the recovery code", 0},
		{"conflict", &vaultsync.ConflictError{Current: 7}, connect.CodeAborted, "merge and save again", 0},
		{"deleted", vaultsync.ErrDeleted, connect.CodeFailedPrecondition, "new recovery code", 0},
		{"proof", vaultsync.ErrProof, connect.CodePermissionDenied, "check the code", 0},
		{"clock", vaultsync.ErrClock, connect.CodeUnauthenticated, "set it and try again", 0},
		{"size", vaultsync.ErrSize, connect.CodeInvalidArgument, "16, 64 or 256 KiB", 0},
		{"malformed", fmt.Errorf("%s: %w", secret, vaultsync.ErrMalformed), connect.CodeInvalidArgument, "update the program", 0},
		{"store", fmt.Errorf("%w: %s", vaultsync.ErrUnavailable, secret), connect.CodeUnavailable, "send the same request again", time.Minute},
		{"limit", &limit.RefusedError{Reason: limit.ReasonAddress, RetryAfter: 3 * time.Second}, connect.CodeResourceExhausted, "wait a little", 3 * time.Second},
		{"stolen key", fmt.Errorf("%s: %w", secret, keylog.ErrRevoked), connect.CodePermissionDenied, "was revoked by its clinic", 0},
		{"key without a grant", keylog.ErrProof, connect.CodePermissionDenied, "check the device's grant", 0},
		{"published too much", &dailyError{left: 90 * time.Minute}, connect.CodeResourceExhausted, "go on after midnight UTC", 90 * time.Minute},
		{"status of the future", keylog.ErrFuture, connect.CodeInvalidArgument, "set the monitor's clock", 0},
		{"invalid", invalid, connect.CodeInvalidArgument, "region, uses[1]", 0},
		{"invalid, as connect wraps it", connect.NewError(connect.CodeInvalidArgument, secret).WithCause(invalid), connect.CodeInvalidArgument, "region, uses[1]", 0},
		{"cancelled", context.Canceled, connect.CodeCanceled, "cancelled", 0},
		{"deadline", fmt.Errorf("%s: %w", secret, context.DeadlineExceeded), connect.CodeDeadlineExceeded, "too long", 0},
		{"unreadable", &unreadable{connect.NewError(connect.CodeInvalidArgument, secret)}, connect.CodeInvalidArgument, "could not be read", 0},
		{"unreadable, though the transport calls it internal", &unreadable{connect.NewError(connect.CodeInternal, secret)}, connect.CodeInvalidArgument, "could not be read", 0},
		{"unreadable, though the transport calls it unknown", &unreadable{connect.NewError(connect.CodeUnknown, secret)}, connect.CodeInvalidArgument, "could not be read", 0},
		{"too large", &unreadable{connect.NewError(connect.CodeResourceExhausted, secret)}, connect.CodeResourceExhausted, "too large", 0},
		{"too slow", &unreadable{connect.NewError(connect.CodeUnknown, secret).WithCause(os.ErrDeadlineExceeded)}, connect.CodeDeadlineExceeded, "too slowly", 0},
		{"undelivered", &undelivered{connect.NewError(connect.CodeUnknown, secret)}, connect.CodeCanceled, "could not be delivered", 0},
		{"panic", errPanic, connect.CodeInternal, "internal error; try again later, and quote request id-1", 0},
		{"anything else", errors.New(secret), connect.CodeInternal, "quote request id-1", 0},
		{"a connect error nobody here wrote", connect.NewError(connect.CodeNotFound, secret), connect.CodeInternal, "internal error", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := answerFor(tt.err)
			wire := a.wire("id-1")
			if wire.Code() != tt.code || !strings.Contains(wire.Message(), tt.text) || a.retryAfter != tt.retry {
				t.Errorf("got %v %q after %v, want %v %q after %v", wire.Code(), wire.Message(), a.retryAfter, tt.code, tt.text, tt.retry)
			}
			if strings.Contains(wire.Message(), secret) || wire.Unwrap() != nil || len(wire.Details()) > 0 {
				t.Errorf("got %q (%v, %d details), want nothing of the error itself", wire.Message(), wire.Unwrap(), len(wire.Details()))
			}
		})
	}
}

// Every sentinel of the service has an answer of its own.
func TestNoSentinelIsForgotten(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		vaultsync.ErrNotFound, vaultsync.ErrConflict, vaultsync.ErrDeleted, vaultsync.ErrProof, vaultsync.ErrClock,
		vaultsync.ErrSize, vaultsync.ErrMalformed, vaultsync.ErrUnavailable,
		envelope.ErrExists, envelope.ErrMalformed, envelope.ErrSize, envelope.ErrStopped, envelope.ErrUnavailable,
		keylog.ErrNotAdmitted, keylog.ErrSignature, keylog.ErrMalformed, keylog.ErrExists, keylog.ErrQuota, keylog.ErrStopped,
		keylog.ErrUnavailable, keylog.ErrProof, keylog.ErrRevoked, keylog.ErrClock, keylog.ErrFuture, keylog.ErrTooMany,
		&dailyError{},
	} {
		if got := answerFor(err); got.code == connect.CodeInternal {
			t.Errorf("%v is internal to callers", err)
		}
	}
}

func TestEveryAnswerSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for _, s := range sentinels {
		if s.answer.code != connect.CodeCanceled && !strings.ContainsAny(s.answer.text, ";") {
			t.Errorf("%q does not say what to do next", s.answer.text)
		}
	}
}

func TestRetrySeconds(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{0: "1", 400 * time.Millisecond: "1", 3 * time.Second: "3", time.Minute: "60"} {
		if got := retrySeconds(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}
