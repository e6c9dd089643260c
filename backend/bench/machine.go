package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// printMachine writes what figures cannot be read without.
func printMachine(out io.Writer) {
	_, _ = fmt.Fprintf(out, "%s, %d cores, kernel %s, load %s, %s\n\n",
		cpuName(), runtime.NumCPU(), firstLine("/proc/sys/kernel/osrelease"), loadAverage(), runtime.Version())
}

func cpuName() string {
	text, _ := os.ReadFile("/proc/cpuinfo") // elsewhere: unknown
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown " + runtime.GOARCH
}

func loadAverage() string {
	one, _, _ := strings.Cut(firstLine("/proc/loadavg"), " ")
	return one
}

func firstLine(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return string(line)
}
