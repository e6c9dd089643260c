package checklist_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/checklist/compile"
)

// edited is the embedded pack after a change of its document, signed again.
func edited(tb testing.TB, change func(*checklist.Document)) (*checklist.Pack, error) {
	tb.Helper()
	p := embedded(tb)
	files := p.Files()
	var doc checklist.Document
	if err := json.Unmarshal(files["pack.json"], &doc); err != nil {
		tb.Fatal(err)
	}
	change(&doc)
	slices.SortFunc(doc.Items, func(a, b checklist.Item) int { return strings.Compare(a.ID, b.ID) })
	data, err := json.Marshal(doc)
	if err != nil {
		tb.Fatal(err)
	}
	files["pack.json"] = data
	signer, err := note.NewSigner(compile.DevelopmentKey)
	if err != nil {
		tb.Fatal(err)
	}
	sig, err := note.Sign(&note.Note{Text: checklist.Manifest(p.ID(), p.Version(), files)}, signer)
	if err != nil {
		tb.Fatal(err)
	}
	return checklist.Load(files, sig, nil, today)
}

// grown is a pack with every item twice, which is more than the content is meant to hold.
func grown(tb testing.TB) *checklist.Pack {
	tb.Helper()
	p, err := edited(tb, func(doc *checklist.Document) {
		for _, it := range embedded(tb).Items() {
			it.ID, it.First, it.Supersedes = it.ID+"-again", 0, nil
			doc.Items = append(doc.Items, it)
		}
	})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// recurring is a pack in which the items named recur as said.
func recurring(tb testing.TB, recur map[string]*checklist.Recur) *checklist.Pack {
	tb.Helper()
	p, err := edited(tb, func(doc *checklist.Document) {
		left := len(recur)
		for i := range doc.Items {
			if r, ok := recur[doc.Items[i].ID]; ok {
				doc.Items[i].Recur = r
				left--
			}
		}
		if left != 0 {
			tb.Fatalf("%d items are not in the pack", left)
		}
	})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}
