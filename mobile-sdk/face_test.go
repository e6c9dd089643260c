package chaperone

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/patient"
)

// hostStore is a key store in memory, which can be told to fail. It hands out and keeps its
// own memory, as a binding may.
type hostStore struct {
	mu     sync.Mutex
	values map[string][]byte
	err    error
}

func newStore() *hostStore { return &hostStore{values: map[string][]byte{}} }

func (s *hostStore) Get(name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[name], s.err
}

func (s *hostStore) Put(name string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.values[name] = value
	}
	return s.err
}

func (s *hostStore) Delete(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.values, name)
	return s.err
}

func configIn(dir string) *Config {
	c := NewConfig()
	c.SetDataDir(dir)
	c.SetDeviceName("phone")
	return c
}

func create(t *testing.T, dir string, store SecureStore) *Client {
	t.Helper()
	client, err := configIn(dir).Create(store)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if got := CodeOf(err); got != code {
		t.Errorf("got %v, want code %q", err, code)
	}
}

func TestPlanAndMark(t *testing.T) {
	t.Parallel()
	dir, store := t.TempDir(), newStore()
	_, err := configIn(dir).Open(store)
	wantCode(t, err, CodeNoVault)
	client := create(t, dir, store)
	in := NewAnswersInput()
	in.SetStage(StageThreatened)
	in.SetRegion("US")
	in.AddExposure(ExposedPhotoFace)
	in.AddApp("facebook")
	in.AddApp("facebook")
	if err := client.SetAnswers(in); err != nil {
		t.Fatal(err)
	}
	in.AddExposure(ExposedSSN) // after the call the object is the host's again
	plan, err := client.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if plan.Stage() != StageThreatened || plan.Count() == 0 || plan.Count() > plan.Total() || !plan.RegionKnown() {
		t.Fatalf("got stage %q, %d of %d rows, region known %v", plan.Stage(), plan.Count(), plan.Total(), plan.RegionKnown())
	}
	steps, phones := 0, 0
	for i := range plan.Count() {
		row := plan.At(i)
		if row.Title() == "" || row.Why() == "" || row.DoneWhen() == "" || row.Discreet() == "" || row.Lane() == "" {
			t.Errorf("row %s lacks words", row.ID())
		}
		for j := range row.StepCount() {
			if row.StepAt(j).Text() == "" {
				t.Errorf("row %s, step %d lacks words", row.ID(), j)
			}
			steps++
			for k := range row.StepAt(j).ContactCount() {
				phones += row.StepAt(j).ContactAt(k).PhoneCount()
			}
		}
		for j := range row.PlatformCount() {
			if p := row.PlatformAt(j); p.ID() != "facebook" || p.Name() == "" || (p.Moved() && p.PathCount("web") > 0) {
				t.Errorf("row %s lists platform %q, moved %v", row.ID(), p.ID(), p.Moved())
			}
		}
	}
	if steps == 0 || phones == 0 {
		t.Errorf("got %d steps and %d phone numbers in a crisis, want some", steps, phones)
	}
	if plan.At(plan.Count()) != nil || plan.At(-1) != nil {
		t.Error("got a row outside the list")
	}
	done, total, minutes := 0, 0, 0
	for i := range plan.LaneCount() {
		l := plan.LaneAt(i)
		if l.Title() == "" || l.Lane() == "" {
			t.Errorf("lane %d lacks words", i)
		}
		done, total, minutes = done+l.Done(), total+l.Total(), minutes+l.MinutesLeft()
	}
	if done != plan.Done() || total != plan.Total() || minutes != plan.MinutesLeft() || total == 0 {
		t.Errorf("lanes add up to %d of %d, %d minutes; want %d of %d, %d", done, total, minutes, plan.Done(), plan.Total(), plan.MinutesLeft())
	}
	first := plan.At(0).ID()
	for _, bad := range [][3]string{{first, "finished", ""}, {first, StatusSkipped, ""}, {first, StatusRecheck, ""}, {first, StatusDone, ReasonCannot}, {"no.row", StatusDone, ""}} {
		wantCode(t, client.Mark(bad[0], "", bad[1], bad[2], 0), CodeBadInput)
	}
	wantCode(t, client.Mark(first, "", StatusLater, "", 0), CodeBadInput)
	if err := client.Mark(first, "", StatusDone, "", 0); err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = client.Plan()
	wantCode(t, err, CodeClosed)
	_, err = configIn(dir).Create(store)
	wantCode(t, err, CodeVaultExists)

	spanish := configIn(dir)
	spanish.SetLocale("es-MX")
	client, err = spanish.Open(store)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	_, err = configIn(dir).Open(store)
	wantCode(t, err, CodeAlreadyOpen)
	again, err := client.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if again.Done() != plan.Done()+1 || !client.Answered() {
		t.Errorf("got %d rows done after reopening, want %d", again.Done(), plan.Done()+1)
	}
	if row := again.FinishedAt(0); row.DoneUnix() == 0 || row.Again() != "" || row.Stale() {
		t.Errorf("got a finished row of %d, again %q, stale %v", row.DoneUnix(), row.Again(), row.Stale())
	}
	if again.At(0).Title() == plan.At(1).Title() {
		t.Errorf("got title %q in both languages", again.At(0).Title())
	}
}

