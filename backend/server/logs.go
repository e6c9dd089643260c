package server

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/limit"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/backend/rpc"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// ErrPolicy: the witness policy cannot be used.
var ErrPolicy = errors.New("witness policy cannot be used")

const (
	// maxPolicy is the greatest size of a policy, in bytes: it travels in every page about a clinic.
	maxPolicy = 8 << 10

	witnessTimeout = 10 * time.Second

	demoWitness = "demo-witness"

	witnessKeyFile = "witness-key" // in the data directory
)

// AdmittedFile is the list of admitted clinics in a data directory.
func AdmittedFile(data string) string { return filepath.Join(data, "clinics") }

// logs is both logs and the services that write to them.
type logs struct {
	use        both
	frozen     []logwriter.Frozen // that were replaced
	keys, msgs *logwriter.Signer
	keySeq     *logwriter.Sequencer[keylog.Row]
	msgSeq     *logwriter.Sequencer[envelope.Row]
	notes      *keylog.Service
	envelopes  *envelope.Service
}

// logKeys are the private keys of both logs.
type logKeys struct{ keys, msgs ed25519.PrivateKey }

func (c Config) random() io.Reader {
	if c.Rand != nil {
		return c.Rand
	}
	return rand.Reader
}

// both is a log of each kind.
type both struct{ keys, msgs logwriter.Log }

func (b both) list() []logwriter.Log { return []logwriter.Log{b.keys, b.msgs} }

// of returns the log of a kind.
func (b both) of(kind logwriter.Log) logwriter.Log {
	if kind == logwriter.Msgs {
		return b.msgs
	}
	return b.keys
}

// keyFile is the file of a log's private key in the data directory.
func keyFile(l logwriter.Log) string {
	name := l.Kind().String() + "-log-key"
	if n := l.Generation(); n > 1 {
		name += "-" + strconv.Itoa(n)
	}
	return name
}

// newestKeys says which logs the directory has keys for.
func newestKeys(dir string) (b both) {
	newest := func(l logwriter.Log) logwriter.Log {
		for {
			if _, err := os.Stat(filepath.Join(dir, keyFile(l.Next()))); err != nil {
				return l
			}
			l = l.Next()
		}
	}
	return both{newest(logwriter.Keys), newest(logwriter.Msgs)}
}

// inUse says which logs follow those that were replaced.
func inUse(frozen []logwriter.Frozen) both {
	b := both{logwriter.Keys, logwriter.Msgs}
	for _, f := range frozen { // rising
		if f.Log.Kind() == logwriter.Keys {
			b.keys = f.Log.Next()
		} else {
			b.msgs = f.Log.Next()
		}
	}
	return b
}

// ErrKeyFile: the data directory has no key for the log that is in use, or one for a later log.
var ErrKeyFile = errors.New("key files do not fit the data")

// keyFileError names the file that is missing, or too much.
type keyFileError struct {
	file    string
	missing bool
}

func (e *keyFileError) Error() string { return fmt.Sprintf("%v: %s", ErrKeyFile, e.file) }
func (e *keyFileError) Unwrap() error { return ErrKeyFile }

// fits compares the logs in use with those there are keys for.
func (b both) fits(keys both) error {
	for _, kind := range []logwriter.Log{logwriter.Keys, logwriter.Msgs} {
		if want, have := b.of(kind), keys.of(kind); want != have {
			return &keyFileError{keyFile(max(want, have)), want > have}
		}
	}
	return nil
}

// loadKeys reads the private keys that lie in the data directory, and makes those that are
// missing. A log that is forgotten must not begin again under the same key: with the memory
// engine every key is new and none is kept.
func (c Config) loadKeys() (map[string]ed25519.PrivateKey, error) {
	random := c.random()
	newest := both{logwriter.Keys, logwriter.Msgs}
	if c.DB != MemoryDB {
		newest = newestKeys(c.Data)
	}
	names := []string{keyFile(newest.keys), keyFile(newest.msgs)}
	if c.Policy == "" {
		names = append(names, witnessKeyFile)
	}
	if c.DB != MemoryDB {
		return logwriter.LoadKeys(c.Data, random, names...)
	}
	keys := map[string]ed25519.PrivateKey{}
	for _, name := range names {
		_, key, err := ed25519.GenerateKey(random)
		if err != nil {
			return nil, fmt.Errorf("draw key: %w", err)
		}
		keys[name] = key
	}
	return keys, nil
}

