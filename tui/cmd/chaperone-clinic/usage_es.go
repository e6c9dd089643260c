package main

const usageES = `Mensajes de su clínica que un paciente puede comprobar.

Uso:
    chaperone-clinic ORDEN [opciones]

Para empezar:
    init          crear una clínica: claves, primer perfil, hojas
    device new    crear la clave de este equipo
    device join   unir este equipo a una clínica
    grant         permitir que un equipo envíe
    card          la tarjeta que reciben los pacientes en recepción

Cada día:
    send          firmar y enviar un mensaje, o uno por fila de una lista
    open          leer una lista de códigos sellada
    withdraw      retirar un mensaje
    status        lo que sabe este equipo
    sync          registrar lo que espera y traer lo nuevo
    audit         quién envió qué y cuándo

Cuando algo cambia:
    revoke        dar de baja la clave de un equipo
    handover      dar el puesto de un equipo a otro equipo o persona
    profile       teléfonos, servidores, testigos: verlos o cambiarlos
    rotate        crear claves raíz nuevas
    incident      decir en público qué pasó
    drill         practicar una emergencia
    backup        copiar este equipo, sin claves raíz
    restore       recuperar una copia
    sheet         imprimir otra vez la hoja de una clave raíz

El segundo equipo:
    monitor init, join, serve, invite, approve, today, alarms, status,
    withdraw, holiday, epoch

    version       la versión de este programa
    help          ayuda con una orden

Todas las órdenes aceptan
    --home DIR               dónde está la carpeta de este equipo
                             (también: CHAPERONE_CLINIC_HOME)
    --passphrase-file ARCH   leer ahí la frase, no en la terminal
    --json                   un objeto JSON, para programas

Códigos de salida:
    0     hecho
    1     otra persona envía a nombre de su clínica
    2     nadie contestó; lo empezado se conserva
    3     rechazado
    4     problema en este equipo: disco, permisos, otra ventana
    64    no se entendió la línea de órdenes
`

const versionUsageES = `Uso:
    chaperone-clinic version

Muestra la versión de este programa.
`

const initUsageES = `Uso:
    chaperone-clinic init --shares DIR --monitor here|PETICIÓN
        [--name NOMBRE] [--slug CORTO] [--phone NÚMERO]... [--server URL]
        [--public URL]... [--policy ARCHIVO]
        [--holders 3] [--threshold 2] [--revokers 2]
        [--share-passphrase-file ARCHIVO]...
        [--person NOMBRE --person NOMBRE... [--hours HORARIO]]

Crea una clínica. Las claves raíz y las de baja se escriben en DIR, cada una
en un archivo sellado con su propia frase, para darlas a quienes las guardan.
En este equipo no queda ninguna.

    --name NOMBRE      como la conocen los pacientes, hasta 60 letras
    --slug CORTO       un nombre corto: a-z, 0-9 y guiones
    --phone NÚMERO     como +15555550100; puede repetirse
    --server URL       dónde publica este equipo
    --public URL       dónde preguntan los pacientes, si es otra dirección
    --policy ARCHIVO   la política de testigos; si no, la del servidor
    --shares DIR       una carpeta en una memoria, para esas claves
    --holders N        cuántas personas guardan una clave raíz
    --threshold K      cuántas de ellas deben juntarse
    --revokers N       cuántas personas pueden dar de baja un equipo solas
    --monitor PETICIÓN lo que mostró "monitor init" en el segundo equipo;
                       "here" deja las dos claves en este, y a cada paciente
                       se le dice
    --person NOMBRE    con "here", quién puede aprobar; dos personas o más,
                       cada una con su propia frase
    --person-passphrase-file ARCHIVO
                       leerla ahí, en el orden de --person
    --hours HORARIO    con "here", cuándo abre la clínica, así:
                       "mon-fri 08:00-18:00"; si no, siempre
    --share-passphrase-file ARCHIVO
                       uno para todos, o uno por archivo en su orden

Lo que no se dice se pregunta. Después pida a quien lleva el servidor que
admita la clínica.

Ejemplo:
    $ chaperone-clinic init --shares /media/memoria --monitor here \
        --person ana --person ben
`

const deviceNewUsageES = `Uso:
    chaperone-clinic device new [--name NOMBRE] [--replace]

Crea la clave de este equipo y muestra la línea para quienes guardan las
claves raíz.

    --name NOMBRE   de la clave: letras, cifras, puntos y guiones
    --replace       crear otra después de dar de baja la vieja
`

