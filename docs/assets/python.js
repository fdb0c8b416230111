/* Python in a worker of its own: the page stays free while code runs, and can end it at any moment.
 *
 *   const python = new Python();            // fetches nothing yet
 *   const finished = await python.run([code], {
 *     onStatus: (sentence) => …,            // "Fetching Python, 9 MB once…", "Running…"
 *     onOutput: (text, i) => …,             // what codes[i] has printed since the last call
 *     onEnd: (output, i) => …,              // all that codes[i] printed, when it is done
 *     limit: 65536,                         // characters that one code may print before it is ended
 *   });
 *   python.stop();                          // ends all runs; the next one starts a new Python
 *
 * `run` is given codes that share one namespace, in order. Those that Python has just run, in this
 * order, it does not run again; if the codes are others, the namespace is new. So what is seen is
 * always what a new Python prints that runs `codes` from the first to the last, and a single code
 * that is run again starts afresh. Runs that come while another is busy wait for it.
 *
 * `onOutput` gets whole lines, unless the code asks for less by `print(…, flush=True)`. An exception
 * of the code is output as well. The promise is fulfilled with false if `stop` came first, and
 * rejected with a sentence for the reader if there is no Python to be had.
 */

import { words } from "./words.js";

export class Python {
  #worker = null;
  #loaded = false;
  #ran = [];
  #runs = new Map();
  #number = 0;

  run(codes, { onStatus, onOutput, onEnd, limit = 65536 } = {}) {
    this.#worker ??= this.#start();
    onStatus?.(this.#loaded ? words.waiting : words.fetching);
    const from = isLonger(codes, this.#ran) ? this.#ran.length : 0;
    this.#ran = [...codes];
    const number = this.#number++;
    this.#worker.postMessage({ number, codes, from, limit, flood: words.flood });
    return new Promise((fulfil, reject) => {
      const begin = (i) => onStatus?.(i < codes.length - 1 ? words.runningEarlier : words.running);
      this.#runs.set(number, { begin, output: onOutput, end: onEnd, fulfil, reject });
    });
  }

  stop() {
    this.#close((run) => run.fulfil(false));
  }

  #start() {
    const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }) => worker === this.#worker && this.#receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(words.unstarted);
    };
    return worker;
  }

  #receive({ number, event, values }) {
    if (event === "failure") return this.#fail(words[values[0]] ?? words.broken(values[0]));
    this.#loaded = true;
    const run = this.#runs.get(number);
    if (event === "finish") {
      this.#runs.delete(number);
      run.fulfil(true);
    } else {
      run[event]?.(...values);
    }
  }

  #fail(sentence) {
    this.#close((run) => run.reject(new Error(sentence)));
  }

  #close(settle) {
    this.#worker?.terminate();
    const runs = [...this.#runs.values()];
    this.#worker = null;
    this.#loaded = false;
    this.#ran = [];
    this.#runs.clear();
    runs.forEach(settle);
  }
}

function isLonger(codes, start) {
  return start.length < codes.length && start.every((code, i) => code === codes[i]);
}
