package patient

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// section is type u8 | length u32 | bytes.
func section(kind byte, data ...byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(data))), data...)
}

func index(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// filled is sections and zeros up to a size.
func filled(size int, sections ...[]byte) []byte {
	out := bytes.Join(sections, nil)
	return append(out, make([]byte, size-len(out))...)
}

func FuzzReadPage(f *testing.F) {
	note := func(n uint64) []byte { return section(pageNote, append(index(n), "note"...)...) }
	for _, page := range [][]byte{
		{},
		bytes.Join([][]byte{section(pageKeys, 'k'), section(pageMsgs, 'm'), section(pagePolicy, 'p')}, nil),
		bytes.Join([][]byte{section(pagePolicy, 'p'), note(3), section(pageProof, 'a'), note(5), section(pageProof, 'b'), section(pageMore, index(5)...)}, nil),
		bytes.Join([][]byte{note(3), section(pageProof, 'a'), section(pageStatus, 's'), section(200, 'x')}, nil),
		bytes.Join([][]byte{note(3), section(pageStatus, 's')}, nil),
		bytes.Join([][]byte{section(pageProof, 'a')}, nil),
		bytes.Join([][]byte{note(1<<53 - 1), section(pageProof, 'a')}, nil),
		bytes.Join([][]byte{section(pageMore, index(0)...)}, nil),
		{pageNote, 0xff, 0xff, 0xff, 0xff},
	} {
		f.Add(page, uint64(0))
		f.Add(page, uint64(4))
	}
	f.Fuzz(func(t *testing.T, start []byte, after uint64) {
		if len(start) > pageSize {
			return
		}
		if _, ok := readPage(start, after); ok && len(start) != pageSize {
			t.Errorf("a page of %d bytes was read", len(start))
		}
		got, ok := readPage(filled(pageSize, start), after)
		if !ok {
			return
		}
		if got.next < after || len(got.news.Notes) > 0 && got.next == after || got.more && len(got.news.Notes) == 0 {
			t.Errorf("asked after %d: got %d notes, then %d, more %v", after, len(got.news.Notes), got.next, got.more)
		}
		size := len(got.news.Status)
		for _, n := range got.news.Notes {
			size += 8 + len(n.Note) + len(n.Proof)
		}
		for _, x := range append(got.news.Heads, got.news.Policies...) {
			size += len(x)
		}
		if size > pageSize {
			t.Errorf("got %d bytes of a page of %d", size, pageSize)
		}
	})
}

func FuzzReadLookUp(f *testing.F) {
	lengths := func(envelope, proof string) []byte {
		out := append(binary.BigEndian.AppendUint32(nil, uint32(len(envelope))), envelope...)
		return append(binary.BigEndian.AppendUint32(out, uint32(len(proof))), proof...)
	}
	for _, answer := range [][]byte{
		{0}, {2}, {3}, {0, 1},
		append([]byte{1}, lengths("sealed", "proof")...),
		append([]byte{1}, lengths("sealed", "")...),
		append([]byte{1}, lengths("", "proof")...),
		{1, 0xff, 0xff, 0xff, 0xff},
		{1, 0, 0, 0x5f, 0xfb},
	} {
		f.Add(answer)
	}
	f.Fuzz(func(t *testing.T, start []byte) {
		if len(start) > lookUpSize {
			return
		}
		if _, ok := readLookUp(start); ok && len(start) != lookUpSize {
			t.Errorf("an answer of %d bytes was read", len(start))
		}
		raw := filled(lookUpSize, start)
		got, ok := readLookUp(raw)
		if !ok {
			return
		}
		again := []byte{0}
		switch got.answer {
		case contact.Found:
			again = append([]byte{1}, lengths(string(got.envelope), string(got.proof))...)
		case contact.Deleted:
			again = []byte{2}
		case contact.NotFound:
		default:
			t.Fatalf("got answer %v", got.answer)
		}
		if !bytes.Equal(filled(lookUpSize, again), raw) {
			t.Errorf("answer does not come back: %q", start)
		}
	})
}
