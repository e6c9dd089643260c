package screen_test

import (
	"errors"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/tui/app/apptest"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// withPack is the device of the tests with the plan of the real pack.
type withPack struct {
	*apptest.Device
	pack *checklist.Pack
}

func (d withPack) Plan() checklist.Plan {
	s := d.State()
	return d.pack.Plan(s.Answers, s.Rows, apptest.Now)
}

// What somebody was told to do first is in their plan, wherever the questions led them.
func TestAdopt(t *testing.T) {
	t.Parallel()
	pack, err := checklist.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	var walk func(w checklist.Walk)
	walk = func(w checklist.Walk) {
		e := w.Ending()
		if e == nil {
			for i := range w.Node().Answers {
				next, err := w.Answer(i)
				if err != nil {
					t.Fatal(err)
				}
				walk(next)
			}
			return
		}
		for _, region := range append([]string{"", "zz"}, pack.Regions()...) {
			d := withPack{apptest.Fresh(), pack}
			a := w.Apply(checklist.Answers{Region: region})
			steps := pack.Steps(e, a)
			if err := screen.Adopt(d, a, steps); err != nil {
				t.Fatal(err)
			}
			if !screen.Planned(d, steps[0]) {
				t.Errorf("ending %s, region %q: %s is not in the plan", e.ID, region, steps[0])
			}
			if got := len(d.Plan().Rows); got > 13 {
				t.Errorf("ending %s, region %q: got %d rows, want at most one beyond twelve", e.ID, region, got)
			}
		}
	}
	walk(pack.Triage().Walk())

	d := withPack{apptest.Fresh(), pack}
	d.Fail = errors.New("full")
	if err := screen.Adopt(d, checklist.Answers{}, []string{"now.safe"}); !errors.Is(err, d.Fail) {
		t.Errorf("got %v, want the device's error", err)
	}
}
