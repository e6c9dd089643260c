package rpc

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect/v2"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/limit"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
)

// answer is what a caller is told.
type answer struct {
	code       connect.Code
	text       string        // safe to show; says what to do next
	retryAfter time.Duration // 0: not said
}

// unreadable is what a failed read of a message becomes. It carries the transport's error for
// errors.Is and the log, whose text quotes the request and must not leave the process.
type unreadable struct{ cause error }

func (e *unreadable) Error() string { return "message could not be read" }
func (e *unreadable) Unwrap() error { return e.cause }

// undelivered is what a failed write of an answer becomes. The caller is gone or too slow; the
// transport's text holds its address.
type undelivered struct{ cause error }

func (e *undelivered) Error() string { return "answer could not be delivered" }
func (e *undelivered) Unwrap() error { return e.cause }

// errPanic is what a recovered panic becomes.
var errPanic = errors.New("handler panicked")

// dailyError says that a clinic has published as much as it may in a day.
type dailyError struct{ left time.Duration }

func (e *dailyError) Error() string { return "clinic has published too much today" }

// answerFor is the one place where errors become what a caller sees. What it does not know is
// CodeInternal, and known to the log alone.
func answerFor(err error) answer {
	if refused, ok := errors.AsType[*limit.RefusedError](err); ok {
		return answer{connect.CodeResourceExhausted, "too many requests from here; wait a little and try again", refused.RetryAfter}
	}
	if invalid, ok := errors.AsType[*protovalidate.ValidationError](err); ok {
		return answer{code: connect.CodeInvalidArgument, text: invalidText(invalid)}
	}
	if daily, ok := errors.AsType[*dailyError](err); ok {
		return answer{connect.CodeResourceExhausted, "this clinic has published as much as it may in a day; go on after midnight UTC, or ask the operator of the server for a higher --publish-per-day", daily.left}
	}
	for _, known := range sentinels {
		if errors.Is(err, known.err) {
			return known.answer
		}
	}
	if bad, ok := errors.AsType[*unreadable](err); ok {
		return unreadableAnswer(bad)
	}
	if _, ok := errors.AsType[*undelivered](err); ok {
		return answer{code: connect.CodeCanceled, text: "the answer could not be delivered; send the same request again"}
	}
	return answer{code: connect.CodeInternal, text: "internal error"}
}

