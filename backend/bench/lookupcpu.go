package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/backend/server"
	"github.com/chaperone-privacy/chaperone/backend/store/sqlite"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
)

const lookUpSeed = 9

// lookUpCPU compares what the server spends on LookUp, over JSON and HTTP/1.1, with what servers
// spend that answer the same bytes from memory, and after the same reads. Each runs in a process
// of its own on SQLite; rounds take turns.
func lookUpCPU(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("lookup-cpu", flag.ContinueOnError)
	rows := flags.Uint64("rows", 1_000_000, "messages in the store")
	requests := flags.Int("requests", 2000, "requests of a round")
	rounds := flags.Int("rounds", 7, "rounds")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "chaperone-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := fillMessages(ctx, dir, *rows); err != nil {
		return err
	}
	// One server after another: a data directory has one owner.
	kinds := []string{"empty", "reads", "full"}
	cpu, p50 := map[string][]float64{}, map[string][]float64{}
	for range *rounds {
		for _, kind := range kinds {
			c, err := startLookUpChild(ctx, kind, dir)
			if err != nil {
				return err
			}
			_, _, err = c.round(ctx, *requests/4, *rows) // warms it up
			var used, half float64
			if err == nil {
				used, half, err = c.round(ctx, *requests, *rows)
			}
			c.stop()
			if err != nil {
				return err
			}
			cpu[kind], p50[kind] = append(cpu[kind], used), append(p50[kind], half)
		}
	}
	ratio := func(by string) float64 {
		var all []float64
		for i := range cpu["full"] {
			all = append(all, cpu["full"][i]/cpu[by][i])
		}
		return middle(all)
	}
	printMachine(out)
	fmt.Fprintf(out, "| %d messages | CPU of the server, µs | p50 of the caller, µs |\n|---|---|---|\n", *rows)
	for _, kind := range kinds {
		fmt.Fprintf(out, "| %s | %.0f | %.0f |\n", kind, middle(cpu[kind]), middle(p50[kind]))
	}
	fmt.Fprintf(out, "| full / empty, at most 1.6 | %.2f | |\n| full / reads, at most 1.25 | %.2f | |\n\n", ratio("empty"), ratio("reads"))
	fmt.Fprintf(out, "JSON over HTTP/1.1, %d rounds of %d; medians.\n", *rounds, *requests)
	return nil
}

// fillMessages makes a data directory with n witnessed messages.
func fillMessages(ctx context.Context, dir string, n uint64) (err error) {
	s, err := sqlite.Open(ctx, sqlite.Config{Dir: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	fill, err := logwriter.NewFiller[envelope.Row](ctx, s.Logs(), s.Envelopes(), logwriter.Msgs)
	if err != nil {
		return err
	}
	for from := uint64(0); from < n; from += bulkBatch {
		var leaves [][]byte
		var rows []envelope.Row
		for i := from; i < min(from+bulkBatch, n); i++ {
			leaf, row := messageOf(lookUpSeed, i)
			row.Copy = nil
			leaves, rows = append(leaves, leaf), append(rows, row)
		}
		if err := fill(leaves, rows); err != nil {
			return err
		}
	}
	return nil
}

// lookUpServer is a server in a process of its own.
type lookUpServer struct {
	*serverChild

	client chaperonev1connect.ContactServiceClient
}

func startLookUpChild(ctx context.Context, kind, dir string) (*lookUpServer, error) {
	child, err := startServerChild(ctx, "lookup-cpu-child", kind, dir)
	if err != nil {
		return nil, err
	}
	transport := connecthttp.NewTransport(&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}},
		"http://"+child.addr, connecthttp.WithCompressors(), connecthttp.WithProtoJSON())
	return &lookUpServer{child, chaperonev1connect.NewContactServiceClient(connect.NewClient(transport))}, nil
}

