package limit_test

import (
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/limit"
)

func TestDaily(t *testing.T) {
	t.Parallel()
	now := time.Date(2031, 5, 1, 23, 0, 0, 0, time.UTC)
	d := limit.NewDaily[string](2, func() time.Time { return now })
	want := func(what, who string, want bool) {
		t.Helper()
		if got := d.Take(who); got != want {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	want("first", "a", true)
	want("second", "a", true)
	want("third", "a", false)
	want("another", "b", true)
	d.Give("a")
	want("after one was given back", "a", true)
	want("and no more", "a", false)
	if got := d.Left(); got != time.Hour {
		t.Errorf("left: got %v, want 1h", got)
	}
	now = now.Add(time.Hour)
	d.Give("a") // of yesterday: it is not owed twice
	want("the next day", "a", true)
	want("the next day, second", "a", true)
	want("the next day, third", "a", false)
}