// sentinels are the services' errors. The codes of the vault are fixed by docs/design/0003-vault.md.
var sentinels = []struct {
	err    error
	answer answer
}{
	{context.Canceled, answer{code: connect.CodeCanceled, text: "the request was cancelled"}},
	{context.DeadlineExceeded, answer{code: connect.CodeDeadlineExceeded, text: "the request took too long; send the same request again"}},
	{vaultsync.ErrNotFound, answer{code: connect.CodeNotFound, text: "there is no such vault; check the recovery code, or save to start one"}},
	{vaultsync.ErrConflict, answer{code: connect.CodeAborted, text: "another device saved first; fetch the vault, merge and save again"}},
	{vaultsync.ErrDeleted, answer{code: connect.CodeFailedPrecondition, text: "this vault was deleted; start a new one with a new recovery code"}},
	{vaultsync.ErrProof, answer{code: connect.CodePermissionDenied, text: "the recovery code does not fit this vault; check the code"}},
	{vaultsync.ErrClock, answer{code: connect.CodeUnauthenticated, text: "the clock of this device is more than five minutes off; set it and try again"}},
	{vaultsync.ErrSize, answer{code: connect.CodeInvalidArgument, text: "a vault blob is exactly 16, 64 or 256 KiB; pad it and save again"}},
	{vaultsync.ErrMalformed, answer{code: connect.CodeInvalidArgument, text: "the vault request is malformed; update the program that sent it"}},
	{vaultsync.ErrUnavailable, answer{connect.CodeUnavailable, "the server cannot save just now; keep your copy and send the same request again in a minute", time.Minute}},
	{envelope.ErrExists, answer{code: connect.CodeAlreadyExists, text: "something else was published under this id; make the message again under a new code"}},
	{envelope.ErrMalformed, answer{code: connect.CodeInvalidArgument, text: "the message request is malformed; check the day until which to keep it, or update the program that sent it"}},
	{envelope.ErrSize, answer{code: connect.CodeInvalidArgument, text: "an envelope is exactly 1920, 3840, 7680 or 19456 bytes; pad it and send again"}},
	{envelope.ErrStopped, answer{code: connect.CodeFailedPrecondition, text: "this server's log is stopped; nothing can be published until its operator has replaced it"}},
	{envelope.ErrUnavailable, answer{connect.CodeUnavailable, "the server cannot answer just now; send the same request again in a minute", time.Minute}},
	{keylog.ErrNotAdmitted, answer{code: connect.CodePermissionDenied, text: "this clinic is not admitted here; ask the operator of the server"}},
	{keylog.ErrSignature, answer{code: connect.CodePermissionDenied, text: "the note is not signed by a key that may sign it; log the clinic's profile, rotations and grants first, in their order"}},
	{keylog.ErrRevoked, answer{code: connect.CodePermissionDenied, text: "this key was revoked by its clinic and is of no use any more; stop using this device until it has a grant for a new key"}},
	{keylog.ErrFuture, answer{code: connect.CodeInvalidArgument, text: "the status is more than an hour ahead of this server; set the monitor's clock and sign a new one"}},
	{keylog.ErrTooMany, answer{connect.CodeResourceExhausted, "this clinic has sent as many status notes as it may in a day; the newest is kept, send the next one after midnight UTC", time.Hour}},
	{keylog.ErrMalformed, answer{code: connect.CodeInvalidArgument, text: "the note is malformed or of a kind that is not known here; update the program that sent it"}},
	{keylog.ErrExists, answer{code: connect.CodeAlreadyExists, text: "another note of this number is logged; fetch the clinic's notes and use a higher number"}},
	{keylog.ErrQuota, answer{code: connect.CodeResourceExhausted, text: "this clinic has logged as many notes of this sort as it may in a year; revocations and withdrawals by the root are counted apart; ask the operator of the server"}},
	{keylog.ErrStopped, answer{code: connect.CodeFailedPrecondition, text: "this server's log is stopped; nothing can be logged until its operator has replaced it"}},
	{keylog.ErrUnavailable, answer{connect.CodeUnavailable, "the server cannot answer just now; send the same request again in a minute", time.Minute}},
	{keylog.ErrProof, answer{code: connect.CodePermissionDenied, text: "this key is not granted by a clinic, or no longer; check the device's grant"}},
	{keylog.ErrClock, answer{code: connect.CodeUnauthenticated, text: "the clock of this device is more than five minutes off; set it and try again"}},
}

// unreadableAnswer keeps the transport's code where a caller can use it, and its text never.
func unreadableAnswer(bad *unreadable) answer {
	switch connect.CodeOf(bad.cause) {
	case connect.CodeResourceExhausted:
		return answer{code: connect.CodeResourceExhausted, text: "the message is too large; send a smaller one"}
	case connect.CodeCanceled:
		return answer{code: connect.CodeCanceled, text: "the request was cancelled"}
	case connect.CodeDeadlineExceeded:
		return answer{code: connect.CodeDeadlineExceeded, text: "the request took too long; send the same request again"}
	}
	if timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](bad.cause); ok && timeout.Timeout() {
		return answer{code: connect.CodeDeadlineExceeded, text: "the request arrived too slowly; send the same request again"}
	}
	return answer{code: connect.CodeInvalidArgument, text: "the message could not be read; check its encoding and compression"}
}

// invalidText names the fields that broke their rules. Paths are made of the schema's names and
// of indexes, so nothing of the request is in them.
func invalidText(invalid *protovalidate.ValidationError) string {
	const most = 3
	var fields []string
	for _, v := range invalid.Violations {
		name := protovalidate.FieldPathString(v.Proto.GetField())
		if name == "" || slices.Contains(fields, name) {
			continue
		}
		if fields = append(fields, name); len(fields) == most {
			break
		}
	}
	if len(fields) == 0 {
		return "the request is not valid; compare it with the schema"
	}
	return "not valid: " + strings.Join(fields, ", ") + "; compare it with the schema"
}

// wire returns the answer as an error that connect sends as it stands. id lets a caller point an
// operator at the line of the log.
func (a answer) wire(id string) *connect.Error {
	text := a.text
	if a.code == connect.CodeInternal {
		text += "; try again later, and quote request " + id + " to the operator"
	}
	return connect.NewError(a.code, text)
}

// retrySeconds is a Retry-After header's value (RFC 9110, 10.2.3).
func retrySeconds(d time.Duration) string {
	return strconv.Itoa(int(max(d.Round(time.Second)/time.Second, 1)))
}
