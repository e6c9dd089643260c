package office

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
)

// backupFiles are the single files of a backup; the folders keys and revocations go with them.
// They are sealed on disk or public; the backup as a whole is sealed once more.
func (o *Office) backupFiles() ([]string, error) {
	names := []string{bookFile, outboxFile}
	for _, folder := range []string{"keys", sealedDir} {
		more, err := o.disk.List(folder)
		if err != nil {
			return nil, err
		}
		for _, name := range more {
			if name != channelFile { // a channel that goes on from an old copy looks like a stolen one
				names = append(names, name)
			}
		}
	}
	more, err := o.monitorFiles()
	return append(names, more...), err
}

// maxBackup is the greatest size of one file of a backup, in bytes.
const maxBackup = 1 << 30

// Backup returns everything of this machine's folder, sealed under a passphrase as an age file.
// It holds no root key, for none is here.
func (o *Office) Backup(passphrase string) ([]byte, error) {
	if err := o.need(); err != nil {
		return nil, err
	}
	names, err := o.backupFiles()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, name := range names {
		data, err := o.disk.Read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		h := &tar.Header{Name: name, Mode: 0o600, Size: int64(len(data)), ModTime: time.Unix(o.cfg.Now().Unix(), 0), Typeflag: tar.TypeReg}
		if err := w.WriteHeader(h); err != nil {
			return nil, fmt.Errorf("write backup: %w", err)
		}
		if _, err := w.Write(data); err != nil {
			return nil, fmt.Errorf("write backup: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("write backup: %w", err)
	}
	return clinic.SealPassphrase(passphrase, o.cfg.Work, out.Bytes())
}

// Restore brings a backup into an empty folder. The file of the clinic is written last: a
// restore that was cut off is begun again. Messages that were sent after the backup are not known
// here: a monitor on this machine raises one alarm for them. It fails with [ErrHasClinic] and [ErrHasDevice],
// clinic.ErrPassphrase and clinic.ErrSealed.
func (o *Office) Restore(passphrase string, sealed []byte) error {
	switch {
	case o.HasClinic():
		return ErrHasClinic
	case o.book.Device != "":
		return ErrHasDevice
	}
	raw, err := clinic.OpenPassphrase(passphrase, sealed)
	if err != nil {
		return err
	}
	files := map[string][]byte{}
	var order []string
	for r := tar.NewReader(bytes.NewReader(raw)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || h.Typeflag != tar.TypeReg || h.Size > maxBackup {
			return fmt.Errorf("%w: contents", clinic.ErrSealed)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return fmt.Errorf("%w: contents", clinic.ErrSealed)
		}
		files[h.Name] = data
		if h.Name != bookFile {
			order = append(order, h.Name)
		}
	}
	b, err := parseBook(files[bookFile])
	if err != nil {
		return err
	}
	for _, name := range order {
		if err := o.disk.Write(name, files[name]); err != nil {
			return err
		}
	}
	if b.Here {
		if err := monitor.Restored(o.MonitorDir()); err != nil {
			return err
		}
	}
	o.book, o.ring = b, nil
	return o.save()
}
