package keylog

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"
)

// Admission says which clinics may use this server.
type Admission interface {
	// Admitted reports whether a clinic is admitted. An error means that nobody can tell.
	Admitted(c ClinicID) (bool, error)
}

// ParseClinicID reads a clinic id as notes write it: 32 bytes in base64. It fails with
// [ErrMalformed].
func ParseClinicID(text string) (ClinicID, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != len(ClinicID{}) {
		return ClinicID{}, fmt.Errorf("clinic id: %w", ErrMalformed)
	}
	return ClinicID(raw), nil
}

// String returns the id as notes write it.
func (c ClinicID) String() string { return base64.StdEncoding.EncodeToString(c[:]) }

// AdmissionFile is a list of admitted clinics, one id a line, that the operator's command adds to
// while the server runs. It is safe for concurrent use.
type AdmissionFile struct {
	Path string
	Now  func() time.Time // nil means time.Now

	mu   sync.Mutex
	read time.Time         // when list was read; under mu
	list map[ClinicID]bool // under mu
}

var _ Admission = (*AdmissionFile)(nil)

// admissionAge is how long the list is not read again.
const admissionAge = time.Second

// Admitted implements [Admission]. Without a file nobody is admitted.
func (f *AdmissionFile) Admitted(c ClinicID) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now
	if f.Now != nil {
		now = f.Now
	}
	if age := now().Sub(f.read); f.list == nil || age < 0 || age >= admissionAge {
		list, err := f.load()
		if err != nil {
			return false, err
		}
		f.list, f.read = list, now()
	}
	return f.list[c], nil
}

func (f *AdmissionFile) load() (map[ClinicID]bool, error) {
	list := map[ClinicID]bool{}
	raw, err := os.ReadFile(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return list, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read admitted clinics: %w", err)
	}
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		c, err := ParseClinicID(line)
		if err != nil {
			return nil, fmt.Errorf("read admitted clinics: %w", err)
		}
		list[c] = true
	}
	return list, nil
}

// Admit adds a clinic to the list, durably. Admitting again changes nothing.
func (f *AdmissionFile) Admit(c ClinicID) error {
	list, err := f.load()
	if err != nil || list[c] {
		return err
	}
	file, err := os.OpenFile(f.Path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("admit clinic: %w", err)
	}
	_, err = file.WriteString(c.String() + "\n") // one write: another command's line stays whole
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("admit clinic: %w", err)
	}
	return nil
}
