//go:build linux

package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestHelper hands a device to a helper in line mode, has a task done, and comes back with the
// passphrase alone.
func TestHelper(t *testing.T) {
	t.Parallel()
	home := filepath.Join(t.TempDir(), "vault")
	vaultAt(t, home)
	c := converse(t, environment(home))
	c.choose("Settings")
	c.choose("Passphrase")
	c.answer("correct horse")
	c.answer("correct horse")
	c.choose("Settings")
	c.choose("Let somebody help")
	if !strings.Contains(c.block, "takes your passphrase") {
		t.Errorf("got\n%s\nwant it to say what the way back takes", c.block)
	}
	c.choose("Start.")
	for _, letter := range []string{"n", "v"} {
		c.answer(letter)
		if !strings.Contains(c.block, "not one of the choices") {
			t.Errorf("%s: got\n%s\nwant nothing for a helper", letter, c.block)
		}
	}
	c.leave()

	// It is kept, and opening it again takes the passphrase.
	c = converse(t, environment(home))
	c.answer("correct horse")
	c.answer("1")
	c.choose("I did it")
	before := c.block
	c.choose("For the owner")
	c.answer("battery staple")
	if !strings.Contains(c.block, "For the owner") || strings.Contains(c.block, "Settings") {
		t.Errorf("a wrong passphrase: got\n%s\nwant the tasks of a helper", c.block)
	}
	c.choose("For the owner")
	c.answer("correct horse")
	if !strings.Contains(c.block, "1 of ") || !strings.Contains(c.block, "Settings") {
		t.Errorf("the passphrase: got\n%s\nwant home, with the helper's task done", c.block)
	}
	if strings.Contains(before, "Settings") {
		t.Errorf("a helper saw\n%s", before)
	}
	c.leave()
}
