package translog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Errors of [Policy.Check].
var (
	ErrUnknownLog = errors.New("the policy does not name this log")
	ErrNoQuorum   = errors.New("not enough witnesses")
)

// The greatest numbers of lines of one kind that a policy may have.
const maxPolicyLines = 32

// Policy says which logs are accepted and which sets of witnesses are enough (C2SP
// tlog-policy). Unlike C2SP it must have a log, a witness and a quorum, and no two of its
// lines may share a public key.
type Policy struct {
	Logs      []Key
	Witnesses []Witness
	quorum    component
}

// Witness is a witness that a policy names. Label has a meaning only inside the policy. URL is
// the submission prefix (C2SP tlog-witness), as written; who verifies proofs has no use for it.
type Witness struct {
	Label string
	Key   Key
	URL   string // "" when the policy names none
}

// component is a witness (an index into Witnesses, k = 0) or a group of which k must be met.
type component struct {
	witness int
	k       int
	members []component
}

func (c component) met(has []bool) bool {
	if c.k == 0 {
		return has[c.witness]
	}
	n := 0
	for _, m := range c.members {
		if m.met(has) {
			n++
		}
	}
	return n >= c.k
}

// ParsePolicy reads a policy. The text needs no canonical form, because profiles name it by
// its hash. It fails with [ErrMalformed], or [ErrKey] for an unacceptable key.
func ParsePolicy(text []byte) (*Policy, error) {
	p := policyParser{defined: map[string]component{}, member: map[string]bool{}, keys: map[[32]byte]bool{}}
	if len(text) == 0 || text[len(text)-1] != '\n' {
		return nil, fmt.Errorf("policy: last line not ended: %w", ErrMalformed)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		if err := p.line(strings.TrimSuffix(line, "\n")); err != nil {
			return nil, fmt.Errorf("policy, line %d: %w", n, err)
		}
	}
	if !p.done || len(p.policy.Logs) == 0 {
		return nil, fmt.Errorf("policy: no log or no quorum: %w", ErrMalformed)
	}
	return &p.policy, nil
}

type policyParser struct {
	policy  Policy
	defined map[string]component
	member  map[string]bool // already in a group
	keys    map[[32]byte]bool
	groups  int
	done    bool // quorum line seen
}

func (p *policyParser) line(line string) error {
	for i := range len(line) {
		if c := line[i]; (c < ' ' && c != '\t') || c == 0x7f {
			return ErrMalformed
		}
	}
	f := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
	if len(f) == 0 || strings.HasPrefix(f[0], "#") {
		return nil
	}
	switch f[0] {
	case "log":
		if len(f) != 2 && len(f) != 3 || len(p.policy.Logs) == maxPolicyLines {
			return ErrMalformed
		}
		k, err := p.key(f[1], AlgEd25519)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(p.policy.Logs, func(l Key) bool { return l.Name == k.Name }) {
			return fmt.Errorf("two keys for one origin: %w", ErrMalformed)
		}
		p.policy.Logs = append(p.policy.Logs, k)
	case "witness":
		if len(f) != 3 && len(f) != 4 || len(p.policy.Witnesses) == maxPolicyLines {
			return ErrMalformed
		}
		k, err := p.key(f[2], AlgCosignature)
		if err != nil {
			return err
		}
		if err := p.define(f[1], component{witness: len(p.policy.Witnesses)}); err != nil {
			return err
		}
		w := Witness{Label: f[1], Key: k}
		if len(f) == 4 {
			w.URL = f[3]
		}
		p.policy.Witnesses = append(p.policy.Witnesses, w)
	case "group":
		return p.group(f)
	case "quorum":
		if len(f) != 2 || p.done {
			return ErrMalformed
		}
		c, ok := p.defined[f[1]]
		if !ok {
			return fmt.Errorf("quorum of nothing: %w", ErrMalformed)
		}
		p.policy.quorum, p.done = c, true
	default:
		return fmt.Errorf("unknown keyword: %w", ErrMalformed)
	}
	return nil
}

