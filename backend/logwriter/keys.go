package logwriter

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// LoadKey reads an Ed25519 seed, 32 bytes in base64 and a line feed, from a file; without one it
// draws a seed and writes it with mode 0600, whole or not at all. A file that holds anything else
// is [ErrDamaged]: a new key would be a new log.
func LoadKey(path string, rand io.Reader) (ed25519.PrivateKey, error) {
	raw, err := os.ReadFile(path)
	if err == nil {
		seed, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSuffix(string(raw), "\n"))
		if err != nil || len(seed) != ed25519.SeedSize {
			return nil, fmt.Errorf("key file %s: %w", filepath.Base(path), ErrDamaged)
		}
		return ed25519.NewKeyFromSeed(seed), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read key: %w", err)
	}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(rand, seed); err != nil {
		return nil, fmt.Errorf("draw key: %w", err)
	}
	if err := writeFile(path, []byte(base64.StdEncoding.EncodeToString(seed)+"\n")); err != nil {
		return nil, fmt.Errorf("keep key: %w", err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// LoadKeys is [LoadKey] for several files of a directory. New ones are written side by side,
// since each waits for the disk.
func LoadKeys(dir string, rand io.Reader, names ...string) (map[string]ed25519.PrivateKey, error) {
	var (
		keys = make([]ed25519.PrivateKey, len(names))
		errs = make([]error, len(names))
		draw sync.Mutex
		wg   sync.WaitGroup
	)
	for i, name := range names {
		wg.Go(func() { keys[i], errs[i] = LoadKey(filepath.Join(dir, name), locked{rand, &draw}) })
	}
	wg.Wait()
	out := make(map[string]ed25519.PrivateKey, len(names))
	for i, name := range names {
		out[name] = keys[i]
	}
	return out, errors.Join(errs...)
}

// locked lets one reader at a time draw from a source that may not stand more.
type locked struct {
	io.Reader
	mu *sync.Mutex
}

func (l locked) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Reader.Read(p)
}

// HeadFiles keeps the head of each log in a file of its own: the three lines of a checkpoint.
type HeadFiles struct{ Dir string }

var _ Heads = HeadFiles{}

func (f HeadFiles) path(origin string) string {
	_, log, found := strings.Cut(origin, "/")
	if !found {
		log = origin
	}
	return filepath.Join(f.Dir, "witnessed-"+strings.ReplaceAll(log, "/", "-"))
}

// Head implements [Heads]. A file that holds anything else is [ErrDamaged].
func (f HeadFiles) Head(origin string) (int64, [32]byte, error) {
	raw, err := os.ReadFile(f.path(origin))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, [32]byte{}, nil
	}
	if err != nil {
		return 0, [32]byte{}, fmt.Errorf("read witnessed head: %w", err)
	}
	lines := strings.Split(string(raw), "\n")
	if len(lines) != 4 {
		return 0, [32]byte{}, fmt.Errorf("witnessed head: %w", ErrDamaged)
	}
	size, err := translog.ParseInt(lines[1])
	root, err2 := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || err2 != nil || len(root) != 32 || lines[0] != origin {
		return 0, [32]byte{}, fmt.Errorf("witnessed head: %w", ErrDamaged)
	}
	return size, [32]byte(root), nil
}

// SetHead implements [Heads].
func (f HeadFiles) SetHead(origin string, size int64, root [32]byte) error {
	text := translog.Checkpoint{Origin: origin, Size: size, Root: root}.Text()
	if err := writeFile(f.path(origin), []byte(text)); err != nil {
		return fmt.Errorf("keep witnessed head: %w", err)
	}
	return nil
}

// HeadMap keeps heads in memory, for logs that are kept there too. It is used by one witness.
type HeadMap map[string]translog.Head

var _ Heads = HeadMap{}

// Head implements [Heads].
func (m HeadMap) Head(origin string) (int64, [32]byte, error) {
	return m[origin].Size, m[origin].Root, nil
}

// SetHead implements [Heads].
func (m HeadMap) SetHead(origin string, size int64, root [32]byte) error {
	m[origin] = translog.Head{Origin: origin, Size: size, Root: root}
	return nil
}

// writeFile replaces a file: it is the old one or the new one, also after a power cut.
func writeFile(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return nil //nolint:nilerr // a system that does not open directories renames durably
	}
	_ = d.Sync() // some systems refuse it; the file itself is safe
	return d.Close()
}
