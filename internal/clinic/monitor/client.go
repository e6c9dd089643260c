package monitor

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
)

// clientTimeout bounds one request of a device to its monitor.
const clientTimeout = 15 * time.Second

// Store keeps a device's end of the channel. What it is given is secret; it is durable when Save
// returns nil.
type Store interface {
	// Load returns nil when nothing was saved yet.
	Load() ([]byte, error)
	Save([]byte) error
}

// ClientConfig says how a device reaches its monitor. All fields are required.
type ClientConfig struct {
	Store Store
	Rand  io.Reader
	// Dial opens a connection; nil is the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client is a device's end of the channel to its monitor. It is safe for concurrent use; one
// request is under way at a time.
type Client struct {
	cfg ClientConfig

	mu      sync.Mutex
	state   clientState
	service connection
}

var (
	_ clinic.Prover    = (*Client)(nil)
	_ clinic.Deliverer = (*Client)(nil)
)

// clientState is what a device keeps. A request lies on disk before it is sent: after a crash
// the very same bytes are sent again, since any others would look like a copied device.
type clientState struct {
	Address string       `json:"address"`
	Pin     contact.Hash `json:"pin"`
	Device  contact.Hash `json:"device"`
	Secret  []byte       `json:"secret"`
	Pending *pending     `json:"pending,omitempty"`
}

type pending struct {
	Op     Operation    `json:"op"`
	Plain  contact.Hash `json:"plain"` // H of what was asked
	Sealed []byte       `json:"sealed"`
}

// Import takes an invitation in: what was there is replaced.
func Import(s Store, i Invitation) error {
	raw, err := json.Marshal(clientState{
		Address: i.Address, Pin: i.Pin, Device: contact.KeyHash(i.Device), Secret: i.Secret[:],
	})
	if err != nil {
		return fmt.Errorf("import invitation: %w", err)
	}
	return s.Save(raw)
}

// NewClient opens a channel that was imported. It fails with [ErrNoChannel] or [ErrInvitation].
func NewClient(cfg ClientConfig) (*Client, error) {
	raw, err := cfg.Store.Load()
	if err != nil {
		return nil, fmt.Errorf("open channel: %w", err)
	}
	if raw == nil {
		return nil, ErrNoChannel
	}
	c := &Client{cfg: cfg}
	if err := json.Unmarshal(raw, &c.state); err != nil || len(c.state.Secret) != 32 {
		return nil, ErrInvitation
	}
	c.service = dial(c.state.Address, c.state.Pin, cfg.Dial)
	return c, nil
}

// Close ends the connections.
func (c *Client) Close() { c.service.close() }

// Prove implements [clinic.Prover]. Errors are an [*ApprovalError], a [*RefusalError], or
// clinic.ErrMonitorRefused or clinic.ErrMonitorAway.
func (c *Client) Prove(ctx context.Context, r clinic.ProveRequest) (vrf, leaf []byte, err error) {
	body, err := c.ask(ctx, OpProve, r.Note)
	if err != nil {
		return nil, nil, err
	}
	if len(body) != 80+leafSize || [32]byte(body[80:]) != r.Commit {
		return nil, nil, fmt.Errorf("%w: its proof is of something else", clinic.ErrMonitorRefused)
	}
	return body[:80:80], body[80:], nil
}

// Deliver implements [clinic.Deliverer].
func (c *Client) Deliver(ctx context.Context, note []byte) error {
	_, err := c.ask(ctx, OpDeliver, note)
	return err
}

// Today returns what was proved in the clinic's name since midnight, the oldest first.
func (c *Client) Today(ctx context.Context) ([]Sent, error) {
	body, err := c.ask(ctx, OpToday, nil)
	if err != nil {
		return nil, err
	}
	var out []Sent
	if err := json.Unmarshal(body, &out); err != nil {
		return nil, fmt.Errorf("%w: its list does not read", clinic.ErrMonitorRefused)
	}
	return out, nil
}

// ask sends one request and returns the body of the answer.
func (c *Client) ask(ctx context.Context, op Operation, plain []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	hash := sha256.Sum256(plain)
	if p := c.state.Pending; p != nil {
		body, err := c.finish(ctx)
		if err != nil {
			return nil, err
		}
		// The answer to what was asked before counts for the same question, unless it was to
		// wait for a second person.
		if p.Op == op && p.Plain == hash && body[0] == answerDone {
			return result(body)
		}
	}
	sealed, err := sealRequest(c.cfg.Rand, Secret(c.state.Secret), op, c.state.Device, plain)
	if err != nil {
		return nil, err
	}
	if len(sealed) > maxSealed {
		return nil, fmt.Errorf("%w: too large", clinic.ErrMonitorRefused)
	}
	next := c.state
	next.Pending = &pending{op, hash, sealed}
	if err := c.save(next); err != nil {
		return nil, err
	}
	body, err := c.finish(ctx)
	if err != nil {
		return nil, err
	}
	return result(body)
}

// finish sends the pending request, takes the answer and goes on to the next secret.
func (c *Client) finish(ctx context.Context) ([]byte, error) {
	p := c.state.Pending
	answer, err := c.call(ctx, p.Op, p.Sealed)
	if err != nil {
		return nil, err
	}
	body, secret, err := openAnswer(Secret(c.state.Secret), p.Op, c.state.Device, p.Sealed, answer)
	if err != nil || len(body) == 0 {
		return nil, fmt.Errorf("%w: its answer does not open", clinic.ErrMonitorRefused)
	}
	next := c.state
	next.Pending, next.Secret = nil, secret[:]
	if err := c.save(next); err != nil {
		return nil, err
	}
	return body, nil
}

func (c *Client) save(next clientState) error {
	raw, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("keep channel: %w", err)
	}
	if err := c.cfg.Store.Save(raw); err != nil {
		return fmt.Errorf("keep channel: %w", err)
	}
	c.state = next
	return nil
}

