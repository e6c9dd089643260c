package logwriter

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Errors of a witness.
var (
	// ErrConsistency: the proof does not lead from the witness's head to the checkpoint, or the
	// witness has another root for that size.
	ErrConsistency = errors.New("witness holds another history")
	// ErrWitness: the witness did not answer, or not as C2SP tlog-witness says.
	ErrWitness = errors.New("witness does not answer")
	// ErrUnknownLog: the witness does not know the log, or not its key.
	ErrUnknownLog = errors.New("witness does not know the log")
)

// SizeError says which size a witness cosigned last, when the request assumed another.
type SizeError struct{ Size int64 }

// Error implements error.
func (e *SizeError) Error() string { return fmt.Sprintf("witness stands at size %d", e.Size) }

// Witness cosigns checkpoints of logs that only grow (C2SP tlog-witness, add-checkpoint).
type Witness interface {
	Key() translog.Key
	// AddCheckpoint returns the cosignature, which verifies. Errors are a [*SizeError],
	// [ErrConsistency], [ErrUnknownLog], [ErrWitness] or ctx's own.
	AddCheckpoint(ctx context.Context, a translog.AddCheckpoint) (translog.Sig, error)
}

// Remote is a witness that is reached over HTTP.
type Remote struct {
	URL       string // submission prefix
	PublicKey translog.Key
	Client    *http.Client // required; its timeout bounds a request
}

var _ Witness = (*Remote)(nil)

// Key implements [Witness].
func (r *Remote) Key() translog.Key { return r.PublicKey }

// sizeType is how a witness says that it gives its size.
const sizeType = "text/x.tlog.size"

// AddCheckpoint implements [Witness].
func (r *Remote) AddCheckpoint(ctx context.Context, a translog.AddCheckpoint) (translog.Sig, error) {
	url := strings.TrimSuffix(r.URL, "/") + "/add-checkpoint"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(a.Marshal()))
	if err != nil {
		return translog.Sig{}, fmt.Errorf("%w: its address is not valid", ErrWitness)
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	resp, err := r.Client.Do(req)
	if err != nil {
		return translog.Sig{}, fmt.Errorf("%w: %w", ErrWitness, ctxOr(ctx, err))
	}
	defer func() { _ = resp.Body.Close() }() // it was read as far as it is of use
	body, err := io.ReadAll(io.LimitReader(resp.Body, translog.MaxAddCheckpoint+1))
	if err != nil {
		return translog.Sig{}, fmt.Errorf("%w: %w", ErrWitness, ctxOr(ctx, err))
	}
	switch resp.StatusCode {
	case http.StatusOK:
		sig, err := translog.ParseCosignatures(body, r.PublicKey, a.Checkpoint)
		if err != nil {
			return translog.Sig{}, fmt.Errorf("%w: %w", ErrWitness, err)
		}
		return sig, nil
	case http.StatusConflict:
		size, err := translog.ParseInt(strings.TrimSuffix(string(body), "\n"))
		if err != nil || resp.Header.Get("Content-Type") != sizeType || !bytes.HasSuffix(body, []byte("\n")) {
			return translog.Sig{}, ErrConsistency // roots of one size differ
		}
		if size == a.Old {
			return translog.Sig{}, ErrConsistency
		}
		return translog.Sig{}, &SizeError{size}
	case http.StatusUnprocessableEntity:
		return translog.Sig{}, ErrConsistency
	case http.StatusNotFound, http.StatusForbidden:
		return translog.Sig{}, ErrUnknownLog
	}
	return translog.Sig{}, fmt.Errorf("%w: status %d", ErrWitness, resp.StatusCode)
}

// ctxOr returns ctx's error, or the innermost of err: an HTTP client's own text repeats the URL.
func ctxOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// Heads keeps the newest head that a witness cosigned for each log. Implementations are used by
// one witness, one call at a time.
type Heads interface {
	// Head returns size and root, zero when there is none.
	Head(origin string) (size int64, root [32]byte, err error)
	// SetHead is durable when it returns nil.
	SetHead(origin string, size int64, root [32]byte) error
}

// Local is a witness in this process. It keeps the rules of C2SP tlog-witness, but its key lies
// beside the log's: it protects against mistakes, such as a restored backup, and not against
// whoever holds the server. Its key name says that it is a demo witness.
type Local struct {
	key     translog.Key
	private ed25519.PrivateKey
	logs    map[string]translog.Key
	now     func() time.Time

	mu    sync.Mutex
	heads Heads // under mu
}

