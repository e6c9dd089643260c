package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/plain"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// fieldValues is what --field was given, in order.
type fieldValues []string

func (f *fieldValues) String() string { return strings.Join(*f, " ") }

func (f *fieldValues) Set(s string) error { *f = append(*f, s); return nil }

// letterOptions is the command line of a letter.
type letterOptions struct {
	region, to, out, format, language string
	fields                            fieldValues
	ask                               bool
}

// letter lists the letters, or writes one. It reads nothing from this device and keeps
// nothing but the file that was asked for.
func (p *program) letter(_ context.Context, a *arguments) (int, error) {
	var o letterOptions
	a.StringVar(&o.region, "region", "", "")
	a.StringVar(&o.to, "to", "", "")
	a.StringVar(&o.out, "out", "", "")
	a.StringVar(&o.format, "format", "", "")
	a.StringVar(&o.language, "language", "", "")
	a.Var(&o.fields, "field", "")
	a.BoolVar(&o.ask, "ask", false, "")
	// The name of the letter comes first, its options after it; or last, behind them.
	id, most := "", 1
	if len(a.args) > 0 && !strings.HasPrefix(a.args[0], "-") {
		id, a.args, most = a.args[0], a.args[1:], 0
	}
	if err := a.parse(p.words, most); err != nil {
		return 0, err
	}
	if a.NArg() == 1 {
		id = a.Arg(0)
	}
	pack, err := checklist.Embedded()
	if err != nil {
		return 0, err
	}
	o.region = strings.ToLower(o.region)
	if o.region != "" && !slices.Contains(pack.Regions(), o.region) {
		return 0, errNoLook
	}
	if id == "" {
		return p.print(p.listLetters(pack, o.region))
	}
	l := pack.Letter(id)
	if l == nil {
		return 0, &usageError{a.command, p.words.T(words.CliErrLetter, words.Str("name", printable(id)))}
	}
	if o.region == "" && len(l.Regions) == 1 && slices.Contains(pack.Regions(), l.Regions[0]) {
		o.region = l.Regions[0]
	}
	return p.writeLetter(pack, l, a.command, o)
}

// listLetters names the letters, what can be filled in, and whom they can be addressed to.
func (p *program) listLetters(pack *checklist.Pack, region string) string {
	var b strings.Builder
	b.WriteString(plain.Paragraph(p.words.T(words.CliLetterList), p.width()))
	texts := pack.Text(p.words.Locale())
	seen := map[string]bool{}
	regions := []string{region}
	if region == "" {
		regions = append(regions, pack.Regions()...)
	}
	for _, r := range regions {
		for _, l := range pack.Letters(r) {
			if seen[l.ID] {
				continue
			}
			seen[l.ID] = true
			x := texts.Letter(l.ID, r)
			var fields, ids []string
			for _, f := range l.Fields {
				fields = append(fields, f.ID)
			}
			for _, c := range p.addresses(pack, l, r) {
				ids = append(ids, c.Agency)
			}
			fmt.Fprintf(&b, "\n%s\n", l.ID)
			for _, line := range []string{x.Title + ". " + x.About, p.words.T(words.CliLetterFields, words.Str("fields", strings.Join(fields, ", ")))} {
				b.WriteString(indent(plain.Paragraph(line, p.width()-4)))
			}
			if len(ids) > 0 {
				b.WriteString(indent(plain.Paragraph(p.words.T(words.CliLetterTo, words.Str("ids", strings.Join(ids, ", "))), p.width()-4)))
			}
		}
	}
	return b.String()
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("    " + line)
	}
	return b.String()
}

// addresses is whom a letter can be addressed to at this time.
func (p *program) addresses(pack *checklist.Pack, l *checklist.Letter, region string) []checklist.HelpContact {
	texts := pack.Text(p.words.Locale())
	return l.Addresses(func(ref string) []checklist.HelpContact { return texts.Contacts(ref, region, p.now()) })
}