const deviceJoinUsageES = `Uso:
    chaperone-clinic device join --clinic ID --server URL [--monitor ARCHIVO]
    chaperone-clinic device join --monitor ARCHIVO

Une este equipo a una clínica. Use antes "device new".

    --clinic ID         el identificador que mostró init
    --server URL        dónde publica la clínica
    --monitor ARCHIVO   la invitación que hizo el monitor para este equipo;
                        bórrela después
`

const grantUsageES = `Uso:
    chaperone-clinic grant --device PETICIÓN|--here --label TEXTO
        --holder NOMBRE [--kinds LISTA] [--cap N] [--revocation ARCHIVO]
        --root ARCHIVO --root ARCHIVO... [--share-passphrase-file ARCHIVO]...
    chaperone-clinic grant --renew QUIÉN --root ARCHIVO --root ARCHIVO...

Permite que un equipo envíe durante 90 días. Antes de que acaben, renuévelo:
--renew lo deja como estaba, también al monitor y a quienes dan de baja, que
tienen un año.

    --device PETICIÓN      lo que mostró "device new"
    --renew QUIÉN          su nombre, quien responde, su petición o su clave
    --here                 la clave de este equipo
    --label TEXTO          lo que leen los pacientes, como "Recepción"
    --holder NOMBRE        quién responde: a-z, 0-9 y guiones
    --kinds LISTA          notice, appointment, billing, records, withdraw,
                           call-intent, enrol, incident, report-reply
                           [notice,appointment,withdraw]
    --cap N                mensajes al día sin otra persona [200]
    --revocation ARCHIVO   escribir también la nota por si lo roban
    --root ARCHIVO         una clave raíz; una vez por persona presente

Ejemplo:
    $ chaperone-clinic grant --here --label "Recepción" --holder recepcion \
        --root /media/a/root-1.age --root /media/b/root-2.age
`

const revokeUsageES = `Uso:
    chaperone-clinic revoke QUIÉN --reason compromised|retired
        [--since MOMENTO]
        [--root ARCHIVO... | --revoker ARCHIVO | --sealed ARCHIVO]
        [--share-passphrase-file ARCHIVO]...

Da de baja la clave de un equipo, para siempre.

    QUIÉN              su nombre, quien responde, su petición o su clave
    --reason MOTIVO    compromised: robada; retired: ya no se usa
    --since MOMENTO    desde cuándo: 2026-12-01 o 2026-12-01T10:00:00Z;
                       compromised sin él vale desde el principio
    --root ARCHIVO     firmar con claves raíz
    --revoker ARCHIVO  firmar con una clave de baja
    --sealed ARCHIVO   usar la nota firmada al autorizar

Sin clave se usa la nota firmada al autorizar, si está aquí.
`

const withdrawUsageES = `Uso:
    chaperone-clinic withdraw [REF|-] --reason not-ours|error|superseded
        [--root ARCHIVO...] [--share-passphrase-file ARCHIVO]...

Retira un mensaje. REF es su referencia, o su commit según audit. Sin ella se
pregunta el código; "-" lo lee de la entrada estándar.

Un mensaje que no es suyo lo retiran las claves raíz, o dos personas con
"monitor withdraw".
`

const profileUsageES = `Uso:
    chaperone-clinic profile
    chaperone-clinic profile [--phone NÚMERO]... [--public URL]...
        [--status-hours N] [--new-epoch | --monitor PETICIÓN]
        [--policy ARCHIVO] [--log-frozen LÍNEA]... [--closed]
        --root ARCHIVO --root ARCHIVO... [--share-passphrase-file ARCHIVO]...

Muestra lo que la clínica dice de sí misma, o lo cambia.

    --phone NÚMERO     en lugar de todos los que había; puede repetirse
    --public URL       dónde preguntan los pacientes, en lugar de lo que había
    --status-hours N   cuánto vale un estado, de 24 a 96
    --new-epoch        un secreto nuevo para el monitor en este equipo
    --monitor PETICIÓN lo mismo para un segundo equipo: lo que mostró ahí
                       "monitor epoch"
    --policy ARCHIVO   otra política de testigos; la vieja acaba en dos días
    --log-frozen LÍNEA la línea de quien lleva el servidor, si se cambió un
                       registro. Úsela con --policy.
    --closed           la clínica cierra para siempre: no se envía nada más

Secreto y testigos valen un año. "status" dice cuándo acaban.
`

const rotateUsageES = `Uso:
    chaperone-clinic rotate --shares DIR [--holders 3] [--threshold 2]
        --root ARCHIVO --root ARCHIVO... [--share-passphrase-file ARCHIVO]...
        [--new-passphrase-file ARCHIVO]...

Crea claves raíz nuevas. Las viejas firman el cambio; las aplicaciones de los
pacientes usan las nuevas después de 72 horas.
`

