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

	"golang.org/x/mod/sumdb/tlog"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/backend/store/pgtest"
)

func publishTorture(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("publish-torture", flag.ContinueOnError)
	name := flags.String("engine", "sqlite", "sqlite or postgres")
	kills := flags.Int("kills", 25, "how many times to kill")
	longest := flags.Duration("longest", 800*time.Millisecond, "longest storm before a kill")
	seed := flags.Uint64("seed", rand.Uint64(), "what the messages follow from")
	if err := flags.Parse(args); err != nil {
		return err
	}
	printMachine(out)
	r, err := runPublishTorture(ctx, *name, *kills, *longest, *seed)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "| engine | kill -9 | acknowledged | lost, twice or not provable | there without an answer | acknowledged/s | seed |\n"+
		"|---|---|---|---|---|---|---|\n| %s | %d | %d | %d | %d | %.0f | %d |\n",
		r.engine, r.kills, r.acknowledged, len(r.faults), r.unanswered, float64(r.acknowledged)/r.storm.Seconds(), *seed)
	for _, f := range r.faults {
		_, _ = fmt.Fprintln(out, "- "+f)
	}
	if len(r.faults) > 0 {
		return fmt.Errorf("%d messages are not as they were acknowledged", len(r.faults))
	}
	return nil
}

// runPublishTorture kills a storm of publishing at random moments and checks the whole log after
// each kill. Under postgres the database server is killed as well.
func runPublishTorture(ctx context.Context, name string, kills int, longest time.Duration, seed uint64) (_ report, err error) {
	r := report{engine: name}
	address, server, done, err := tortureData(ctx, name)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, done()) }()
	p := published{seed: seed, index: map[uint64]int64{}, number: map[int64]uint64{}}
	for range kills {
		storm := 20*time.Millisecond + rand.N(longest)
		count, err := p.killOnce(ctx, name, address, server, storm)
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
		e, err := openEngine(ctx, name, address)
		if err != nil {
			return r, err
		}
		unanswered, faults, err := p.check(ctx, e)
		if err := errors.Join(err, e.close()); err != nil {
			return r, err
		}
		r.unanswered += unanswered
		r.faults = append(r.faults, faults...)
	}
	return r, nil
}

// tortureData makes an empty place for an engine's data; done removes it.
func tortureData(ctx context.Context, name string) (address string, server *pgtest.Server, done func() error, err error) {
	if name != "postgres" {
		address, err = os.MkdirTemp("", "chaperone-torture-")
		return address, nil, func() error { return os.RemoveAll(address) }, err
	}
	server, err = pgtest.Start(ctx, pgtest.Config{})
	if err != nil {
		return "", nil, nil, err
	}
	if address, err = server.NewDatabase(ctx); err != nil {
		return "", nil, nil, errors.Join(err, server.Stop())
	}
	return address, server, server.Stop, nil
}

// killOnce lets a child publish for a while, kills it, and takes down what was acknowledged.
func (p *published) killOnce(ctx context.Context, name, address string, server *pgtest.Server, storm time.Duration) (int, error) {
	program, err := os.Executable()
	if err != nil {
		return 0, err
	}
	child := exec.CommandContext(ctx, program, "publish-child", name, address,
		strconv.FormatUint(p.seed, 10), strconv.FormatUint(p.next, 10))
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
	count, highest := 0, p.next
	var killed chan error // takes the outcome of the killing, once it was ordered
	for {
		var a ack
		if err := binary.Read(pipe, binary.BigEndian, &a); err != nil {
			break // the child is dead: a broken record was never acknowledged
		}
		switch a.Kind {
		case ackReady:
			killed = make(chan error, 1)
			time.AfterFunc(storm, func() { killed <- kill(child.Process, server) })
		case ackMessage:
			p.index[a.Vault] = int64(a.Revision) //nolint:gosec // an index
			highest = max(highest, a.Vault)
			count++
		}
	}
	waited := child.Wait() // a killed child ends with an error
	if killed == nil || complaint.Len() > 0 {
		return count, fmt.Errorf("publishing process: %w: %s", waited, complaint.String())
	}
	// Each writer was at most one message beyond the last that it saw acknowledged.
	p.next = (highest/writers + 3) * writers
	return count, <-killed
}

// wrongMessage says what is wrong with a message at its index; "" for nothing.
func wrongMessage(ctx context.Context, e engine, reader logwriter.Reader, seed, n uint64, index, size int64) (string, error) {
	leaf, row := messageOf(seed, n)
	m, err := e.envelopes.Get(ctx, row.ID)
	switch {
	case errors.Is(err, envelope.ErrNotFound):
		return "has a leaf and no envelope", nil
	case err != nil:
		return "", err
	case m.Index != index:
		return fmt.Sprintf("says index %d, its leaf is at %d", m.Index, index), nil
	case !bytes.Equal(m.Sealed, row.Sealed):
		return "has other bytes", nil
	}
	if row.Copy != nil {
		copies, err := e.envelopes.Inbox(ctx, row.Watch, logwriter.Msgs, -1, 3)
		if err != nil {
			return "", err
		}
		if len(copies) != 1 || copies[0].Index != index || !bytes.Equal(copies[0].Sealed, row.Copy) {
			return "has no inbox copy, or another", nil
		}
	}
	if index%37 != 0 && index != size-1 {
		return "", nil // paths of some leaves read every tile
	}
	root, err := reader.Root(ctx, size)
	if err != nil {
		return "", err
	}
	path, _, err := reader.Path(ctx, size, index)
	if err != nil {
		return "has no path: " + err.Error(), nil
	}
	if tlog.CheckRecord(path, size, root, index, tlog.RecordHash(leaf)) != nil {
		return "is not proven by its path", nil
	}
	return "", nil
}
