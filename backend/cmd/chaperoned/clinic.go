package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/server"
)

const clinicUsage = `Usage:
    chaperoned clinic admit [--data DIR] ID

Lets a clinic log its notes and publish messages here. ID is the clinic id that the
clinic's program prints, 44 characters. The server may run meanwhile; it looks within a
second. The list is the file "clinics" in the data directory, one id a line: take a line
out to end it.

Example:
    $ chaperoned clinic admit fI7yuxGXu4fhtFhYIdkAUmBMHQ3SMH8bbJZCzDeLEhM=
    admitted
`

const policyUsage = `Usage:
    chaperoned policy [--data DIR] [--origin NAME]

Prints the witness policy that this server has by itself, in the format of C2SP
tlog-policy. Its two lines that begin with "log" are the keys of the server's logs; they
belong into a policy with independent witnesses, and go to those witnesses. Keys that are
missing are made.
`

// clinic runs the commands about clinics.
func clinic(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] != "admit" {
		return complain(stderr, exitUsage, "clinic has one command, admit", "run 'chaperoned help clinic'")
	}
	flags, data := dataFlags("admit")
	if code, done := parse(flags, args[1:], clinicUsage, stdout, stderr); done {
		return code
	}
	if flags.NArg() != 1 {
		return complain(stderr, exitUsage, "admit takes one clinic id", "run 'chaperoned help clinic'")
	}
	id, err := keylog.ParseClinicID(flags.Arg(0))
	if err != nil {
		return complain(stderr, exitUsage, "that is not a clinic id", "it has 44 characters and ends with =; the clinic's program prints it")
	}
	if *data, err = orDefault(*data); err != nil {
		return complain(stderr, exitUsage, err.Error(), "run 'chaperoned help clinic'")
	}
	if err := os.MkdirAll(*data, 0o700); err != nil {
		return explain(stderr, err, *data)
	}
	list := &keylog.AdmissionFile{Path: server.AdmittedFile(*data)}
	switch err := list.Admit(id); {
	case errors.Is(err, keylog.ErrMalformed):
		return complain(stderr, exitTrouble, "the file clinics in "+*data+" is damaged", "each line is a clinic id; nothing was changed")
	case err != nil:
		return explain(stderr, err, *data)
	}
	fmt.Fprintln(stdout, "admitted")
	return exitOK
}

// policy prints the policy of a data directory.
func policy(args []string, stdout, stderr io.Writer) int {
	flags, data := dataFlags("policy")
	origin := flags.String("origin", os.Getenv("CHAPERONE_ORIGIN"), "")
	if code, done := parse(flags, args, policyUsage, stdout, stderr); done {
		return code
	}
	if flags.NArg() != 0 {
		return complain(stderr, exitUsage, "policy takes flags only", "run 'chaperoned help policy'")
	}
	var err error
	if *data, err = orDefault(*data); err != nil {
		return complain(stderr, exitUsage, err.Error(), "run 'chaperoned help policy'")
	}
	text, err := server.LogPolicy(server.Config{Data: *data, Origin: *origin})
	if err != nil {
		return explain(stderr, err, *data)
	}
	fmt.Fprint(stdout, string(text))
	return exitOK
}

func dataFlags(name string) (*flag.FlagSet, *string) {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return flags, flags.String("data", os.Getenv("CHAPERONE_DATA"), "")
}

// parse reads flags; done says that there is nothing left to do but to return code.
func parse(flags *flag.FlagSet, args []string, usage string, stdout, stderr io.Writer) (code int, done bool) {
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return exitOK, true
	case err != nil:
		return complain(stderr, exitUsage, err.Error(), "run 'chaperoned help'"), true
	}
	return exitOK, false
}

func orDefault(data string) (string, error) {
	if data != "" {
		return data, nil
	}
	return dataDir(os.Getenv)
}
