package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

// monitorCommands is the subcommands of the second machine.
func monitorCommands() []entry {
	return []entry{
		{"monitor init", usageOf(monitorInitEN, monitorInitES), (*program).monitorInit},
		{"monitor join", usageOf(monitorJoinEN, monitorJoinES), (*program).monitorJoin},
		{"monitor serve", usageOf(monitorServeEN, monitorServeES), (*program).monitorServe},
		{"monitor invite", usageOf(monitorInviteEN, monitorInviteES), (*program).monitorInvite},
		{"monitor approve", usageOf(monitorApproveEN, monitorApproveES), (*program).monitorApprove},
		{"monitor today", usageOf(monitorTodayEN, monitorTodayES), (*program).monitorToday},
		{"monitor alarms", usageOf(monitorAlarmsEN, monitorAlarmsES), (*program).monitorAlarms},
		{"monitor status", usageOf(monitorStatusEN, monitorStatusES), (*program).monitorStatus},
		{"monitor withdraw", usageOf(monitorWithdrawEN, monitorWithdrawES), (*program).monitorWithdraw},
		{"monitor epoch", usageOf(monitorEpochEN, monitorEpochES), (*program).monitorEpoch},
		{"monitor holiday", usageOf(monitorHolidayEN, monitorHolidayES), (*program).monitorHoliday},
	}
}

// monitorFailures is what can go wrong with the second machine.
func monitorFailures() []command.Failure {
	return []command.Failure{
		{Is: monitor.ErrHere, Text: words.MonitorErrHere, Hint: words.MonitorHintHere, Code: command.ExitRefused},
		{Is: monitor.ErrLog, Text: words.MonitorErrLog, Hint: words.MonitorHintLog, Code: command.ExitRefused},
		{Is: monitor.ErrNotRunning, Text: words.MonitorErrNotRunning, Hint: words.MonitorHintNotRunning, Code: command.ExitCannotTell},
		{Is: monitor.ErrSetUp, Text: words.MonitorErrSetUp, Hint: words.MonitorHintSetUp, Code: command.ExitRefused},
		{Is: monitor.ErrJoined, Text: words.MonitorErrJoined, Hint: words.MonitorHintJoined, Code: command.ExitRefused},
		{Is: monitor.ErrNotJoined, Text: words.MonitorErrNotJoined, Hint: words.MonitorHintNotJoined, Code: command.ExitRefused},
		{Is: monitor.ErrProfile, Text: words.MonitorErrProfile, Hint: words.MonitorHintProfile, Code: command.ExitRefused},
		{Is: monitor.ErrWait, Text: words.MonitorErrWait, Hint: words.MonitorHintWait, Code: command.ExitRefused},
		{Is: monitor.ErrPerson, Text: words.MonitorErrPerson, Hint: words.MonitorHintPerson, Code: command.ExitRefused},
		{Is: monitor.ErrOwn, Text: words.MonitorErrOwn, Hint: words.MonitorHintOwn, Code: command.ExitRefused},
		{Is: monitor.ErrNotWaiting, Text: words.MonitorErrNotWaiting, Hint: words.MonitorHintNotWaiting, Code: command.ExitRefused},
		{Is: monitor.ErrNoAlarm, Text: words.MonitorErrNoAlarm, Hint: words.MonitorHintNoAlarm, Code: command.ExitRefused},
		{Is: monitor.ErrNumber, Text: words.MonitorErrNumber, Hint: words.MonitorHintNumber, Code: command.ExitUsage},
		{Is: monitor.ErrHoliday, Text: words.MonitorErrHoliday, Hint: words.MonitorHintHoliday, Code: command.ExitUsage},
		{Is: monitor.ErrHours, Text: words.MonitorErrHours, Hint: words.MonitorHintHours, Code: command.ExitUsage},
		{Is: errListen, Text: words.MonitorErrListen, Hint: words.MonitorHintListen, Code: command.ExitLocal},
		{Is: monitor.ErrKeys, Text: words.MonitorErrKeys, Hint: words.DeskHintSealed, Code: command.ExitLocal},
	}
}

// monitorDir is where the second machine keeps its state.
func (p *program) monitorDir(m *machine) (string, error) {
	home := m.home
	if home == "" {
		var err error
		if home, err = defaultHome(runtime.GOOS, p.getenv); err != nil {
			return "", err
		}
	}
	return monitor.Directory(home), nil
}

// person is the flags of a command that needs a person's own word.
type person struct{ name, passphraseFile string }

func withPerson(a *command.Arguments) *person {
	q := &person{}
	a.StringVar(&q.name, "person", "", "")
	a.StringVar(&q.passphraseFile, "person-passphrase-file", "", "")
	return q
}

// word asks the person for the passphrase.
func (p *program) word(q *person) (monitor.Word, error) {
	pass, err := p.personPassphrase(q.name, q.passphraseFile, false)
	return monitor.Word{Person: q.name, Passphrase: pass}, err
}

func (p *program) personPassphrase(name, file string, fresh bool) (string, error) {
	if file != "" {
		return p.passphrase(file, words.DeskAskPassphrase, fresh)
	}
	ask, err := command.NewAsker(p.stdin)
	if err != nil {
		return "", err
	}
	defer ask.Close()
	return p.askPassphrase(ask, p.words.T(words.MonitorAskPerson, words.Str("name", command.Printable(name))), fresh)
}