func (p *program) writeLetter(pack *checklist.Pack, l *checklist.Letter, command string, o letterOptions) (int, error) {
	usage := func(key words.Key, args ...words.Arg) error { return &usageError{command, p.words.T(key, args...)} }
	markdown := strings.HasSuffix(strings.ToLower(o.out), ".md")
	switch o.format {
	case "":
	case "md", "txt":
		markdown = o.format == "md"
	default:
		return 0, usage(words.CliErrValue, words.Str("name", "--format"))
	}
	if o.language == "" {
		o.language = pack.LetterLocale(o.region, p.words.Locale())
	}
	if !slices.Contains(pack.Locales(), o.language) {
		return 0, usage(words.CliErrValue, words.Str("name", "--language"))
	}
	x := pack.Text(p.words.Locale()).Letter(l.ID, o.region)
	f := checklist.Filling{Values: map[string]string{}, Date: words.For(o.language).Date(p.now())}
	if o.to != "" {
		all := p.addresses(pack, l, o.region)
		i := slices.IndexFunc(all, func(c checklist.HelpContact) bool { return c.Agency == o.to })
		if i < 0 {
			return 0, usage(words.CliErrTo, words.Str("name", printable(o.to)))
		}
		f.To = all[i].Mail
	}
	for _, given := range o.fields {
		name, value, ok := strings.Cut(given, "=")
		if !ok {
			return 0, usage(words.CliErrFieldForm, words.Str("name", printable(given)))
		}
		value = strings.ReplaceAll(value, `\n`, "\n")
		err := x.Check(name, value)
		if errors.Is(err, checklist.ErrField) {
			return 0, usage(words.CliErrField, words.Str("name", printable(name)))
		}
		if err != nil {
			return 0, err
		}
		f.Values[name] = value
	}
	if o.ask {
		if err := p.askFields(x, f.Values); err != nil {
			return 0, err
		}
	}
	written := pack.Text(o.language).Letter(l.ID, o.region)
	text, byHand := written.Text(f)
	if markdown {
		text, byHand = written.Markdown(f)
	}
	if o.out == "" {
		if _, err := p.print(text); err != nil {
			return 0, err
		}
	} else if err := screen.SaveNew(o.out, []byte(text)); err != nil {
		return 0, err
	}
	p.notes(x, byHand, o.out != "")
	return exitDone, nil
}

// notes says on standard error what is left to do with a letter.
func (p *program) notes(x checklist.LetterText, byHand []string, saved bool) {
	note := ""
	if saved {
		note = p.words.T(words.CliLetterSaved) + " "
	}
	if open := plain.Labels(x, byHand); open != "" {
		note += p.words.T(words.LetterByHand, words.Str("fields", open)) + " "
	}
	// Nothing is left to tell it to when standard error is gone.
	_, _ = fmt.Fprint(p.stderr, "\n"+plain.Paragraph(note+x.Send, p.width()))
}

// askFields asks for the fields that were not given. A field of several lines ends with an
// empty one.
func (p *program) askFields(x checklist.LetterText, values map[string]string) error {
	ask, err := p.asker(true)
	if err != nil {
		return err
	}
	defer ask.close()
	for _, f := range x.Fields {
		if _, ok := values[f.ID]; ok {
			continue
		}
		empty := words.LetterLeftOut
		if f.Required {
			empty = words.LetterByHandEmpty
		}
		ask.say(strings.TrimSpace(f.Label + ". " + f.Hint + " " + p.words.T(empty)))
		for {
			value, err := askField(ask, f.Lines)
			if err != nil {
				return err
			}
			err = x.Check(f.ID, value)
			if err == nil {
				values[f.ID] = value
				break
			}
			if ask.out == nil {
				return err // a script gets no second try
			}
			text, hint, _ := explain(p.words, err)
			ask.say(text + "; " + hint)
		}
	}
	return nil
}

func askField(ask *asker, several bool) (string, error) {
	var lines []string
	for {
		line, err := ask.ask(">", false)
		if errors.Is(err, errNoAnswer) && ask.out == nil {
			return strings.Join(lines, "\n"), nil // what a script does not answer stays empty
		}
		if err != nil {
			return "", err
		}
		if line == "" || !several {
			return strings.Join(append(lines, line), "\n"), nil
		}
		lines = append(lines, line)
	}
}
