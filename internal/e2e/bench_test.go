//go:build linux

package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The bounds of the promise, for a quiet machine. They are reported here and judged by who
// reads docs/benchmarks.md; only what the load of a machine cannot change is an error.
const (
	firstFrameWithin = 45 * time.Millisecond
	keyWithin        = 5 * time.Millisecond
	residentAtMost   = 30 << 10 // KiB
)

// BenchmarkFirstFrame is from the start of the process to the first full frame, with a vault
// on disk. Run it with -benchtime 20x for the median of 20.
func BenchmarkFirstFrame(b *testing.B) {
	for _, tt := range []struct {
		name, shows string
		vault       bool
	}{{"Home", "more", true}, {"Welcome", "more", false}} {
		b.Run(tt.name, func(b *testing.B) {
			home := filepath.Join(b.TempDir(), "home")
			if tt.vault {
				vaultAt(b, home)
			}
			var all, cpu []time.Duration
			for b.Loop() {
				start := time.Now()
				x := open(b, standard, environment(home))
				all = append(all, x.waitWritten(tt.shows).Sub(start))
				cpu = append(cpu, onCPU(b, x.cmd.Process.Pid))
				x.press("\x18")
				x.wait()
			}
			report(b, all, "ms/frame", firstFrameWithin)
			slices.Sort(cpu)
			b.ReportMetric(float64(cpu[len(cpu)/2].Microseconds())/1000, "median-cpu-ms/frame")
		})
	}
}

// BenchmarkKeyToFrame is from a key to the bytes of the frame that answers it.
func BenchmarkKeyToFrame(b *testing.B) {
	home := filepath.Join(b.TempDir(), "home")
	vaultAt(b, home)
	x := open(b, standard, environment(home))
	x.waitFor("Do this next")
	var all []time.Duration
	moves := []string{"\x1b[B", "\x1b[A"}
	x.press("l")
	x.waitFor("Your steps")
	for n := 0; b.Loop(); n++ {
		// As between key presses: nothing is being drawn, and the key comes at any moment. Whole
		// milliseconds after the last frame would not be that: a frame comes with a tick.
		time.Sleep(40*time.Millisecond + rand.N(25*time.Millisecond))
		before := len(x.written())
		at := x.press(moves[n%len(moves)])
		all = append(all, x.waitMore(before).Sub(at))
	}
	report(b, all, "ms/key", keyWithin)
	x.press("\x18")
	x.wait()
}

// BenchmarkResident is the memory of the program after a walk through its screens.
func BenchmarkResident(b *testing.B) {
	home := filepath.Join(b.TempDir(), "home")
	vaultAt(b, home)
	var most int
	for b.Loop() {
		x := open(b, standard, environment(home))
		x.waitFor("Do this next")
		for _, s := range []step{{"l", "Your steps"}, {"\x1b", "Do this next"}, {"n", "not your fault"}, {"\x1b", "Do this next"}, {enter, "Done when"}} {
			x.press(s.keys)
			x.waitFor(s.shows)
			time.Sleep(700 * time.Millisecond) // two Esc in a row would leave
		}
		most = max(most, resident(b, x.cmd.Process.Pid))
		x.press("\x18")
		x.wait()
	}
	b.ReportMetric(float64(most)/1024, "MiB/process")
	b.ReportMetric(0, "ns/op")
	if most > residentAtMost {
		b.Errorf("resident: got %d KiB, want at most %d", most, residentAtMost)
	}
}

// resident reads VmRSS of a process, in KiB.
func resident(t testing.TB, pid int) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var kib int
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kib); err == nil {
			return kib
		}
	}
	t.Fatal("the system does not say how much memory the process has")
	return 0
}

// report gives median and maximum.
func report(b *testing.B, all []time.Duration, unit string, bound time.Duration) {
	b.Helper()
	slices.Sort(all)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(all[len(all)/2]), "median-"+unit)
	b.ReportMetric(ms(all[0]), "least-"+unit)
	b.ReportMetric(ms(all[len(all)-1]), "most-"+unit)
	b.ReportMetric(ms(bound), "bound-"+unit)
	b.ReportMetric(0, "ns/op")
}

// onCPU is how long the threads of a process have run, and not waited for others.
func onCPU(t testing.TB, pid int) time.Duration {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(files) == 0 {
		t.Fatal("the system does not say how long the process ran")
	}
	var sum time.Duration
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			continue // a thread that has ended
		}
		var ns int64
		if _, err := fmt.Sscan(string(data), &ns); err == nil {
			sum += time.Duration(ns)
		}
	}
	return sum
}

// waitWritten waits until the program has written a text, and returns when.
func (x *terminal) waitWritten(want string) time.Time {
	x.t.Helper()
	deadline := time.After(patience)
	for {
		if bytes.Contains(x.written(), []byte(want)) {
			return time.Now()
		}
		select {
		case <-x.change:
		case <-deadline:
			x.t.Fatalf("the program does not write %q; it wrote %q", want, x.written())
		}
	}
}

// waitMore waits until more than n bytes were written, and returns when.
func (x *terminal) waitMore(n int) time.Time {
	x.t.Helper()
	deadline := time.After(patience)
	for {
		if len(x.written()) > n {
			return time.Now()
		}
		select {
		case <-x.change:
		case <-deadline:
			x.t.Fatalf("nothing is drawn; the screen shows\n%s", x.text())
		}
	}
}

// TestLinks names what must not be part of the patient's program, package by package.
func TestLinks(t *testing.T) {
	t.Parallel()
	deps := goList(t, "./tui/cmd/chaperone")
	for _, banned := range []struct{ prefix, why string }{
		{"github.com/chaperone-privacy/chaperone/backend", "a device treats the server as hostile and links none of it"},
		{"database/sql", "the vault is a sealed file"},
		{"zombiezen.com/go/sqlite", "the vault is a sealed file"},
		{"modernc.org/sqlite", "the vault is a sealed file"},
		{"github.com/jackc/pgx", "the vault is a sealed file"},
		{"buf.build/go/protovalidate", "compiling its rules costs half of the start"},
		{"cel.dev", "compiling its rules costs half of the start"},
		{"github.com/google/cel-go", "compiling its rules costs half of the start"},
		{"github.com/prometheus", "no telemetry"},
		{"go.opentelemetry.io", "no telemetry"},
		{"charm.land/glamour", "no text of ours needs it"},
		{"charm.land/huh", "the screens ask for themselves"},
		{"go.yaml.in", "content is compiled before"},
		{"expvar", "no telemetry"},
		{"net/http/pprof", "no telemetry"},
	} {
		for _, dep := range deps {
			if dep == "database/sql/driver" {
				continue // a few types, for colours that can be stored; no database
			}
			if dep == banned.prefix || strings.HasPrefix(dep, banned.prefix+"/") || strings.HasPrefix(dep, banned.prefix+".") {
				t.Errorf("chaperone links %s: %s", dep, banned.why)
			}
		}
	}
	if !slices.Contains(deps, "charm.land/bubbletea/v2") {
		t.Errorf("the list of packages does not hold what the program is made of; this test sees nothing")
	}
}

func goList(t *testing.T, pkg string) []string {
	t.Helper()
	cmd := goCommand(t, "list", "-deps", pkg)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("list packages: %v\n%s", err, stderr.String())
	}
	return strings.Fields(string(out))
}
