package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

const (
	// childMark is set in the environment of a child, so that a test binary can be one.
	childMark = "CHAPERONE_BENCH_CHILD"
	writers   = 16
)

const (
	ackReady uint32 = iota + 1
	ackPut
	ackDelete
)

// ack is what the child tells after the service has answered. It is smaller than a pipe's atomic
// write.
type ack struct {
	Kind     uint32
	Vault    uint64
	Revision uint64
}

// tortureChild writes until it is killed. Arguments: engine, address, seed. Each writer owns its
// vaults and walks through them again and again, as the script says.
func tortureChild(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 3 {
		return &usageError{"usage: bench torture-child ENGINE ADDRESS SEED"}
	}
	seed, err := strconv.ParseUint(args[2], 10, 64)
	if err != nil {
		return &usageError{"the seed is not a number"}
	}
	store, err := openEngine(ctx, args[0], args[1])
	if err != nil {
		return err
	}
	service, err := vaultsync.New(vaultsync.Config{Store: store.vaults})
	if err != nil {
		return err
	}
	c := child{script: script{seed}, service: service, out: out}
	if err := c.tell(ackReady, 0, 0); err != nil {
		return err
	}
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() { errs[i] = c.storm(ctx, uint64(i)) })
	}
	wg.Wait()
	return errors.Join(append(errs, store.close())...)
}

type child struct {
	script  script
	service *vaultsync.Service
	mu      sync.Mutex
	out     io.Writer // under mu
}

func (c *child) tell(kind uint32, n, revision uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return binary.Write(c.out, binary.BigEndian, ack{kind, n, revision})
}

// storm walks through a writer's vaults until it is killed, or has nothing left to do.
func (c *child) storm(ctx context.Context, writer uint64) error {
	for {
		idle := true
		for n := writer; n < tortureVaults; n += writers {
			switch err := c.step(ctx, n); {
			case err == nil:
				idle = false
			case errors.Is(err, vaultsync.ErrDeleted):
			case errors.Is(err, vaultsync.ErrUnavailable):
				// The database server is being killed, and this process soon.
				time.Sleep(time.Millisecond)
				idle = false
			default:
				return err
			}
		}
		if idle {
			return nil
		}
	}
}

// step sends a vault's newest blob again, which must change nothing, and then does what is next.
func (c *child) step(ctx context.Context, n uint64) error {
	s, id := c.script, c.script.id(n)
	now, err := c.service.Get(ctx, vaultsync.GetRequest{VaultID: id[:], Proof: s.proof(vault.OpGet, n, 0, nil)})
	if err != nil && !errors.Is(err, vaultsync.ErrNotFound) {
		return err
	}
	if now.Revision > 0 {
		again, err := c.put(ctx, n, now.Revision-1)
		if err != nil {
			return err
		}
		if again != now.Revision {
			return fmt.Errorf("vault %d: a resend gave revision %d, not %d", n, again, now.Revision)
		}
	}
	if s.deletes(n, now.Revision) {
		err := c.service.Delete(ctx, vaultsync.DeleteRequest{VaultID: id[:], Proof: s.proof(vault.OpDelete, n, 0, nil)})
		if err != nil {
			return err
		}
		return c.tell(ackDelete, n, now.Revision)
	}
	revision, err := c.put(ctx, n, now.Revision)
	if err != nil {
		return err
	}
	return c.tell(ackPut, n, revision)
}

func (c *child) put(ctx context.Context, n, base uint64) (uint64, error) {
	s, id, blob := c.script, c.script.id(n), c.script.blob(n, base+1)
	return c.service.Put(ctx, vaultsync.PutRequest{
		VaultID: id[:], Proof: s.proof(vault.OpPut, n, base, blob), BaseRevision: base, Blob: blob,
	})
}
