package pgtest

import (
	"context"
	"crypto/rand"
	_ "embed" // the shell script
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed watch.sh
var watchScript string

const (
	superuser    = "chaperone"
	startTimeout = 60 * time.Second
	stopTimeout  = 20 * time.Second
)

// Config says how a server runs.
type Config struct {
	// NoFsync lets the server acknowledge without waiting for the disk. Quick, and wrong for
	// anything that measures or proves durability.
	NoFsync bool
	// Settings are further server settings, such as "shared_buffers=256MB".
	Settings []string
}

// Server is a running PostgreSQL. Its methods are for one goroutine, NewDatabase excepted.
type Server struct {
	config   Config
	programs string // folder of initdb and postgres
	dir      string // owned by who; holds data, log and the socket
	who      *syscall.Credential
	password string
	port     int

	pipe io.Closer     // ends the server when closed
	done chan struct{} // closed when the shell has ended
	cmd  *exec.Cmd     // the shell, leader of its process group
}

// Start makes a server and waits until it answers. The caller stops it.
func Start(ctx context.Context, c Config) (_ *Server, err error) {
	s := &Server{config: c, password: rand.Text()}
	if s.programs, err = programs(ctx); err != nil {
		return nil, err
	}
	if s.who, err = unprivileged(); err != nil {
		return nil, err
	}
	if s.dir, err = s.makeDir(); err != nil {
		return nil, fmt.Errorf("make folder for postgres: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(s.dir)
		}
	}()
	if err := s.initdb(ctx); err != nil {
		return nil, err
	}
	for range 5 { // the port may be taken between choosing and using it
		if s.port, err = freePort(ctx); err != nil {
			return nil, err
		}
		if err = s.run(ctx); err == nil || !strings.Contains(err.Error(), "already in use") {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// unprivileged returns whom to run as: nil for this user, another one under root.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("look up user %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("postgres refuses to run as root, and there is no user postgres or nobody")
}

// makeDir makes the folder where the other user can reach it.
func (s *Server) makeDir() (string, error) {
	for _, parent := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		if s.who != nil && !open(parent) {
			continue
		}
		dir, err := os.MkdirTemp(parent, "chaperone-pg-")
		if err != nil {
			return "", err
		}
		if s.who != nil {
			err = os.Chown(dir, int(s.who.Uid), int(s.who.Gid))
		}
		return dir, err
	}
	return "", errors.New("no temporary folder is open to other users")
}

// open reports whether any user may pass through all of a path.
func open(path string) bool {
	for ; ; path = filepath.Dir(path) {
		info, err := os.Stat(path)
		if err != nil || info.Mode()&0o001 == 0 {
			return false
		}
		if path == filepath.Dir(path) {
			return true
		}
	}
}

func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.who, Setpgid: true}
	return cmd
}

func (s *Server) initdb(ctx context.Context) error {
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(s.password+"\n"), 0o600); err != nil {
		return fmt.Errorf("write password for postgres: %w", err)
	}
	if s.who != nil {
		if err := os.Chown(secret, int(s.who.Uid), int(s.who.Gid)); err != nil {
			return fmt.Errorf("write password for postgres: %w", err)
		}
	}
	cmd := s.command(ctx, filepath.Join(s.programs, "initdb"),
		"--pgdata=data", "--username="+superuser, "--auth=scram-sha-256", "--pwfile=password",
		"--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, tail(string(out)))
	}
	return nil
}

// run starts the server over the data and waits until it answers.
func (s *Server) run(ctx context.Context) error {
	args := []string{
		"-c", watchScript, "watch.sh", s.dir,
		filepath.Join(s.programs, "postgres"), "-D", "data",
		"-c", "listen_addresses=127.0.0.1", "-c", "port=" + strconv.Itoa(s.port),
		"-c", "unix_socket_directories=" + s.dir,
		"-c", "shared_buffers=64MB", "-c", "max_connections=200",
		"-c", "log_statement=none", "-c", "log_min_error_statement=panic",
	}
	if s.config.NoFsync {
		args = append(args, "-c", "fsync=off", "-c", "full_page_writes=off")
	}
	for _, setting := range s.config.Settings {
		args = append(args, "-c", setting)
	}
	// The server outlives ctx, which is for starting it.
	cmd := s.command(context.WithoutCancel(ctx), "/bin/sh", args...)
	// Not StdinPipe, which is closed as soon as the shell ends: under Kill that is too early.
	end, pipe, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	cmd.Stdin = end
	err = errors.Join(cmd.Start(), end.Close())
	if err != nil {
		_ = pipe.Close()
		return fmt.Errorf("start postgres: %w", err)
	}
	done := make(chan struct{})
	s.cmd, s.pipe, s.done = cmd, pipe, done
	go func() {
		defer close(done)
		_ = cmd.Wait() // a server that was stopped ends with an error
	}()
	if err := s.waitReady(ctx); err != nil {
		_ = s.Kill()
		return err
	}
	return nil
}

