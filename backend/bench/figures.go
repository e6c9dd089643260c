package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// figure is one promise with a number, and how it is measured.
type figure struct {
	title string
	bound string
	run   []string // a command; its output is the figure
	keep  string   // only lines that hold one of these words, separated by "|"; "" keeps all
}

func figures(context.Context) []figure {
	bench := func(name, times string, pkg string) []string {
		return []string{"go", "test", pkg, "-run", "^$", "-bench", name, "-benchtime", times, "-benchmem"}
	}
	self := func(args ...string) []string { return append([]string{"go", "run", "./backend/bench"}, args...) }
	return []figure{
		{"First frame of the patient's program", "median of 20 at most 45 ms, from exec, on a pseudo-terminal", bench("^BenchmarkFirstFrame$", "20x", "./internal/e2e"), "Benchmark"},
		{"Key press to frame", "at most 5 ms; the toolkit's 120 frames a second alone cost 4.2 ms on average, see design/0006", bench("^BenchmarkKeyToFrame$", "50x", "./internal/e2e"), "Benchmark"},
		{"Key press to frame, without the terminal", "at most 5 ms", bench("^BenchmarkKeyToFrame$", "200x", "./tui/app"), "Benchmark"},
		{"Memory of the patient's program", "at most 30 MB resident", bench("^BenchmarkResident$", "1x", "./internal/e2e"), "Benchmark"},
		{"Demo to its first frame", "at most 2 s when built before", bench("^BenchmarkDemo$", "5x", "./internal/e2e"), "Benchmark"},
		{"chaperoned from exec to /readyz, and idle memory", "at most 60 ms on SQLite with every migration to run; at most 32 MB", self("start"), "|"},
		{"Plan over the wire", "server CPU at most 3 times that of an empty handler with equal sizes", self("plan-cpu"), "|"},
		{"Plan engine", "at most 100 µs on the full pack, at most 1 allocation a row", bench("^BenchmarkPlan$", "2000x", "./internal/checklist"), "Benchmark"},
		{"Loading the pack", "at most 6 ms", bench("^BenchmarkEmbedded$", "100x", "./internal/checklist"), "Benchmark"},
		{"Memory of the pack", "at most 4 MB with the texts of every language", []string{"go", "test", "-count=1", "-v", "-run", "^TestMemory$", "./internal/checklist"}, "the pack takes"},
		{"Opening and saving the vault", "no bound; Mark includes the disk's sync", bench("^Benchmark(Open|Mark)$", "300x", "./internal/patient"), "Benchmark"},
		{"Verifying a bundle, and the bare cryptography in it", "at most 1.3 times, by turns", bench("^Benchmark(VerifyBundle|BareCrypto|Overhead)$", "300x", "./internal/contact"), "Benchmark"},
		{"Verifying a bundle, against gpg", "wall time of the whole process at most 1.5 times that of gpg --verify with the same text", self("verify-gpg"), "|"},
		{"The verifier for browsers", "at most 1.2 MB by brotli, 1.5 MB by gzip", []string{"go", "test", "-count=1", "-v", "-run", "^TestSize$", "./backend/web/wasm/lookup"}, "lookup.wasm|bytes|brotli"},
		{"25 times kill -9, SQLite", "nothing acknowledged is lost", self("torture", "--engine", "sqlite", "--kills", "25"), "|"},
		{"25 times kill -9, PostgreSQL", "nothing acknowledged is lost", self("torture", "--engine", "postgres", "--kills", "25"), "|"},
		{"25 times kill -9 during publishing, SQLite", "every acknowledged message is present, provable, once", self("publish-torture", "--engine", "sqlite", "--kills", "25"), "|"},
		{"25 times kill -9 during publishing, PostgreSQL", "every acknowledged message is present, provable, once", self("publish-torture", "--engine", "postgres", "--kills", "25"), "|"},
		{"Publishing, the store's part, SQLite", "group commit at least 4 times one transaction a message; at most 8 rows for a path among 1,000,000 leaves", self("publish-store", "--engine", "sqlite"), "|"},
		{"Publishing, the store's part, PostgreSQL", "group commit at least 4 times one transaction a message; at most 8 rows for a path among 1,000,000 leaves", self("publish-store", "--engine", "postgres"), "|"},
		{"Publishing through the server, SQLite", "at least 2,000 messages a second, requests signed before, sender and server on one machine", self("publish-rpc", "--engine", "sqlite"), "|"},
		{"Publishing through the server, PostgreSQL", "at least 1,500 messages a second, requests signed before, sender, server and database on one machine", self("publish-rpc", "--engine", "postgres"), "|"},
		{"A message, from sending to its verified proof", "median at most 60 ms, with server, monitor and witness as processes of this machine, one message at a time", self("publish-latency"), "|"},
		{"A monitor reads the log", "at least 10,000 leaves a second on two cores, server and monitor together: a million in 100 s", self("monitor-tail"), "|"},
		{"A message on disk, SQLite", "at most 400 bytes beyond an envelope of the largest size", self("publish-bytes", "--engine", "sqlite"), "|"},
		{"A message on disk, PostgreSQL", "at most 400 bytes beyond an envelope of the largest size", self("publish-bytes", "--engine", "postgres"), "|"},
		{"LookUp among 1,000 and 1,000,000 messages", "p50 at most 1.3 times", self("lookup-scale"), "|"},
		{"LookUp over the wire", "server CPU at most 1.6 times an empty handler with the same answer, at most 1.25 times the same reads alone", self("lookup-cpu"), "|"},
		{"Get among 1,000 and 1,000,000 vaults of 4 KiB", "p50 at most 1.5 times", self("vault-scale"), "|"},
	}
}

// writeFigures measures every promise in docs/benchmarks.md and writes that page to out. It goes
// on when a measurement fails, says so in the page, and fails at the end.
func writeFigures(ctx context.Context, _ []string, out io.Writer) error {
	fmt.Fprintf(out, "# Benchmarks\n\nWritten by `make bench`; do not edit. Each figure stands beside its bound and the command that measured it. "+
		"Figures of other machines differ; ratios of one run can be compared.\n\n")
	printMachine(out)
	var failed []string
	for _, f := range figures(ctx) {
		fmt.Fprintf(os.Stderr, "%s\n", f.title)
		fmt.Fprintf(out, "## %s\n\nBound: %s. Load before: %s.\n\n`%s`\n\n", f.title, f.bound, loadAverage(), strings.Join(f.run, " "))
		cmd := exec.CommandContext(ctx, f.run[0], f.run[1:]...)
		text, err := cmd.CombinedOutput()
		fmt.Fprintf(out, "```\n%s```\n\n", kept(text, f.keep))
		if err != nil {
			failed = append(failed, f.title)
			fmt.Fprintf(out, "This measurement FAILED: %v.\n\n", err)
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("measurements failed: %s", strings.Join(failed, "; "))
	}
	return nil
}

// kept returns the lines of text that hold one of the words.
func kept(text []byte, words string) string {
	var b strings.Builder
	for line := range bytes.Lines(text) {
		keep := words == ""
		for word := range strings.SplitSeq(words, "|") {
			// A lone bar keeps the rows of a table.
			keep = keep || word != "" && bytes.Contains(line, []byte(word)) || words == "|" && bytes.HasPrefix(line, []byte("|"))
		}
		if keep {
			b.Write(line)
		}
	}
	if b.Len() == 0 {
		b.Write(text)
	}
	if s := b.String(); !strings.HasSuffix(s, "\n") {
		b.WriteByte('\n')
	}
	return b.String()
}
