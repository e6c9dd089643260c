package disk

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	lengthHead = 4 + 4          // length, and the first bytes of SHA-256 over it
	recordHead = lengthHead + 8 // and of SHA-256 over that and the data
	// MaxRecord is the longest record of a journal, in bytes.
	MaxRecord = 1 << 20
)

// Journal is a file that only grows. A record is u32 length, the first 4 bytes of SHA-256 over it,
// the first 8 bytes of SHA-256 over both and the data, and the data.
type Journal struct {
	d    *Dir
	f    *os.File
	name string
	size int64
}

// Journal opens a journal and returns its records. What a crash cut off at the end is put aside
// in a file of that name and ".cut". It fails with [ErrDamaged] for anything else that is wrong,
// and leaves the file as it is.
func (d *Dir) Journal(name string) (*Journal, [][]byte, error) {
	file, err := d.file(name)
	if err != nil {
		return nil, nil, err
	}
	raw, err := d.Read(name)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return nil, nil, err
	}
	records, good, err := split(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", name, err)
	}
	if good < len(raw) {
		if err := d.Write(name+".cut", raw[good:]); err != nil {
			return nil, nil, err
		}
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, trouble("open "+name, err)
	}
	j := &Journal{d, f, name, int64(good)}
	err = nil
	if good < len(raw) {
		err = j.cut()
	}
	if fresh && err == nil {
		err = syncDir(filepath.Dir(file))
	}
	if err != nil {
		return nil, nil, trouble("open "+name, errors.Join(err, f.Close()))
	}
	return j, records, nil
}

// split takes a journal apart, up to a last record that is not whole.
func split(raw []byte) (records [][]byte, good int, err error) {
	for good < len(raw) {
		rest := raw[good:]
		if len(rest) < recordHead {
			return records, good, nil
		}
		// A write that was cut off begins as it should, or is zeros.
		n := binary.BigEndian.Uint32(rest)
		if check := sum(rest[:4]); n > MaxRecord || !bytes.Equal(check[:4], rest[4:lengthHead]) {
			if zero(rest) {
				return records, good, nil
			}
			return nil, 0, ErrDamaged
		}
		end := recordHead + int(n)
		if end > len(rest) {
			return records, good, nil
		}
		if sum(rest[:lengthHead], rest[recordHead:end]) != [8]byte(rest[lengthHead:recordHead]) {
			if end == len(rest) {
				return records, good, nil
			}
			return nil, 0, ErrDamaged
		}
		records = append(records, rest[recordHead:end:end])
		good += end
	}
	return records, good, nil
}

// zero reports whether a file system filled the end of a file with zeros in a crash.
func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

func sum(parts ...[]byte) [8]byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return [8]byte(h.Sum(nil))
}

// Append adds records and returns when they are on stable storage. It fails with [ErrDisk], and
// then none of them counts.
func (j *Journal) Append(records ...[]byte) error {
	var out []byte
	for _, r := range records {
		if len(r) > MaxRecord {
			return fmt.Errorf("write %s: %w: record too large", j.name, ErrDisk)
		}
		head := binary.BigEndian.AppendUint32(nil, uint32(len(r))) //nolint:gosec // at most MaxRecord
		check := sum(head)
		head = append(head, check[:4]...)
		whole := sum(head, r)
		out = append(append(append(out, head...), whole[:]...), r...)
	}
	err := j.d.at("append", func() error { _, err := j.f.WriteAt(out, j.size); return err })
	if err == nil {
		err = j.d.at("sync", j.f.Sync)
	}
	if err != nil {
		// Half a record would be put aside at the next start anyway.
		_ = j.cut()
		return trouble("write "+j.name, err)
	}
	j.size += int64(len(out))
	return nil
}

// cut takes off what is behind the last good record.
func (j *Journal) cut() error {
	if err := j.f.Truncate(j.size); err != nil {
		return err
	}
	return j.f.Sync()
}

// Close closes the journal.
func (j *Journal) Close() error {
	if err := j.f.Close(); err != nil {
		return trouble("close "+j.name, err)
	}
	return nil
}
