package compile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// source is the content tree as written.
type source struct {
	pack      packSource
	items     []itemSource
	platforms []platformSource
	agencies  []agencySource
	sources   []sourceSource
	nodes     []nodeSource
	endings   []endingSource
	letters   []letterSource
	messages  []messageSource
	locales   map[string]map[string]string // flat: key to text
}

type packSource struct {
	ID         string   `yaml:"id"`
	Version    uint64   `yaml:"version"`
	MinApp     int      `yaml:"min_app"`
	Released   string   `yaml:"released"`
	Expires    string   `yaml:"expires"`
	Locales    []string `yaml:"locales"`
	Regions    []string `yaml:"regions"`
	Tombstones []string `yaml:"tombstones"` // ids that were used once and never will be again
}

type itemSource struct {
	ID          string   `yaml:"id"`
	Rev         int      `yaml:"rev"`
	Kind        string   `yaml:"kind"`
	Title       string   `yaml:"title"`
	Why         string   `yaml:"why"`
	Stops       []string `yaml:"stops"`
	DoesNotStop []string `yaml:"does_not_stop"`
	Lane        string   `yaml:"lane"`
	Crisis      int      `yaml:"crisis"`
	First       int      `yaml:"first"`
	Impact      int      `yaml:"impact"`
	Minutes     int      `yaml:"minutes"`
	Effort      string   `yaml:"effort"`
	Reversible  *bool    `yaml:"reversible"`
	Cost        string   `yaml:"cost"`
	FanOut      *struct {
		Over       string `yaml:"over"`
		Capability string `yaml:"capability"`
	} `yaml:"fan_out"`
	Regions     []string `yaml:"regions"`
	AppliesWhen struct {
		Stages  []string `yaml:"stage_any"`
		Exposed []string `yaml:"exposed_any"`
		Uses    []string `yaml:"uses_any"`
		NotIf   []string `yaml:"not_if"`
	} `yaml:"applies_when"`
	Needs      []string     `yaml:"needs"`
	Supersedes []string     `yaml:"supersedes"`
	Recur      *recurSource `yaml:"recur"`
	Deadline   *struct {
		From   string `yaml:"from"`
		Within string `yaml:"within"`
		Source string `yaml:"source"`
	} `yaml:"deadline"`
	Wait *struct {
		After string `yaml:"after"` // an item of needs
		For   string `yaml:"for"`   // P2D
	} `yaml:"wait"`
	Steps []struct {
		ID   string `yaml:"id"`
		Do   string `yaml:"do"`
		Link struct {
			Ref string `yaml:"ref"`
		} `yaml:"link"`
		Confirm string `yaml:"confirm"`
	} `yaml:"steps"`
	DoneWhen string `yaml:"done_when"`
	Verify   struct {
		How  string `yaml:"how"`
		Text string `yaml:"text"`
	} `yaml:"verify"`
	SkipReasons []string `yaml:"skip_reasons"`
	NeverEnter  []string `yaml:"never_enter"`
	Discreet    struct {
		Title  string `yaml:"title"`
		Notify string `yaml:"notify"`
	} `yaml:"discreet"`
	HelperOK   *bool    `yaml:"helper_ok"`
	Letters    []string `yaml:"letters"`
	Sources    []string `yaml:"sources"`
	AsOf       string   `yaml:"as_of"`
	ReviewBy   string   `yaml:"review_by"`
	Confidence string   `yaml:"confidence"`

	file string
}

// recurSource says when a finished item is due again. At most one of every, lasts and season;
// phases go with every, ahead with lasts.
type recurSource struct {
	Every  string `yaml:"every"`  // P90D, from the day it was finished
	Lasts  string `yaml:"lasts"`  // what was asked for ends so long after: P365D, or agency:ID for what its file says
	Ahead  string `yaml:"ahead"`  // how long before that end it is due
	Season string `yaml:"season"` // MM-DD: each year, on that day or up to six days after
	Phases []struct {
		Every string `yaml:"every"`
		For   string `yaml:"for"` // from the incident
	} `yaml:"phases"`
	AlsoOn []string `yaml:"also_on"`
}

type platformSource struct {
	ID           string                      `yaml:"id"`
	Name         string                      `yaml:"name"`
	Order        int                         `yaml:"order"`
	Domains      []string                    `yaml:"domains"`
	TwoFactor    []string                    `yaml:"two_factor"`
	Capabilities map[string]capabilitySource `yaml:"capabilities"`
	Cannot       []string                    `yaml:"cannot"`
	Missing      map[string]string           `yaml:"missing"` // capability to why it does not ship, for the coverage page

	file string
}

type capabilitySource struct {
	SameAs     string   `yaml:"same_as"`
	Web        []string `yaml:"web_path"`
	IOS        []string `yaml:"ios_path"`
	Android    []string `yaml:"android_path"`
	App        []string `yaml:"app_path"` // both iOS and Android
	Link       string   `yaml:"deep_link"`
	HelpURL    string   `yaml:"help_url"`
	Minutes    int      `yaml:"minutes"`
	AsOf       string   `yaml:"as_of"`
	ReviewBy   string   `yaml:"review_by"`
	Confidence string   `yaml:"confidence"`
	Sources    []string `yaml:"sources"`
	Caveat     string   `yaml:"caveat"`
	Rev        int      `yaml:"rev"` // 0 at first; rises when what was set there must be looked at again
}

