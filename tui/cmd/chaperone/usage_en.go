package main

const usageEN = `Chaperone: a privacy checklist, and a way to know whether a message is
really from your clinic.

Usage:
    chaperone [--plain] [--home DIR]
    chaperone COMMAND [options]

With no command it opens the program. Ctrl-X, or Esc twice, leaves at once
and clears the screen.

    --plain      ask line by line, for screen readers (also: CHAPERONE_PLAIN=1)
    --home DIR   where your vault is (also: CHAPERONE_HOME)

Commands:
    verify       is this message from my clinic?
    clinics      your clinics: add one by its card, list, remove
    plan         what to do next, as text or JSON
    crisis       what to do when you are being threatened
    password     suggest a strong password
    message      what to write to people close to you
    letter       letters to a clinic, a bureau or a site
    sync         bring your devices together
    restore      open your vault on this device with the recovery code
    recovery     show, confirm or print the recovery code
    use          choose the server that keeps your sealed vault
    wipe         remove everything from this device
    version      the version of this program
    help         help with a command

Exit codes:
    0     done, or genuine
    1     not genuine, or not valid now
    2     cannot tell, or nobody answered
    3     refused
    4     trouble on this device: disk, permissions, another window
    64    the command line was not understood
    128+N ended by signal N

Example:
    $ chaperone verify --bundle letter.chaperone --text letter.txt
`

const verifyUsageEN = `Usage:
    chaperone verify [--code CODE] [--bundle FILE] [--text FILE]
                     [--sender WHO] [--json] [--server URL]
                     [--no-vault] [--home DIR]

Says whether a message is really from your clinic.

    --code CODE     the code in the message; "-" reads it from standard
                    input, where other programs cannot see it
    --bundle FILE   the .chaperone file that came with the message
    --text FILE     the message as you received it, to compare
    --sender WHO    the number or address it came from, as you see it
    --json          one JSON object, for programs
    --server URL    ask this server when no clinic is set up here
    --no-vault      judge without your vault; no clinic is known then, so
                    the answer is never "genuine"
    --home DIR      where your vault is

FILE can be "-" for standard input, once. Only a number made from the code
goes to a server, never the code and never the text. With a code and a
bundle the worse answer of both holds. Without either, text and sender are
compared with what you saved of your clinic: that can show that something is
wrong, and never that it is genuine. The vault must not be open in another
window.

The exit code is 0 for genuine, 1 for not genuine or not valid now, 2 for
cannot tell, 4 for trouble on this device.

Example:
    $ chaperone verify --code - --text letter.txt
`

const clinicsUsageEN = `Usage:
    chaperone clinics [list] [--json] [--home DIR]
    chaperone clinics add --words "SIX WORDS" --from desk | post | remote
                     [--yes] [--server URL] [--home DIR]
    chaperone clinics add [--name NAME] [--number N ...] [--domain D ...]
                     [--address A ...] [--home DIR]
    chaperone clinics remove NAME [--yes] [--home DIR]
    chaperone clinics dismiss ID [--home DIR]

Your clinics, and messages you trusted that turned out not to be theirs.

    --words "..."   the six words on a card that you held before; words that
                    came with a message, a call or a letter prove nothing
    --from WHERE    how you got the card: desk, at the clinic; post, by
                    letter; remote, by email, text, call or link
    --yes           do not ask
    --server URL    ask this server instead of the one you chose

For a clinic without such a card, save what stands on your own card or bill:

    --name NAME     what you call it
    --number N      a phone number; give it again for another one
    --domain D      a web address
    --address A     an email address

"chaperone verify" then says when a message has others. Saved numbers never
make a message genuine. "remove" takes a name, or an id as --json shows it.

Example:
    $ chaperone clinics add --name "My clinic" --number "555-555-0142"
`

const planUsageEN = `Usage:
    chaperone plan [--answers FILE [--progress FILE]] [--now T]
                   [--json | --print | --helper] [--ics FILE] [--home DIR]

Shows what to do next and what comes after.

    --answers FILE    plan from answers in a JSON file; no vault is read
    --progress FILE   what was done, in a JSON file, to go with the answers
    --now T           plan as of a day (2027-01-15) or a moment
                      (2027-01-15T09:00:00Z)
    --json            one JSON object, for programs
    --print           the whole plan, with every step, for paper
    --helper          a sheet for somebody you trust: tasks and how to do
                      them, and nothing of why
    --ics FILE        also write the coming reminders as a calendar, which
                      says how many tasks there are and never which
    --home DIR        where your vault is

FILE can be "-" for standard input, once; "--ics -" writes the calendar to
standard output in place of the plan.

Example:
    $ echo '{"stage": "worried", "region": "us", "uses": ["facebook"]}' |
        chaperone plan --answers - --json

Progress looks like this; times are Unix seconds:
    {"schema": "chaperone.progress.v1", "rows": [
      {"item": "money.freeze", "status": "done", "rev_done": 1,
       "done_at": 1796000000}]}
`

