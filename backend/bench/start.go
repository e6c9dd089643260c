package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
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
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is released: no cgo
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build chaperoned: %w: %s", err, text)
	}
	var took []time.Duration
	var idle []float64
	for i := range *times + 1 {
		t, mb, err := startOnce(ctx, program, filepath.Join(dir, fmt.Sprint("data", i)))
		if err != nil {
			return err
		}
		if i == 0 {
			continue // it read the program from disk
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

// waitReady asks until the answer is good. It speaks plain HTTP over a plain connection, so
// that the asking takes no time of its own from a machine of two cores.
func waitReady(ctx context.Context, addr string, began time.Time) (time.Duration, error) {
	for time.Since(began) < 20*time.Second {
		if askReady(ctx, addr) {
			return time.Since(began), nil
		}
		time.Sleep(500 * time.Microsecond)
	}
	return 0, errors.New("chaperoned did not become ready")
}

func askReady(ctx context.Context, addr string) bool {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second)) // a connection that takes none answers nothing
	if _, err := fmt.Fprintf(conn, "GET /readyz HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", addr); err != nil {
		return false
	}
	status, err := bufio.NewReader(conn).ReadString('\n')
	return err == nil && strings.HasPrefix(status, "HTTP/1.1 200 ")
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
