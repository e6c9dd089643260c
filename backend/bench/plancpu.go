package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"google.golang.org/protobuf/proto"

	"github.com/chaperone-privacy/chaperone/backend/limit"
	"github.com/chaperone-privacy/chaperone/backend/server"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
)

// planRatio is the most that Plan may cost, in times of a handler that does nothing.
const planRatio = 3.0

// planQuestion is what a person answers who was told of a breach.
func planQuestion() *chaperonev1.PlanRequest {
	return &chaperonev1.PlanRequest{
		Stage: chaperonev1.Stage_STAGE_NOTIFIED, Region: "us", Locale: "en",
		Exposed: []chaperonev1.Exposure{chaperonev1.Exposure_EXPOSURE_CONTACT, chaperonev1.Exposure_EXPOSURE_LOGIN, chaperonev1.Exposure_EXPOSURE_SSN},
		Uses:    []string{"facebook", "instagram", "linkedin"},
	}
}

// planCPU compares what the server spends on Plan with what a server spends that has no
// interceptors and answers the same request with one string of the same size. Each runs in a
// process of its own and is asked over HTTP/1.1 on loopback by this one; their CPU time is their
// own getrusage. Rounds alternate, so that the machine's mood strikes both.
func planCPU(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("plan-cpu", flag.ContinueOnError)
	requests := flags.Int("requests", 4000, "requests of a round")
	rounds := flags.Int("rounds", 7, "rounds")
	if err := flags.Parse(args); err != nil {
		return err
	}
	full, err := startPlanChild(ctx, "plan", 0)
	if err != nil {
		return err
	}
	defer full.stop()
	answer, err := full.client.Plan(ctx, planQuestion())
	if err != nil {
		return fmt.Errorf("ask for a plan: %w", err)
	}
	size := proto.Size(answer)
	empty, err := startPlanChild(ctx, "empty", size)
	if err != nil {
		return err
	}
	defer empty.stop()
	if blank, err := empty.client.Plan(ctx, planQuestion()); err != nil || proto.Size(blank) != size {
		return fmt.Errorf("got an empty answer of %d bytes (%w), want %d", proto.Size(blank), err, size)
	}
	var planned, nothing, ratios []float64
	for range *rounds + 1 {
		e, err := empty.round(ctx, *requests)
		if err != nil {
			return err
		}
		p, err := full.round(ctx, *requests)
		if err != nil {
			return err
		}
		planned, nothing, ratios = append(planned, p), append(nothing, e), append(ratios, p/e)
	}
	// The first round warmed both up.
	p, e, r := middle(planned[1:]), middle(nothing[1:]), middle(ratios[1:])
	printMachine(out)
	fmt.Fprintf(out, "| server CPU per request | µs |\n|---|---|\n")
	fmt.Fprintf(out, "| Plan, %d rows | %.1f |\n| empty handler | %.1f |\n| ratio (at most %.0f) | %.2f |\n\n", len(answer.GetRows()), p, e, planRatio, r)
	fmt.Fprintf(out, "Requests of %d bytes, answers of %d bytes, %d rounds of %d over HTTP/1.1, uncompressed; medians.\n",
		proto.Size(planQuestion()), size, *rounds, *requests)
	if r > planRatio {
		return fmt.Errorf("plan costs %.2f times an empty handler, at most %.0f is allowed", r, planRatio)
	}
	return nil
}

func middle(of []float64) float64 {
	of = slices.Clone(of)
	slices.Sort(of)
	return of[len(of)/2]
}

// planChild is a server in a process of its own.
type planChild struct {
	cmd    *exec.Cmd
	ask    io.WriteCloser
	tell   *bufio.Scanner
	client chaperonev1connect.ChecklistServiceClient
}

func startPlanChild(ctx context.Context, kind string, size int) (_ *planChild, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &planChild{cmd: exec.CommandContext(ctx, self, "plan-cpu-child", kind, fmt.Sprint(size))}
	c.cmd.Stderr = os.Stderr
	if c.ask, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	pipe, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.tell = bufio.NewScanner(pipe)
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s server: %w", kind, err)
	}
	if !c.tell.Scan() {
		c.stop()
		return nil, fmt.Errorf("the %s server did not say where it answers", kind)
	}
	transport := connecthttp.NewTransport(&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}},
		"http://"+c.tell.Text(), connecthttp.WithCompressors())
	c.client = chaperonev1connect.NewChecklistServiceClient(connect.NewClient(transport))
	return c, nil
}

