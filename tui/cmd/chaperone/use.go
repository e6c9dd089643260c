package main

import (
	"context"
	"net"
	"net/url"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/words"
)

func (p *program) use(ctx context.Context, a *arguments) (int, error) {
	a.withHome()
	off := a.Bool("off", false, "")
	if err := a.parse(p.words, 1); err != nil {
		return 0, err
	}
	if *off && a.NArg() > 0 {
		return 0, &usageError{a.command, p.words.T(words.CliErrTogether, words.Str("a", "--off"), words.Str("b", "URL"))}
	}
	server, err := "", error(nil)
	if a.NArg() == 1 {
		if server, err = origin(a.Arg(0)); err != nil {
			return 0, &usageError{a.command, p.words.T(words.CliErrUrl, words.Str("name", printable(a.Arg(0))))}
		}
	}
	d, err := p.device(ctx, a)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	if *off || a.NArg() == 1 {
		if err := d.UseServer(server); err != nil {
			return 0, err
		}
	}
	if server = d.Server(); server == "" {
		return p.print(p.words.T(words.CliUseNone) + "\n")
	}
	return p.print(p.words.T(words.CliUseServer, words.Str("server", printable(server))) + "\n")
}

// origin reads the address of a server: https, or http on this same machine.
func origin(s string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil {
		return s, errInput
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	loopback := host == "localhost" || (ip != nil && ip.IsLoopback())
	if host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		(u.Scheme != "https" && (u.Scheme != "http" || !loopback)) {
		return s, errInput
	}
	return strings.TrimRight(u.String(), "/"), nil
}
