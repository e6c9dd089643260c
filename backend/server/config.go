package server

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/limit"
	"github.com/chaperone-privacy/chaperone/backend/rpc"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
)

// The addresses that are used when none is given.
const (
	DefaultListen  = "127.0.0.1:8440"
	DefaultMetrics = "127.0.0.1:8441"
)

// Off is the value of [Config.Metrics] that turns the metrics off.
const Off = "off"

// MemoryDB is the value of [Config.DB] that keeps everything in memory: it is gone when the
// process ends. For tests and demonstrations.
const MemoryDB = "memory:"

// ErrConfig is what every error about a setting wraps; its text names the setting.
var ErrConfig = errors.New("bad setting")

// Config says how to run. The zero value, with Data set, is a server for this machine alone.
type Config struct {
	Data    string // data directory; required, made with mode 0700 if it does not exist
	DB      string // "": SQLite in Data; postgres://…: PostgreSQL; [MemoryDB]
	Listen  string // "" means [DefaultListen]; port 0 lets the system choose
	Metrics string // "" means [DefaultMetrics]; [Off] for none
	// Origin is the name of this server in everything it signs, such as chaperone.example.com.
	// It is kept in Data at the first start and never changes. "" means what is kept, and at
	// the first start on a loopback address "localhost".
	Origin string
	// Policy is a file with the witness policy (C2SP tlog-policy) that heads of the logs must
	// satisfy; each of its witnesses has an address. "" means one demo witness in this process.
	Policy     string
	TLSCert    string // PEM file; "" serves plain HTTP
	TLSKey     string // PEM file
	Reflection bool   // serve gRPC reflection
	// TrustedProxies are the networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix

	Limits   Limits
	Timeouts Timeouts
	// HeadEvery is the time between two heads of a log; 0 means a second. Less is for
	// demonstrations: each head is a signature of every witness and a row that is kept.
	HeadEvery time.Duration

	Now  func() time.Time // nil means time.Now
	Rand io.Reader        // nil means crypto/rand
	Log  *slog.Logger     // nil discards

	wrap  func(vaultsync.Store) vaultsync.Store // for tests: stands before the store; nil: nothing
	every time.Duration                         // for tests: between two heads of a log; 0: a second
}

// Limits bounds what callers may ask for. Zero fields mean the documented defaults.
type Limits struct {
	Rates map[limit.Class]limit.Rate // nil means [DefaultRates]; an empty map means no limit
	Gate  limit.GateConfig
	Conns limit.ConnsConfig
	// PublishPerDay is how many messages a clinic may publish in a day; 0 means 250,000.
	PublishPerDay int
}

// DefaultRates is what one address may ask for; a /24 or /48 has ten times as much.
func DefaultRates() map[limit.Class]limit.Rate {
	return map[limit.Class]limit.Rate{
		rpc.ClassChecklist: {PerMinute: 120},
		rpc.ClassVault:     {PerMinute: 60},
		rpc.ClassContact:   {PerMinute: 30},
		rpc.ClassClinic:    {PerMinute: 600},
		rpc.ClassLog:       {PerMinute: 600},
		rpc.ClassOther:     {PerMinute: 60},
	}
}

// Timeouts bounds how long anything may take. Zero fields take the default in brackets.
type Timeouts struct {
	ReadHeader time.Duration // until a request's headers have arrived [5 s]
	Read       time.Duration // until its body has, too [20 s]
	Write      time.Duration // from then until the answer is written [30 s]
	Idle       time.Duration // a connection without requests [60 s]
	Deadline   time.Duration // the work on one request [10 s]
	Drain      time.Duration // how long /readyz says 503 before the port closes [0]
	Shutdown   time.Duration // for requests under way at the end [15 s]
}

func (t Timeouts) withDefaults() Timeouts {
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&t.ReadHeader, 5*time.Second)
	set(&t.Read, 20*time.Second)
	set(&t.Write, 30*time.Second)
	set(&t.Idle, time.Minute)
	set(&t.Deadline, 10*time.Second)
	set(&t.Shutdown, 15*time.Second)
	return t
}

// originName is a host name, as it appears in a checkpoint's origin line.
var originName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$`)

// check fills in defaults and refuses what cannot work, before anything is opened.
func (c Config) check() (Config, error) {
	if c.Data == "" {
		return c, fmt.Errorf("%w: no data directory", ErrConfig)
	}
	if c.Listen == "" {
		c.Listen = DefaultListen
	}
	if c.Metrics == "" {
		c.Metrics = DefaultMetrics
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return c, fmt.Errorf("%w: --listen is not HOST:PORT", ErrConfig)
	}
	if c.Metrics != Off {
		if _, _, err := net.SplitHostPort(c.Metrics); err != nil {
			return c, fmt.Errorf("%w: --metrics is neither HOST:PORT nor %q", ErrConfig, Off)
		}
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return c, fmt.Errorf("%w: --tls-cert and --tls-key go together", ErrConfig)
	}
	if c.Origin != "" && (len(c.Origin) > 253 || !originName.MatchString(c.Origin)) {
		return c, fmt.Errorf("%w: --origin is not a host name in lower case", ErrConfig)
	}
	if c.Limits.PublishPerDay < 0 {
		return c, fmt.Errorf("%w: --publish-per-day is less than 1", ErrConfig)
	}
	if !validDB(c.DB) {
		return c, fmt.Errorf("%w: --db is neither empty nor a postgres:// URL", ErrConfig)
	}
	if c.Limits.Rates == nil {
		c.Limits.Rates = DefaultRates()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.every == 0 {
		c.every = c.HeadEvery
	}
	c.Timeouts = c.Timeouts.withDefaults()
	return c, nil
}

func validDB(db string) bool {
	if db == "" || db == MemoryDB {
		return true
	}
	u, err := url.Parse(db)
	return err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql")
}

// onLoopback reports whether addr can be reached from this machine alone.
func onLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
