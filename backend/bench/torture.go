package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/store/pgtest"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
)

// report is the outcome of a torture.
type report struct {
	engine       string
	kills        int
	acknowledged int // writes and deletions
	unanswered   int // found there without an acknowledgement, which is allowed
	faults       []string
	storm        time.Duration // time under load
}

func torture(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("torture", flag.ContinueOnError)
	name := flags.String("engine", "sqlite", "sqlite or postgres")
	kills := flags.Int("kills", 25, "how many times to kill")
	longest := flags.Duration("longest", 1500*time.Millisecond, "longest storm before a kill")
	seed := flags.Uint64("seed", rand.Uint64(), "what the storm follows from")
	if err := flags.Parse(args); err != nil {
		return err
	}
	printMachine(out)
	r, err := runTorture(ctx, *name, *kills, *longest, script{*seed})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "| engine | kill -9 | acknowledged | lost or wrong | there without an answer | acknowledged/s | seed |\n"+
		"|---|---|---|---|---|---|---|\n| %s | %d | %d | %d | %d | %.0f | %d |\n",
		r.engine, r.kills, r.acknowledged, len(r.faults), r.unanswered,
		float64(r.acknowledged)/r.storm.Seconds(), *seed)
	for _, f := range r.faults {
		_, _ = fmt.Fprintln(out, "- "+f)
	}
	if len(r.faults) > 0 {
		return fmt.Errorf("%d vaults lost what was acknowledged", len(r.faults))
	}
	return nil
}

// runTorture kills a storm of writes at random moments and checks, after each kill, that the
// reopened store holds everything acknowledged, byte for byte. Under postgres the database server
// is killed as well.
//
// SIGKILL leaves the operating system running, so this proves the order of commit and
// acknowledgement and the recovery of the engine, not that the disk obeys fsync.
func runTorture(ctx context.Context, name string, kills int, longest time.Duration, s script) (_ report, err error) {
	r := report{engine: name}
	var address string
	var server *pgtest.Server // nil under sqlite
	switch name {
	case "postgres":
		server, err = pgtest.Start(ctx, pgtest.Config{})
		if err != nil {
			return r, err
		}
		defer func() { err = errors.Join(err, server.Stop()) }()
		if address, err = server.NewDatabase(ctx); err != nil {
			return r, err
		}
	default:
		if address, err = os.MkdirTemp("", "chaperone-torture-"); err != nil {
			return r, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(address)) }()
	}

	known := make(map[uint64]standing)
	for range kills {
		storm := 20*time.Millisecond + rand.N(longest)
		count, err := killOnce(ctx, name, address, server, storm, s, known)
		if err != nil {
			return r, err
		}
		r.kills++
		r.acknowledged += count
		r.storm += storm
		if server != nil {
			if err := server.Restart(ctx); err != nil {
				return r, err
			}
		}
		store, err := openEngine(ctx, name, address)
		if err != nil {
			return r, err
		}
		unanswered, faults, err := check(ctx, store.vaults, s, known)
		if err := errors.Join(err, store.close()); err != nil {
			return r, err
		}
		r.unanswered += unanswered
		r.faults = append(r.faults, faults...)
	}
	return r, nil
}

// killOnce lets the child write for a while, kills it, and takes down what it acknowledged.
func killOnce(ctx context.Context, name, address string, server *pgtest.Server, storm time.Duration, s script, known map[uint64]standing) (int, error) {
	program, err := os.Executable()
	if err != nil {
		return 0, err
	}
	child := exec.CommandContext(ctx, program, "torture-child", name, address, strconv.FormatUint(s.seed, 10))
	child.Env = append(os.Environ(), childMark+"=1")
	var complaint bytes.Buffer
	child.Stderr = &complaint
	pipe, err := child.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := child.Start(); err != nil {
		return 0, err
	}
	count, started := 0, false
	var killed chan error // takes the outcome of the killing, once it was ordered
	for {
		var a ack
		if err := binary.Read(pipe, binary.BigEndian, &a); err != nil {
			break // the child is dead: a broken record was never acknowledged
		}
		switch a.Kind {
		case ackReady:
			started, killed = true, make(chan error, 1)
			time.AfterFunc(storm, func() { killed <- kill(child.Process, server) })
		case ackPut:
			known[a.Vault] = standing{revision: a.Revision}
			count++
		case ackDelete:
			known[a.Vault] = standing{revision: a.Revision, deleted: true}
			count++
		}
	}
	waited := child.Wait() // a killed child ends with an error
	if !started || complaint.Len() > 0 {
		return count, fmt.Errorf("writing process: %w: %s", waited, complaint.String())
	}
	return count, <-killed
}

// kill kills the writer and the database server, if there is one, in either order.
func kill(writer *os.Process, server *pgtest.Server) error {
	if server == nil {
		return writer.Kill()
	}
	if rand.IntN(2) == 0 {
		return errors.Join(writer.Kill(), server.Kill())
	}
	return errors.Join(server.Kill(), writer.Kill())
}

// standing is what a vault is known to be at.
type standing struct {
	revision uint64
	deleted  bool
}

// check compares the store with what was acknowledged. A write that was under way when the kill
// came may be there; nothing else may. What is found becomes known, for it must stay.
func check(ctx context.Context, store vaultsync.Store, s script, known map[uint64]standing) (unanswered int, faults []string, err error) {
	for n := range uint64(tortureVaults) {
		want := known[n]
		row, err := store.Get(ctx, vaultsync.KeyOf(s.id(n)), 0)
		if err != nil && !errors.Is(err, vaultsync.ErrNotFound) {
			return unanswered, faults, err
		}
		found := standing{revision: row.Revision, deleted: row.Deleted} // zero when there is no row
		possible := standing{revision: want.revision + 1}
		if s.deletes(n, want.revision) {
			possible = standing{revision: want.revision, deleted: true}
		}
		var fault string
		switch {
		case found != want && (want.deleted || found != possible):
			fault = fmt.Sprintf("stands at %+v, acknowledged was %+v", found, want)
		case err == nil && !bytes.Equal(row.PublicKey[:], s.publicKey(n)):
			fault = "has another key"
		case err == nil && !row.Deleted && !bytes.Equal(row.Blob, s.blob(n, row.Revision)):
			fault = fmt.Sprintf("has other bytes at revision %d", row.Revision)
		}
		if fault != "" {
			faults = append(faults, fmt.Sprintf("vault %d %s", n, fault))
		}
		if found != want {
			unanswered++
		}
		known[n] = found
	}
	return unanswered, faults, nil
}