func TestAnswersAreChecked(t *testing.T) {
	t.Parallel()
	client := create(t, t.TempDir(), newStore())
	for name, set := range map[string]func(*AnswersInput){
		"stage":    func(in *AnswersInput) { in.SetStage("terrified") },
		"region":   func(in *AnswersInput) { in.SetRegion("USA") },
		"region 2": func(in *AnswersInput) { in.SetRegion("1\x00") },
		"day":      func(in *AnswersInput) { in.SetKnownAt(-1) },
		"day 2":    func(in *AnswersInput) { in.SetKnownAt(1_900_000_000_000) },
		"exposure": func(in *AnswersInput) { in.AddExposure("dna") },
		"app":      func(in *AnswersInput) { in.AddApp("../vault.bin") },
		"apps": func(in *AnswersInput) {
			for i := range 100 {
				in.AddApp("app" + strings.Repeat("a", i%60) + string(rune('a'+i%26)))
			}
		},
	} {
		in := NewAnswersInput()
		set(in)
		if CodeOf(client.SetAnswers(in)) != CodeBadInput {
			t.Errorf("%s: got no error", name)
		}
	}
	wantCode(t, client.SetAnswers(nil), CodeBadInput)
	if err := client.SetAnswers(NewAnswersInput()); err != nil {
		t.Errorf("got %v for skipped questions, want none", err)
	}
}

