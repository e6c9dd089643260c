package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/server"
)

const serveUsage = `Usage:
    chaperoned serve [flags]

Flags, with the environment variable that sets each (a flag wins) and [default]:
    --data DIR            CHAPERONE_DATA           where the data lies
                          [$XDG_DATA_HOME/chaperoned or ~/.local/share/chaperoned]
    --listen HOST:PORT    CHAPERONE_LISTEN         where requests are answered;
                          port 0 lets the system choose [127.0.0.1:8440]
    --origin NAME         CHAPERONE_ORIGIN         this server's host name; needed
                          when others can reach it, kept at the first start, never
                          changed [localhost]
    --db URL              CHAPERONE_DB             postgres://... for PostgreSQL
                          [SQLite in the data directory]
    --policy FILE         CHAPERONE_POLICY         witnesses that must sign the heads
                          of the logs (C2SP tlog-policy, with addresses) [one demo
                          witness in this process]
    --metrics HOST:PORT   CHAPERONE_METRICS        where Prometheus reads, or off
                          [127.0.0.1:8441]
    --tls-cert FILE       CHAPERONE_TLS_CERT       certificate chain in PEM [no TLS]
    --tls-key FILE        CHAPERONE_TLS_KEY        its private key in PEM
    --trusted-proxy NETS  CHAPERONE_TRUSTED_PROXY  networks, with commas between,
                          whose X-Forwarded-For is believed [none]
    --drain DURATION      CHAPERONE_DRAIN          how long /readyz says 503 before
                          the port closes [0s]
    --publish-per-day N   CHAPERONE_PUBLISH_PER_DAY
                          messages that one clinic may publish in a day [250000]
    --reflection          CHAPERONE_REFLECTION     serve gRPC reflection [false]
    --log-level LEVEL     CHAPERONE_LOG_LEVEL      debug, info, warn or error [info]

SIGTERM and SIGINT end the server once it has answered what is under way; a second
one ends it at once.

Exit codes: 0 ended as asked, 4 local trouble, 64 a flag or a setting is wrong.

Example:
    $ chaperoned serve --listen :443 --origin chaperone.example.com \
        --tls-cert /etc/chaperoned/cert.pem --tls-key /etc/chaperoned/key.pem
`

// settings is what flags and environment say.
type settings struct {
	server.Config

	level slog.Level
}

// While it starts the server makes much that it keeps; collecting that in between only delays it.
const (
	startGC = 400 // percent
	usualGC = 100 // Go's own default
	settle  = 50 * time.Millisecond
)

// serve runs the server until a signal ends it.
func serve(args []string, stdout, stderr io.Writer) int {
	set, err := parseServe(args, os.Getenv)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, serveUsage)
		return exitOK
	}
	if err != nil {
		return complain(stderr, exitUsage, err.Error(), "run 'chaperoned help serve' for the settings")
	}
	set.Log = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: set.level}))
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(startGC)
	}
	ctx, stop := untilSignal(stderr)
	defer stop()
	srv, err := server.New(ctx, set.Config)
	if err != nil {
		return explain(stderr, err, set.Data)
	}
	var wg sync.WaitGroup
	wg.Go(func() { announce(ctx, stdout, srv, set.TLSCert != "") })
	err = srv.Run(ctx)
	stop()
	wg.Wait()
	if err != nil {
		return explain(stderr, err, set.Data)
	}
	return exitOK
}

// announce prints where the server answers, once it does. The lines are for programs too; the
// one that begins with "serving" is the last.
func announce(ctx context.Context, stdout io.Writer, srv *server.Server, tls bool) {
	select {
	case <-ctx.Done():
		return
	case <-srv.Ready():
	}
	if addr := srv.MetricsAddr(); addr != nil {
		fmt.Fprintf(stdout, "metrics http://%s/metrics\n", addr)
	}
	scheme := "http"
	if tls {
		scheme = "https"
	}
	fmt.Fprintf(stdout, "serving %s://%s\n", scheme, srv.Addr())
	if os.Getenv("GOGC") != "" {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(settle): // the first collection would take the machine from the first requests
		debug.SetGCPercent(usualGC)
	}
}

