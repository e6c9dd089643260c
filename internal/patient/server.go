package patient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

const (
	requestTimeout = 10 * time.Second
	// maxVaultAnswer bounds an answer that carries a blob of at most 256 KiB.
	maxVaultAnswer = 512 << 10
	// maxPackAnswer bounds an answer that carries a content pack.
	maxPackAnswer = checklist.MaxPackBytes + 64<<10
	// userAgent is the same on every device.
	userAgent = "chaperone"
)

// serverConfig is server.json. It is not sealed: it says nothing that the network does not
// see.
type serverConfig struct {
	URL string `json:"url"`
}

// Server returns the server's address, or "".
func (d *Device) Server() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.server
}

// UseServer saves the server's address; "" turns sync off. It fails with ErrBadServer or
// ErrDisk. What was seen on a server before is remembered, should the patient come back.
func (d *Device) UseServer(address string) error {
	address, err := cleanServer(address)
	if err != nil {
		return fmt.Errorf("use server: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return fmt.Errorf("use server: %w", ErrClosed)
	}
	if err := d.writeServer(address); err != nil {
		return fmt.Errorf("use server: %w", err)
	}
	d.setServer(address)
	return nil
}

func (d *Device) writeServer(address string) error {
	if address == "" {
		return d.disk.Remove(serverFile)
	}
	data, err := json.Marshal(serverConfig{address})
	if err != nil {
		return err
	}
	return d.disk.Write(serverFile, append(data, '\n'))
}

// setServer changes the address in use, and with it the revision that the state shows.
func (d *Device) setServer(address string) {
	d.server = address
	d.local.State.Revision = d.local.Marks[address].Revision
}

// findServer takes the address from override, or from server.json.
func (d *Device) findServer(override string) error {
	address := override
	if address == "" {
		data, err := d.disk.Read(serverFile)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		}
		// A file that cannot be read leaves sync off; the vault opens without it.
		var c serverConfig
		if json.Unmarshal(data, &c) != nil {
			return nil
		}
		address = c.URL
	}
	address, err := cleanServer(address)
	if err != nil {
		if override != "" {
			return err
		}
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.setServer(address)
	return nil
}

// cleanServer brings an address into one form: scheme, host, and path without a slash at the
// end. It must be https, but for this machine itself.
func cleanServer(address string) (string, error) {
	if address == "" {
		return "", nil
	}
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		// url.Error quotes the address, which may hold a password.
		return "", ErrBadServer
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	host := u.Hostname()
	if host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return "", ErrBadServer
	}
	ip := net.ParseIP(host)
	here := host == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !here) {
		return "", ErrBadServer
	}
	return strings.TrimRight(u.Scheme+"://"+u.Host+u.EscapedPath(), "/"), nil
}

// client returns the HTTP client for requests: with a timeout, without cookies, and one that
// follows no redirect, since a request must reach the server that the patient chose or none.
func client(given *http.Client) *http.Client {
	c := &http.Client{}
	if given != nil {
		*c = *given
	} else {
		c.Transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: requestTimeout}).DialContext,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    requestTimeout,
			ResponseHeaderTimeout:  requestTimeout,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConns:           2,
		}
	}
	c.Jar = nil
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if c.Timeout == 0 {
		c.Timeout = requestTimeout
	}
	return c
}

// connection returns a Connect client for the server.
func (d *Device) connection(server string, maxAnswer int, options ...connecthttp.Option) *connect.Client {
	options = append(options, connecthttp.WithReadMaxBytes(maxAnswer))
	return connect.NewClient(connecthttp.NewTransport(d.http, server, options...), neutral)
}

// neutral sends the same User-Agent from every device.
func neutral(next connect.ClientFunc) connect.ClientFunc {
	return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
		if info, ok := connect.CallInfoForClientContext(ctx); ok {
			info.RequestHeader().Set("User-Agent", userAgent)
		}
		return next(ctx, spec)
	}
}

// errRaced is the answer to a Put when another device was faster.
var errRaced = errors.New("another device was faster")

// serverError turns the error of a request into one of ours. The text of the server and of
// the network is left out: it may hold an address, or anything at all.
func serverError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if cause := ctx.Err(); cause != nil {
		return fmt.Errorf("%w: %w", ErrOffline, cause)
	}
	code := connect.CodeOf(err)
	var wire *connect.Error
	if !errors.As(err, &wire) || !wire.IsRemote() {
		// What did not come from a Chaperone server says nothing about the vault.
		switch code {
		case connect.CodeResourceExhausted, connect.CodeInvalidArgument:
			return badAnswer("size or encoding")
		}
		return fmt.Errorf("%w (%v)", ErrOffline, code)
	}
	switch code {
	case connect.CodeNotFound:
		return ErrNotFound
	case connect.CodeAborted:
		return errRaced
	case connect.CodeFailedPrecondition:
		return ErrDeleted
	case connect.CodeUnauthenticated:
		return ErrClock
	case connect.CodeUnavailable, connect.CodeDeadlineExceeded, connect.CodeInternal, connect.CodeUnknown, connect.CodeCanceled, connect.CodeDataLoss:
		return fmt.Errorf("%w (%v)", ErrOffline, code)
	default:
		return fmt.Errorf("%w (%v)", ErrRefused, code)
	}
}

// badAnswer says that a server answered what no honest one does.
func badAnswer(what string) error {
	return fmt.Errorf("%w: %w: %s", ErrRefused, ErrBadAnswer, what)
}
