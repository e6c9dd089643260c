package main

const usageES = `Mensajes de su clínica que un paciente puede comprobar.

Uso:
    chaperone-clinic ORDEN [opciones]

Órdenes:
    version      la versión de este programa
    help         ayuda con una orden

Códigos de salida:
    0     hecho
    2     nadie contestó; lo empezado se conserva
    3     rechazado
    4     problema en este equipo: disco, permisos, otra ventana
    64    no se entendió la línea de órdenes
`

const versionUsageES = `Uso:
    chaperone-clinic version

Muestra la versión de este programa.
`
