package main

const usageES = `Chaperone: una lista de tareas de privacidad y una forma de saber si un
mensaje es realmente de su clínica.

Uso:
    chaperone [--plain] [--home DIR]
    chaperone ORDEN [opciones]

Sin orden abre el programa. Ctrl-X, o Esc dos veces, sale al instante y
borra la pantalla.

    --plain      pregunta línea por línea, para lectores de pantalla
                 (también: CHAPERONE_PLAIN=1)
    --home DIR   dónde está su bóveda (también: CHAPERONE_HOME)

Órdenes:
    verify       ¿es de mi clínica este mensaje?
    clinics      sus clínicas: agregar por su tarjeta, ver, quitar
    plan         qué hacer ahora, como texto o JSON
    crisis       qué hacer si alguien le amenaza
    password     propone una contraseña fuerte
    message      qué escribir a la gente cercana
    letter       cartas a una clínica, una agencia o un sitio
    sync         pone de acuerdo sus dispositivos
    restore      abre su bóveda en este dispositivo con el código de recuperación
    recovery     muestra, confirma o imprime el código de recuperación
    use          elige el servidor que guarda su bóveda sellada
    wipe         borra todo de este dispositivo
    version      la versión de este programa
    help         ayuda sobre una orden

Códigos de salida:
    0     hecho, o auténtico
    1     no es auténtico, o no es válido ahora
    2     no se puede saber, o nadie respondió
    3     rechazado
    4     problema en este dispositivo: disco, permisos, otra ventana
    64    no se entendió la orden
    128+N terminado por la señal N

Ejemplo:
    $ chaperone verify --bundle carta.chaperone --text carta.txt
`

const verifyUsageES = `Uso:
    chaperone verify [--code CÓDIGO] [--bundle ARCHIVO] [--text ARCHIVO]
                     [--sender QUIÉN] [--json] [--server URL]
                     [--no-vault] [--home DIR]

Dice si un mensaje es realmente de su clínica.

    --code CÓDIGO      el código del mensaje; "-" lo lee de la entrada
                       estándar, donde otros programas no lo ven
    --bundle ARCHIVO   el archivo .chaperone que vino con el mensaje
    --text ARCHIVO     el mensaje tal como lo recibió, para comparar
    --sender QUIÉN     el número o la dirección de quien lo envió
    --json             un objeto JSON, para programas
    --server URL       pregunta a este servidor si aquí no hay una clínica
    --no-vault         juzga sin su bóveda; entonces no se conoce ninguna
                       clínica y la respuesta nunca es "auténtico"
    --home DIR         dónde está su bóveda

ARCHIVO puede ser "-", la entrada estándar, una sola vez. Al servidor solo
va un número hecho del código, nunca el código ni el texto. Con un código y
un archivo vale la peor de las dos respuestas. Sin ninguno, el texto y quien
lo envió se comparan con lo que guardó de su clínica: eso puede mostrar que
algo está mal, nunca que es auténtico. La bóveda no debe estar abierta en
otra ventana.

El código de salida es 0 si es auténtico, 1 si no lo es o no es válido
ahora, 2 si no se puede saber, 4 si hay un problema en este dispositivo.

Ejemplo:
    $ chaperone verify --code - --text carta.txt
`

const clinicsUsageES = `Uso:
    chaperone clinics [list] [--json] [--home DIR]
    chaperone clinics add --words "SEIS PALABRAS" --from desk | post | remote
                     [--yes] [--server URL] [--home DIR]
    chaperone clinics add [--name NOMBRE] [--number N ...] [--domain D ...]
                     [--address A ...] [--home DIR]
    chaperone clinics remove NOMBRE [--yes] [--home DIR]
    chaperone clinics dismiss ID [--home DIR]

Sus clínicas, y mensajes en los que confió y que no eran de ellas.

    --words "..."    las seis palabras de una tarjeta que tuvo antes; las que
                     vinieron con un mensaje, una llamada o una carta no
                     prueban nada
    --from DÓNDE     cómo recibió la tarjeta: desk, en la clínica; post, por
                     carta; remote, por correo, mensaje, llamada o enlace
    --yes            no preguntar
    --server URL     pregunta a este servidor en vez del elegido

Para una clínica sin esa tarjeta, guarde lo que dice su tarjeta o factura:

    --name NOMBRE    cómo la llama usted
    --number N       un teléfono; repita la opción para otro
    --domain D       una dirección web
    --address A      una dirección de correo

"chaperone verify" dice entonces si un mensaje trae otros. Lo guardado nunca
hace auténtico un mensaje. "remove" acepta un nombre, o un identificador
como lo muestra --json.

Ejemplo:
    $ chaperone clinics add --name "Mi clínica" --number "555-555-0142"
`

const planUsageES = `Uso:
    chaperone plan [--answers ARCHIVO [--progress ARCHIVO]] [--now T]
                   [--json | --print | --helper] [--ics ARCHIVO] [--home DIR]

Muestra qué hacer ahora y qué viene después.

    --answers ARCHIVO    plan según las respuestas de un archivo JSON; no lee
                         ninguna bóveda
    --progress ARCHIVO   lo que ya está hecho, en un archivo JSON, junto con
                         las respuestas
    --now T              el plan de un día (2027-01-15) o de un momento
                         (2027-01-15T09:00:00Z)
    --json               un objeto JSON, para programas
    --print              el plan completo, con cada paso, para papel
    --helper             una hoja para alguien de confianza: tareas y cómo se
                         hacen, y nada de por qué
    --ics ARCHIVO        escribe además los próximos avisos como calendario,
                         que dice cuántas tareas hay y nunca cuáles
    --home DIR           dónde está su bóveda

ARCHIVO puede ser "-" para la entrada estándar, una vez; "--ics -" escribe el
calendario en la salida estándar en lugar del plan.

Ejemplo:
    $ echo '{"stage": "worried", "region": "us", "uses": ["facebook"]}' |
        chaperone plan --answers - --json

El avance se escribe así; los tiempos son segundos Unix:
    {"schema": "chaperone.progress.v1", "rows": [
      {"item": "money.freeze", "status": "done", "rev_done": 1,
       "done_at": 1796000000}]}
`

