package main

const usageEN = `Messages from your clinic that a patient can check.

Usage:
    chaperone-clinic COMMAND [options]

To begin:
    init          set up a clinic: keys, first profile, sheets for root holders
    device new    make this computer's key
    device join   make this computer one of a clinic's
    grant         let a device send
    card          the card that patients get at the desk

Every day:
    send          sign and send one message, or one for each row of a list
    open          read a sealed list of codes
    withdraw      take a message back
    status        what this machine knows
    sync          log what waits, fetch what is new
    audit         who sent what when

When something changes:
    revoke        end a device's key
    handover      give a device's place to another device or person
    profile       phones, servers, witnesses: show or change them
    rotate        make new root keys
    incident      say in public what happened
    drill         practise an emergency
    backup        copy this machine, without root keys
    restore       bring a copy back
    sheet         print a root holder's sheet again

The second machine:
    monitor init, join, serve, invite, approve, today, alarms, status,
    withdraw, holiday, epoch

    version       the version of this program
    help          help with a command

Every command takes
    --home DIR               where this machine's folder is
                             (also: CHAPERONE_CLINIC_HOME)
    --passphrase-file FILE   read its passphrase there, not from the terminal
    --json                   one JSON object, for programs

Exit codes:
    0     done
    1     somebody else sends in your clinic's name
    2     nobody answered; what was begun is kept
    3     refused
    4     trouble on this machine: disk, permissions, another window
    64    the command line was not understood
`

const versionUsageEN = `Usage:
    chaperone-clinic version

Prints the version of this program.
`

const initUsageEN = `Usage:
    chaperone-clinic init --shares DIR --monitor here|REQUEST
        [--name NAME] [--slug SLUG] [--phone NUMBER]... [--server URL]
        [--public URL]... [--policy FILE]
        [--holders 3] [--threshold 2] [--revokers 2]
        [--share-passphrase-file FILE]...
        [--person NAME --person NAME... [--hours HOURS]]

Sets up a clinic. Root keys and revoker keys are written to DIR, one sealed
file each with its own passphrase, to be given to their holders. They are not
kept on this machine.

    --name NAME        as patients know it, one script, at most 60 letters
    --slug SLUG        a short name: a-z, 0-9 and hyphens
    --phone NUMBER     as +15555550100; may be given again
    --server URL       where this machine publishes
    --public URL       where patients ask, if it is another address
    --policy FILE      the witness policy; else the one of the server
    --shares DIR       a folder on a stick, for root and revoker files
    --holders N        how many people hold a root key
    --threshold K      how many of them must come together
    --revokers N       how many people may end a device's key alone
    --monitor REQUEST  what "monitor init" printed on the second machine;
                       "here" keeps both keys on this computer, which every
                       patient is told
    --person NAME      with "here", who may approve; two people or more, each
                       with a passphrase of their own
    --person-passphrase-file FILE
                       read it there, in the order of --person
    --hours HOURS      with "here", when the clinic is open, such as
                       "mon-fri 08:00-18:00"; otherwise always
    --share-passphrase-file FILE
                       one for all files, or one for each in their order

What is not said is asked. Then ask who runs the server to admit the clinic.

Example:
    $ chaperone-clinic init --shares /media/stick --monitor here \
        --person ana --person ben
`

const deviceNewUsageEN = `Usage:
    chaperone-clinic device new [--name NAME] [--replace]

Makes this computer's key and prints the line to carry to the root holders.

    --name NAME   of the key: letters, digits, dots and hyphens
    --replace     make a new key after the old one was ended
`

const deviceJoinUsageEN = `Usage:
    chaperone-clinic device join --clinic ID --server URL [--monitor FILE]
    chaperone-clinic device join --monitor FILE

Makes this computer one of a clinic's. Run "device new" first.

    --clinic ID      the clinic id that init printed
    --server URL     where the clinic publishes
    --monitor FILE   the invitation that the monitor made for this device;
                     delete it afterwards
`

const grantUsageEN = `Usage:
    chaperone-clinic grant --device REQUEST|--here --label TEXT --holder NAME
        [--kinds LIST] [--cap N] [--revocation FILE]
        --root FILE --root FILE... [--share-passphrase-file FILE]...
    chaperone-clinic grant --renew WHO --root FILE --root FILE...

Lets a device send for 90 days. Before they end, grant it again: --renew keeps
all as it was, also for the monitor and for revokers, who have a year.

    --device REQUEST    what "device new" printed
    --renew WHO         its label, holder, request or key
    --here              the device key of this machine
    --label TEXT        what patients read, such as "Front desk"
    --holder NAME       who answers for it: a-z, 0-9 and hyphens
    --kinds LIST        notice, appointment, billing, records, withdraw,
                        call-intent, enrol, incident, report-reply
                        [notice,appointment,withdraw]
    --cap N             messages a day without a second person [200]
    --revocation FILE   also write the note for the day it is stolen
    --root FILE         a root key file; once for each holder in the room

Example:
    $ chaperone-clinic grant --here --label "Front desk" --holder front-desk \
        --root /media/a/root-1.age --root /media/b/root-2.age
`

const revokeUsageEN = `Usage:
    chaperone-clinic revoke WHO --reason compromised|retired [--since TIME]
        [--root FILE... | --revoker FILE | --sealed FILE]
        [--share-passphrase-file FILE]...

Ends a device's key, for good.

    WHO               its label, holder, request or key
    --reason REASON   compromised: stolen; retired: no longer used
    --since TIME      from when on: 2026-12-01 or 2026-12-01T10:00:00Z;
                      compromised without it means from the start on
    --root FILE       sign with root keys
    --revoker FILE    sign with a revoker's key
    --sealed FILE     use the note that was signed at grant time

Without a key the note that was signed at grant time is used, if it is here.
`

