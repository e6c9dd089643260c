package main

import (
	"context"
	"strconv"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

type waitingDoc struct {
	Schema  string            `json:"schema"`
	Waiting []monitor.Waiting `json:"waiting"`
}

type doneDoc struct {
	Schema string `json:"schema"`
	Done   bool   `json:"done"`
}

const doneSchema = "chaperone-clinic.monitor-decision.v1"

// monitorApprove lists what waits, or approves one of it.
func (p *program) monitorApprove(ctx context.Context, a *command.Arguments) (int, error) {
	m := withMachine(a)
	q := withPerson(a)
	messages := a.Int("messages", 0, "")
	if err := a.Read(p.words, 1); err != nil {
		return 0, err
	}
	if a.NArg() == 0 {
		return p.listWaiting(m)
	}
	if err := a.Need(p.words, "person"); err != nil {
		return 0, err
	}
	return p.decide(m, func(c decider) (int, error) {
		w, err := p.word(q)
		if err != nil {
			return 0, err
		}
		if err := c.Approve(ctx, w, a.Arg(0), *messages); err != nil {
			return 0, err
		}
		return p.show(m.json, doneDoc{doneSchema, true}, p.words.T(words.MonitorApproved))
	})
}

func (p *program) listWaiting(m *machine) (int, error) {
	dir, err := p.monitorDir(m)
	if err != nil {
		return 0, err
	}
	list, err := monitor.ReadWaiting(dir, p.now())
	if err != nil {
		return 0, err
	}
	lines := []string{p.words.T(words.MonitorNothingWaits)}
	if len(list) > 0 {
		lines = nil
	}
	for _, w := range list {
		lines = append(lines, p.waitingLine(w))
	}
	return p.show(m.json, waitingDoc{"chaperone-clinic.monitor-waiting.v1", append([]monitor.Waiting{}, list...)}, lines...)
}

func (p *program) waitingLine(w monitor.Waiting) string {
	why := map[string]words.Key{
		"cap": words.MonitorWaitsCap, "billing": words.MonitorWaitsBilling, "batch": words.MonitorWaitsBatch, "hours": words.MonitorWaitsHours,
	}[w.Why]
	return w.Name + "  " + clockTime(w.Since, p.now().Location()) + "  " +
		p.words.T(why, words.Str("device", command.Printable(w.Label)), words.Str("name", w.Name))
}

type alarmDoc struct {
	Schema string          `json:"schema"`
	Open   int             `json:"open"`
	Alarms []monitor.Alarm `json:"alarms"`
}

// monitorAlarms lists alarms, or answers for one.
func (p *program) monitorAlarms(ctx context.Context, a *command.Arguments) (int, error) {
	m := withMachine(a)
	q := withPerson(a)
	done := a.Int("done", 0, "")
	all := a.Bool("all", false, "")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	if *done > 0 {
		if err := a.Need(p.words, "person"); err != nil {
			return 0, err
		}
		return p.decide(m, func(c decider) (int, error) {
			w, err := p.word(q)
			if err != nil {
				return 0, err
			}
			if err := c.Acknowledge(ctx, w, *done); err != nil {
				return 0, err
			}
			return p.show(m.json, doneDoc{doneSchema, true}, p.words.T(words.MonitorAlarmAnswered, words.Str("number", strconv.Itoa(*done)), words.Str("name", q.name)))
		})
	}
	return p.listAlarms(m, *all)
}

// listAlarms exits with 1 while an alarm is open, so that a script notices.
func (p *program) listAlarms(m *machine, all bool) (int, error) {
	dir, err := p.monitorDir(m)
	if err != nil {
		return 0, err
	}
	list, err := monitor.ReadAlarms(dir)
	if err != nil {
		return 0, err
	}
	doc := alarmDoc{Schema: "chaperone-clinic.monitor-alarms.v1", Alarms: []monitor.Alarm{}}
	var lines []string
	for _, x := range list {
		if x.Open() {
			doc.Open++
		}
		if x.Open() || all {
			doc.Alarms = append(doc.Alarms, x)
			lines = append(lines, p.alarmLine(x))
		}
	}
	if len(lines) == 0 {
		lines = []string{p.words.T(words.MonitorNoAlarm)}
	} else if doc.Open > 0 {
		lines = append(lines, "", p.words.T(words.MonitorAlarmNext))
	}
	if _, err := p.show(m.json, doc, lines...); err != nil || doc.Open == 0 {
		return command.ExitDone, err
	}
	return command.ExitNotGenuine, nil
}

// monitorHoliday says when the clinic opens again, once two persons have said the same.
func (p *program) monitorHoliday(ctx context.Context, a *command.Arguments) (int, error) {
	m := withMachine(a)
	q := withPerson(a)
	until := a.String("until", "", "")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	if err := a.Need(p.words, "until", "person"); err != nil {
		return 0, err
	}
	day, err := time.ParseInLocation("2006-01-02 15:04", *until, p.now().Location())
	if err != nil {
		if day, err = time.ParseInLocation(time.DateOnly, *until, p.now().Location()); err != nil {
			return 0, a.Refuse(p.words.T(words.CliErrValue, words.Str("name", "--until")))
		}
		day = day.Add(8 * time.Hour)
	}
	return p.decide(m, func(c decider) (int, error) {
		w, err := p.word(q)
		if err != nil {
			return 0, err
		}
		done, err := c.Holiday(ctx, w, day.Unix())
		if err != nil {
			return 0, err
		}
		text := words.MonitorHolidaySecond
		if done {
			text = words.MonitorHolidaySet
		}
		return p.show(m.json, doneDoc{doneSchema, done}, p.words.T(text, words.Str("time", clockTime(day.Unix(), p.now().Location()))))
	})
}