const crisisUsageES = `Uso:
    chaperone crisis [--region CÓDIGO] [--print [--paper a4 | letter]]

Qué hacer, en orden, si alguien le amenaza. No necesita bóveda ni red, y no
guarda nada.

    --region CÓDIGO   su país en dos letras, como us; sin él no se muestran
                      números de ningún país
    --print           una página para papel: los pasos, qué guardar, un
                      mensaje para enviar y dónde denunciar
    --paper TAMAÑO    a4 o letter; sin él, lo usual en su país

Ejemplo:
    $ chaperone crisis --region us
`

const passwordUsageES = `Uso:
    chaperone password [--words N | --length N] [--json]

Propone una contraseña fuerte, hecha en este dispositivo ahora mismo. Nada la
guarda: póngala en su gestor de contraseñas, o en un papel.

    --words N    de N palabras de una lista inglesa conocida, de 5 a 12; 6 si
                 no dice otra cosa (77 bits)
    --length N   de N letras, números y signos, de 15 a 64
    --json       un objeto JSON, para programas

Ejemplo:
    $ chaperone password --length 20
`

const messageUsageES = `Uso:
    chaperone message [--tone plain | warm | short]

Un mensaje que puede enviar a la gente cercana, antes de que les escriba otra
persona. Este programa no envía nada.

    --tone TONO   cómo se dice: claro (plain), con cariño (warm) o breve
                  (short); sin la opción: plain

Ejemplo:
    $ chaperone message --tone short
`

const letterUsageES = `Uso:
    chaperone letter [--region CÓDIGO]
    chaperone letter ID [--field NOMBRE=VALOR ...] [--ask] [--to AGENCIA]
                     [--region CÓDIGO] [--out ARCHIVO] [--format md | txt]
                     [--language en | es]

Sin ID enumera las cartas. Con uno escribe la carta, llena en este
dispositivo. No se guarda nada más que el archivo que usted nombre.

    --field NOMBRE=VALOR   llena un campo; \n dentro empieza otra línea. Otros
                           programas de este dispositivo pueden ver lo que
                           hay en una línea de órdenes; --ask lo evita
    --ask                  pregunta los demás campos, o los lee de la entrada
                           estándar
    --to AGENCIA           la dirige a esta agencia
    --region CÓDIGO        su país en dos letras, como us
    --out ARCHIVO          un archivo nuevo que solo usted puede leer; nunca
                           se sobrescribe uno que ya existe
    --format md | txt      Markdown o texto; texto si ARCHIVO no termina en
                           .md
    --language en | es     el idioma de la carta

Un campo que se deja fuera pasa a ser una línea para llenar a mano, o no sale
si la carta vale sin él. No escriba un número de seguro social: donde hace
falta, la carta lleva una línea para él.

Ejemplo:
    $ chaperone letter freeze --to us-equifax --ask --out letter.txt
`

const syncUsageES = `Uso:
    chaperone sync [--server URL] [--home DIR]

Pone de acuerdo este dispositivo y los demás. El servidor solo ve una bóveda
sellada.

    --server URL   usa este servidor una vez en lugar del elegido
    --home DIR     dónde está su bóveda

Ejemplo:
    $ chaperone sync
`

const restoreUsageES = `Uso:
    chaperone restore [--server URL] [--home DIR]

Abre su bóveda en este dispositivo. Le pide el código de recuperación; nunca
es un argumento, donde otros programas podrían leerlo. Si la entrada
estándar no es una terminal, el código es su primera línea.

    --server URL   el servidor que guarda su bóveda sellada
    --home DIR     dónde estará su bóveda

Ejemplo:
    $ chaperone restore --server https://chaperone.example
`

const recoveryUsageES = `Uso:
    chaperone recovery [--confirm | --print] [--home DIR]

Muestra el código de recuperación hasta que usted lo haya escrito una vez.
Sin el código nadie, tampoco el servidor, puede abrir su bóveda en otro
lugar.

    --confirm    solo pide el código, para ver que lo anotó bien
    --print      una hoja para papel, en la salida estándar
    --home DIR   dónde está su bóveda

Ejemplo:
    $ chaperone recovery --print | lp
`

const useUsageES = `Uso:
    chaperone use [URL | --off] [--home DIR]

Elige el servidor que guarda su bóveda sellada, para que un segundo
dispositivo pueda tenerla. Sin URL dice qué servidor está elegido.

    --off        no usar servidor; nada sale de este dispositivo
    --home DIR   dónde está su bóveda

Ejemplo:
    $ chaperone use https://chaperone.example
`

const wipeUsageES = `Uso:
    chaperone wipe [--everywhere] [--yes] [--home DIR]

Borra todo de este dispositivo, después de que usted escriba una palabra.
Con el código de recuperación puede volver más tarde si la bóveda se guardó
en un servidor.

    --everywhere   borra también la copia del servidor; sus otros
                   dispositivos ya no podrán ponerse de acuerdo
    --yes          no preguntar
    --home DIR     dónde está su bóveda

Ejemplo:
    $ chaperone wipe
`

const versionUsageES = `Uso:
    chaperone version

Dice la versión de este programa y de su contenido.

Ejemplo:
    $ chaperone version
`