// monitorKeys opens the monitor's keys.
func (p *program) monitorKeys(m *machine, dir string) (*monitor.Keys, error) {
	here, err := p.monitorHere(m)
	if err != nil {
		return nil, err
	}
	sealed, err := monitor.SealedKeys(dir)
	if err != nil {
		return nil, err
	}
	pass, err := p.passphrase(m.passphraseFile, words.DeskAskPassphrase, false)
	if err != nil {
		return nil, err
	}
	if here {
		k, _, err := office.OpenMonitorKeys(filepath.Dir(dir), pass)
		return k, err
	}
	raw, err := clinic.OpenPassphrase(pass, sealed)
	if err != nil {
		return nil, err
	}
	return monitor.ParseKeys(raw)
}

// decider is a monitor as a person speaks to it: one that runs, or the one of this machine, which
// is opened for a moment.
type decider interface {
	Approve(ctx context.Context, w monitor.Word, name string, messages int) error
	Acknowledge(ctx context.Context, w monitor.Word, alarm int) error
	Holiday(ctx context.Context, w monitor.Word, until int64) (done bool, err error)
}

// decide runs a command against the monitor on this machine.
func (p *program) decide(m *machine, do func(decider) (int, error)) (int, error) {
	here, err := p.monitorHere(m)
	if err != nil {
		return 0, err
	}
	if !here {
		return p.control(m, func(c *monitor.Control) (int, error) { return do(c) })
	}
	dir, err := p.monitorDir(m)
	if err != nil {
		return 0, err
	}
	k, err := monitor.OpenKeyless(monitor.Config{Dir: dir, Now: p.now, Patience: patience})
	if err != nil {
		return 0, err
	}
	code, err := do(k)
	return code, errors.Join(err, k.Close())
}

// patience is how long a command waits for another that has the monitor.
const patience = time.Minute

// control runs a command against the monitor that runs on this machine.
func (p *program) control(m *machine, do func(*monitor.Control) (int, error)) (int, error) {
	dir, err := p.monitorDir(m)
	if err != nil {
		return 0, err
	}
	if here, err := p.monitorHere(m); err != nil || here {
		if err == nil {
			err = monitor.ErrHere
		}
		return 0, err
	}
	c, err := monitor.NewControl(dir)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	return do(c)
}

// clockTime writes a time for people on the same day or near it.
func clockTime(unix int64, zone *time.Location) string {
	return time.Unix(unix, 0).In(zone).Format("2006-01-02 15:04")
}

// parseHours reads "mon-fri 08:00-18:00" or "mon,wed,sat 09:00-12:30".
func parseHours(text string) (*monitor.Hours, error) {
	if text == "" {
		return nil, nil
	}
	days, times, ok := strings.Cut(strings.ToLower(strings.TrimSpace(text)), " ")
	from, to, ok2 := strings.Cut(times, "-")
	if !ok || !ok2 {
		return nil, monitor.ErrHours
	}
	h := &monitor.Hours{From: from, To: to}
	for part := range strings.SplitSeq(days, ",") {
		first, last, span := strings.Cut(part, "-")
		a, ok := weekday(first)
		b := a
		if span {
			var ok2 bool
			b, ok2 = weekday(last)
			ok = ok && ok2
		}
		if !ok {
			return nil, monitor.ErrHours
		}
		for d := a; ; d = (d + 1) % 7 {
			h.Days = append(h.Days, d)
			if d == b {
				break
			}
		}
	}
	return h, nil
}

func weekday(s string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.ToLower(d.String()[:3]) == s {
			return d, true
		}
	}
	return 0, false
}

// witnessClient asks witnesses: with a timeout, and following nobody elsewhere.
func witnessClient() *http.Client {
	return &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 10 * time.Second, MaxResponseHeaderBytes: 64 << 10, MaxIdleConns: 4,
		},
	}
}

// alarmWords says what each kind of alarm means.
func alarmWords(k monitor.AlarmKind) words.Key {
	return map[monitor.AlarmKind]words.Key{
		monitor.AlarmPublished: words.MonitorAlarmPublished,
		monitor.AlarmCopied:    words.MonitorAlarmCopied,
		monitor.AlarmForged:    words.MonitorAlarmForged,
		monitor.AlarmNote:      words.MonitorAlarmNote,
		monitor.AlarmFork:      words.MonitorAlarmFork,
		monitor.AlarmOwnKey:    words.MonitorAlarmOwnKey,
		monitor.AlarmOrigin:    words.MonitorAlarmOrigin,
		monitor.AlarmClock:     words.MonitorAlarmClock,
		monitor.AlarmStale:     words.MonitorAlarmStale,
		monitor.AlarmFull:      words.MonitorAlarmFull,
	}[k]
}

func (p *program) alarmLine(a monitor.Alarm) string {
	line := fmt.Sprintf("%4d  %s  %s", a.N, clockTime(a.Time, p.now().Location()), p.words.T(alarmWords(a.Kind), words.Str("about", command.Printable(a.About))))
	if !a.Open() {
		line += "\n      " + p.words.T(words.MonitorAlarmDone, words.Str("name", a.By), words.Str("time", clockTime(a.At, p.now().Location())))
	}
	return line
}

// monitorCounts says how many open alarms and waiting requests there are.
func (p *program) monitorCounts(dir string) (open, waiting int, err error) {
	alarms, err := monitor.ReadAlarms(dir)
	if err != nil {
		return 0, 0, err
	}
	for _, a := range alarms {
		if a.Open() {
			open++
		}
	}
	w, err := monitor.ReadWaiting(dir, p.now())
	return open, len(w), err
}
