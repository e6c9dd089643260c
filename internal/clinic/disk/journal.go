package disk

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const (
	lengthHead = 4 + 4          // length, and the first bytes of SHA-256 over it
	recordHead = lengthHead + 8 // and of SHA-256 over that and the data
	// MaxRecord is the longest record of a journal, in bytes.
	MaxRecord = 1 << 20
	// maxJournal is how long a journal may grow, in bytes.
	maxJournal = 1 << 30
)

// Journal is a file that only grows. A record is u32 length, the first 4 bytes of SHA-256 over it,
// the first 8 bytes of SHA-256 over both and the data, and the data.
type Journal struct {
	d    *Dir
	f    *os.File
	name string
	size int64
}

// Journal opens a journal and hands each record to read, oldest first; a record is read's to
// keep. What a crash cut off at the end is put aside in a file of that name and ".cut". It fails
// with [ErrDamaged] for anything else that is wrong, with what read fails with, and leaves the
// file as it is.
func (d *Dir) Journal(name string, read func([]byte) error) (*Journal, error) {
	file, err := d.file(name)
	if err != nil {
		return nil, err
	}
	fresh := !d.Has(name)
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, trouble("open "+name, err)
	}
	j := &Journal{d: d, f: f, name: name}
	var size int64
	if j.size, size, err = records(f, name, read); err == nil && j.size < size {
		err = j.putAside(size)
	}
	if fresh && err == nil {
		if err = syncDir(filepath.Dir(file)); err != nil {
			err = trouble("open "+name, err)
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return j, nil
}

// putAside takes off what a crash cut off and keeps its beginning for who wants to look.
func (j *Journal) putAside(size int64) error {
	rest := make([]byte, min(size-j.size, 2*MaxRecord))
	if _, err := j.f.ReadAt(rest, j.size); err != nil {
		return trouble("read "+j.name, err)
	}
	if err := j.d.Write(j.name+".cut", rest); err != nil {
		return err
	}
	if err := j.cut(); err != nil {
		return trouble("open "+j.name, err)
	}
	return nil
}

// records takes a journal apart, up to a last record that is not whole. It returns where that
// begins, and the size of the file.
func records(f *os.File, name string, read func([]byte) error) (good, size int64, err error) {
	info, err := f.Stat()
	if err != nil {
		return 0, 0, trouble("read "+name, err)
	}
	size = info.Size()
	if size > maxJournal {
		return 0, 0, fmt.Errorf("read %s: %w: too large", name, ErrDisk)
	}
	in := bufio.NewReaderSize(io.NewSectionReader(f, 0, size), 256<<10)
	for good < size {
		rest := size - good
		if rest < recordHead {
			return good, size, nil
		}
		var head [recordHead]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return 0, 0, trouble("read "+name, err)
		}
		// A write that was cut off begins as it should, or is zeros.
		n := int64(binary.BigEndian.Uint32(head[:]))
		if check := sum(head[:4]); n > MaxRecord || !bytes.Equal(check[:4], head[4:lengthHead]) {
			empty, err := zero(io.MultiReader(bytes.NewReader(head[:]), in))
			switch {
			case err != nil:
				return 0, 0, trouble("read "+name, err)
			case empty:
				return good, size, nil
			}
			return 0, 0, fmt.Errorf("open %s: %w", name, ErrDamaged)
		}
		if recordHead+n > rest {
			return good, size, nil
		}
		data := make([]byte, n)
		if _, err := io.ReadFull(in, data); err != nil {
			return 0, 0, trouble("read "+name, err)
		}
		if sum(head[:lengthHead], data) != [8]byte(head[lengthHead:]) {
			if recordHead+n == rest {
				return good, size, nil
			}
			return 0, 0, fmt.Errorf("open %s: %w", name, ErrDamaged)
		}
		if err := read(data); err != nil {
			return 0, 0, err
		}
		good += recordHead + n
	}
	return good, size, nil
}

// zero reports whether a file system filled the end of a file with zeros in a crash.
func zero(r io.Reader) (bool, error) {
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if len(bytes.Trim(buf[:n], "\x00")) > 0 {
			return false, nil
		}
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
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
	if j.size+int64(len(out)) > maxJournal {
		return fmt.Errorf("write %s: %w: full", j.name, ErrDisk)
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
