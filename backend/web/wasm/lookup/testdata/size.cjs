// Prints the size of a file in bytes: plain, gzip at its best, brotli at its best. Node's own
// compressors are native; Go's brotli under the race detector takes minutes.
'use strict';
const fs = require('node:fs');
const zlib = require('node:zlib');

const raw = fs.readFileSync(process.argv[2]);
const gz = zlib.gzipSync(raw, { level: 9 });
const br = zlib.brotliCompressSync(raw, {
  params: {
    [zlib.constants.BROTLI_PARAM_QUALITY]: 11,
    [zlib.constants.BROTLI_PARAM_LGWIN]: 24,
    [zlib.constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
  },
});
console.log(raw.length, gz.length, br.length);
