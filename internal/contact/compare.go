package contact

import (
	"cmp"
	"slices"
	"strings"

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
	for i := 0; len(b.tokens) > 0 && i+len(b.tokens) <= len(r.tokens); i++ {
		if !slices.EqualFunc(r.tokens[i:i+len(b.tokens)], b.tokens, sameToken) {
			continue
		}
		before := r.text[:r.tokens[i].start]
		after := r.text[r.tokens[i+len(b.tokens)-1].end:]
		if !indicator.Has(before) && !indicator.Has(after) {
			return SameWithExtras, nil
		}
	}
	return Differs, diff(b, r)
}

// document is canonical text without quote marks, cut into words.
type document struct {
	text   string
	lines  []string
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
	for line := range strings.SplitSeq(strings.TrimSuffix(Canon(text), "\n"), "\n") {
		line = strings.TrimLeft(line, "> ")
		d.starts = append(d.starts, b.Len())
		d.lines = append(d.lines, line)
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
	b.spans, r.spans = indicator.Find(b.text), indicator.Find(r.text)
	var changes []Change
	for _, h := range hunks(b.tokens, r.tokens) {
		left, right := b.pieces(h.b1, h.b2), r.pieces(h.r1, h.r2)
		if len(left) == 0 {
			left = b.context(h.b1)
		}
		if len(right) == 0 {
			right = r.context(h.r1)
		}
		for i := range max(len(left), len(right)) {
			var c Change
			kind := indicator.Kind("text")
			if i < len(left) {
				c.Signed, c.SignedMark, kind = b.mark(left[i], kind)
			}
			if i < len(right) {
				c.Received, c.ReceivedMark, kind = r.mark(right[i], kind)
			}
			c.Kind = string(kind)
			if !slices.Contains(changes, c) {
				changes = append(changes, c)
			}
		}
	}
	slices.SortStableFunc(changes, func(x, y Change) int {
		return cmp.Compare(indicator.Kind(x.Kind).Rank(), indicator.Kind(y.Kind).Rank())
	})
	return &Diff{Changes: changes[:min(len(changes), maxChanges)]}
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

// mark returns the line of a piece and what of it differs, widened to whole finds, and the
// most dangerous of kind and the kinds of these.
func (d document) mark(p piece, kind indicator.Kind) (string, [2]int, indicator.Kind) {
	from, to := d.starts[p.line], d.starts[p.line]+len(d.lines[p.line])
	start, end := p.start, p.end
	for _, s := range d.spans {
		if s.Start < p.end && p.start < s.End {
			start, end = min(start, max(s.Start, from)), max(end, min(s.End, to))
			if s.Kind.Rank() < kind.Rank() {
				kind = s.Kind
			}
		}
	}
	return d.lines[p.line], [2]int{start - from, end - from}, kind
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