const withdrawUsageEN = `Usage:
    chaperone-clinic withdraw [REF|-] --reason not-ours|error|superseded
        [--root FILE...] [--share-passphrase-file FILE]...

Takes a message back. REF is its reference, or its commit from audit. Without
one the code is asked for; "-" reads it from standard input.

A message that is not yours is withdrawn by root keys, or by two people with
"monitor withdraw".
`

const profileUsageEN = `Usage:
    chaperone-clinic profile
    chaperone-clinic profile [--phone NUMBER]... [--public URL]...
        [--status-hours N] [--new-epoch | --monitor REQUEST]
        [--policy FILE] [--log-frozen LINE]... [--closed]
        --root FILE --root FILE... [--share-passphrase-file FILE]...

Shows what the clinic says of itself, or changes it.

    --phone NUMBER     in place of all phones there were; may be given again
    --public URL       where patients ask, in place of all there were
    --status-hours N   how long a status is good, 24 to 96
    --new-epoch        a new secret for the monitor on this computer
    --monitor REQUEST  the same for a second machine: what "monitor epoch"
                       printed there
    --policy FILE      a new witness policy; the old one ends in two days
    --log-frozen LINE  the line from who runs the server, when a log was
                       replaced. Use it with --policy.
    --closed           the clinic closes for good: nothing can be sent any more

Secret and witnesses hold for a year. "status" says when they end.
`

const rotateUsageEN = `Usage:
    chaperone-clinic rotate --shares DIR [--holders 3] [--threshold 2]
        --root FILE --root FILE... [--share-passphrase-file FILE]...
        [--new-passphrase-file FILE]...

Makes new root keys. The old ones sign the change; patients' apps use the new
ones after 72 hours.
`

const incidentUsageEN = `Usage:
    chaperone-clinic incident --classes LIST --from DAY --to DAY --text FILE
        --root FILE --root FILE... [--share-passphrase-file FILE]...

Says in public what happened. Numbers, links and amounts may not be in it:
apps show your phone numbers with it.

    --classes LIST   accounts, contact, identity, images, insurance, messages,
                     payment, records
`

const cardUsageEN = `Usage:
    chaperone-clinic card [--png FILE]

Prints the card that patients get at the desk, with its six words.

    --png FILE   the same as a QR code, for print
`

const sendUsageEN = `Usage:
    chaperone-clinic send --text FILE [--kind KIND] [--channel CHANNEL]
        [--days N] [--bundle FILE] [--png FILE]
    chaperone-clinic send --csv FILE --template FILE --out FILE [--plain]
        [--kind KIND] [--channel CHANNEL] [--days N]
    chaperone-clinic send --drafts [--cancel]

Signs a message and puts it into the log. The code is shown when the proof of
the log holds. Nothing is mailed: the code goes into your letter.

    --text FILE        the message; "-" for standard input
    --kind KIND        notice, appointment, billing or records [notice]
    --channel CHANNEL  app, email, sms, post or portal [post]
    --days N           how long it can be checked [180]
    --bundle FILE      also write the .chaperone file to attach
    --png FILE         also write the code as a QR picture
    --csv FILE         one message for each row; the first line has names
    --template FILE    the message, with {{name}} for a column
    --out FILE         the list again, with a code beside each row; sealed
                       under your passphrase unless --plain is said. Given
                       again after it was cut off, it goes on.
    --drafts           go on with what is kept; --cancel gives it up

A text that anyone can check may have no links, addresses, phone numbers,
amounts or long numbers.

Example:
    $ chaperone-clinic send --kind appointment --text letter.txt
`

const openUsageEN = `Usage:
    chaperone-clinic open FILE

Prints a sealed list of codes.
`

const syncUsageEN = `Usage:
    chaperone-clinic sync

Logs the notes that wait, and fetches what is new. With the monitor on this
computer a new status is signed.
`

const statusUsageEN = `Usage:
    chaperone-clinic status [--publish]

Shows the clinic, its keys, the monitor and the newest status.

    --publish   sign a new status first; only with the monitor here. Have it
                run every 6 hours.

Ends with 1 while the monitor here has an open alarm.
`

const handoverUsageEN = `Usage:
    chaperone-clinic handover --from WHO --device REQUEST|--here
        [--label TEXT] [--holder NAME] [--revocation FILE]
        --root FILE --root FILE... [--share-passphrase-file FILE]...

Gives the place of a device to another device or person: the new key may send
what the old one could, and the old one is ended.
`

const drillUsageEN = `Usage:
    chaperone-clinic drill [stolen|mailbox|wrong|root]

Walks through an emergency. Nothing is signed and nothing is sent.
`

const backupUsageEN = `Usage:
    chaperone-clinic backup FILE [--backup-passphrase-file FILE]

Copies all of this machine, sealed under a passphrase of its own. There is no
root key in it.
`

const restoreUsageEN = `Usage:
    chaperone-clinic restore FILE [--backup-passphrase-file FILE]

Brings a copy back into an empty folder. What was sent after the copy is not
in it. A monitor elsewhere needs to make a new invitation.
`

const auditUsageEN = `Usage:
    chaperone-clinic audit [--from DAY] [--to DAY]

Prints who sent what when, as CSV. No text and no code is in it.
`

const sheetUsageEN = `Usage:
    chaperone-clinic sheet --root FILE --name NAME

Prints a root holder's sheet again. There is no secret on it.
`