// round asks n times for messages at random, and returns the server's CPU time for one and the
// caller's median time, in µs.
func (c *lookUpServer) round(ctx context.Context, n int, rows uint64) (cpu, p50 float64, err error) {
	before, err := c.usage()
	if err != nil {
		return 0, 0, err
	}
	errs, times := make([]error, 2), make([][]float64, 2)
	var wg sync.WaitGroup
	for w := range errs {
		wg.Go(func() {
			for range n / len(errs) {
				_, row := messageOf(lookUpSeed, rand.Uint64N(rows))
				start := time.Now()
				found, err := c.client.LookUp(ctx, &chaperonev1.LookUpRequest{Id: row.ID[:]})
				if err == nil && (len(found.GetAnswer()) != envelope.AnswerSize || found.GetAnswer()[0] != 1) {
					err = errors.New("a message was not found")
				}
				if err != nil {
					errs[w] = err
					return
				}
				times[w] = append(times[w], float64(time.Since(start).Nanoseconds())/1000)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return 0, 0, fmt.Errorf("look up: %w", err)
	}
	after, err := c.usage()
	all := slices.Concat(times...)
	return float64((after - before).Nanoseconds()) / 1000 / float64(len(all)), middle(all), err
}

// lookUpChild is the server's process. Arguments: kind, data directory.
func lookUpChild(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 2 {
		return &usageError{"lookup-cpu-child is started by lookup-cpu"}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	run, addr, err := lookUpServerOf(ctx, args[0], args[1])
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- run() }()
	if args[0] == "full" {
		if err := witnessed(ctx, addr); err != nil {
			return err
		}
	}
	if err := answerUsage(out, addr); err != nil {
		return err
	}
	cancel()
	return <-done
}

// answerUsage says where a child serves, and what CPU time it has used whenever its parent asks,
// until that ends.
func answerUsage(out io.Writer, addr string) error {
	fmt.Fprintln(out, addr)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			return err
		}
		fmt.Fprintln(out, time.Duration(u.Utime.Nano()+u.Stime.Nano()))
	}
	return nil
}

// witnessed waits until the server has a witnessed head.
func witnessed(ctx context.Context, addr string) error {
	for range 100 {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/log/msgs/checkpoint", nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	return errors.New("the server has no witnessed head")
}

func lookUpServerOf(ctx context.Context, kind, dir string) (run func() error, addr string, err error) {
	if kind == "full" {
		s, err := server.New(ctx, server.Config{
			Data: dir, Listen: "127.0.0.1:0", Metrics: "127.0.0.1:0", Limits: server.Limits{Rates: manyRequests()},
		})
		if err != nil {
			return nil, "", err
		}
		return func() error { return s.Run(ctx) }, s.Addr().String(), nil
	}
	h := &plainLookUp{answer: make([]byte, envelope.AnswerSize)}
	h.answer[0] = 1
	closeStore := func() error { return nil }
	if kind == "reads" {
		s, err := sqlite.Open(ctx, sqlite.Config{Dir: dir})
		if err != nil {
			return nil, "", err
		}
		state, err := s.Logs().State(ctx, logwriter.Msgs)
		if err == nil {
			// The first run may come before a server has witnessed anything.
			err = s.Logs().Freeze(ctx, logwriter.Msgs, state.Size, make([]byte, 300))
		}
		if err != nil {
			return nil, "", errors.Join(err, s.Close())
		}
		h.store, closeStore = s, s.Close
		h.reader = logwriter.Reader{Log: logwriter.Msgs, Store: s.Logs(), Cache: logwriter.NewTileCache()}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", errors.Join(err, closeStore())
	}
	rpcs := connect.NewServer()
	chaperonev1connect.RegisterContactServiceHandler(rpcs, h)
	mux := http.NewServeMux()
	connecthttp.Mount(mux, rpcs)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 20 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute}
	return func() error {
		stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
		defer stop()
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			return errors.Join(err, closeStore())
		}
		return closeStore()
	}, ln.Addr().String(), nil
}

// plainLookUp answers with what it was made with, after reading what LookUp reads if it has a store.
type plainLookUp struct {
	chaperonev1connect.UnimplementedContactServiceHandler

	answer []byte
	store  *sqlite.Store
	reader logwriter.Reader
}

// LookUp implements ContactService.
func (h *plainLookUp) LookUp(ctx context.Context, req *chaperonev1.LookUpRequest) (*chaperonev1.LookUpResponse, error) {
	if h.store == nil {
		return &chaperonev1.LookUpResponse{Answer: h.answer}, nil
	}
	m, err := h.store.Envelopes().Get(ctx, envelope.ID(req.GetId()))
	if err != nil {
		return nil, err
	}
	if _, _, err = h.reader.Proof(ctx, m.Index); err != nil {
		return nil, err
	}
	return &chaperonev1.LookUpResponse{Answer: h.answer}, nil
}
