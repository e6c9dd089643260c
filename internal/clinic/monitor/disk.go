package monitor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
)

// The files of a monitor's folder.
const (
	settingsFile    = "monitor.json"
	keysFile        = "keys/monitor.age"
	outboxFile      = "outbox.log"
	notesFile       = "notes.log"
	alarmsFile      = "alarms.log"
	waitingFile     = "waiting.log"
	tailFile        = "tail.json"
	statusFile      = "status.txt"
	statusStateFile = "status.json"
	channelDir      = "channels"
)

// journal is a journal of JSON records.
type journal struct{ *disk.Journal }

// openJournal calls read with each record, oldest first.
func openJournal(d *disk.Dir, name string, read func([]byte) error) (journal, error) {
	j, records, err := d.Journal(name)
	if err != nil {
		return journal{}, err
	}
	if err := readAll(name, records, read); err != nil {
		return journal{}, errors.Join(err, j.Close())
	}
	return journal{j}, nil
}

// readJournal is openJournal for a monitor that may be running.
func readJournal(root, name string, read func([]byte) error) error {
	records, err := disk.ReadJournal(root, name)
	if err != nil {
		return err
	}
	return readAll(name, records, read)
}

func readAll(name string, records [][]byte, read func([]byte) error) error {
	for _, r := range records {
		if err := read(r); err != nil {
			return fmt.Errorf("read %s: %w: %w", name, disk.ErrDamaged, err)
		}
	}
	return nil
}

// append returns when the record is on stable storage.
func (j journal) append(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return j.Append(raw)
}

func (j journal) close() error {
	if j.Journal == nil {
		return nil
	}
	return j.Close()
}

// readJSON reads a small file; found is false when there is none.
func readJSON(d *disk.Dir, name string, v any) (found bool, err error) {
	raw, err := d.Read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, parseJSON(name, raw, v)
}

func parseJSON(name string, raw []byte, v any) error {
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("read %s: %w", name, disk.ErrDamaged)
	}
	return nil
}

func writeJSON(d *disk.Dir, name string, v any) error {
	raw, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return d.Write(name, append(raw, '\n'))
}
