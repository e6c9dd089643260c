package monitor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

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
	peopleFile      = "people.json"
	channelDir      = "channels"
)

// openSoon opens a folder, waiting for another process that has it.
func openSoon(root string, patience time.Duration) (*disk.Dir, error) {
	for end := time.Now().Add(patience); ; {
		d, err := disk.Open(root)
		if !errors.Is(err, disk.ErrAlreadyOpen) || !time.Now().Before(end) {
			return d, err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// journal is a journal of JSON records.
type journal struct{ *disk.Journal }

// openJournal calls read with each record, oldest first.
func openJournal(d *disk.Dir, name string, read func([]byte) error) (journal, error) {
	j, err := d.Journal(name, reader(name, read))
	return journal{j}, err
}

// readJournal is openJournal for a monitor that may be running.
func readJournal(root, name string, read func([]byte) error) error {
	return disk.ReadJournal(root, name, reader(name, read))
}

func reader(name string, read func([]byte) error) func([]byte) error {
	return func(r []byte) error {
		if err := read(r); err != nil {
			return fmt.Errorf("read %s: %w: %w", name, disk.ErrDamaged, err)
		}
		return nil
	}
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