const incidentUsageES = `Uso:
    chaperone-clinic incident --classes LISTA --from DÍA --to DÍA
        --text ARCHIVO --root ARCHIVO --root ARCHIVO...
        [--share-passphrase-file ARCHIVO]...

Dice en público qué pasó. No puede llevar números, enlaces ni importes: las
aplicaciones muestran sus teléfonos junto al texto.

    --classes LISTA   accounts, contact, identity, images, insurance,
                      messages, payment, records
`

const cardUsageES = `Uso:
    chaperone-clinic card [--png ARCHIVO]

Muestra la tarjeta que reciben los pacientes, con sus seis palabras.

    --png ARCHIVO   lo mismo como código QR, para imprimir
`

const sendUsageES = `Uso:
    chaperone-clinic send --text ARCHIVO [--kind TIPO] [--channel CANAL]
        [--days N] [--bundle ARCHIVO] [--png ARCHIVO]
    chaperone-clinic send --csv ARCHIVO --template ARCHIVO --out ARCHIVO
        [--plain] [--kind TIPO] [--channel CANAL] [--days N]
    chaperone-clinic send --drafts [--cancel]

Firma un mensaje y lo pone en el registro. El código se muestra cuando la
prueba del registro es válida. No envía correo: el código va en su carta.

    --text ARCHIVO      el mensaje; "-" es la entrada estándar
    --kind TIPO         notice, appointment, billing o records [notice]
    --channel CANAL     app, email, sms, post o portal [post]
    --days N            cuánto tiempo se puede comprobar [180]
    --bundle ARCHIVO    escribir también el archivo .chaperone
    --png ARCHIVO       escribir también el código como imagen QR
    --csv ARCHIVO       un mensaje por fila; la primera línea tiene nombres
    --template ARCHIVO  el mensaje, con {{nombre}} por columna
    --out ARCHIVO       la lista otra vez, con un código por fila; sellada
                        con su frase, salvo --plain. Si se cortó, la misma
                        orden sigue donde quedó.
    --drafts            seguir con lo conservado; --cancel lo abandona

Un texto que cualquiera puede comprobar no lleva enlaces, direcciones,
teléfonos, importes ni números largos.

Ejemplo:
    $ chaperone-clinic send --kind appointment --text carta.txt
`

const openUsageES = `Uso:
    chaperone-clinic open ARCHIVO

Muestra una lista de códigos sellada.
`

const syncUsageES = `Uso:
    chaperone-clinic sync

Registra las notas que esperan y trae lo nuevo. Con el monitor en este equipo
se firma un estado nuevo.
`

const statusUsageES = `Uso:
    chaperone-clinic status [--publish]

Muestra la clínica, sus claves, el monitor y el estado más nuevo.

    --publish   firmar antes un estado nuevo; solo con el monitor aquí.
                Prográmelo cada 6 horas.

Acaba con 1 si el monitor de aquí tiene una alarma abierta.
`

const handoverUsageES = `Uso:
    chaperone-clinic handover --from QUIÉN --device PETICIÓN|--here
        [--label TEXTO] [--holder NOMBRE] [--revocation ARCHIVO]
        --root ARCHIVO --root ARCHIVO... [--share-passphrase-file ARCHIVO]...

Da el puesto de un equipo a otro equipo o persona: la clave nueva puede enviar
lo mismo que la vieja, y la vieja queda de baja.
`

const drillUsageES = `Uso:
    chaperone-clinic drill [stolen|mailbox|wrong|root]

Recorre una emergencia. No se firma ni se envía nada.
`

const backupUsageES = `Uso:
    chaperone-clinic backup ARCHIVO [--backup-passphrase-file ARCHIVO]

Copia todo este equipo, sellado con una frase propia. No contiene ninguna
clave raíz.
`

const restoreUsageES = `Uso:
    chaperone-clinic restore ARCHIVO [--backup-passphrase-file ARCHIVO]

Recupera una copia en una carpeta vacía. No contiene lo que se envió después.
Un monitor en otro equipo debe hacer otra invitación.
`

const auditUsageES = `Uso:
    chaperone-clinic audit [--from DÍA] [--to DÍA]

Muestra quién envió qué y cuándo, en CSV. No contiene textos ni códigos.
`

const sheetUsageES = `Uso:
    chaperone-clinic sheet --root ARCHIVO --name NOMBRE

Imprime otra vez la hoja de una clave raíz. No contiene secretos.
`