// stop ends the child, which ends when nobody asks any more.
func (c *planChild) stop() { _ = errors.Join(c.ask.Close(), c.cmd.Wait()) }

// round asks for n plans on two connections, and returns the server's CPU time for one in µs.
func (c *planChild) round(ctx context.Context, n int) (float64, error) {
	before, err := c.usage()
	if err != nil {
		return 0, err
	}
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			for range n / len(errs) {
				if _, err := c.client.Plan(ctx, planQuestion()); err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return 0, fmt.Errorf("ask for a plan: %w", err)
	}
	after, err := c.usage()
	return float64((after - before).Nanoseconds()) / 1000 / float64(n/2*2), err
}

// usage returns the CPU time that the child has used.
func (c *planChild) usage() (time.Duration, error) {
	if _, err := io.WriteString(c.ask, "usage\n"); err != nil {
		return 0, fmt.Errorf("ask for usage: %w", err)
	}
	if !c.tell.Scan() {
		return 0, errors.New("the server ended")
	}
	return time.ParseDuration(c.tell.Text())
}

// planCPUChild is the server's process: it prints its address, then its CPU time for each line it
// reads, until its input ends.
func planCPUChild(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 2 {
		return &usageError{"plan-cpu-child is started by plan-cpu"}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var size int
	if _, err := fmt.Sscan(args[1], &size); err != nil {
		return &usageError{"plan-cpu-child takes a size"}
	}
	run, addr, err := planServer(ctx, args[0], size)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- run() }()
	fmt.Fprintln(out, addr)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			return err
		}
		fmt.Fprintln(out, time.Duration(u.Utime.Nano()+u.Stime.Nano()))
	}
	cancel()
	return <-done
}

// planServer returns a server that runs until ctx ends: the real one, or one with an empty handler.
func planServer(ctx context.Context, kind string, size int) (run func() error, addr string, err error) {
	if kind == "plan" {
		dir, err := os.MkdirTemp("", "chaperone-bench")
		if err != nil {
			return nil, "", err
		}
		s, err := server.New(ctx, server.Config{
			Data: dir, DB: server.MemoryDB, Listen: "127.0.0.1:0", Metrics: "127.0.0.1:0",
			// Two limits far away, so that their buckets are kept and asked.
			Limits: server.Limits{Rates: manyRequests()},
		})
		if err != nil {
			return nil, "", errors.Join(err, os.RemoveAll(dir))
		}
		return func() error { return errors.Join(s.Run(ctx), os.RemoveAll(dir)) }, s.Addr().String(), nil
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	rpcs := connect.NewServer()
	chaperonev1connect.RegisterChecklistServiceHandler(rpcs, &emptyChecklist{answer: answerOfSize(size)})
	mux := http.NewServeMux()
	connecthttp.Mount(mux, rpcs)
	srv := &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 20 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
	}
	return func() error {
		stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
		defer stop()
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}, ln.Addr().String(), nil
}

func manyRequests() map[limit.Class]limit.Rate {
	rates := server.DefaultRates()
	for class := range rates {
		rates[class] = limit.Rate{PerMinute: 1 << 28}
	}
	return rates
}

// emptyChecklist answers with what it was made with.
type emptyChecklist struct {
	chaperonev1connect.UnimplementedChecklistServiceHandler

	answer *chaperonev1.PlanResponse
}

// Plan implements ChecklistService.
func (e *emptyChecklist) Plan(context.Context, *chaperonev1.PlanRequest) (*chaperonev1.PlanResponse, error) {
	return e.answer, nil
}

// answerOfSize returns a message of size bytes with one long string in it.
func answerOfSize(size int) *chaperonev1.PlanResponse {
	row := &chaperonev1.PlanRow{}
	answer := &chaperonev1.PlanResponse{Rows: []*chaperonev1.PlanRow{row}}
	for n := size; n > 0; n-- {
		row.Why = strings.Repeat("x", n)
		if proto.Size(answer) <= size {
			break
		}
	}
	// A length that no single string gives is made up by a field of two bytes.
	for proto.Size(answer) < size {
		answer.ShowFirst++
		if proto.Size(answer) < size {
			answer.RegionKnown = true
		}
	}
	return answer
}
