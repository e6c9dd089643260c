// Loads the module the way a Worker does and prints the answers to a list of calls.
// Arguments: wasm_exec.js, the module, a JSON file of calls [{verify: [...]}, {parseCode: [...]}].
"use strict";
const fs = require("node:fs");
const [, , exec, wasm, calls] = process.argv;
require(exec);

const ready = new Promise((resolve) => { globalThis.chaperoneLookupReady = resolve; });
const go = new Go();
(async () => {
	const { instance } = await WebAssembly.instantiate(fs.readFileSync(wasm), go.importObject);
	void go.run(instance);
	await ready;
	const start = process.hrtime.bigint();
	const answers = JSON.parse(fs.readFileSync(calls, "utf8")).map((call) => {
		if (call.parseCode) {
			return JSON.parse(chaperoneLookup.parseCode(...call.parseCode));
		}
		const [bundle, ...rest] = call.verify;
		return JSON.parse(chaperoneLookup.verify(bundle === null ? null : Buffer.from(bundle, "base64"), ...rest));
	});
	const ms = Number(process.hrtime.bigint() - start) / 1e6;
	process.stdout.write(JSON.stringify({ ms, answers }));
	process.exit(0);
})().catch((e) => { console.error(e); process.exit(1); });
