package command

import "os"

// openTerminal opens the console of this process, whatever its inputs and outputs are.
func openTerminal() (*os.File, error) { return os.OpenFile("CONIN$", os.O_RDWR, 0) }