type agencySource struct {
	ID      string   `yaml:"id"`
	Name    string   `yaml:"name"`
	Kind    string   `yaml:"kind"`
	Regions []string `yaml:"regions"`
	Roles   []string `yaml:"roles"`
	Order   int      `yaml:"order"`
	Web     string   `yaml:"web"`
	Phones  []struct {
		Number string `yaml:"n"`
		Text   bool   `yaml:"text"`
		Word   string `yaml:"word"`
	} `yaml:"phones"`
	Mail       []string `yaml:"mail"`
	Cost       string   `yaml:"cost"`
	Lasts      string   `yaml:"lasts"`
	ForwardsTo []string `yaml:"forwards_to"`
	Gives      string   `yaml:"gives"`
	Note       string   `yaml:"note"`
	AsOf       string   `yaml:"as_of"`
	ReviewBy   string   `yaml:"review_by"`
	Confidence string   `yaml:"confidence"`
	Sources    []string `yaml:"sources"`
	Missing    string   `yaml:"missing"` // what does not ship and why, for the coverage page

	file string
}

type sourceSource struct {
	ID        string `yaml:"id"`
	URL       string `yaml:"url"`
	Title     string `yaml:"title"`
	Publisher string `yaml:"publisher"`
	Retrieved string `yaml:"retrieved"`
	Status    string `yaml:"status"`
}

// read reads the whole tree. Unknown keys and files are errors.
func read(tree fs.FS) (*source, error) {
	s := &source{locales: map[string]map[string]string{}}
	if err := readYAML(tree, "pack.yaml", &s.pack); err != nil {
		return nil, err
	}
	if err := readYAML(tree, "sources.yaml", &s.sources); err != nil {
		return nil, err
	}
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		dir, file := path.Split(name)
		switch top, _, _ := strings.Cut(dir, "/"); {
		case path.Ext(file) != ".yaml":
			return fmt.Errorf("%s: not a YAML file", name)
		case dir == "" && (file == "pack.yaml" || file == "sources.yaml"):
			return nil
		case dir == "items/":
			return readOne(tree, name, &s.items, func(x *itemSource) (string, *string) { return x.ID, &x.file })
		case dir == "platforms/":
			return readOne(tree, name, &s.platforms, func(x *platformSource) (string, *string) { return x.ID, &x.file })
		case dir == "agencies/":
			return readOne(tree, name, &s.agencies, func(x *agencySource) (string, *string) { return x.ID, &x.file })
		case dir == "triage/":
			return readOne(tree, name, &s.nodes, func(x *nodeSource) (string, *string) { return x.ID, &x.file })
		case dir == "triage/endings/":
			return readOne(tree, name, &s.endings, func(x *endingSource) (string, *string) { return x.ID, &x.file })
		case dir == "letters/":
			return readOne(tree, name, &s.letters, func(x *letterSource) (string, *string) { return x.ID, &x.file })
		case dir == "messages/":
			return readOne(tree, name, &s.messages, func(x *messageSource) (string, *string) { return x.ID, &x.file })
		case top == "i18n":
			return s.readTexts(tree, name)
		default:
			return fmt.Errorf("%s: no place in the content tree", name)
		}
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(s.items, func(a, b itemSource) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(s.sources, func(a, b sourceSource) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(s.platforms, func(a, b platformSource) int {
		return cmpOr(a.Order-b.Order, strings.Compare(a.ID, b.ID))
	})
	slices.SortFunc(s.agencies, func(a, b agencySource) int {
		return cmpOr(a.Order-b.Order, strings.Compare(a.ID, b.ID))
	})
	slices.SortFunc(s.nodes, func(a, b nodeSource) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(s.endings, func(a, b endingSource) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(s.letters, func(a, b letterSource) int { return cmpOr(a.Order-b.Order, strings.Compare(a.ID, b.ID)) })
	slices.SortFunc(s.messages, func(a, b messageSource) int { return strings.Compare(a.ID, b.ID) })
	return s, nil
}

func cmpOr(a, b int) int {
	if a != 0 {
		return a
	}
	return b
}

// readOne reads a file that holds one object and is named after its id.
func readOne[T any](tree fs.FS, name string, list *[]T, id func(*T) (string, *string)) error {
	var x T
	if err := readYAML(tree, name, &x); err != nil {
		return err
	}
	got, file := id(&x)
	if want := strings.TrimSuffix(path.Base(name), ".yaml"); got != want {
		return fmt.Errorf("%s: id is %q, want %q as the file is named", name, got, want)
	}
	*file = name
	*list = append(*list, x)
	return nil
}

func readYAML(tree fs.FS, name string, v any) error {
	data, err := fs.ReadFile(tree, name)
	if err != nil {
		return err
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := dec.Decode(new(any)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: more than one document", name)
	}
	return nil
}

// readTexts reads i18n/<locale>/<any>.yaml: nested maps whose keys are joined by dots.
func (s *source) readTexts(tree fs.FS, name string) error {
	parts := strings.Split(name, "/")
	if len(parts) != 3 {
		return fmt.Errorf("%s: no place in the content tree", name)
	}
	var nested map[string]any
	if err := readYAML(tree, name, &nested); err != nil {
		return err
	}
	flat := s.locales[parts[1]]
	if flat == nil {
		flat = map[string]string{}
		s.locales[parts[1]] = flat
	}
	return flatten(flat, name, "", nested)
}

func flatten(flat map[string]string, file, prefix string, nested map[string]any) error {
	for k, v := range nested {
		key := k
		if prefix != "" && k != "" {
			key = prefix + "." + k
		} else if prefix != "" {
			key = prefix // an empty key names the text of the parent itself
		}
		switch v := v.(type) {
		case string:
			if _, ok := flat[key]; ok {
				return fmt.Errorf("%s: %s: written twice", file, key)
			}
			flat[key] = strings.TrimSpace(v)
		case map[string]any:
			if err := flatten(flat, file, key, v); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s: %s: not a text", file, key)
		}
	}
	return nil
}
