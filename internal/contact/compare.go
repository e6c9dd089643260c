package contact

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"unicode"

	"github.com/chaperone-privacy/chaperone/internal/indicator"
)

// Match is how received text compares with a signed body.
type Match int

// The results of [Compare].
const (
	Same Match = iota
	SameWithExtras
	Differs
)

const (
	maxText    = 256 << 10 // of received text, bytes
	maxCells   = 4 << 20   // of the table that aligns two texts
	maxChanges = 100
	maxTries   = 16 // of places where the body may stand in the text
)

// Compare compares the words of received text with those of a signed body: how mail wraps and
// quotes does not count. If the body stands in the text as one run, and what is around it has
// no link, address, number of 5 digits and more, amount, wallet or date, the result is
// SameWithExtras. Otherwise it is Differs, with the dangerous differences first.
func Compare(received, body string) (Match, *Diff) {
	r, b := read(received), read(body)
	if slices.EqualFunc(r.tokens, b.tokens, sameToken) {
		return Same, nil
	}
	b.spans, r.spans = indicator.Find(b.text), indicator.Find(r.text)
	tries := 0
	for i := range runs(r.tokens, b.tokens) {
		start, end := r.tokens[i].start, r.tokens[i+len(b.tokens)-1].end
		if n := len(r.spans); n > 0 && (r.spans[0].Start < start || r.spans[n-1].End > end) {
			continue
		}
		if !indicator.Has(r.text[:start]) && !indicator.Has(r.text[end:]) {
			return SameWithExtras, nil
		}
		if tries++; tries == maxTries {
			break
		}
	}
	return Differs, diff(b, r)
}

// runs yields where all of b stands in r as one run (Knuth, Morris, Pratt: a text made of
// repetitions costs no more than another).
func runs(r, b []token) iter.Seq[int] {
	return func(yield func(int) bool) {
		if len(b) == 0 {
			return
		}
		next := make([]int, len(b)+1) // length of the longest border of b[:i]
		next[0] = -1
		for i, k := 0, -1; i < len(b); i++ {
			for k >= 0 && !sameToken(b[i], b[k]) {
				k = next[k]
			}
			k++
			next[i+1] = k
		}
		for i, k := 0, 0; i < len(r); i++ {
			for k >= 0 && (k == len(b) || !sameToken(r[i], b[k])) {
				k = next[k]
			}
			k++
			if k == len(b) && !yield(i+1-k) {
				return
			}
		}
	}
}

// document is canonical text without quote marks, cut into words.
type document struct {
	text   string
	lines  []string
	first  []int // of each line, the first one with the same text
	starts []int // of the lines in text
	tokens []token
	spans  []indicator.Span
}

type token struct {
	text       string
	start, end int // in the document's text
	line       int
}

func sameToken(a, b token) bool { return a.text == b.text }

