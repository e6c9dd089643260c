package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The promise of a start, for a quiet machine.
const (
	readyWithin  = 60 * time.Millisecond
	idleAtMostMB = 32.0
)

// start times chaperoned from exec to the first good answer of /readyz, on SQLite with every
// migration to run, and reads its memory when idle.
func start(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("start", flag.ContinueOnError)
	times := flags.Int("times", 20, "starts")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "chaperone-bench-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "chaperoned")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, "./backend/cmd/chaperoned")
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build chaperoned: %w: %s", err, text)
	}
	var took []time.Duration
	var idle []float64
	for i := range *times {
		t, mb, err := startOnce(ctx, program, filepath.Join(dir, fmt.Sprint("data", i)))
		if err != nil {
			return err
		}
		took, idle = append(took, t), append(idle, mb)
	}
	slices.Sort(took)
	slices.Sort(idle)
	fmt.Fprintf(out, "| %d starts | median | worst | bound |\n|---|---|---|---|\n", *times)
	fmt.Fprintf(out, "| exec to /readyz | %.1f ms | %.1f ms | %d ms |\n", ms(took[len(took)/2]), ms(took[len(took)-1]), readyWithin.Milliseconds())
	fmt.Fprintf(out, "| idle memory (RSS) | %.1f MB | %.1f MB | %.0f MB |\n", idle[len(idle)/2], idle[len(idle)-1], idleAtMostMB)
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func startOnce(ctx context.Context, program, data string) (time.Duration, float64, error) {
	addr, err := freeAddress()
	if err != nil {
		return 0, 0, err
	}
	cmd := exec.CommandContext(ctx, program, "serve", "--data", data, "--listen", addr, "--metrics", "off")
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, fmt.Errorf("start chaperoned: %w", err)
	}
	defer func() {
		_ = cmd.Process.Kill() // it is only measured; its data goes too
		_ = cmd.Wait()
	}()
	took, err := waitReady(ctx, addr, began)
	if err != nil {
		return 0, 0, err
	}
	time.Sleep(300 * time.Millisecond) // until what a start leaves behind is done
	mb, err := residentMB(cmd.Process.Pid)
	return took, mb, err
}

// waitReady asks until the answer is good. A refused connection is asked again at once.
func waitReady(ctx context.Context, addr string, began time.Time) (time.Duration, error) {
	client := http.Client{Timeout: time.Second}
	for time.Since(began) < 20*time.Second {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/readyz", nil)
		if err != nil {
			return 0, fmt.Errorf("ask chaperoned: %w", err)
		}
		resp, err := client.Do(req)
		if err == nil {
			_ = resp.Body.Close() // read for its status alone
			if resp.StatusCode == http.StatusOK {
				return time.Since(began), nil
			}
		}
		time.Sleep(500 * time.Microsecond)
	}
	return 0, fmt.Errorf("chaperoned did not become ready")
}

func freeAddress() (string, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func residentMB(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("read memory: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		var kib float64
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kib); err == nil {
			return kib * 1024 / 1e6, nil
		}
	}
	return 0, fmt.Errorf("the system does not say how much memory the process has")
}
