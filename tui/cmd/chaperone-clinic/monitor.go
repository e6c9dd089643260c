package main

// monitorCommands is the subcommands of the second machine.
func monitorCommands() []entry { return nil }
