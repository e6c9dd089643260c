package monitor

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
)

// Errors of what is kept on disk.
var (
	// ErrDisk says that something could not be read or written. Nothing was given away for it.
	ErrDisk = errors.New("the monitor's disk")
	// ErrDamaged says that a file of the monitor is not as it was written.
	ErrDamaged = errors.New("a file of the monitor is damaged")
	// ErrInUse says that another process has the monitor open.
	ErrInUse = errors.New("the monitor is already running")
)

// journal is an append-only file of records, each one line:
//
//	<CRC-32C of the JSON, 8 hex digits> SP <JSON> LF
//
// When append returns nil, the record is on disk. A last line that was not written to its end
// is cut off when the journal is opened: nobody was told that it is there. Anything else that
// does not read is [ErrDamaged].
type journal struct {
	name string
	f    *os.File
	size int64
	err  error // once a broken write could not be undone
	// step is a seam for tests; nil does nothing.
	step func(name string) error
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// openJournal calls read with each record, oldest first. mode decides whether it may be written.
func openJournal(path, name string, read func([]byte) error) (*journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, diskError("open", name, err)
	}
	raw, err := io.ReadAll(f)
	if err != nil {
		return nil, errors.Join(diskError("read", name, err), f.Close())
	}
	good, err := readRecords(raw, read)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), f.Close())
	}
	if good < len(raw) {
		if err := f.Truncate(int64(good)); err != nil {
			return nil, errors.Join(diskError("cut", name, err), f.Close())
		}
	}
	if _, err := f.Seek(int64(good), io.SeekStart); err != nil {
		return nil, errors.Join(diskError("open", name, err), f.Close())
	}
	return &journal{name: name, f: f, size: int64(good)}, nil
}

// readRecords returns how many bytes are whole records.
func readRecords(raw []byte, read func([]byte) error) (int, error) {
	table := castagnoli()
	good := 0
	for good < len(raw) {
		line, _, whole := bytes.Cut(raw[good:], []byte("\n"))
		if !whole {
			return good, nil
		}
		sum, body, ok := bytes.Cut(line, []byte(" "))
		if !ok || string(sum) != fmt.Sprintf("%08x", crc32.Checksum(body, table)) {
			if good+len(line)+1 == len(raw) {
				return good, nil // the last line: its blocks came to disk out of order
			}
			return good, ErrDamaged
		}
		if err := read(body); err != nil {
			return good, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		good += len(line) + 1
	}
	return good, nil
}

// readJournal reads a journal that another process may be writing.
func readJournal(path, name string, read func([]byte) error) error {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return diskError("read", name, err)
	}
	if _, err := readRecords(raw, read); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// append writes a record and waits until it is on disk.
func (j *journal) append(v any) error {
	if j.err != nil {
		return j.err
	}
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", j.name, ErrDisk, err)
	}
	sum := make([]byte, 0, 4)
	c := crc32.Checksum(body, castagnoli())
	sum = append(sum, byte(c>>24), byte(c>>16), byte(c>>8), byte(c))
	line := append(append([]byte(hex.EncodeToString(sum)+" "), body...), '\n')
	if err := j.write(line); err != nil {
		// What is there of the line must go, or the next one would stand behind half of it.
		if cut := j.undo(); cut != nil {
			j.err = diskError("write", j.name, errors.Join(err, cut))
			return j.err
		}
		return diskError("write", j.name, err)
	}
	j.size += int64(len(line))
	return nil
}

func (j *journal) write(line []byte) error {
	if j.step != nil {
		if err := j.step("write"); err != nil {
			return err
		}
	}
	if _, err := j.f.Write(line); err != nil {
		return err
	}
	if j.step != nil {
		if err := j.step("sync"); err != nil {
			return err
		}
	}
	return j.f.Sync()
}

func (j *journal) undo() error {
	if err := j.f.Truncate(j.size); err != nil {
		return err
	}
	_, err := j.f.Seek(j.size, io.SeekStart)
	return err
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	return j.f.Close()
}
