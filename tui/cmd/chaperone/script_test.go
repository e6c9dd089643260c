package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/patient"
)

var update = flag.Bool("update", false, "write the expected texts anew")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"chaperone": func() { os.Exit(start(scriptClock)) },
	})
}

// scriptClock is a clock that stands still, at $NOW in Unix seconds.
func scriptClock() time.Time {
	seconds, err := strconv.ParseInt(os.Getenv("NOW"), 10, 64)
	if err != nil {
		return time.Now()
	}
	return time.Unix(seconds, 0)
}

// scriptNow is when the scripts happen: a week after the content was released.
var scriptNow = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

func TestScripts(t *testing.T) {
	t.Parallel()
	servers := startServers(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("CHAPERONE_HOME", filepath.Join(env.WorkDir, "vault"))
			env.Setenv("LANG", "en_US.UTF-8")
			env.Setenv("TZ", "UTC")
			env.Setenv("GORACE", os.Getenv("GORACE"))
			env.Setenv("NOW", strconv.FormatInt(scriptNow.Unix(), 10))
			servers.setenv(env)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":  exits,
			"vault":  makeVault,
			"letter": makeLetter,
			"mode":   fileMode,
		},
	})
}

// exits runs a program and wants an exit code:
//
//	exits 64 chaperone --bogus
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARGUMENT...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// fileMode wants who may read and write a file:
//
//	mode 600 letter.md
func fileMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode MODE FILE")
	}
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := strconv.FormatInt(int64(info.Mode().Perm()), 8); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}

// makeVault makes a vault whose questions are answered, and writes its recovery code to a
// file. With a case of the contact vectors the clinic of that case is pinned.
//
//	vault code.txt ['genuine, same text']
func makeVault(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: vault CODE-FILE [CASE]")
	}
	disk, err := patient.NewDir(ts.Getenv("CHAPERONE_HOME"))
	ts.Check(err)
	d, code, err := patient.Create(context.Background(), patient.Config{
		Disk: disk, DeviceName: "laptop", Now: func() time.Time { return scriptNow },
	})
	ts.Check(err)
	defer func() { ts.Check(d.Close()) }()
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(code.Grouped()+"\n"), 0o600))
	ts.Check(d.SetAnswers(checklist.Answers{Stage: checklist.Worried, Region: "us", Uses: []string{"facebook", "instagram"}}))
	if len(args) == 2 {
		c, _ := vector(ts.Check, args[1])
		for _, pin := range c.Memory.Pins {
			ts.Check(d.AddPin(pin))
		}
	}
}

// makeLetter writes the message of a case of the contact vectors, and when it is judged:
//
//	letter 'date changed' letter.chaperone letter.txt now.txt
func makeLetter(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: letter CASE BUNDLE-FILE TEXT-FILE")
	}
	c, bundle := vector(ts.Check, args[0])
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), bundle, 0o600))
	if c.Text != nil {
		ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(*c.Text), 0o600))
	}
	ts.Setenv("NOW", strconv.FormatInt(c.Now, 10))
}

type vectorCase struct {
	Name   string         `json:"name"`
	Bundle string         `json:"bundle"`
	Text   *string        `json:"text"`
	Memory contact.Memory `json:"memory"`
	Now    int64          `json:"now"`
}

type vectorFile struct {
	Bundles map[string][]byte `json:"bundles"`
	Cases   []vectorCase      `json:"cases"`
}

var readVectors = sync.OnceValues(func() (vectorFile, error) {
	var v vectorFile
	data, err := os.ReadFile("../../../internal/contact/testdata/verdicts.json")
	if err == nil {
		err = json.Unmarshal(data, &v)
	}
	return v, err
})

// vector finds a case of the vectors that package contact owns.
func vector(check func(error), name string) (vectorCase, []byte) {
	v, err := readVectors()
	check(err)
	for _, c := range v.Cases {
		if c.Name == name {
			return c, v.Bundles[c.Bundle]
		}
	}
	check(errors.New("no such case: " + name))
	return vectorCase{}, nil
}
