package main

const usageEN = `Messages from your clinic that a patient can check.

Usage:
    chaperone-clinic COMMAND [options]

Commands:
    version      the version of this program
    help         help with a command

Exit codes:
    0     done
    2     nobody answered; what was begun is kept
    3     refused
    4     trouble on this machine: disk, permissions, another window
    64    the command line was not understood
`

const versionUsageEN = `Usage:
    chaperone-clinic version

Prints the version of this program.
`
