package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

const witnessName = "witness.example.com"

// witnessChild is a witness in a process of its own, which keeps its heads on disk before it
// signs. Arguments: a folder, and the vkeys of logs.
func witnessChild(ctx context.Context, args []string, out io.Writer) error {
	if len(args) < 2 {
		return &usageError{"witness-child is started by others"}
	}
	var logs []translog.Key
	for _, text := range args[1:] {
		key, err := translog.ParseKey(text)
		if err != nil {
			return err
		}
		logs = append(logs, key)
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	w, err := logwriter.NewLocal(witnessName, private, logwriter.HeadFiles{Dir: args[0]}, time.Now, logs...)
	if err != nil {
		return err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: logwriter.WitnessHandler(w), ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if _, err := fmt.Fprintf(out, "%s http://%s\n", w.Key(), ln.Addr()); err != nil {
		return err
	}
	if err := srv.Serve(ln); ctx.Err() == nil {
		return err
	}
	return nil
}

// base64ID is 32 bytes in base64.
type base64ID [32]byte

// UnmarshalJSON implements json.Unmarshaler.
func (id *base64ID) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(raw) != len(id) {
		return fmt.Errorf("%d bytes, want %d in base64", len(raw), len(id))
	}
	*id = base64ID(raw)
	return nil
}
