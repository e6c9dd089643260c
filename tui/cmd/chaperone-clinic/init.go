package main

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/contact/card"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

// initDoc is a clinic that was set up, for programs.
type initDoc struct {
	Schema   string   `json:"schema"`
	ClinicID string   `json:"clinic_id"`
	Words    string   `json:"card_words"`
	Shares   []string `json:"share_files"`
	Logged   bool     `json:"logged"`
	Admit    string   `json:"admit_line"`
}

func (p *program) initClinic(ctx context.Context, a *command.Arguments) (int, error) {
	m := withMachine(a)
	var s office.Setup
	var phones, public, passphrases command.List
	a.StringVar(&s.Name, "name", "", "")
	a.StringVar(&s.Slug, "slug", "", "")
	a.Var(&phones, "phone", "")
	a.StringVar(&s.Server, "server", "", "")
	a.Var(&public, "public", "")
	policy := a.String("policy", "", "")
	folder := a.String("shares", "", "")
	a.IntVar(&s.Holders, "holders", 3, "")
	a.IntVar(&s.Threshold, "threshold", 2, "")
	a.IntVar(&s.Revokers, "revokers", 2, "")
	where := a.String("monitor", "", "")
	var people, files command.List
	a.Var(&people, "person", "")
	a.Var(&files, "person-passphrase-file", "")
	hours := a.String("hours", "", "")
	a.Var(&passphrases, "share-passphrase-file", "")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	if err := a.Need(p.words, "shares", "monitor"); err != nil {
		return 0, err
	}
	if s.Threshold < 2 || s.Holders < s.Threshold || s.Holders > 9 || s.Revokers < 0 || s.Revokers > 9 {
		return 0, a.Refuse(p.words.T(words.DeskErrHolders))
	}
	if *where != "here" {
		r, err := clinic.ParseMonitorRequest(*where)
		if err != nil {
			return 0, a.Refuse(p.words.T(words.CliErrValue, words.Str("name", "--monitor")))
		}
		s.Monitor = &r
	} else if len(people) < 2 {
		return 0, a.Refuse(p.words.T(words.DeskErrPeople))
	}
	if *policy != "" {
		text, err := p.input(*policy)
		if err != nil {
			return 0, err
		}
		s.Policy = text
	}
	s.Phones, s.Public = phones, public
	if err := p.askSetup(a, &s); err != nil {
		return 0, err
	}
	var err error
	if s.Here.Hours, err = parseHours(*hours); err != nil {
		return 0, err
	}
	if s.Here.Persons, err = p.persons(people, files); err != nil {
		return 0, err
	}
	return p.on(ctx, m, func(ctx context.Context, o *office.Office) (int, error) {
		var files []string
		err := o.Create(ctx, s, func(made office.Made) error {
			var err error
			files, err = p.keepShares(*folder, s.Name, made, passphrases)
			return err
		})
		if err != nil && !errors.Is(err, office.ErrUnlogged) {
			return 0, err
		}
		return p.showClinic(m.json, o, files, err)
	})
}

// askSetup asks for what was not said, when somebody is there to ask.
func (p *program) askSetup(a *command.Arguments, s *office.Setup) error {
	phone := strings.Join(s.Phones, " ")
	questions := []struct {
		to   *string
		flag string
		key  words.Key
	}{
		{&s.Name, "name", words.DeskAskName}, {&s.Slug, "slug", words.DeskAskSlug},
		{&phone, "phone", words.DeskAskPhone}, {&s.Server, "server", words.DeskAskServer},
	}
	for _, q := range questions {
		if *q.to != "" {
			continue
		}
		ask, err := command.NewAsker(p.stdin)
		if err != nil {
			return a.Refuse(p.words.T(words.CliErrMissing, words.Str("name", "--"+q.flag)))
		}
		*q.to, err = ask.Ask(p.words.T(q.key))
		if err = errors.Join(err, ask.Close()); err != nil {
			return err
		}
	}
	s.Phones = strings.Fields(phone)
	return nil
}

// keepShares seals root and revoker keys into files of a folder that is taken away, with a sheet
// for each holder.
func (p *program) keepShares(folder, name string, made office.Made, passphrases command.List) ([]string, error) {
	var files []string
	for i, r := range made.Roots.Shares() {
		file := filepath.Join(folder, "root-"+strconv.Itoa(i+1)+".age")
		if err := p.keepShare(file, r.Secret(), passphrases, len(files)); err != nil {
			return nil, err
		}
		sheet := p.sheet(name, made.Roots.Set(), i+1, filepath.Base(file))
		if err := disk.SaveNew(strings.TrimSuffix(file, ".age")+".txt", []byte(sheet)); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	for i, r := range made.Revokers {
		file := filepath.Join(folder, "revoker-"+strconv.Itoa(i+1)+".age")
		if err := p.keepShare(file, r.Secret(), passphrases, len(files)); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

func (p *program) keepShare(file string, secret []byte, passphrases command.List, i int) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	pass, err := p.shareKey(passphrases, i, filepath.Base(file), true)
	if err != nil {
		return err
	}
	sealed, err := clinic.SealPassphrase(pass, p.work, secret)
	if err != nil {
		return err
	}
	return disk.SaveNew(file, sealed)
}

func clinicID(id [32]byte) string { return base64.StdEncoding.EncodeToString(id[:]) }

func (p *program) showClinic(asJSON bool, o *office.Office, files []string, waits error) (int, error) {
	id := clinicID(o.ID())
	doc := initDoc{
		Schema: "chaperone-clinic.init.v1", ClinicID: id, Words: strings.Join(card.Words(o.ID()), " "), Shares: files,
		Logged: waits == nil, Admit: "chaperoned clinic admit " + id,
	}
	w := p.words
	lines := []string{w.T(words.DeskMade, words.Str("id", id)), w.T(words.DeskMadeShares, words.Int("n", len(files)))}
	if o.Here() {
		lines = append(lines, w.T(words.DeskMadeHere))
	}
	lines = append(lines, "", w.T(words.DeskNext))
	if waits != nil {
		lines = append(lines, "1. "+w.T(words.DeskNextAdmit), "   "+doc.Admit, "2. "+w.T(words.DeskNextSync), "   "+name+" sync")
	}
	if !o.Here() {
		lines = append(lines, "- "+w.T(words.DeskNextMonitor), "   "+name+" monitor join --clinic "+id+" --server "+o.ServerURL())
	}
	lines = append(lines, "- "+w.T(words.DeskNextShares), "- "+w.T(words.DeskNextDevice), "   "+name+" device new", "- "+w.T(words.DeskNextCard), "   "+name+" card")
	return p.show(asJSON, doc, lines...)
}
