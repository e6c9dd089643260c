package archtest_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/chaperone-privacy/chaperone/"

// ban says that packages under From may not import anything under To, except from the
// packages under Except. Paths are relative to the module unless they hold a dot before the
// first slash; "std:" names one standard package exactly.
type ban struct {
	name   string
	from   []string
	except []string
	to     []string
	reason string
}

var domain = []string{
	"internal/words", "internal/humancode", "internal/checklist", "internal/contact", "internal/translog",
	"internal/indicator", "internal/verdict", "internal/vault", "internal/callcode", "internal/passphrase", "internal/report",
}

var bans = []ban{
	{
		name: "domain is pure",
		from: domain,
		to: []string{
			"internal/gen", "connectrpc.com/connect", "std:net/http", "std:database/sql",
			"charm.land/bubbletea", "google.golang.org/protobuf",
		},
		reason: "the rules of the product must run in a browser, on a phone and in a test without a wire, a database or a screen",
	},
	{
		name:   "domain looks downward only",
		from:   domain,
		except: []string{"internal/contact/contacttest"}, // a world for tests: it needs a clinic that signs
		to:     []string{"internal/patient", "internal/clinic", "backend", "tui", "mobile-sdk"},
		reason: "what a device or a server does is built on the domain, never the other way round",
	},
	{
		name:   "nothing but the patient program's own packages in the domain's lowest floor",
		from:   []string{"internal/humancode", "internal/words", "internal/indicator"},
		to:     []string{"internal/checklist", "internal/contact", "internal/vault", "internal/translog", "internal/report"},
		reason: "codes, words and indicators are used by everything; they use nothing of ours",
	},
	{
		name:   "generated code stays at the edges",
		from:   []string{"internal", "backend", "tui", "mobile-sdk"},
		except: []string{"internal/gen", "internal/patient", "internal/clinic", "backend/rpc", "backend/server", "backend/bench"},
		to:     []string{"internal/gen"},
		reason: "wire types are converted in three places only, so that a change of the wire stays a change of the wire",
	},
	{
		name:   "programs and SDK do not reach into the server",
		from:   []string{"tui", "mobile-sdk", "internal"},
		except: []string{"tui/cmd/chaperone-demo"},
		to:     []string{"backend"},
		reason: "a patient's device treats the server as hostile and links none of it; only the demo embeds one",
	},
	{
		name:   "the SDK is a face over patient",
		from:   []string{"mobile-sdk"},
		to:     []string{"tui", "internal/gen", "internal/clinic", "charm.land"},
		reason: "a phone app must not carry terminal code or wire types",
	},
	{
		name:   "the edges of the server do not know where things are stored",
		from:   []string{"backend/rpc", "backend/web", "backend/limit", "backend/vaultsync", "backend/envelope", "backend/keylog", "backend/logwriter", "backend/mailbox"},
		to:     []string{"backend/store", "github.com/jackc/pgx", "zombiezen.com/go/sqlite"},
		reason: "services declare the Store they need; only backend/server joins the two",
	},
	{
		name:   "services do not know the wire",
		from:   []string{"backend/vaultsync", "backend/envelope", "backend/keylog", "backend/mailbox", "backend/store", "backend/logwriter"},
		to:     []string{"internal/gen", "connectrpc.com/connect", "backend/rpc", "backend/web", "backend/server"},
		reason: "the same services answer RPCs and pages",
	},
	{
		name:   "screens do not draw with each other's styles",
		from:   []string{"tui/screen"},
		to:     []string{"tui/app", "tui/cmd"},
		reason: "a screen is opened by the app and never opens it",
	},
}

// notIn lists what a whole program must not link, dependencies of dependencies included.
var notIn = []struct {
	program string
	banned  []string
	reason  string
}{
	{
		program: "tui/cmd/chaperone",
		banned: []string{
			"backend", "std:database/sql", "zombiezen.com/go/sqlite", "modernc.org/sqlite", "github.com/jackc/pgx",
			"buf.build/go/protovalidate", "cel.dev", "github.com/google/cel-go", "github.com/prometheus", "go.opentelemetry.io",
			"go.yaml.in", "charm.land/glamour",
		},
		reason: "the patient's program must open at once; each of these costs start-up time or memory",
	},
	{
		program: "tui/cmd/chaperone-clinic",
		banned: []string{
			"backend", "internal/patient", "std:database/sql", "zombiezen.com/go/sqlite", "modernc.org/sqlite", "github.com/jackc/pgx",
			"buf.build/go/protovalidate", "cel.dev", "github.com/google/cel-go", "github.com/prometheus", "go.opentelemetry.io",
			"go.yaml.in",
		},
		reason: "a clinic's program and its monitor check their own requests and keep files; they are nobody's server and no patient's device",
	},
	{
		program: "mobile-sdk",
		banned: []string{
			"backend", "std:database/sql", "zombiezen.com/go/sqlite", "buf.build/go/protovalidate", "github.com/prometheus",
			"go.opentelemetry.io", "charm.land", "go.yaml.in",
		},
		reason: "the SDK must stay small",
	},
	{
		program: "backend/cmd/chaperoned",
		banned:  []string{"charm.land", "tui", "mobile-sdk", "internal/patient"},
		reason:  "the server has no screen and is nobody's device",
	},
}