func TestKeyRestsInStore(t *testing.T) {
	t.Parallel()
	dir, store := t.TempDir(), newStore()
	client := create(t, dir, store)
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	key := store.values[keyFile]
	if len(key) == 0 {
		t.Fatal("got no key in the key store")
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if d.Name() == keyFile || strings.Contains(string(data), string(key)) {
			t.Errorf("the key lies in %s", d.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = configIn(dir).Open(newStore())
	wantCode(t, err, CodeNoKey)
	store.err = errors.New("canary")
	_, err = configIn(dir).Open(store)
	wantCode(t, err, CodeKeyStore)
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("the host's text came back: %v", err)
	}
	store.err = nil
	// Memory that the host wipes when a call is over must not be ours.
	own := &hostStore{values: map[string][]byte{keyFile: append([]byte(nil), key...)}}
	client, err = configIn(dir).Open(own)
	if err != nil {
		t.Fatal(err)
	}
	clear(own.values[keyFile])
	if err := client.SetAnswers(NewAnswersInput()); err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	client, err = configIn(dir).Open(store)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRecoveryCode(t *testing.T) {
	t.Parallel()
	dir, store := t.TempDir(), newStore()
	client := create(t, dir, store)
	code := client.RecoveryCode()
	if len(strings.ReplaceAll(code, "-", "")) != 28 || client.RecoveryConfirmed() {
		t.Fatalf("got a code of %d characters, confirmed %v", len(code), client.RecoveryConfirmed())
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	client, err := configIn(dir).Open(store)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if client.RecoveryCode() != code {
		t.Error("a crash before retyping loses the code")
	}
	wantCode(t, client.ConfirmRecovery("2222"), CodeWrongCode)
	wantCode(t, client.ConfirmRecovery(strings.Repeat("2", 28)), CodeWrongCode)
	if err := client.ConfirmRecovery(strings.ToLower(code)); err != nil {
		t.Fatal(err)
	}
	if client.RecoveryCode() != "" || !client.RecoveryConfirmed() {
		t.Error("the code is kept after it was retyped")
	}
}

func TestSyncErrors(t *testing.T) {
	t.Parallel()
	dir, store := t.TempDir(), newStore()
	client := create(t, dir, store)
	wantCode(t, client.SyncOnce(1000), CodeNoServer)
	if err := client.ConfirmRecovery(client.RecoveryCode()); err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	cfg := configIn(dir)
	cfg.SetServer("http://" + listener.Addr().String())
	client, err = cfg.Open(store)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	err = client.SyncOnce(1000)
	wantCode(t, err, CodeOffline)
	if !IsRetryable(err) {
		t.Error("offline is not retryable")
	}
}

// TestCloseStopsSync: no lock is held while the core works, so Close neither waits for a
// server that does not answer nor leaves the call hanging. The same server shows a timeout.
func TestCloseStopsSync(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 16)
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(hang)
	dir, store := t.TempDir(), newStore()
	cfg := configIn(dir)
	cfg.SetServer(server.URL)
	client, err := cfg.Create(store)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.ConfirmRecovery(client.RecoveryCode()); err != nil {
		t.Fatal(err)
	}
	wantCode(t, client.SyncOnce(50), CodeTimeout)
	for len(asked) > 0 {
		<-asked
	}
	done := make(chan error, 1)
	go func() { done <- client.SyncOnce(60_000) }()
	select {
	case <-asked:
	case err := <-done:
		t.Fatalf("got %v before the server was asked", err)
	}
	start := time.Now()
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	wantCode(t, <-done, CodeCanceled)
	if took := time.Since(start); took > time.Second {
		t.Errorf("Close and the call took %v, want no waiting", took)
	}
}

func TestRestoreErrors(t *testing.T) {
	t.Parallel()
	_, err := configIn(t.TempDir()).Restore(newStore(), "not a code", 1000)
	wantCode(t, err, CodeWrongCode)
	_, err = configIn(t.TempDir()).Restore(newStore(), strings.Repeat("2", 28), 1000)
	wantCode(t, err, CodeNoServer)
	_, err = NewConfig().Restore(newStore(), strings.Repeat("2", 28), 1000)
	wantCode(t, err, CodeBadInput)
	_, err = configIn(t.TempDir()).Restore(nil, strings.Repeat("2", 28), 1000)
	wantCode(t, err, CodeBadInput)
}

// TestPanicReleasesLock: after a panic in the middle of opening, the next try works.
func TestPanicReleasesLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := newStore()
	client := create(t, dir, store)
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err := configIn(dir).Open(panicStore{})
		wantCode(t, err, CodeInternal)
	}
	client, err := configIn(dir).Open(store)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
}

type panicStore struct{ SecureStore }

func (panicStore) Get(string) ([]byte, error) { panic("a host in Go") }

// TestDiskIsWhole: the face's disk passes on what a device does with it, wipe included.
func TestDiskIsWhole(t *testing.T) {
	t.Parallel()
	dir, store := filepath.Join(t.TempDir(), "data"), newStore()
	disk, err := patient.NewDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	device, _, err := patient.Create(context.Background(), patient.Config{Disk: &keyDisk{Disk: disk, store: store}})
	if err != nil {
		t.Fatal(err)
	}
	if err := device.Wipe(context.Background(), false); err != nil {
		t.Fatal(err)
	}
	if len(store.values) != 0 {
		t.Error("a wipe leaves the key in the key store")
	}
	if _, err := os.Stat(filepath.Join(dir, "vault.bin")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a wipe leaves the vault: %v", err)
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	for ms, want := range map[int64]time.Duration{
		-1: defaultTimeout, 0: defaultTimeout, 1: time.Millisecond, 1 << 62: 10 * time.Minute,
	} {
		if got := timeout(ms); got != want {
			t.Errorf("%d ms: got %v, want %v", ms, got, want)
		}
	}
}

// TestGuideSaysWhatAppsMustKnow keeps docs/sdk.md true where a program can.
func TestGuideSaysWhatAppsMustKnow(t *testing.T) {
	t.Parallel()
	read := func(name string) string {
		data, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	guide := read("docs/sdk.md")
	for _, say := range []string{"One gomobile library per app", "16 KB", "NDK r28", "Go 1.26", "does **not** build"} {
		if !strings.Contains(guide, say) {
			t.Errorf("the guide does not say %q", say)
		}
	}
	if !strings.Contains(read("go.mod"), "\ngo 1.26") {
		t.Error("go.mod asks for another Go than the guide")
	}
	tests := ""
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		tests += read(filepath.Join("mobile-sdk", f))
	}
	for _, field := range strings.FieldsFunc(guide, func(r rune) bool { return r == '`' || r == ',' || r == '|' }) {
		if name := strings.TrimSpace(field); strings.HasPrefix(name, "Test") && !strings.Contains(name, " ") && !strings.Contains(tests, "func "+name+"(") {
			t.Errorf("the guide names %s, which is no test", name)
		}
	}
}
