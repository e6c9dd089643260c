package main

const monitorCommon = `
    --home DIR                      where this machine's folder is
    --json                          one JSON object, for programs
`

const monitorPerson = `    --person NAME                   who decides: a name given to monitor init
    --person-passphrase-file FILE   read their passphrase there
`

const monitorInitEN = `Usage:
    chaperone-clinic monitor init --address URL --person NAME --person NAME
        [--hours HOURS] [--name KEY-NAME]

Makes the keys of the clinic's second machine and prints a request for
chaperone-clinic init. Each person types a passphrase of their own.

    --address URL                   where devices reach it: https://HOST:PORT
    --person NAME                   who may approve; two people or more
    --person-passphrase-file FILE   read it there, in the order of --person
    --hours HOURS                   when the clinic is open, such as
                                    "mon-fri 08:00-18:00"; otherwise always
    --name KEY-NAME                 the name of its key
    --passphrase-file FILE          read this machine's passphrase there
` + monitorCommon

const monitorJoinEN = `Usage:
    chaperone-clinic monitor join --clinic ID --server URL

Tells the monitor which clinic it is for. Bring the number of the clinic by
hand, from the sheet that chaperone-clinic init made.
` + monitorCommon

const monitorServeEN = `Usage:
    chaperone-clinic monitor serve [--listen ADDRESS]

Answers the clinic's devices, reads the logs, and shows alarms, until it is
stopped. In the evening it lists what was sent in the clinic's name. A monitor
on the office's own computer does not listen.

    --listen ADDRESS                where to listen; otherwise :8443
    --every TIME                    between two looks at the logs; otherwise 30s
    --passphrase-file FILE          read this machine's passphrase there
` + monitorCommon

const monitorInviteEN = `Usage:
    chaperone-clinic monitor invite --device REQUEST --out FILE --person NAME

Lets a device ask this monitor. REQUEST is what chaperone-clinic device new
printed. Carry FILE to the device by hand. The monitor must be running.

` + monitorPerson + monitorCommon

const monitorApproveEN = `Usage:
    chaperone-clinic monitor approve
    chaperone-clinic monitor approve NAME --person NAME [--messages NUMBER]

Lists what waits for a second person, or approves one of it. Nobody approves
what their own device asked for.

    --messages NUMBER               how many messages a batch has
` + monitorPerson + monitorCommon

const monitorTodayEN = `Usage:
    chaperone-clinic monitor today

Shows what was sent in the clinic's name today.
` + monitorCommon

const monitorAlarmsEN = `Usage:
    chaperone-clinic monitor alarms [--all]
    chaperone-clinic monitor alarms --done NUMBER --person NAME

Lists open alarms, or settles one. Ends with 1 while an alarm is open.

    --all                           settled ones too
` + monitorPerson + monitorCommon

const monitorStatusEN = `Usage:
    chaperone-clinic monitor status [--out FILE]

Shows the newest status that the monitor signed, and writes it to a file.
` + monitorCommon

const monitorWithdrawEN = `Usage:
    chaperone-clinic monitor withdraw COMMIT|BATCH --reason REASON --person NAME

Takes back a message in the clinic's name, also one that nobody of the clinic
sent. It counts once a second person has said the same within an hour. COMMIT
and BATCH are those of audit and of "monitor today --json"; on the office's own
computer a reference will do.

    --reason REASON                 not-ours, error or superseded
    --passphrase-file FILE          read this machine's passphrase there
` + monitorPerson + monitorCommon

const monitorEpochEN = `Usage:
    chaperone-clinic monitor epoch

Makes a new secret for the second machine and prints a request for
chaperone-clinic profile. Stop the monitor first. The old secret stays.

    --passphrase-file FILE          read this machine's passphrase there
` + monitorCommon

const monitorHolidayEN = `Usage:
    chaperone-clinic monitor holiday --until DATE --person NAME

Says when the clinic opens again: 2031-05-20, or "2031-05-20 08:30". It counts
once a second person has said the same within an hour.

` + monitorPerson + monitorCommon
