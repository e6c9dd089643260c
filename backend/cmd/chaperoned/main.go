// Command chaperoned is Chaperone's server. It keeps sealed data that it cannot read, hands out
// the content pack, and answers the programs of patients and clinics.
//
// See docs/operating.md for how to run it.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
)

// Exit codes, as every program of this project uses them.
const (
	exitOK      = 0
	exitTrouble = 4  // local trouble: disk, lock, permissions, port
	exitUsage   = 64 // a command, a flag or a setting is wrong
)

// version is set by releases: -ldflags "-X main.version=1.2.3".
var version = ""

const usage = `Usage:
    chaperoned serve [flags]       run the server
    chaperoned clinic admit ID     let a clinic publish here
    chaperoned policy [flags]      print the keys of this server's logs
    chaperoned log replace LOG     begin a log anew that is damaged
    chaperoned help [serve]        say more
    chaperoned version             print the version

The server keeps sealed data that it cannot read. Without flags it serves this
machine alone, on 127.0.0.1:8440, with its data in ~/.local/share/chaperoned.

Example:
    $ chaperoned serve
    metrics http://127.0.0.1:8441/metrics
    serving http://127.0.0.1:8440
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole program; it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	switch command, rest := args[0], args[1:]; command {
	case "serve":
		return serve(rest, stdout, stderr)
	case "clinic":
		return clinic(rest, stdout, stderr)
	case "policy":
		return policy(rest, stdout, stderr)
	case "log":
		return logCommand(rest, stdout, stderr)
	case "version", "--version", "-version":
		return printVersion(rest, stdout, stderr)
	case "help", "--help", "-help", "-h":
		return help(rest, stdout, stderr)
	default:
		return complain(stderr, exitUsage, fmt.Sprintf("there is no command %q", command), "run 'chaperoned help' for the commands")
	}
}

func help(args []string, stdout, stderr io.Writer) int {
	switch {
	case len(args) == 0:
		fmt.Fprint(stdout, usage)
	case len(args) == 1 && args[0] == "serve":
		fmt.Fprint(stdout, serveUsage)
	case len(args) == 1 && args[0] == "clinic":
		fmt.Fprint(stdout, clinicUsage)
	case len(args) == 1 && args[0] == "policy":
		fmt.Fprint(stdout, policyUsage)
	case len(args) == 1 && args[0] == "log":
		fmt.Fprint(stdout, logUsage)
	default:
		return complain(stderr, exitUsage, "there is no help on that", "run 'chaperoned help' or 'chaperoned help serve'")
	}
	return exitOK
}

func printVersion(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		return complain(stderr, exitUsage, "version takes no arguments", "run 'chaperoned version'")
	}
	fmt.Fprintf(stdout, "chaperoned %s (%s, %s/%s)\n", versionName(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return exitOK
}

// versionName is the release's, or what the build knows of itself.
func versionName() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "development"
}

// complain prints an error and what to do about it, and returns the exit code.
func complain(stderr io.Writer, code int, what, hint string) int {
	fmt.Fprintf(stderr, "chaperoned: error: %s\n", what)
	if hint != "" {
		fmt.Fprintf(stderr, "chaperoned: hint: %s\n", hint)
	}
	return code
}