// openLogs joins logs, witnesses and services. Nothing is signed before start.
func openLogs(ctx context.Context, cfg Config, origin string, kept map[string]ed25519.PrivateKey, store *engine, log *slog.Logger) (*logs, error) {
	frozen, err := store.logs.Frozen(ctx)
	if err != nil {
		return nil, fmt.Errorf("read logs: %w", err)
	}
	use := inUse(frozen)
	if cfg.DB != MemoryDB {
		if err := use.fits(newestKeys(cfg.Data)); err != nil {
			return nil, err
		}
	}
	var heads logwriter.Heads = logwriter.HeadFiles{Dir: cfg.Data}
	if cfg.DB == MemoryDB {
		heads = logwriter.HeadMap{}
	}
	private, public, err := logKeysOf(kept, origin, use)
	if err != nil {
		return nil, err
	}
	text, witnesses, err := cfg.witnesses(kept, origin, heads, public)
	if err != nil {
		return nil, err
	}
	policy, err := translog.ParsePolicy(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	if err := proofsFit(policy); err != nil {
		return nil, err
	}
	g := &logs{use: use, frozen: frozen}
	signer := func(l logwriter.Log, key ed25519.PrivateKey) (*logwriter.Signer, error) {
		s, err := logwriter.NewSigner(logwriter.SignerConfig{
			Log: l, Store: store.logs, Origin: origin + "/" + l.String(), Key: key, Policy: policy,
			Witnesses: witnesses, Every: cfg.every, Timeout: witnessTimeout, Now: cfg.Now, Logger: log,
		})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPolicy, err)
		}
		return s, nil
	}
	if g.keys, err = signer(use.keys, private.keys); err != nil {
		return nil, err
	}
	if g.msgs, err = signer(use.msgs, private.msgs); err != nil {
		return nil, err
	}
	return g, g.services(cfg, store, text, log)
}

func (g *logs) services(cfg Config, store *engine, policy []byte, log *slog.Logger) (err error) {
	g.keySeq, err = logwriter.NewSequencer(logwriter.SequencerConfig[keylog.Row]{
		Log: g.use.keys, Store: store.logs, Committer: store.notes(g.use.keys), Refuse: g.keys.Err, Committed: g.keys.Wake, Logger: log,
	})
	if err != nil {
		return err
	}
	g.msgSeq, err = logwriter.NewSequencer(logwriter.SequencerConfig[envelope.Row]{
		Log: g.use.msgs, Store: store.logs, Committer: store.envelopes, Refuse: g.msgs.Err, Committed: g.msgs.Wake, Logger: log,
	})
	if err != nil {
		return err
	}
	var older []keylog.Store
	var policies [][]byte
	proofs := map[logwriter.Log]envelope.Prover{}
	for i := range g.frozen {
		f := &g.frozen[i]
		policies = append([][]byte{f.Policy}, policies...)
		if f.Log.Kind() == logwriter.Keys {
			older = append(older, store.notes(f.Log))
		} else {
			proofs[f.Log] = logwriter.Reader{Log: f.Log, Store: store.logs, End: f}
		}
	}
	g.notes, err = keylog.New(keylog.Config{
		Store: store.notes(g.use.keys), Older: older, Policies: policies, Alone: store.alone, Sequencer: g.keySeq, Heads: g.keys, Policy: policy, Now: cfg.Now, Log: log,
		Prover:    logwriter.Reader{Log: g.use.keys, Store: store.logs, Cache: logwriter.NewTileCache()},
		Admission: &keylog.AdmissionFile{Path: AdmittedFile(cfg.Data), Now: cfg.Now},
		Newest: func(ctx context.Context, l logwriter.Log) ([]byte, error) {
			_, cp, err := store.logs.Newest(ctx, g.use.of(l))
			if errors.Is(err, logwriter.ErrNotFound) {
				return nil, nil
			}
			return cp, err
		},
	})
	if err != nil {
		return err
	}
	g.envelopes, err = envelope.New(envelope.Config{
		Store: store.envelopes, In: g.use.msgs, Older: proofs, Sequencer: g.msgSeq, Heads: g.msgs, Now: cfg.Now, Log: log,
		Prover: logwriter.Reader{Log: g.use.msgs, Store: store.logs, Cache: logwriter.NewTileCache()},
	})
	return err
}

// start runs everything until the returned function is called, which waits for the end.
func (g *logs) start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for _, run := range []func(context.Context){g.keySeq.Run, g.msgSeq.Run, g.keys.Run, g.msgs.Run} {
		wg.Go(func() { run(ctx) })
	}
	return func() { cancel(); wg.Wait() }
}

// logKeysOf finds the keys of both logs among those of the directory.
func logKeysOf(kept map[string]ed25519.PrivateKey, origin string, use both) (private logKeys, public []translog.Key, err error) {
	for _, l := range []struct {
		log  logwriter.Log
		into *ed25519.PrivateKey
	}{{use.keys, &private.keys}, {use.msgs, &private.msgs}} {
		*l.into = kept[keyFile(l.log)]
		k, err := translog.NewKey(origin+"/"+l.log.String(), l.into.Public().(ed25519.PublicKey))
		if err != nil {
			return private, nil, fmt.Errorf("log key: %w", err)
		}
		public = append(public, k)
	}
	return private, public, nil
}

