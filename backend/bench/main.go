// Command bench loads the server and tortures it. It is for people who work on Chaperone:
//
//	go run ./backend/bench torture --engine sqlite --kills 25
//	go run ./backend/bench vault-scale
//
// It prints Markdown to standard output, and names the machine it ran on. It makes its own data in
// a temporary folder and removes it; it never touches a running server.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// command is one thing that the bench does.
type command struct {
	name    string
	summary string // empty: not for people
	run     func(ctx context.Context, args []string, out io.Writer) error
}

func commands() []command {
	return []command{
		{"torture", "kill -9 a storm of vault writes, again and again; nothing acknowledged may be lost", torture},
		{"torture-child", "", tortureChild},
		{"publish-torture", "kill -9 a storm of publishing, again and again; every acknowledged message stays, provable, once", publishTorture},
		{"publish-child", "", publishChild},
		{"publish-store", "compare group commit with one transaction a message, and read paths among a million leaves", publishStore},
		{"publish-rpc", "publish through a whole server, with requests signed before", publishRPC},
		{"publish-rpc-child", "", publishRPCChild},
		{"publish-latency", "send messages one by one with server, monitor and witness as processes", publishLatency},
		{"witness-child", "", witnessChild},
		{"publish-bytes", "measure what a message takes on disk beyond its envelope", publishBytes},
		{"monitor-tail", "have a clinic's monitor read a server's whole log", monitorTail},
		{"verify-gpg", "compare the patient's program with gpg, both as whole processes, on the same text", verifyGPG},
		{"lookup-scale", "time LookUp among a thousand and a million messages", lookUpScale},
		{"lookup-cpu", "compare the server's CPU for LookUp with that of an empty handler and of the same reads alone", lookUpCPU},
		{"lookup-cpu-child", "", lookUpChild},
		{"plan-cpu", "compare the server's CPU for Plan with that of an empty handler", planCPU},
		{"plan-cpu-child", "", planCPUChild},
		{"start", "time chaperoned from exec to ready, and read its memory", start},
		{"figures", "measure everything that docs/benchmarks.md promises, and print that page", writeFigures},
		{"vault-scale", "time Get among 1,000 and 1,000,000 vaults", vaultScale},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	var usage *usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.As(err, &usage):
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(64)
	default:
		fmt.Fprintf(os.Stderr, "bench: error: %v\n", err)
		os.Exit(1)
	}
}

// usageError is a command line that cannot be understood.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 {
		for _, c := range commands() {
			if c.name == args[0] {
				return c.run(ctx, args[1:], out)
			}
		}
	}
	text := "usage: bench COMMAND [flags]\n"
	for _, c := range commands() {
		if c.summary != "" {
			text += fmt.Sprintf("  %-14s %s\n", c.name, c.summary)
		}
	}
	return &usageError{text + "bench COMMAND -h lists the flags of a command"}
}
