package patient

import (
	"context"
	"errors"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// The rhythm of keeping in step with the server.
const (
	lookEvery   = time.Second      // for something that changed here
	askEvery    = 10 * time.Minute // for what changed elsewhere
	retryFirst  = 4 * time.Second  // after a failure, doubled each time
	retryLatest = 15 * time.Minute
	newsLook    = time.Minute // for a clinic that is due
)

// KeepSynced keeps this device in step with its server while ctx lasts or until the device is
// closed: soon after each change here, and every ten minutes. Each pinned clinic is asked about
// every hour, with or without a server for the vault. Failures are not reported: nothing is lost
// by them, and the next try comes later and later, up to fifteen minutes; for the vault it stops
// trying when only the patient can help (vault.ErrRollback, ErrDeleted). pulled, if not nil, is
// called after something came: from another device, or from a clinic. The caller owns the
// goroutine that it runs in.
func (d *Device) KeepSynced(ctx context.Context, pulled func()) {
	if pulled == nil {
		pulled = func() {}
	}
	d.keepSynced(ctx, lookEvery, pulled)
}

func (d *Device) keepSynced(ctx context.Context, look time.Duration, pulled func()) {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	var (
		at     string    // the server that the rest is about
		synced uint64    // the lamport time that is on the server
		next   time.Time // when to ask even though nothing changed
		wait   time.Time // not before, after a failure
		retry  = retryFirst
		stuck  bool      // only the patient can help
		news   time.Time // when to look whether a clinic is due
	)
	for {
		d.mu.Lock()
		closed, server, lamport := d.closed, d.server, d.local.State.Lamport
		d.mu.Unlock()
		if closed {
			return
		}
		now := time.Now()
		if server != at {
			at, synced, next, wait, retry, stuck = server, 0, time.Time{}, time.Time{}, retryFirst, false
		}
		came := false
		if server != "" && !stuck && !now.Before(wait) && (lamport != synced || !now.Before(next)) {
			result, err := d.syncVault(ctx)
			switch {
			case err == nil:
				retry, wait, next = retryFirst, time.Time{}, now.Add(askEvery)
				synced = lamport
				if result.Pulled {
					synced, came = d.State().Lamport, true
				}
			case errors.Is(err, vault.ErrRollback), errors.Is(err, ErrDeleted):
				stuck = true
			default:
				wait = now.Add(retry)
				retry = min(2*retry, retryLatest)
			}
		}
		if !now.Before(news) {
			news = now.Add(newsLook)
			before := d.State().Lamport
			d.refreshDue(ctx)
			came = came || d.State().Lamport != before
		}
		if came {
			pulled()
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
