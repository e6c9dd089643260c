// Package leave is the quick exit: Ctrl-X, or Esc twice within 0.6 seconds, and the program
// is gone before anyone who walks in can read the screen.
//
// It stands between the terminal and everything else: a [Door] wraps the terminal's input
// and output, so it sees the keys before any screen does and works while a screen is busy,
// stuck, or reading text. Leaving takes back the alternate screen, clears screen and
// scrollback, drops keys that were typed ahead, puts the terminal back as it was found, lets
// nothing more be written, and ends the process with the code it is given.
//
// It waits for nobody. What the program had reported as saved is already on disk; anything
// in flight was not promised yet.
//
// It never reads or keeps what is typed; it only looks for the two signs. On Windows the
// console hands over key events instead of bytes, so there the program's own keys do it.
package leave
