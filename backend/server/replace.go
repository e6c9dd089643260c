package server

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"os"

	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// ErrIntact: nothing is wrong with the log that was to be replaced.
var ErrIntact = errors.New("log is not damaged")

// Replaced says what stands in place of a log.
type Replaced struct {
	Why    string // one clause; empty for a log that was replaced though intact
	Frozen string // "log-frozen" line for the profile of every clinic
	Log    string // "log" line of a policy: the new log's key
	Old    string // origin of the log that ended
	New    string
}

// ReplaceLog ends the log of a kind, [logwriter.Keys] or [logwriter.Msgs], and begins another under
// a new origin and a new key. What the old log proves stays proven: it is kept up to the greatest
// checkpoint that its leaves lead to, and served where it was. A log with which nothing is wrong is
// [ErrIntact], unless intact says that it shall be replaced nevertheless, as when its key was stolen.
// cfg is that of the server, which must not run.
//
// It can be called again after it was interrupted.
func ReplaceLog(ctx context.Context, cfg Config, kind logwriter.Log, intact bool) (_ Replaced, err error) {
	cfg, err = cfg.check()
	if err != nil {
		return Replaced{}, err
	}
	if cfg.DB == MemoryDB {
		return Replaced{}, fmt.Errorf("%w: logs in memory are new at every start", ErrConfig)
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return Replaced{}, fmt.Errorf("make data directory: %w", err)
	}
	store, err := openStore(ctx, cfg.Data, cfg.DB, cfg.Log, func() {})
	if err != nil {
		return Replaced{}, err
	}
	defer func() { err = errors.Join(err, store.close()) }()
	origin, err := settleOrigin(cfg.Data, cfg.Origin, true)
	if err != nil {
		return Replaced{}, err
	}
	frozen, err := store.logs.Frozen(ctx)
	if err != nil {
		return Replaced{}, fmt.Errorf("read logs: %w", err)
	}
	use := inUse(frozen)
	old := use.of(kind)
	signer, policy, err := cfg.examined(use, old, origin, store)
	if err != nil {
		return Replaced{}, err
	}
	wrong := signer.Check(ctx)
	if wrong != nil && !errors.Is(wrong, logwriter.ErrBehind) && !errors.Is(wrong, logwriter.ErrDifferent) {
		return Replaced{}, fmt.Errorf("compare log: %w", wrong)
	}
	sound, err := logwriter.Examine(ctx, store.logs, old)
	if err != nil {
		return Replaced{}, fmt.Errorf("examine log: %w", err)
	}
	if wrong == nil {
		wrong = sound.Wrong
	}
	if wrong == nil && !intact {
		return Replaced{}, ErrIntact
	}
	keys, err := logwriter.LoadKeys(cfg.Data, cfg.random(), keyFile(old.Next()))
	if err != nil {
		return Replaced{}, err
	}
	end := logwriter.Frozen{Log: old, Size: sound.Size, Checkpoint: sound.Checkpoint, Policy: policy}
	if err := store.logs.Replace(ctx, end); err != nil {
		return Replaced{}, fmt.Errorf("replace log: %w", err)
	}
	return replaced(origin, end, sound.Root, keys[keyFile(old.Next())].Public(), wrong)
}

// examined returns a signer of a log that is in use, and the text of its policy.
func (c Config) examined(use both, l logwriter.Log, origin string, store *engine) (*logwriter.Signer, []byte, error) {
	var file *keyFileError
	if err := use.fits(newestKeys(c.Data)); errors.As(err, &file) && file.missing {
		return nil, nil, err
	}
	names := []string{keyFile(use.keys), keyFile(use.msgs)}
	if c.Policy == "" {
		names = append(names, witnessKeyFile)
	}
	kept, err := logwriter.LoadKeys(c.Data, c.random(), names...)
	if err != nil {
		return nil, nil, err
	}
	_, public, err := logKeysOf(kept, origin, use)
	if err != nil {
		return nil, nil, err
	}
	text, witnesses, err := c.witnesses(kept, origin, logwriter.HeadFiles{Dir: c.Data}, public)
	if err != nil {
		return nil, nil, err
	}
	policy, err := translog.ParsePolicy(text)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	s, err := logwriter.NewSigner(logwriter.SignerConfig{
		Log: l, Store: store.logs, Origin: origin + "/" + l.String(), Key: kept[keyFile(l)], Policy: policy,
		Witnesses: witnesses, Timeout: witnessTimeout, Now: c.Now, Logger: c.Log,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	return s, text, nil
}

func replaced(origin string, end logwriter.Frozen, root [32]byte, public crypto.PublicKey, wrong error) (Replaced, error) {
	r := Replaced{Old: origin + "/" + end.Log.String(), New: origin + "/" + end.Log.Next().String()}
	key, err := translog.NewKey(r.New, public.(ed25519.PublicKey))
	if err != nil {
		return Replaced{}, fmt.Errorf("log key: %w", err)
	}
	if wrong != nil {
		r.Why = wrong.Error()
	}
	r.Log = "log " + key.String()
	r.Frozen = fmt.Sprintf("log-frozen %s %d %s", r.Old, end.Size, base64.StdEncoding.EncodeToString(root[:]))
	return r, nil
}
