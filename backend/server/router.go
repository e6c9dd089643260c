package server

import (
	"net/http"
	"net/netip"
	"strings"
)

// router sends a request to the handler of its exact path, or of the longest prefix that was
// registered with a final slash. It never redirects and never cleans a path: what is not spelt as
// registered is not there.
type router struct {
	exact    map[string]http.Handler
	prefixes []route
	missing  http.Handler
	trusted  []netip.Prefix
}

type route struct {
	prefix  string
	handler http.Handler
}

func newRouter(missing http.Handler, trusted []netip.Prefix) *router {
	return &router{exact: map[string]http.Handler{}, missing: missing, trusted: trusted}
}

// Handle registers handler. It is called before the server starts, never after.
func (rt *router) Handle(pattern string, handler http.Handler) {
	if len(pattern) > 1 && strings.HasSuffix(pattern, "/") {
		rt.prefixes = append(rt.prefixes, route{pattern, handler})
		return
	}
	rt.exact[pattern] = handler
}

// ServeHTTP implements http.Handler.
func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if len(rt.trusted) > 0 {
		r.RemoteAddr = callerBehind(rt.trusted, r)
	}
	if h, ok := rt.exact[r.URL.Path]; ok {
		h.ServeHTTP(w, r)
		return
	}
	var best route
	for _, p := range rt.prefixes {
		if len(p.prefix) > len(best.prefix) && strings.HasPrefix(r.URL.Path, p.prefix) {
			best = p
		}
	}
	if best.handler != nil {
		best.handler.ServeHTTP(w, r)
		return
	}
	rt.missing.ServeHTTP(w, r)
}

// callerBehind returns the address of the caller. When the connection comes from a trusted
// proxy, it is the last address of X-Forwarded-For that is not a trusted proxy's: everything
// before that could have been written by the caller.
func callerBehind(trusted []netip.Prefix, r *http.Request) string {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !within(trusted, ap.Addr()) {
		return r.RemoteAddr
	}
	caller := ap.Addr()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		caller = hop
		if !within(trusted, hop) {
			break
		}
	}
	return netip.AddrPortFrom(caller, ap.Port()).String()
}

func within(nets []netip.Prefix, addr netip.Addr) bool {
	addr = addr.Unmap()
	for _, n := range nets {
		if n.Contains(addr) {
			return true
		}
	}
	return false
}
