package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/card"
	"github.com/chaperone-privacy/chaperone/internal/patient"
)

// verifyAgainstGPG is the bound: a whole process against gpg's.
const verifyAgainstGPG = 1.5

// verifyGPG runs "chaperone verify --bundle" and "gpg --verify" of the same text by turns, each a
// whole process: exec, keys and trust from disk, verdict printed. gpg has one Ed25519 key in a
// folder of its own; the patient has one clinic, whose message was verified before.
func verifyGPG(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("verify-gpg", flag.ContinueOnError)
	times := flags.Int("times", 60, "runs of each")
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
	ours, err := verifyCommand(ctx, c)
	if err != nil {
		return err
	}
	theirs, err := gpgCommand(ctx, dir, filepath.Join(dir, "letter.txt"))
	if err != nil {
		return err
	}
	c.close() // nothing else runs while both are timed
	c.running = nil
	wall, cpu := map[string][]float64{}, map[string][]float64{}
	for i := range *times + 1 {
		for name, one := range map[string]timed{"chaperone": ours, "gpg": theirs} {
			w, u, err := one.run(ctx)
			if err != nil {
				return err
			}
			if i > 0 { // the first one reads the programs from disk
				wall[name], cpu[name] = append(wall[name], w), append(cpu[name], u)
			}
		}
	}
	version, _, _ := strings.Cut(theirs.version, "\n")
	printMachine(out)
	fmt.Fprintf(out, "| %d runs each by turns, medians | wall, ms | CPU, ms |\n|---|---|---|\n", *times)
	fmt.Fprintf(out, "| chaperone verify --bundle --text, a message that was shown within the hour | %.1f | %.1f |\n", middle(wall["chaperone"]), middle(cpu["chaperone"]))
	fmt.Fprintf(out, "| gpg --verify (%s) | %.1f | %.1f |\n", version, middle(wall["gpg"]), middle(cpu["gpg"]))
	fmt.Fprintf(out, "| ratio of wall, at most %.1f | %.2f | %.2f |\n", verifyAgainstGPG,
		middle(wall["chaperone"])/middle(wall["gpg"]), middle(cpu["chaperone"])/middle(cpu["gpg"]))
	return nil
}

// timed is a program whose runs are timed, and what it must say.
type timed struct {
	args    []string
	env     []string
	says    string
	version string
}

// run returns wall time and CPU time in ms.
func (t timed) run(ctx context.Context) (wall, cpu float64, err error) {
	cmd := exec.CommandContext(ctx, t.args[0], t.args[1:]...)
	cmd.Env = t.env
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	start := time.Now()
	err = cmd.Run()
	took := time.Since(start)
	if err != nil || !strings.Contains(said.String(), t.says) {
		return 0, 0, fmt.Errorf("%s: %w: it said %s", filepath.Base(t.args[0]), err, said.String())
	}
	return ms(took), ms(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()), nil
}

// verifyCommand sends a message and makes a patient who can verify its bundle.
func verifyCommand(ctx context.Context, c *liveClinic) (timed, error) {
	o, err := c.office()
	if err != nil {
		return timed{}, err
	}
	defer o.Close()
	const body = "Your check-up is on 14 May. Please bring your folder.\n"
	it, err := o.Send(ctx, clinic.Draft{Kind: contact.KindNotice, Channel: "post", Life: 90 * 24 * time.Hour, Body: body})
	if err != nil {
		return timed{}, fmt.Errorf("send: %w", err)
	}
	bundle, err := o.Bundle(ctx, it)
	if err != nil {
		return timed{}, err
	}
	file, text := filepath.Join(c.dir, "letter.chaperone"), filepath.Join(c.dir, "letter.txt")
	if err := errors.Join(os.WriteFile(file, bundle, 0o600), os.WriteFile(text, []byte(body), 0o600)); err != nil {
		return timed{}, err
	}
	home := filepath.Join(c.dir, "patient")
	disk, err := patient.NewDir(home)
	if err != nil {
		return timed{}, err
	}
	d, _, err := patient.Create(ctx, patient.Config{Disk: disk, Server: c.server, Now: time.Now, DeviceName: "bench"})
	if err != nil {
		return timed{}, err
	}
	defer d.Close()
	offer, err := d.PrepareClinic(ctx, strings.Join(card.Words(o.ID()), " "), patient.SourceDesk)
	if err == nil {
		err = d.AddClinic(ctx, offer)
	}
	if err != nil {
		return timed{}, fmt.Errorf("add clinic: %w", err)
	}
	return timed{
		args: []string{c.program("chaperone"), "verify", "--bundle", file, "--text", text, "--json"},
		env:  append(c.environment(home), "CHAPERONE_HOME="+home), says: `"GENUINE_FOR_ANYONE"`,
	}, nil
}

// gpgCommand makes a key and a signature of a file in a folder of their own.
func gpgCommand(ctx context.Context, dir, text string) (timed, error) {
	home := filepath.Join(dir, "gpg")
	if err := os.Mkdir(home, 0o700); err != nil {
		return timed{}, err
	}
	t := timed{args: []string{"gpg", "--batch", "--verify", text + ".sig", text}, env: append(os.Environ(), "GNUPGHOME="+home, "LC_ALL=C"), says: "Good signature"}
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Env = t.env
		said, err := cmd.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%s: %w: %s", strings.Join(args[:2], " "), err, said)
		}
		return string(said), err
	}
	version, err := run("gpg", "--version")
	if err != nil {
		return t, fmt.Errorf("gpg is needed (Debian package gnupg): %w", err)
	}
	t.version = version
	_, err = run("gpg", "--batch", "--passphrase", "", "--quick-generate-key", "bench@example.com", "ed25519", "sign", "never")
	if err == nil {
		_, err = run("gpg", "--batch", "--output", text+".sig", "--detach-sign", text)
	}
	_, stop := run("gpgconf", "--kill", "all")
	return t, errors.Join(err, stop)
}