var _ Witness = (*Local)(nil)

// NewLocal returns a witness of the given logs.
func NewLocal(name string, private ed25519.PrivateKey, heads Heads, now func() time.Time, logs ...translog.Key) (*Local, error) {
	key, err := translog.NewWitnessKey(name, private.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, fmt.Errorf("witness key: %w", err)
	}
	w := &Local{key: key, private: private, heads: heads, now: now, logs: map[string]translog.Key{}}
	for _, l := range logs {
		w.logs[l.Name] = l
	}
	return w, nil
}

// Key implements [Witness].
func (w *Local) Key() translog.Key { return w.key }

// AddCheckpoint implements [Witness].
func (w *Local) AddCheckpoint(ctx context.Context, a translog.AddCheckpoint) (translog.Sig, error) {
	if err := ctx.Err(); err != nil {
		return translog.Sig{}, err
	}
	c := a.Checkpoint
	log, ok := w.logs[c.Origin]
	if !ok || !signedBy(c, log) {
		return translog.Sig{}, ErrUnknownLog
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	size, root, err := w.heads.Head(c.Origin)
	if err != nil {
		return translog.Sig{}, fmt.Errorf("%w: %w", ErrWitness, err)
	}
	switch {
	case a.Old != size:
		return translog.Sig{}, &SizeError{size}
	case c.Size < size:
		return translog.Sig{}, ErrConsistency // a log that shrinks
	case size == c.Size && size > 0 && root != c.Root:
		return translog.Sig{}, ErrConsistency
	case size > 0 && size < c.Size:
		older := translog.Head{Origin: c.Origin, Size: size, Root: root}
		newer := translog.Head{Origin: c.Origin, Size: c.Size, Root: c.Root}
		if translog.CheckConsistency(older, newer, a.Proof) != nil {
			return translog.Sig{}, ErrConsistency
		}
	case len(a.Proof) > 0:
		return translog.Sig{}, ErrConsistency
	}
	if c.Size > size {
		if err := w.heads.SetHead(c.Origin, c.Size, c.Root); err != nil {
			return translog.Sig{}, fmt.Errorf("%w: %w", ErrWitness, err)
		}
	}
	t := w.now().Unix()
	raw := binary.BigEndian.AppendUint64(nil, uint64(t)) //nolint:gosec // after 1970
	raw = append(raw, ed25519.Sign(w.private, translog.CosignatureText(t, []byte(c.Text())))...)
	return translog.Sig{Name: w.key.Name, ID: w.key.ID(), Bytes: raw}, nil
}

func signedBy(c translog.Checkpoint, key translog.Key) bool {
	for _, sig := range c.Signed.Sigs {
		if sig.Name == key.Name && sig.ID == key.ID() && key.Verify([]byte(c.Text()), sig.Bytes) {
			return true
		}
	}
	return false
}

// WitnessHandler serves a witness over HTTP (C2SP tlog-witness): POST /add-checkpoint.
func WitnessHandler(w Witness) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, translog.MaxAddCheckpoint))
		if err != nil {
			http.Error(rw, "the request could not be read", http.StatusBadRequest)
			return
		}
		a, err := translog.ParseAddCheckpoint(body)
		if err != nil {
			http.Error(rw, "the request is malformed", http.StatusBadRequest)
			return
		}
		sig, err := w.AddCheckpoint(r.Context(), a)
		size, other := errors.AsType[*SizeError](err)
		switch {
		case err == nil:
			rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = rw.Write(translog.MarshalSig(sig)) // the log may be gone
		case other:
			rw.Header().Set("Content-Type", sizeType)
			rw.WriteHeader(http.StatusConflict)
			_, _ = fmt.Fprintf(rw, "%d\n", size.Size)
		case errors.Is(err, ErrConsistency) && a.Old == a.Checkpoint.Size:
			http.Error(rw, "another root has this size", http.StatusConflict)
		case errors.Is(err, ErrConsistency):
			http.Error(rw, "the proof does not verify", http.StatusUnprocessableEntity)
		case errors.Is(err, ErrUnknownLog):
			http.Error(rw, "this log is not known here", http.StatusNotFound)
		default:
			http.Error(rw, "the witness cannot answer now", http.StatusServiceUnavailable)
		}
	})
	return mux
}
