package screen

import (
	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// RegionChoice is the question in which country a reader is, for screens that work before the
// four questions were answered. The zero value is closed.
type RegionChoice struct {
	Open bool
	list widget.List
}

// Update takes a key while the question is open; the answer goes to the root.
func (c *RegionChoice) Update(env *Env, k tea.KeyPressMsg) tea.Cmd {
	choose, ids := keys.NewChoose(), env.Content.Regions()
	switch {
	case c.list.Update(k, len(ids)):
	case choose.Pick.Is(k):
		c.Open = false
		if c.list.At < len(ids) {
			return env.Send(Region{ID: ids[c.list.At]})
		}
	case choose.Back.Is(k):
		c.Open = false
	}
	return nil
}

// Draw writes the question onto a page.
func (c *RegionChoice) Draw(env *Env, t *widget.Text, page *widget.Page) {
	page.Title = env.Words.T(words.QuestionsRegion)
	var rows []widget.Choice
	for _, id := range env.Content.Regions() {
		rows = append(rows, widget.Choice{Label: RegionName(env.Words, id)})
	}
	page.Focus, page.FocusEnd = c.list.Draw(t, rows)
}