// untilSignal returns a context that the first signal ends. The second ends the process: all
// that was acknowledged is durable.
func untilSignal(stderr io.Writer) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
		case <-ctx.Done():
			return
		}
		cancel()
		<-signals
		os.Exit(complain(stderr, exitTrouble, "stopped at once, requests under way were cut off", ""))
	}()
	return ctx, cancel
}

func explain(stderr io.Writer, err error, data string) int {
	trouble := server.Explain(err, data)
	code := exitTrouble
	if trouble.Usage {
		code = exitUsage
	}
	return complain(stderr, code, trouble.What, trouble.Hint)
}

// parseServe reads flags, and for those that are not given the environment.
func parseServe(args []string, getenv func(string) string) (settings, error) {
	var (
		s              settings
		proxies, level string
	)
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&s.Data, "data", "", "")
	flags.StringVar(&s.Listen, "listen", "", "")
	flags.StringVar(&s.Origin, "origin", "", "")
	flags.StringVar(&s.DB, "db", "", "")
	flags.StringVar(&s.Policy, "policy", "", "")
	flags.StringVar(&s.Metrics, "metrics", "", "")
	flags.StringVar(&s.TLSCert, "tls-cert", "", "")
	flags.StringVar(&s.TLSKey, "tls-key", "", "")
	flags.StringVar(&proxies, "trusted-proxy", "", "")
	flags.DurationVar(&s.Timeouts.Drain, "drain", 0, "")
	flags.IntVar(&s.Limits.PublishPerDay, "publish-per-day", 0, "")
	flags.BoolVar(&s.Reflection, "reflection", false, "")
	flags.StringVar(&level, "log-level", "info", "")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, errors.New("serve takes flags only")
	}
	if err := fromEnvironment(flags, getenv); err != nil {
		return s, err
	}
	if s.Timeouts.Drain < 0 || s.Timeouts.Drain > time.Hour {
		return s, errors.New("--drain is not between 0s and 1h")
	}
	if err := s.level.UnmarshalText([]byte(level)); err != nil {
		return s, errors.New("--log-level is none of debug, info, warn, error")
	}
	var err error
	if s.TrustedProxies, err = parseNets(proxies); err != nil {
		return s, err
	}
	if s.Data == "" {
		s.Data, err = dataDir(getenv)
	}
	return s, err
}

// fromEnvironment sets each flag that was not given from CHAPERONE_ and its name.
func fromEnvironment(flags *flag.FlagSet, getenv func(string) string) error {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	var err error
	flags.VisitAll(func(f *flag.Flag) {
		name := "CHAPERONE_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value := getenv(name)
		if given[f.Name] || value == "" || err != nil {
			return
		}
		// The value is left out of the error: it may hold a password.
		if f.Value.Set(value) != nil {
			err = fmt.Errorf("%s is not valid", name)
		}
	})
	return err
}

func parseNets(list string) ([]netip.Prefix, error) {
	var nets []netip.Prefix
	for field := range strings.SplitSeq(list, ",") {
		field = strings.TrimSpace(field)
		if field == "" {
			continue
		}
		n, err := netip.ParsePrefix(field)
		if err != nil {
			addr, aerr := netip.ParseAddr(field)
			if aerr != nil {
				return nil, errors.New("--trusted-proxy is not a list of networks such as 10.0.0.0/8")
			}
			n = netip.PrefixFrom(addr, addr.BitLen())
		}
		nets = append(nets, n.Masked())
	}
	return nets, nil
}

// dataDir is the directory of the XDG base directory specification.
func dataDir(getenv func(string) string) (string, error) {
	if dir := getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "chaperoned"), nil
	}
	if home := getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "share", "chaperoned"), nil
	}
	return "", errors.New("there is no home directory, and no --data DIR")
}
