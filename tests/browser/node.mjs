/* Runs every chapter in the Python that a built site holds, and compares with what was committed.
 *
 *   python -m docs.book.browser site && node tests/browser/node.mjs site
 */

import { cp, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const CELLS = fileURLToPath(new URL("../../docs/cells/", import.meta.url));
const COMPARE = `
import difflib
from book.cells import cut, joined
from book.live import Session

session = Session()
outputs = {name: session.run(code, len, 65536, "too much") for name, code in cut(source).items()}
lines = (committed.splitlines(), joined(outputs).splitlines())
"\\n".join(difflib.unified_diff(*lines, "book", "browser", lineterm="", n=1))
`;

/** The files that browsers get, as Node can load them: in a folder, and not compressed. */
async function unpacked(site) {
  const { folder } = JSON.parse(await readFile(join(site, "_py", "current.json"), "utf8"));
  const place = await mkdtemp(join(tmpdir(), "book-"));
  await cp(join(site, "_py", folder), place, { recursive: true });
  const wasm = join(place, "pyodide.asm.wasm");
  await writeFile(wasm, gunzipSync(await readFile(`${wasm}.gzip`)));
  return place;
}

/** What a chapter prints otherwise than the book says, as a difference; "" if nothing. */
async function difference(place, chapter) {
  const { loadPyodide } = await import(join(place, "pyodide.mjs"));
  const python = await loadPyodide({
    indexURL: place,
    packageBaseUrl: place,
    packages: ["numpy"],
    env: { PYTHONHASHSEED: "0", COLUMNS: "80" },
  });
  python.unpackArchive(new Uint8Array(await readFile(join(place, "book.zip"))), "zip");
  python.globals.set("source", await readFile(join(CELLS, `${chapter}.py`), "utf8"));
  python.globals.set("committed", await readFile(join(CELLS, `${chapter}.out`), "utf8"));
  return python.runPython(COMPARE);
}

let faults = 0;
const place = await unpacked(process.argv[2] ?? "site");
try {
  const files = (await readdir(CELLS)).filter((file) => file.endsWith(".py")).sort();
  for (const chapter of files.map((file) => file.slice(0, -3))) {
    const start = Date.now();
    const wrong = await difference(place, chapter).catch((error) => error.message);
    console.log(`${chapter.padEnd(20)} ${wrong ? "differs" : "same"} ${((Date.now() - start) / 1000).toFixed(1)} s`);
    if (wrong) console.log(wrong);
    faults += wrong ? 1 : 0;
  }
} finally {
  await rm(place, { recursive: true });
}
process.exitCode = Math.min(faults, 1); // here, since Pyodide sets it, too