const crisisUsageEN = `Usage:
    chaperone crisis [--region CODE] [--print [--paper a4 | letter]]

What to do, in order, when somebody threatens you. It needs no vault and no
network, and keeps nothing.

    --region CODE   your country in two letters, such as us; without it no
                    country's numbers are shown
    --print         one page for paper: the steps, what to keep, a message to
                    send, and where to report
    --paper SIZE    a4 or letter; without it, what is usual in your country

Example:
    $ chaperone crisis --region us
`

const passwordUsageEN = `Usage:
    chaperone password [--words N | --length N] [--json]

Suggests one strong password, made on this device just now. Nothing keeps it:
put it in your password manager, or on paper.

    --words N    made of N words of a known English list, 5 to 12; 6 unless
                 told otherwise (77 bits)
    --length N   made of N letters, numbers and signs, 15 to 64
    --json       one JSON object, for programs

Example:
    $ chaperone password --length 20
`

const messageUsageEN = `Usage:
    chaperone message [--tone plain | warm | short]

A message you can send to people close to you, before somebody else writes
to them. This program sends nothing.

    --tone TONE   how it is said; without it: plain

Example:
    $ chaperone message --tone short
`

const letterUsageEN = `Usage:
    chaperone letter [--region CODE]
    chaperone letter ID [--field NAME=VALUE ...] [--ask] [--to AGENCY]
                     [--region CODE] [--out FILE] [--format md | txt]
                     [--language en | es]

Without an ID it lists the letters. With one it writes the letter, filled in
on this device. Nothing is kept but the file you name.

    --field NAME=VALUE   fill in a field; \n in it begins a new line. Other
                         programs on this device can see what stands on a
                         command line; --ask keeps it off there
    --ask                ask for the other fields, or read them from
                         standard input
    --to AGENCY          address it to this agency
    --region CODE        your country in two letters, such as us
    --out FILE           a new file that only you can read; one that is there
                         already is never overwritten
    --format md | txt    Markdown or plain text; plain text unless FILE ends
                         in .md
    --language en | es   the letter's language

A field that is left out becomes a line to fill in by hand, or is dropped if
the letter works without it. Do not type a social security number: where it
is needed, the letter has a line for it.

Example:
    $ chaperone letter freeze --to us-equifax --ask --out letter.txt
`

const syncUsageEN = `Usage:
    chaperone sync [--server URL] [--home DIR]

Brings this device and your others together. The server sees nothing but a
sealed vault.

    --server URL   use this server once instead of the one you chose
    --home DIR     where your vault is

Example:
    $ chaperone sync
`

const restoreUsageEN = `Usage:
    chaperone restore [--server URL] [--home DIR]

Opens your vault on this device. It asks for the recovery code; the code is
never an argument, where other programs could read it. When standard input
is not a terminal, the code is its first line.

    --server URL   the server that keeps your sealed vault
    --home DIR     where your vault will be

Example:
    $ chaperone restore --server https://chaperone.example
`

const recoveryUsageEN = `Usage:
    chaperone recovery [--confirm | --print] [--home DIR]

Shows the recovery code until you have typed it back once. Without the code
nobody, and so nobody at the server, can open your vault elsewhere.

    --confirm    only ask for the code, to see that you wrote it down right
    --print      a sheet for paper, on standard output
    --home DIR   where your vault is

Example:
    $ chaperone recovery --print | lp
`

const useUsageEN = `Usage:
    chaperone use [URL | --off] [--home DIR]

Chooses the server that keeps your sealed vault, so that a second device can
have it. Without a URL it says which server is chosen.

    --off        use no server; nothing leaves this device
    --home DIR   where your vault is

Example:
    $ chaperone use https://chaperone.example
`

const wipeUsageEN = `Usage:
    chaperone wipe [--everywhere] [--yes] [--home DIR]

Removes everything from this device, after you have typed a word. With the
recovery code you can come back later if the vault was saved on a server.

    --everywhere   also delete the copy on the server; your other devices
                   can then no longer come together
    --yes          do not ask
    --home DIR     where your vault is

Example:
    $ chaperone wipe
`

const versionUsageEN = `Usage:
    chaperone version

Says the version of this program and of its content.

Example:
    $ chaperone version
`
