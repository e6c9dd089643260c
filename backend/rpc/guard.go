package rpc

import (
	"net/http"
	"strings"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
)

// guardedMux puts the guard before every route of connect, and leaves out the catch-all routes
// that Mount adds for unknown methods: they quote the path. The router answers those with 404,
// which every protocol reads as "unimplemented".
type guardedMux struct{ mux connecthttp.ServeMux }

// Handle implements connecthttp.ServeMux.
func (m guardedMux) Handle(pattern string, handler http.Handler) {
	if strings.HasSuffix(pattern, "/") {
		return
	}
	m.mux.Handle(pattern, Guard(handler, maxMessage(pattern)))
}

// Names of the headers that connect quotes in its refusals, in canonical form.
const (
	headerContentEncoding = "Content-Encoding"
	headerConnectEncoding = "Connect-Content-Encoding"
	headerConnectTimeout  = "Connect-Timeout-Ms"
	headerConnectVersion  = "Connect-Protocol-Version"
	headerGRPCEncoding    = "Grpc-Encoding"
	headerGRPCTimeout     = "Grpc-Timeout"
)

// Guard refuses what connect would refuse with a text that repeats the request, and bounds the
// body to one message of maxMessage bytes and its frame. It also answers the few cases that
// connect answers with a 5xx although the request is at fault.
func Guard(next http.Handler, maxMessage int) http.Handler {
	const frame = 5 + 1024 // an envelope's prefix, and room for the frame of a compressed message
	writer := connecthttp.NewErrorWriter()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Cache-Control", "no-store")
		header.Set("X-Content-Type-Options", "nosniff")
		if text, status := complaint(r); text != "" {
			refuse(writer, w, r, status, text)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, int64(maxMessage+frame))
		next.ServeHTTP(w, r)
	})
}

// complaint says what is wrong with a request's headers, and the HTTP status that says so to a
// plain client.
func complaint(r *http.Request) (text string, status int) {
	grpc := strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc")
	switch {
	case !knownEncoding(r, headerContentEncoding), !knownEncoding(r, headerConnectEncoding), !knownEncoding(r, headerGRPCEncoding):
		return "this compression is not known here; send gzip or none", http.StatusUnsupportedMediaType
	case grpc && !validTimeout(r.Header.Get(headerGRPCTimeout), 8, "HMSmun"):
		return "the timeout is not a number of at most 8 digits and a unit", http.StatusBadRequest
	case !validTimeout(r.Header.Get(headerConnectTimeout), 10, ""):
		return "the timeout is not a number of at most 10 digits", http.StatusBadRequest
	}
	if version := r.Header.Get(headerConnectVersion); version != "" && version != "1" {
		return "this protocol version is not known here; send 1", http.StatusBadRequest
	}
	if r.Method != http.MethodGet || r.URL.RawQuery == "" {
		return "", 0
	}
	query := r.URL.Query()
	if version := query.Get("connect"); version != "" && version != "v1" {
		return "this protocol version is not known here; send v1", http.StatusBadRequest
	}
	switch query.Get("compression") {
	case "", connect.CompressionNameIdentity, connect.CompressionNameGzip:
		return "", 0
	default:
		return "this compression is not known here; send gzip or none", http.StatusUnsupportedMediaType
	}
}

func knownEncoding(r *http.Request, header string) bool {
	switch r.Header.Get(header) {
	case "", connect.CompressionNameIdentity, connect.CompressionNameGzip:
		return true
	default:
		return false
	}
}

// validTimeout reports whether value is empty, or at most digits digits and one of units (no
// unit when units is empty).
func validTimeout(value string, digits int, units string) bool {
	if value == "" {
		return true
	}
	if units != "" {
		last := len(value) - 1
		if strings.IndexByte(units, value[last]) < 0 {
			return false
		}
		value = value[:last]
	}
	if value == "" || len(value) > digits {
		return false
	}
	for _, c := range []byte(value) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// refuse writes an error in the caller's protocol. gRPC and gRPC-Web carry it in trailers under
// 200, as they must; everybody else sees status.
func refuse(writer *connecthttp.ErrorWriter, w http.ResponseWriter, r *http.Request, status int, text string) {
	code := connect.CodeInvalidArgument
	if status == http.StatusUnsupportedMediaType {
		code = connect.CodeUnimplemented
		w.Header().Set("Accept-Encoding", connect.CompressionNameGzip)
	}
	_ = writer.Write(statusWriter{w, status}, r, connect.NewError(code, text)) // the caller may be gone
}

// statusWriter answers with its own status where the writer would say that anything is wrong.
type statusWriter struct {
	http.ResponseWriter

	status int
}

// WriteHeader implements http.ResponseWriter.
func (w statusWriter) WriteHeader(status int) {
	if status != http.StatusOK {
		status = w.status
	}
	w.ResponseWriter.WriteHeader(status)
}
