package monitor

import (
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
)

// leafSize is that of the msgs log: commit 32, tag 16.
const leafSize = 48

// scanner looks for what is ours among leaves, on all processors.
type scanner struct {
	work  chan batch
	group sync.WaitGroup
	once  sync.Once

	mu    sync.Mutex
	found []finding
}

type batch struct {
	from   int64
	leaves [][]byte
}

// scanner starts one. stop must be called.
func (m *Monitor) scanner(log string) *scanner {
	workers := runtime.GOMAXPROCS(0)
	s := &scanner{work: make(chan batch, 2*workers)}
	m.mu.Lock()
	match := m.view.matchNote()
	if log == clinic.MsgsLog {
		match = matchLeaf(slices.Clone(m.cfg.Keys.signers))
	}
	m.mu.Unlock()
	for range workers {
		s.group.Go(func() {
			for b := range s.work {
				for i, leaf := range b.leaves {
					if f, ok := match(leaf); ok {
						f.index = b.from + int64(i)
						s.mu.Lock()
						s.found = append(s.found, f)
						s.mu.Unlock()
					}
				}
			}
		})
	}
	return s
}

func (s *scanner) add(from int64, leaves [][]byte) { s.work <- batch{from, leaves} }

// stop waits for what was added and returns what is ours, in the log's order.
func (s *scanner) stop() []finding {
	s.once.Do(func() { close(s.work) })
	s.group.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortFunc(s.found, func(a, b finding) int { return int(a.index - b.index) })
	return s.found
}

// matchLeaf tries every VRF secret that this clinic ever had.
func matchLeaf(signers []*clinic.Monitor) func([]byte) (finding, bool) {
	return func(leaf []byte) (finding, bool) {
		if len(leaf) != leafSize {
			return finding{}, false
		}
		commit := [32]byte(leaf)
		for _, s := range signers {
			if _, own := s.Prove(commit); string(own) == string(leaf) {
				return finding{commit: commit}, true
			}
		}
		return finding{}, false
	}
}

// matchNote looks for notes of the clinic.
func (v *view) matchNote() func([]byte) (finding, bool) {
	id := v.clinic
	line := "\nclinic " + contactB64(id) + "\n"
	return func(leaf []byte) (finding, bool) {
		text := string(leaf)
		end := strings.IndexByte(text, '\n')
		if end < 0 || !strings.HasPrefix(text[end:], line) || !strings.HasPrefix(text, "chaperone/") {
			return finding{}, false
		}
		return finding{note: leaf}, true
	}
}