func result(body []byte) ([]byte, error) {
	rest := body[1:]
	switch body[0] {
	case answerDone:
		return rest, nil
	case answerWaits:
		why, name, _ := strings.Cut(string(rest), " ")
		return nil, &ApprovalError{Name: name, Why: why}
	default:
		return nil, refuse(string(rest))
	}
}

func (c *Client) call(ctx context.Context, op Operation, sealed []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, clientTimeout)
	defer cancel()
	service, device := c.service, c.state.Device[:]
	var answer []byte
	var err error
	switch op {
	case OpProve:
		var a *chaperonev1.ProveResponse
		a, err = service.Prove(ctx, &chaperonev1.ProveRequest{Device: device, Sealed: sealed})
		answer = a.GetSealed()
	case OpDeliver:
		var a *chaperonev1.DeliverResponse
		a, err = service.Deliver(ctx, &chaperonev1.DeliverRequest{Device: device, Sealed: sealed})
		answer = a.GetSealed()
	default:
		var a *chaperonev1.TodayResponse
		a, err = service.Today(ctx, &chaperonev1.TodayRequest{Device: device, Sealed: sealed})
		answer = a.GetSealed()
	}
	return answer, clientError(ctx, err)
}

// clientError leaves the text of network and monitor out: it may hold an address.
func clientError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if cause := ctx.Err(); cause != nil {
		return fmt.Errorf("%w: %w", clinic.ErrMonitorAway, cause)
	}
	code := connect.CodeOf(err)
	var wire *connect.Error
	if !errors.As(err, &wire) || !wire.IsRemote() {
		return fmt.Errorf("%w (%v)", clinic.ErrMonitorAway, code)
	}
	switch code {
	case connect.CodePermissionDenied, connect.CodeFailedPrecondition, connect.CodeInvalidArgument:
		return refuse("channel")
	}
	return fmt.Errorf("%w (%v)", clinic.ErrMonitorAway, code)
}

// connection is a MonitorService behind a pinned certificate.
type connection struct {
	chaperonev1connect.MonitorServiceClient
	transport *http.Transport
}

func (c connection) close() { c.transport.CloseIdleConnections() }

// dial makes a client that speaks to nobody but the holder of the pinned certificate.
func dial(address string, pin [32]byte, dialer func(ctx context.Context, network, address string) (net.Conn, error)) connection {
	if dialer == nil {
		dialer = (&net.Dialer{Timeout: clientTimeout}).DialContext
	}
	t := &http.Transport{
		DialContext: dialer, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: clientTimeout, ResponseHeaderTimeout: clientTimeout, MaxResponseHeaderBytes: 16 << 10,
		TLSClientConfig: &tls.Config{
			MinVersion: tls.VersionTLS13,
			// The certificate is known by its hash, which came by hand; no authority vouches for a
			// machine in a clinic's own network.
			InsecureSkipVerify: true, //nolint:gosec // VerifyConnection pins
			VerifyConnection: func(s tls.ConnectionState) error {
				if len(s.PeerCertificates) != 1 || sha256.Sum256(s.PeerCertificates[0].Raw) != pin {
					return errPin
				}
				return nil
			},
		},
	}
	client := &http.Client{
		Transport: t, Timeout: clientTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	c := connect.NewClient(connecthttp.NewTransport(client, address, connecthttp.WithReadMaxBytes(maxCall)))
	return connection{chaperonev1connect.NewMonitorServiceClient(c), t}
}

var errPin = errors.New("another certificate than the one that was given by hand")
