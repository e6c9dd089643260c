package main

const monitorComun = `
    --home DIR                      dónde está la carpeta de este equipo
    --json                          un objeto JSON, para programas
`

const monitorPersona = `    --person NOMBRE                 quién decide: un nombre dado en monitor init
    --person-passphrase-file ARCH   leer ahí su frase
`

const monitorInitES = `Uso:
    chaperone-clinic monitor init --address URL --person NOMBRE --person NOMBRE
        [--hours HORARIO] [--name NOMBRE-DE-CLAVE]

Crea las claves del segundo equipo de la clínica y muestra una petición para
chaperone-clinic init. Cada persona escribe su propia frase.

    --address URL                   dónde lo encuentran: https://EQUIPO:PUERTO
    --person NOMBRE                 quién puede aprobar; dos personas o más
    --person-passphrase-file ARCH   leerla ahí, en el orden de --person
    --hours HORARIO                 cuándo abre la clínica, así:
                                    "mon-fri 08:00-18:00"; si no, siempre
    --name NOMBRE-DE-CLAVE          el nombre de su clave
    --passphrase-file ARCH          leer ahí la frase de este equipo
` + monitorComun

const monitorJoinES = `Uso:
    chaperone-clinic monitor join --clinic NÚMERO --server URL

Dice al monitor cuál es su clínica. Traiga el número a mano, de la hoja que
hizo chaperone-clinic init.
` + monitorComun

const monitorServeES = `Uso:
    chaperone-clinic monitor serve [--listen DIRECCIÓN]

Contesta a los equipos de la clínica, lee los registros y muestra alarmas hasta
que se pare. Por la tarde muestra lo enviado a nombre de la clínica. Un monitor
en el equipo de la oficina no escucha.

    --listen DIRECCIÓN              dónde escucha; si no, :8443
    --every TIEMPO                  entre dos lecturas; si no, 30s
    --passphrase-file ARCH          leer ahí la frase de este equipo
` + monitorComun

const monitorInviteES = `Uso:
    chaperone-clinic monitor invite --device PETICIÓN --out ARCHIVO --person NOMBRE

Deja que un equipo pida a este monitor. PETICIÓN es lo que mostró
chaperone-clinic device new. Lleve ARCHIVO a mano al equipo. El monitor debe
estar en marcha.

` + monitorPersona + monitorComun

const monitorApproveES = `Uso:
    chaperone-clinic monitor approve
    chaperone-clinic monitor approve NOMBRE --person NOMBRE [--messages NÚMERO]

Muestra lo que espera a otra persona, o lo aprueba. Nadie aprueba lo que pidió
su propio equipo.

    --messages NÚMERO               cuántos mensajes son, si son muchos
` + monitorPersona + monitorComun

const monitorTodayES = `Uso:
    chaperone-clinic monitor today

Muestra lo que se envió hoy a nombre de la clínica.
` + monitorComun

const monitorAlarmsES = `Uso:
    chaperone-clinic monitor alarms [--all]
    chaperone-clinic monitor alarms --done NÚMERO --person NOMBRE

Muestra las alarmas abiertas, o resuelve una. Acaba con 1 si hay una abierta.

    --all                           también las resueltas
` + monitorPersona + monitorComun

const monitorStatusES = `Uso:
    chaperone-clinic monitor status [--out ARCHIVO]

Muestra el último estado que firmó el monitor y lo escribe en un archivo.
` + monitorComun

const monitorWithdrawES = `Uso:
    chaperone-clinic monitor withdraw COMMIT|LOTE --reason MOTIVO
        --person NOMBRE

Retira un mensaje a nombre de la clínica, también uno que nadie de ella envió.
Vale cuando otra persona dice lo mismo en una hora. COMMIT y LOTE son los de
audit y "monitor today --json"; en el equipo de la oficina basta una
referencia.

    --reason MOTIVO                 not-ours, error o superseded
    --passphrase-file ARCH          leer ahí la frase de este equipo
` + monitorPersona + monitorComun

const monitorEpochES = `Uso:
    chaperone-clinic monitor epoch

Crea un secreto nuevo para el segundo equipo y muestra una petición para
chaperone-clinic profile. Pare antes el monitor. El viejo se conserva.

    --passphrase-file ARCH          leer ahí la frase de este equipo
` + monitorComun

const monitorHolidayES = `Uso:
    chaperone-clinic monitor holiday --until FECHA --person NOMBRE

Dice cuándo abre otra vez la clínica: 2031-05-20 o "2031-05-20 08:30". Vale
cuando otra persona dice lo mismo en una hora.

` + monitorPersona + monitorComun
