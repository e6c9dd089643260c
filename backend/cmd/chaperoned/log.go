package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/backend/server"
)

const logUsage = `Usage:
    chaperoned log replace [flags] keys|msgs

Ends a log that is stopped for good and begins another in its place, with a new name and
a new key. The server must not run. What the old log proves stays proven and is served as
before; what came after the last head that its entries lead to has to be published again.
A log with which nothing is wrong is left alone. See docs/operating.md for what the
operator and the clinics do then.

First look for newer data: a log is replaced when there is none.

Flags, with the environment variable that sets each and [default]:
    --data DIR     CHAPERONE_DATA    where the data lies
    --db URL       CHAPERONE_DB      postgres://... [SQLite in the data directory]
    --policy FILE  CHAPERONE_POLICY  the policy that the server had until now
    --intact                         replace it though nothing is wrong with it, as
                                     when its key was stolen

Example:
    $ chaperoned log replace --data /var/lib/chaperoned --policy policy msgs
    replaced chaperone.example.com/msgs by chaperone.example.com/2/msgs
    because log is behind its witnesses: ...
    for policies and witnesses:
    log chaperone.example.com/2/msgs+...
    for the profile of every clinic:
    log-frozen chaperone.example.com/msgs 1200 ...
`

// logCommand runs the commands about logs.
func logCommand(args []string, stdout, stderr io.Writer) int {
	const hint = "run 'chaperoned help log'"
	if len(args) > 0 && (args[0] == "-h" || args[0] == "--help") {
		fmt.Fprint(stdout, logUsage)
		return exitOK
	}
	if len(args) == 0 || args[0] != "replace" {
		return complain(stderr, exitUsage, "log has one command, replace", hint)
	}
	flags, data := dataFlags("replace")
	db := flags.String("db", os.Getenv("CHAPERONE_DB"), "")
	policy := flags.String("policy", os.Getenv("CHAPERONE_POLICY"), "")
	intact := flags.Bool("intact", false, "")
	if code, done := parse(flags, args[1:], logUsage, stdout, stderr); done {
		return code
	}
	kind, ok := map[string]logwriter.Log{"keys": logwriter.Keys, "msgs": logwriter.Msgs}[flags.Arg(0)]
	if flags.NArg() != 1 || !ok {
		return complain(stderr, exitUsage, "replace takes the name of one log, keys or msgs, after the flags", hint)
	}
	var err error
	if *data, err = orDefault(*data); err != nil {
		return complain(stderr, exitUsage, err.Error(), hint)
	}
	ctx, stop := untilSignal(stderr)
	defer stop()
	r, err := server.ReplaceLog(ctx, server.Config{
		Data: *data, DB: *db, Policy: *policy, Log: slog.New(slog.NewTextHandler(stderr, nil)),
	}, kind, *intact)
	if err != nil {
		return explain(stderr, err, *data)
	}
	fmt.Fprintf(stdout, "replaced %s by %s\n", r.Old, r.New)
	if r.Why != "" {
		fmt.Fprintf(stdout, "because %s\n", r.Why)
	}
	fmt.Fprintf(stdout, "for policies and witnesses:\n%s\nfor the profile of every clinic:\n%s\n", r.Log, r.Frozen)
	return exitOK
}
