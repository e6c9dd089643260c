package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

type todayDoc struct {
	Schema string         `json:"schema"`
	Day    string         `json:"day"`
	Sent   []monitor.Sent `json:"sent"`
}

// monitorToday shows what was sent in the clinic's name today.
func (p *program) monitorToday(_ context.Context, a *command.Arguments) (int, error) {
	m := withMachine(a)
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	dir, err := p.monitorDir(m)
	if err != nil {
		return 0, err
	}
	entries, err := monitor.ReadDay(dir, p.now())
	if err != nil {
		return 0, err
	}
	sent := monitor.Summary(entries)
	doc := todayDoc{"chaperone-clinic.monitor-today.v1", p.now().Format("2006-01-02"), sent}
	return p.show(m.json, doc, strings.TrimSuffix(p.todayText(sent), "\n"))
}

func (p *program) todayText(sent []monitor.Sent) string {
	if len(sent) == 0 {
		return p.words.T(words.MonitorTodayNone) + "\n"
	}
	var b strings.Builder
	b.WriteString(p.words.T(words.MonitorToday) + "\n")
	for _, s := range sent {
		fmt.Fprintf(&b, "  %s  %4d  %-12s %-8s %s", clockTime(s.Time, p.now().Location())[11:], s.Count, s.Kind, s.Channel, command.Printable(s.Label))
		if s.By != "" {
			b.WriteString("  " + p.words.T(words.MonitorTodayBy, words.Str("name", s.By)))
		}
		b.WriteString("\n")
	}
	b.WriteString(p.words.T(words.MonitorTodayNext) + "\n")
	return b.String()
}

type monitorStatusDoc struct {
	Schema  string `json:"schema"`
	Issued  int64  `json:"issued"` // Unix seconds; 0: none yet
	Next    int64  `json:"next,omitempty"`
	Keys    int64  `json:"keys"` // size of the log that was read
	Msgs    int64  `json:"msgs"`
	Devices int    `json:"devices"` // keys that are listed
	Ended   int    `json:"ended"`   // of them, no longer ok
	Gone    int    `json:"gone"`    // messages and batches taken back
	Alarms  int    `json:"alarms"`  // open
	Waiting int    `json:"waiting"`
	File    string `json:"file,omitempty"`
}

// monitorStatus shows the newest status, and hands it out as a file.
func (p *program) monitorStatus(_ context.Context, a *command.Arguments) (int, error) {
	m := withMachine(a)
	out := a.String("out", "", "")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	dir, err := p.monitorDir(m)
	if err != nil {
		return 0, err
	}
	if _, err := monitor.ReadSettings(dir); err != nil {
		return 0, err
	}
	raw, s, err := monitor.ReadStatus(dir)
	if err != nil {
		return 0, err
	}
	doc := statusDocOf(s, *out)
	if doc.Alarms, doc.Waiting, err = p.monitorCounts(dir); err != nil {
		return 0, err
	}
	lines := []string{p.words.T(words.MonitorStatusNone)}
	if raw != nil {
		lines = []string{
			p.words.T(words.MonitorStatusIssued, words.Str("time", clockTime(doc.Issued, p.now().Location()))),
			p.words.T(words.MonitorStatusRead, words.Str("keys", fmt.Sprint(doc.Keys)), words.Str("msgs", fmt.Sprint(doc.Msgs))),
			p.words.T(words.MonitorStatusDevices, words.Str("count", fmt.Sprint(doc.Devices)), words.Str("ended", fmt.Sprint(doc.Ended))),
			p.words.T(words.MonitorStatusGone, words.Str("count", fmt.Sprint(doc.Gone))),
		}
		if doc.Next != 0 {
			lines = append(lines, p.words.T(words.MonitorStatusNext, words.Str("time", clockTime(doc.Next, p.now().Location()))))
		}
	}
	lines = append(lines, p.words.T(words.MonitorStatusOpen, words.Str("alarms", fmt.Sprint(doc.Alarms)), words.Str("waiting", fmt.Sprint(doc.Waiting))))
	if *out != "" && raw != nil {
		if err := disk.SaveNew(*out, raw); err != nil {
			return 0, err
		}
	}
	return p.show(m.json, doc, lines...)
}

func statusDocOf(s contact.Status, out string) monitorStatusDoc {
	doc := monitorStatusDoc{
		Schema: "chaperone-clinic.monitor-status.v1", Issued: s.Issued, Next: s.Next, Keys: s.Keys.Size, Msgs: s.Msgs.Size,
		Devices: len(s.KeyState), Gone: len(s.Gone), File: out,
	}
	for _, k := range s.KeyState {
		if k.State != "ok" {
			doc.Ended++
		}
	}
	return doc
}