// witnesses returns the policy's text and the witnesses it names: those of the file, or else one
// in this process.
func (c Config) witnesses(kept map[string]ed25519.PrivateKey, origin string, heads logwriter.Heads, public []translog.Key) ([]byte, []logwriter.Witness, error) {
	if c.Policy != "" {
		return readPolicy(c.Policy)
	}
	w, err := logwriter.NewLocal(origin+"/"+demoWitness, kept[witnessKeyFile], heads, c.Now, public...)
	if err != nil {
		return nil, nil, err
	}
	text := fmt.Appendf(nil, "log %s\nlog %s\nwitness %s %s\nquorum %s\n", public[0], public[1], demoWitness, w.Key(), demoWitness)
	return text, []logwriter.Witness{w}, nil
}

// readPolicy reads a policy file and reaches its witnesses over HTTP.
func readPolicy(path string) ([]byte, []logwriter.Witness, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxPolicy+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	if len(text) > maxPolicy {
		return nil, nil, fmt.Errorf("%w: it is longer than %d bytes", ErrPolicy, maxPolicy)
	}
	policy, err := translog.ParsePolicy(text)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	client := &http.Client{
		Timeout: witnessTimeout,
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxConnsPerHost: 4, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: 5 * time.Second, MaxResponseHeaderBytes: 16 << 10, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	var list []logwriter.Witness
	for _, w := range policy.Witnesses {
		if w.URL == "" {
			return nil, nil, fmt.Errorf("%w: the witness %s has no address", ErrPolicy, w.Label)
		}
		list = append(list, &logwriter.Remote{URL: w.URL, PublicKey: w.Key, Client: client})
	}
	return text, list, nil
}

// proofsFit refuses a policy whose longest proof would not fit beside the largest envelope.
func proofsFit(policy *translog.Policy) error {
	const (
		largest = 19456
		hashes  = 53 * 45       // base64 and a line feed each, at most
		lines   = 100           // first line, index, empty lines
		fields  = 1 + 4 + 4     // of a look-up answer
		sigLine = 4 + 1 + 1 + 1 // dash and space, space, line feed
		b64Log  = (4 + 64 + 2) / 3 * 4
		b64Cosi = (4 + 8 + 64 + 2) / 3 * 4
		head    = 1 + 16 + 1 + 44 + 1
	)
	longest := 0
	for _, l := range policy.Logs {
		longest = max(longest, len(l.Name)+head+sigLine+len(l.Name)+b64Log)
	}
	n := fields + largest + hashes + lines + longest
	for _, w := range policy.Witnesses {
		n += sigLine + len(w.Key.Name) + b64Cosi
	}
	if n > envelope.AnswerSize {
		return fmt.Errorf("%w: proofs with that many witnesses would be too long", ErrPolicy)
	}
	return nil
}

// LogPolicy returns the policy that a server on this data directory has without a policy file:
// the lines that begin with "log" belong into any other. It makes the keys that are missing.
func LogPolicy(cfg Config) ([]byte, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	origin, err := settleOrigin(cfg.Data, cfg.Origin, onLoopback(cfg.Listen))
	if err != nil {
		return nil, err
	}
	cfg.Policy, cfg.DB = "", "" // the keys that lie there, whatever the engine
	kept, err := cfg.loadKeys()
	if err != nil {
		return nil, err
	}
	_, public, err := logKeysOf(kept, origin, newestKeys(cfg.Data))
	if err != nil {
		return nil, err
	}
	text, _, err := cfg.witnesses(kept, origin, logwriter.HeadFiles{Dir: cfg.Data}, public)
	return text, err
}

// limited bounds what one address may ask of a plain handler, and how many requests run at once.
func (s *Server) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var source netip.Addr
		if ap, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
			source = ap.Addr()
		}
		ctx, cancel := context.WithTimeout(r.Context(), s.cfg.Timeouts.Deadline)
		defer cancel()
		err := s.rates.Take(source, rpc.ClassLog)
		if err == nil {
			err = s.gate.Enter(ctx, source)
		}
		if err != nil {
			after := time.Second
			if refused, ok := errors.AsType[*limit.RefusedError](err); ok {
				after = refused.RetryAfter
			}
			w.Header().Set("Retry-After", strconv.Itoa(max(1, int(after.Round(time.Second)/time.Second))))
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, "too many requests from here; wait a little and try again", http.StatusTooManyRequests)
			return
		}
		defer s.gate.Leave()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
