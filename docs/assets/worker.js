/* The worker of python.js. Pyodide and the book's Python lie in `_py/`, put there by browser.py. */

const session = load().catch(fail);

onmessage = async ({ data }) => {
  const python = await session;
  if (python) run(python, data);
};

function run(python, { number, codes, from, limit, flood }) {
  try {
    if (from === 0) python.restart();
    for (let i = from; i < codes.length; i++) {
      tell(number, "begin", i);
      const output = python.run(codes[i], (text) => tell(number, "output", text, i), limit, flood);
      tell(number, "end", output, i);
    }
    tell(number, "finish");
  } catch (error) {
    tell(number, "failure", error.message.trim().split("\n").at(-1));
  }
}

/** Tells what words.js has a sentence for, or the reason itself. */
function fail(error) {
  tell(null, "failure", error.message);
}

function tell(number, event, ...values) {
  postMessage({ number, event, values });
}

async function load() {
  onunhandledrejection = ({ reason }) => fail(reason); // Pyodide would wait for ever
  const folder = await assembled();
  const archive = fetched(`${folder}book.zip`);
  archive.catch(() => {}); // it is awaited below, and an error is told there
  inflatePyodide();
  const { loadPyodide } = await import(`${folder}pyodide.mjs`).catch(unfetched);
  const pyodide = await loadPyodide({
    indexURL: folder,
    packageBaseUrl: folder, // else what is missing is asked of another host
    packages: ["numpy"],
    env: { PYTHONHASHSEED: "0", COLUMNS: "80" }, // as when the book is built
    stdin: () => null,
  });
  if (!pyodide.loadedPackages.numpy) unfetched();
  pyodide.unpackArchive(await (await archive).arrayBuffer(), "zip");
  onunhandledrejection = null;
  return pyodide.pyimport("book.live").Session();
}

/** The address of the folder that holds this site's Python. */
async function assembled() {
  const parent = new URL("../_py/", import.meta.url);
  const answer = await fetched(new URL("current.json", parent), { cache: "no-cache" });
  const { folder } = await answer.json().catch(() => ({})); // a host may answer with a page
  if (!folder) throw new Error("unassembled");
  return new URL(`${folder}/`, parent).href;
}

async function fetched(address, options) {
  const answer = await fetch(address, options).catch(unfetched);
  if (!answer.ok) throw new Error("unassembled");
  return answer;
}

function unfetched() {
  throw new Error("unfetched");
}

/** Lets Pyodide's own fetch of its largest file get the compressed one: few hosts compress it. */
function inflatePyodide() {
  const plain = self.fetch;
  self.fetch = async (resource, options) => {
    const address = String(resource.url ?? resource);
    if (!address.endsWith(".wasm")) return plain(resource, options);
    const { body } = await fetched(`${address}.gzip`, options);
    const headers = { "Content-Type": "application/wasm" };
    return new Response(body.pipeThrough(new DecompressionStream("gzip")), { headers });
  };
}