func read(text string) document {
	var d document
	var b strings.Builder
	seen := map[string]int{}
	for line := range strings.SplitSeq(strings.TrimSuffix(Canon(text), "\n"), "\n") {
		line = strings.TrimLeft(line, "> ")
		d.starts = append(d.starts, b.Len())
		first, again := seen[line]
		if !again {
			first = len(d.lines)
			seen[line] = first
		}
		d.lines, d.first = append(d.lines, line), append(d.first, first)
		for at := 0; at < len(line); {
			end := len(line)
			if i := strings.IndexByte(line[at:], ' '); i >= 0 {
				end = at + i
			}
			if end > at {
				d.tokens = append(d.tokens, token{line[at:end], b.Len() + at, b.Len() + end, len(d.lines) - 1})
			}
			at = end + 1
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	d.text = b.String()
	return d
}

// piece is what a hunk covers of one line: a range of the document's text.
type piece struct{ line, start, end int }

func diff(b, r document) *Diff {
	var changes changes
	for _, h := range hunks(b.tokens, r.tokens) {
		n := 0
		if h.b1 == h.b2 {
			n = slide(r.tokens, h.r1, h.r2)
		} else if h.r1 == h.r2 {
			n = slide(b.tokens, h.b1, h.b2)
		}
		h = hunk{h.b1 - n, h.b2 - n, h.r1 - n, h.r2 - n}
		left, right := b.pieces(h.b1, h.b2), r.pieces(h.r1, h.r2)
		if len(left) == 0 {
			left = b.context(h.b1)
		}
		if len(right) == 0 {
			right = r.context(h.r1)
		}
		for i := range max(len(left), len(right)) {
			changes.pair(b.side(left, i), r.side(right, i))
		}
	}
	slices.SortStableFunc(changes.list, func(x, y Change) int {
		return cmp.Compare(indicator.Kind(x.Kind).Rank(), indicator.Kind(y.Kind).Rank())
	})
	return &Diff{Changes: changes.list[:min(len(changes.list), maxChanges)]}
}

// slide says by how many equal words a run that stands on one side only can move towards the
// start so that it begins a line: "A B. A C." with "A C." new reads better than with "C. A"
// new. The words it moves over are the same on both sides.
func slide(tokens []token, from, to int) int {
	for n := 0; from-n > 0; n++ {
		if tokens[from-n-1].line != tokens[from-n].line {
			return n
		}
		if !sameToken(tokens[from-n-1], tokens[to-n-1]) {
			return 0
		}
	}
	return 0
}

// side is one side of a pair of differing pieces.
type side struct {
	line  string
	id    int // which text the line has, from 1 on; 0: none
	mark  [2]int
	finds []find
	rest  bool // there are differing words beside the finds
}

// find is an indicator that overlaps the piece; the range is within the line.
type find struct {
	kind indicator.Kind
	text string
	mark [2]int
}

func (d document) side(ps []piece, i int) side {
	if i >= len(ps) {
		return side{}
	}
	p := ps[i]
	from, to := d.starts[p.line], d.starts[p.line]+len(d.lines[p.line])
	s := side{line: d.lines[p.line], id: d.first[p.line] + 1, mark: [2]int{p.start - from, p.end - from}}
	covered := p.start
	first, _ := slices.BinarySearchFunc(d.spans, p.start, func(x indicator.Span, at int) int { return cmp.Compare(x.End, at+1) })
	for _, x := range d.spans[first:] {
		if x.Start >= p.end {
			break
		}
		m := [2]int{max(x.Start, from) - from, min(x.End, to) - from}
		s.finds = append(s.finds, find{x.Kind, s.line[m[0]:m[1]], m})
		s.rest = s.rest || covered < x.Start && hasWord(d.text[covered:x.Start])
		covered = max(covered, x.End)
	}
	s.rest = s.rest || covered < p.end && hasWord(d.text[covered:p.end])
	return s
}

func hasWord(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) >= 0
}

// changes collects changes without repetitions.
type changes struct {
	list []Change
	seen map[changeKey]bool
}

// changeKey is a change with numbers in place of its lines: one line may be the whole text, and
// have as many changes as words.
type changeKey struct {
	kind                     string
	signed, received         int
	signedMark, receivedMark [2]int
}

func (cs *changes) add(c Change, b, r side) {
	if cs.seen == nil {
		cs.seen = map[changeKey]bool{}
	}
	key := changeKey{c.Kind, b.id, r.id, c.SignedMark, c.ReceivedMark}
	if !cs.seen[key] {
		cs.seen[key] = true
		cs.list = append(cs.list, c)
	}
}

// pair adds one change for each find, those of one kind side by side, and one for the other
// words.
func (cs *changes) pair(b, r side) {
	for _, kind := range indicator.Kinds() {
		bf, rf := ofKind(b.finds, kind), ofKind(r.finds, kind)
		for i := range max(len(bf), len(rf)) {
			c := Change{Kind: string(kind), Signed: b.line, Received: r.line}
			c.SignedMark, c.ReceivedMark = [2]int{b.mark[0], b.mark[0]}, [2]int{r.mark[0], r.mark[0]}
			if i < len(bf) {
				c.SignedMark = bf[i].mark
			}
			if i < len(rf) {
				c.ReceivedMark = rf[i].mark
			}
			if i < len(bf) && i < len(rf) && bf[i].text == rf[i].text {
				continue
			}
			cs.add(c, b, r)
		}
	}
	if b.rest || r.rest || len(b.finds)+len(r.finds) == 0 {
		cs.add(Change{Kind: "text", Signed: b.line, Received: r.line, SignedMark: b.mark, ReceivedMark: r.mark}, b, r)
	}
}

func ofKind(finds []find, kind indicator.Kind) []find {
	var out []find
	for _, f := range finds {
		if f.kind == kind {
			out = append(out, f)
		}
	}
	return out
}

// pieces cuts tokens i to j by lines.
func (d document) pieces(i, j int) []piece {
	var ps []piece
	for _, t := range d.tokens[i:j] {
		if n := len(ps); n > 0 && ps[n-1].line == t.line {
			ps[n-1].end = t.end
		} else {
			ps = append(ps, piece{t.line, t.start, t.end})
		}
	}
	return ps
}

// context is the empty place before token i, if it lies inside a line.
func (d document) context(i int) []piece {
	if i == 0 || i >= len(d.tokens) || d.tokens[i-1].line != d.tokens[i].line {
		return nil
	}
	t := d.tokens[i]
	return []piece{{t.line, t.start, t.start}}
}

// hunk says that tokens b1..b2 of the body stand where r1..r2 stand in the received text.
type hunk struct{ b1, b2, r1, r2 int }

// hunks aligns two token lists by their longest common subsequence.
func hunks(b, r []token) []hunk {
	head := 0
	for head < len(b) && head < len(r) && sameToken(b[head], r[head]) {
		head++
	}
	n, m := len(b), len(r)
	for n > head && m > head && sameToken(b[n-1], r[m-1]) {
		n, m = n-1, m-1
	}
	rows, cols := n-head, m-head
	if rows == 0 && cols == 0 {
		return nil
	}
	if rows == 0 || cols == 0 || (rows+1)*(cols+1) > maxCells {
		return []hunk{{head, n, head, m}}
	}
	// lcs[i][j] is the length for b[head+i:n] and r[head+j:m]. A body has at most 8192 words.
	lcs := make([]uint16, (rows+1)*(cols+1))
	at := func(i, j int) int { return i*(cols+1) + j }
	for i := rows - 1; i >= 0; i-- {
		for j := cols - 1; j >= 0; j-- {
			if sameToken(b[head+i], r[head+j]) {
				lcs[at(i, j)] = lcs[at(i+1, j+1)] + 1
			} else {
				lcs[at(i, j)] = max(lcs[at(i+1, j)], lcs[at(i, j+1)])
			}
		}
	}
	var hs []hunk
	i, j := 0, 0
	for i < rows || j < cols {
		h := hunk{b1: head + i, r1: head + j}
		for i < rows && j < cols && sameToken(b[head+i], r[head+j]) {
			i, j = i+1, j+1
			h = hunk{b1: head + i, r1: head + j}
		}
		for i < rows || j < cols {
			if i < rows && j < cols && sameToken(b[head+i], r[head+j]) {
				break
			}
			if j == cols || i < rows && lcs[at(i+1, j)] >= lcs[at(i, j+1)] {
				i++
			} else {
				j++
			}
		}
		h.b2, h.r2 = head+i, head+j
		if h.b1 < h.b2 || h.r1 < h.r2 {
			hs = append(hs, h)
		}
	}
	return hs
}
