package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
)

const (
	// publishWithin is the bound of one message, from sending to a verified proof.
	publishWithin = 60 * time.Millisecond
	// A log offers one checkpoint a second: a message that comes sooner waits for it.
	publishPause = 1200 * time.Millisecond
)

// publishLatency sends messages one by one, as a front desk does: draft, signature, the monitor's
// proof, publication, and the log's proof verified, each on disk before the next.
func publishLatency(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("publish-latency", flag.ContinueOnError)
	messages := flags.Int("messages", 25, "messages")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "chaperone-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	c, err := openClinic(ctx, dir)
	defer c.close()
	if err != nil {
		return err
	}
	o, err := c.office()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	var all []time.Duration
	for i := range *messages + 1 {
		time.Sleep(publishPause + time.Duration(i%7)*37*time.Millisecond) // not in step with anything
		start := time.Now()
		it, err := o.Send(ctx, clinic.Draft{
			Kind: contact.KindNotice, Channel: "post", Life: 90 * 24 * time.Hour, Body: "Your check-up is on 14 May. Please bring your folder.",
		})
		took := time.Since(start)
		if err != nil {
			return fmt.Errorf("send: %w", err)
		}
		if !bytes.Contains(it.Proof, []byte(witnessName)) {
			return errors.New("a message was sent without the witness's signature")
		}
		if i > 0 { // the first one asks for the passphrase and opens every connection
			all = append(all, took)
		}
	}
	slices.Sort(all)
	printMachine(out)
	fmt.Fprintf(out, "| %d messages | |\n|---|---|\n", len(all))
	fmt.Fprintf(out, "| median, at most %d ms | %.1f ms |\n| least | %.1f ms |\n| nine of ten within | %.1f ms |\n| most | %.1f ms |\n",
		publishWithin.Milliseconds(), ms(all[len(all)/2]), ms(all[0]), ms(all[len(all)*9/10]), ms(all[len(all)-1]))
	return nil
}