func (p *policyParser) group(f []string) error {
	if len(f) < 4 || p.groups == maxPolicyLines {
		return ErrMalformed
	}
	p.groups++
	var g component
	for _, name := range f[3:] {
		m, ok := p.defined[name]
		if !ok || p.member[name] {
			return fmt.Errorf("group member unknown or used twice: %w", ErrMalformed)
		}
		p.member[name] = true
		g.members = append(g.members, m)
	}
	switch f[2] {
	case "any":
		g.k = 1
	case "all":
		g.k = len(g.members)
	default:
		k, err := ParseInt(f[2])
		if err != nil || k < 1 || k > int64(len(g.members)) {
			return fmt.Errorf("group threshold: %w", ErrMalformed)
		}
		g.k = int(k)
	}
	return p.define(f[1], g)
}

func (p *policyParser) define(name string, c component) error {
	if _, ok := p.defined[name]; ok || name == "none" {
		return fmt.Errorf("name defined twice: %w", ErrMalformed)
	}
	p.defined[name] = c
	return nil
}

func (p *policyParser) key(vkey string, alg byte) (Key, error) {
	k, err := ParseKey(vkey)
	if err != nil {
		return Key{}, err
	}
	if k.Alg != alg {
		return Key{}, fmt.Errorf("key of the wrong type: %w", ErrMalformed)
	}
	if p.keys[k.Public] {
		return Key{}, fmt.Errorf("one key on two lines: %w", ErrMalformed)
	}
	p.keys[k.Public] = true
	return k, nil
}

// NamesLog reports whether the policy accepts a log of this origin.
func (p *Policy) NamesLog(origin string) bool {
	return slices.ContainsFunc(p.Logs, func(k Key) bool { return k.Name == origin })
}

// Head is a checkpoint that a policy accepted.
type Head struct {
	Origin string
	Size   int64
	Root   [32]byte
	// LoggedAt (T_log) is the smallest t such that the cosignatures with a time of at most t
	// satisfy the policy by themselves. Unix seconds.
	LoggedAt int64
	// SeenAt (T_head) is the largest t such that those with a time of at least t do.
	SeenAt int64
}

// Check verifies a checkpoint: signed by the log of its origin, every other signature line a
// valid cosignature of a witness of this policy, and these enough. It fails with
// [ErrUnknownLog], [ErrSignature] or [ErrNoQuorum].
func (p *Policy) Check(c Checkpoint) (Head, error) {
	i := slices.IndexFunc(p.Logs, func(k Key) bool { return k.Name == c.Origin })
	if i < 0 {
		return Head{}, ErrUnknownLog
	}
	keys := []Key{p.Logs[i]}
	for _, w := range p.Witnesses {
		keys = append(keys, w.Key)
	}
	signers, err := c.Signed.Open(keys...)
	if err != nil {
		return Head{}, err
	}
	times := make([]int64, len(p.Witnesses)) // 0: no cosignature
	byLog := false
	for n, k := range signers {
		if k.Public == p.Logs[i].Public {
			byLog = true
			continue
		}
		for w := range p.Witnesses {
			if p.Witnesses[w].Key.Public == k.Public {
				times[w] = int64(binary.BigEndian.Uint64(c.Signed.Sigs[n].Bytes))
			}
		}
	}
	if !byLog {
		return Head{}, ErrSignature
	}
	h := Head{Origin: c.Origin, Size: c.Size, Root: c.Root}
	sorted := slices.Sorted(slices.Values(times))
	for _, t := range sorted {
		if p.met(times, func(x int64) bool { return x <= t }) {
			h.LoggedAt = t
			break
		}
	}
	for _, t := range slices.Backward(sorted) {
		if p.met(times, func(x int64) bool { return x >= t }) {
			h.SeenAt = t
			break
		}
	}
	if h.LoggedAt == 0 || h.SeenAt == 0 {
		return Head{}, ErrNoQuorum
	}
	return h, nil
}

func (p *Policy) met(times []int64, in func(int64) bool) bool {
	has := make([]bool, len(times))
	for i, t := range times {
		has[i] = t != 0 && in(t)
	}
	return p.quorum.met(has)
}
