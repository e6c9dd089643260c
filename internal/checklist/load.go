package checklist

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"
)

// Why a pack was refused. Whoever gets one keeps the pack in use.
var (
	// ErrSignature: nobody we know signed these bytes.
	ErrSignature = errors.New("pack signature does not verify")
	// ErrExpired: the pack was current once.
	ErrExpired = errors.New("pack has expired")
	// ErrRollback: the pack is older than the one in use, or another pack of its version.
	ErrRollback = errors.New("pack is older than the one in use")
	// ErrUnknownField: the pack was written for a newer program.
	ErrUnknownField = errors.New("pack needs a newer program")
	// ErrMalformed: the files are not a pack.
	ErrMalformed = errors.New("pack is malformed")
)

// AppLevel is the content model this program understands; a pack with a greater min_app is
// refused with [ErrUnknownField].
const AppLevel = 1

const (
	packFile      = "pack.json"
	signatureFile = "pack.sig"
	localeDir     = "i18n/"
)

// MaxPackBytes bounds the files of a pack together.
const MaxPackBytes = 4 << 20

//go:embed pack
var embedded embed.FS

// Embedded returns the pack that came with the program. It is used even when it has expired
// ([Plan.Expired] says so); an error means that the program was built wrongly.
func Embedded() (*Pack, error) {
	files := map[string][]byte{}
	var sig []byte
	err := fs.WalkDir(embedded, "pack", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		if name = strings.TrimPrefix(name, "pack/"); name == signatureFile {
			sig = data
		} else {
			files[name] = data
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read embedded pack: %w", err)
	}
	p, err := openPack(files, sig, releaseKey)
	if err != nil {
		return nil, fmt.Errorf("open embedded pack: %w", err)
	}
	return p, nil
}

// Load verifies and opens a pack that came over the network. It refuses a pack that is not
// signed by the key of this program, has expired at now, is older than current, or holds
// anything this program does not understand. current may be nil. The caller must not modify
// files or sig afterwards.
func Load(files map[string][]byte, sig []byte, current *Pack, now time.Time) (*Pack, error) {
	p, err := openPack(files, sig, releaseKey)
	if err != nil {
		return nil, err
	}
	for i := range p.texts {
		if _, err := p.readLocale(p.doc.Locales[i]); err != nil {
			return nil, err
		}
	}
	if !now.Before(p.expires) {
		return nil, ErrExpired
	}
	if current != nil {
		switch {
		case p.doc.ID != current.doc.ID:
			return nil, fmt.Errorf("%w: another line of packs", ErrRollback)
		case p.doc.Version < current.doc.Version:
			return nil, ErrRollback
		case p.doc.Version == current.doc.Version && p.Digest() != current.Digest():
			return nil, fmt.Errorf("%w: two packs of one version", ErrRollback)
		}
	}
	return p, nil
}

func openPack(files map[string][]byte, sig []byte, release string) (*Pack, error) {
	size := len(sig)
	for _, data := range files {
		size += len(data)
	}
	if size > MaxPackBytes {
		return nil, fmt.Errorf("%w: too large", ErrMalformed)
	}
	id, version, development, err := verify(files, sig, release)
	if err != nil {
		return nil, err
	}
	p := &Pack{files: files, signature: sig, development: development}
	if err := decode(files[packFile], &p.doc); err != nil {
		return nil, err
	}
	d := &p.doc
	if d.ID != id || d.Version != version {
		return nil, fmt.Errorf("%w: the signature names another version", ErrMalformed)
	}
	if d.MinApp > AppLevel {
		return nil, ErrUnknownField
	}
	day, err := time.Parse(time.DateOnly, d.Expires)
	if err != nil {
		return nil, fmt.Errorf("%w: no expiry", ErrMalformed)
	}
	p.expires = day.AddDate(0, 0, 1)
	if len(d.Locales) == 0 || d.Locales[0] != "en" {
		return nil, fmt.Errorf("%w: no English", ErrMalformed)
	}
	for _, l := range d.Locales {
		if _, ok := files[localeDir+l+".json"]; !ok {
			return nil, fmt.Errorf("%w: no texts for a locale", ErrMalformed)
		}
	}
	p.texts = make([]localeText, len(d.Locales))
	if err := p.index.build(d); err != nil {
		return nil, err
	}
	return p, nil
}

// decode reads exactly one JSON value without unknown fields.
func decode(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		// The standard library has no error value for this.
		if strings.HasPrefix(err.Error(), "json: unknown field") {
			return fmt.Errorf("%w: %w", ErrUnknownField, err)
		}
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: trailing data", ErrMalformed)
	}
	return nil
}