func (s *Server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if s.ready() {
			return nil
		}
		select {
		case <-s.done:
			log, _ := os.ReadFile(filepath.Join(s.dir, "log")) // empty says enough
			return fmt.Errorf("postgres ended at start: %s", tail(string(log)))
		case <-ctx.Done():
			return fmt.Errorf("wait for postgres: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// ready reads the file in which the server's first process says how far it is. A server that was
// killed leaves the file behind.
func (s *Server) ready() bool {
	text, _ := os.ReadFile(filepath.Join(s.dir, "data", "postmaster.pid")) // not there yet: not ready
	lines := strings.Split(string(text), "\n")
	if len(lines) < 8 || strings.TrimSpace(lines[7]) != "ready" {
		return false
	}
	first, err := strconv.Atoi(lines[0])
	return err == nil && !gone(first)
}

// URL returns the address of a database of this server.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, s.password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// NewDatabase makes an empty database and returns its address.
func (s *Server) NewDatabase(ctx context.Context) (string, error) {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return "", fmt.Errorf("connect to postgres: %w", err)
	}
	name := "t" + strings.ToLower(rand.Text())
	_, err = conn.Exec(ctx, "CREATE DATABASE "+name)
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		return "", fmt.Errorf("create database: %w", err)
	}
	return s.URL(name), nil
}

// Kill ends every process of the server by SIGKILL, as a crash would, and waits until they are
// gone. The data stays for Restart.
func (s *Server) Kill() error {
	processes := s.halt()
	for _, pid := range processes {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	// The shell must outlive the first process and reap it, or its lock on the data stays.
	if len(processes) > 0 {
		select {
		case <-s.done:
		case <-time.After(stopTimeout):
		}
	}
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	_ = s.pipe.Close()
	<-s.done
	deadline := time.Now().Add(stopTimeout)
	for _, pid := range processes {
		for !gone(pid) {
			if time.Now().After(deadline) {
				return errors.New("a process of postgres does not end")
			}
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

// Restart starts the server again over its data, after Kill.
func (s *Server) Restart(ctx context.Context) error { return s.run(ctx) }

// Stop ends the server at once and removes its files.
func (s *Server) Stop() error {
	_ = s.pipe.Close()
	select {
	case <-s.done:
	case <-time.After(stopTimeout):
		if err := s.Kill(); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("remove files of postgres: %w", err)
	}
	return nil
}

// halt stops the first process of the server, and returns it and its children.
func (s *Server) halt() []int {
	text, err := os.ReadFile(filepath.Join(s.dir, "data", "postmaster.pid"))
	if err != nil {
		return nil
	}
	first, err := strconv.Atoi(strings.SplitN(string(text), "\n", 2)[0])
	if err != nil {
		return nil
	}
	// A number left behind may belong to a stranger by now.
	if _, parent, _ := stat(fmt.Sprintf("/proc/%d/stat", first)); parent != s.cmd.Process.Pid {
		return nil
	}
	// Stopped, it starts no further children.
	if err := syscall.Kill(first, syscall.SIGSTOP); err != nil {
		return nil
	}
	for deadline := time.Now().Add(stopTimeout); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if _, _, state := stat(fmt.Sprintf("/proc/%d/stat", first)); state == "T" || state == "Z" || state == "" {
			break
		}
	}
	all := []int{first}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well-formed
	for _, path := range stats {
		if pid, parent, _ := stat(path); parent == first {
			all = append(all, pid)
		}
	}
	return all
}

// gone reports whether a process has ended, reaped or not.
func gone(pid int) bool {
	_, _, state := stat(fmt.Sprintf("/proc/%d/stat", pid))
	return state == "Z" || state == ""
}

// stat reads pid, parent and state from a /proc/PID/stat file: "PID (name) state parent …".
func stat(path string) (pid, parent int, state string) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, 0, ""
	}
	start, rest, _ := strings.Cut(string(text), " ")
	fields := strings.Fields(rest[strings.LastIndexByte(rest, ')')+1:])
	if len(fields) < 2 {
		return 0, 0, ""
	}
	pid, _ = strconv.Atoi(start)
	parent, _ = strconv.Atoi(fields[1])
	return pid, parent, fields[0]
}

func freePort(ctx context.Context) (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("choose a port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}
