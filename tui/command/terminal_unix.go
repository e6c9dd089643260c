//go:build !windows

package command

import "os"

// openTerminal opens the terminal of this process, whatever its inputs and outputs are.
func openTerminal() (*os.File, error) { return os.OpenFile("/dev/tty", os.O_RDWR, 0) }
