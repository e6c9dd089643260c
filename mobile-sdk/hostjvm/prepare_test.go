package hostjvm

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/patient"
)

// prepare writes what the Java program reads: a genuine message as it was bundled today, two
// texts, and a vault in which the clinic is pinned, as the terminal program makes one. Its key
// lies beside it, for the program to put into its key store.
func prepare(t *testing.T, work string) {
	t.Helper()
	// The library that is tested has the clock of this machine, so the clinic's eleven days
	// of history end now.
	contacttest.Start = time.Now().Add(-(10*24 + 3) * time.Hour).Truncate(time.Second)
	w := contacttest.New(t)
	write(t, filepath.Join(work, "genuine.chaperone"), string(w.Bundle()))
	write(t, filepath.Join(work, "genuine.txt"), contacttest.Body)
	write(t, filepath.Join(work, "altered.txt"), contacttest.Altered)

	home := filepath.Join(work, "pinned")
	disk, err := patient.NewDir(home)
	if err != nil {
		t.Fatal(err)
	}
	device, _, err := patient.Create(context.Background(), patient.Config{Disk: disk, DeviceName: "terminal"})
	if err != nil {
		t.Fatal(err)
	}
	if err := device.AddPin(w.Memory.Pins[0]); err != nil {
		t.Fatal(err)
	}
	if err := device.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(home, "device.key"), filepath.Join(work, "device.key")); err != nil {
		t.Fatal(err)
	}
}