type listed struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func goList(t *testing.T, args ...string) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Imports,TestImports,XTestImports"}, args...)...)
	cmd.Dir = "../.."
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pkgs []listed
	for dec := json.NewDecoder(out); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("read package list: %v", err)
		}
		pkgs = append(pkgs, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	return pkgs
}

// under reports whether import path p is the package or below the package named by rule.
func under(p, rule string) bool {
	if std, ok := strings.CutPrefix(rule, "std:"); ok {
		return p == std
	}
	if first, _, _ := strings.Cut(rule, "/"); !strings.Contains(first, ".") {
		rule = module + rule
	}
	return p == rule || strings.HasPrefix(p, rule+"/")
}

func underAny(p string, rules []string) bool {
	return slices.ContainsFunc(rules, func(r string) bool { return under(p, r) })
}

func TestImports(t *testing.T) {
	t.Parallel()
	pkgs := goList(t, "./...")
	if len(pkgs) < 20 {
		t.Fatalf("got %d packages, want the whole module", len(pkgs))
	}
	for _, b := range bans {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			seen := false
			for _, p := range pkgs {
				if !underAny(p.ImportPath, b.from) {
					continue
				}
				seen = true
				if underAny(p.ImportPath, b.except) {
					continue
				}
				for _, imp := range p.Imports {
					if underAny(imp, b.to) {
						t.Errorf("%s imports %s: %s", strings.TrimPrefix(p.ImportPath, module), imp, b.reason)
					}
				}
			}
			if !seen {
				t.Errorf("no package is under %v: the rule guards nothing", b.from)
			}
		})
	}
}

func TestStoresDoNotKnowEachOther(t *testing.T) {
	t.Parallel()
	for _, p := range goList(t, "./backend/store/...") {
		self := strings.TrimPrefix(p.ImportPath, module)
		for _, imp := range p.Imports {
			other := strings.TrimPrefix(imp, module)
			engine := path.Base(other)
			if other != self && strings.HasPrefix(other, "backend/store/") && slices.Contains([]string{"memory", "sqlite", "postgres"}, engine) {
				t.Errorf("%s imports %s: engines are independent", self, other)
			}
		}
	}
}

func TestOnlyTheServerJoinsServicesAndStores(t *testing.T) {
	t.Parallel()
	allowed := []string{"backend/server", "backend/store", "backend/bench"}
	for _, p := range goList(t, "./...") {
		for _, imp := range p.Imports {
			if under(imp, "backend/store") && !underAny(p.ImportPath, allowed) {
				t.Errorf("%s imports %s: backend/server is the only place that knows all of backend",
					strings.TrimPrefix(p.ImportPath, module), strings.TrimPrefix(imp, module))
			}
		}
	}
}

func TestProgramsLinkOnlyWhatTheyNeed(t *testing.T) {
	t.Parallel()
	for _, rule := range notIn {
		t.Run(rule.program, func(t *testing.T) {
			t.Parallel()
			deps := goList(t, "-deps", "./"+rule.program)
			if len(deps) < 20 {
				t.Fatalf("got %d dependencies of %s, want more", len(deps), rule.program)
			}
			for _, d := range deps {
				if underAny(d.ImportPath, rule.banned) {
					t.Errorf("%s links %s: %s", rule.program, d.ImportPath, rule.reason)
				}
			}
		})
	}
}

// The top level was fixed by those who ordered the house.
func TestTopLevelIsFixed(t *testing.T) {
	t.Parallel()
	want := []string{
		".ci", ".gitignore", ".golangci.yml", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "SECURITY.md",
		"backend", "buf.gen.yaml", "buf.yaml", "docs", "go.mod", "go.sum", "internal", "mobile-sdk", "proto", "tui",
	}
	cmd := exec.CommandContext(t.Context(), "git", "ls-tree", "--name-only", "HEAD")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git ls-tree: %v", err)
	}
	for _, name := range strings.Fields(string(out)) {
		if !slices.Contains(want, name) {
			t.Errorf("%s does not belong at the top level", name)
		}
	}
}
