// Package web serves the server's pages to a browser.
//
// It promises that every page works without scripts, cookies or anything from another host, and
// that it says so in its headers. It never shows anything that came with a request.
package web

import (
	_ "embed"
	"net/http"
	"strconv"
)

//go:embed front.html
var front []byte

// Front is the page at "/": it says what this host is, and where to turn.
func Front() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !readOnly(w, r) {
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Length", strconv.Itoa(len(front)))
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "max-age=300")
		common(h)
		if r.Method == http.MethodGet {
			_, _ = w.Write(front) // the reader may be gone
		}
	})
}

// NotFound answers a path that nothing is served at.
func NotFound() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		common(w.Header())
		http.Error(w, "There is nothing at this address.", http.StatusNotFound)
	})
}

// Probe answers 200 and ok while check returns nil, and 503 and bad otherwise. The error's text
// stays inside.
func Probe(check func(*http.Request) error, ok, bad string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !readOnly(w, r) {
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		common(h)
		text, status := ok, http.StatusOK
		if err := check(r); err != nil {
			text, status = bad, http.StatusServiceUnavailable
		}
		w.WriteHeader(status)
		if r.Method == http.MethodGet {
			_, _ = w.Write([]byte(text + "\n")) // the reader may be gone
		}
	})
}

func readOnly(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	http.Error(w, "Only GET and HEAD are served here.", http.StatusMethodNotAllowed)
	return false
}

func common(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
}
