// Python in a worker, for every page of the site.
//
//   import { python } from "./python.js";
//   const { attn_weights } =
//     await python.call("attnbook.simple", "self_attention", [inputs]);
//
// A named tuple comes as an object, its rows as arrays.
//
// Nothing is loaded before the first call; calls wait for each other. A call
// names any function of `attnbook`, or of a module that press/site/runtime.py
// packs. Arguments and results are data: numbers, strings, arrays, objects.
//
//   python.call(module, name, args,
//     { seconds, onProgress, onSilence, onStart, onOutput })
//     seconds     the time limit, 10 if not told
//     onProgress  is given 0 to 1 while Python is on its way
//     onSilence   is called when its download has not answered for a while
//     onStart     is called when Python begins to work
//     onOutput    is given text as it is printed
//   python.extend(seconds)   more time for the call that runs
//   python.stop()            ends it at once
//   python.life              another number, whenever Python is another one
//
// A call that fails rejects with a Failure. Its `kind` is the name of Python's
// exception ("ValueError"), or "stopped", "time" (limit), "crashed" or
// "broken" (download). After these four Python is another one, with no names;
// the next call finds it, and after "broken" tries the download again.

export class Failure extends Error {
  constructor(kind, message = kind) {
    super(message);
    this.kind = kind;
  }
}

// A worker made of a blob is bound by the page's Content-Security-Policy.
const address = new URL("worker.js", import.meta.url).href;
const blob = new Blob([`import ${JSON.stringify(address)};`], {
  type: "text/javascript",
});
const SILENCE = 20_000; // ms without a byte, until that is said
const SPARE_AFTER = 500; // ms of a call, until a spare worker starts

// One worker, from its start to its end.
class Engine {
  listeners = {}; // to what comes while a call waits
  part = 0; // of the download
  #ready = Promise.withResolvers();
  #answer = Promise.withResolvers();

  constructor(compiled) {
    this.#ready.promise.catch(() => {});
    this.#answer.promise.catch(() => {});
    const url = URL.createObjectURL(blob);
    this.worker = new Worker(url, { type: "module", name: "python" });
    this.worker.onmessage = ({ data }) => this.#hear(data);
    this.worker.onerror = () => this.end("broken", "worker.js");
    this.worker.postMessage({ compiled });
  }

  get ready() {
    return this.#ready.promise;
  }

  ask(message) {
    this.#answer = Promise.withResolvers();
    this.worker.postMessage(message);
    return this.#answer.promise;
  }

  end(kind, message) {
    this.over = kind;
    this.worker.terminate();
    this.#ready.reject(new Failure(kind, message));
    this.#answer.reject(new Failure(kind, message));
  }

  #hear({ type, ...data }) {
    if (type === "progress") this.part = data.part;
    if (type === "ready") this.#ready.resolve(data.compiled);
    else if (type === "answer") this.#answer.resolve(data.answer);
    else if (type in this.listeners) this.listeners[type](data);
    else if (data.message) this.end(type, data.message); // broken, crashed
  }
}

// Notices that nothing has come for a while.
class Silence {
  #timer;

  constructor(onSilence = () => {}) {
    this.onSilence = onSilence;
  }

  // Something came; is more expected?
  broken(more) {
    clearTimeout(this.#timer);
    if (more) this.#timer = setTimeout(this.onSilence, SILENCE);
  }
}

/**
 * @typedef {object} Options
 * @property {number} [seconds]
 * @property {(part: number) => void} [onProgress]
 * @property {() => void} [onSilence]
 * @property {() => void} [onStart]
 * @property {(text: string) => void} [onOutput]
 */

class Python {
  life = 0;
  #engine;
  #spare;
  #compiled;
  #busy = false;
  #last = Promise.resolve();
  #deadline = 0;
  #timer;

  /**
   * @param {string} module
   * @param {string} name
   * @param {unknown[]} args
   * @param {Options} options
   * @returns {Promise<any>}
   */
  call(module, name, args = [], options = {}) {
    const call = () => this.#call({ module, name, args }, options);
    const result = this.#last.then(call);
    this.#last = result.catch(() => {});
    return result;
  }

  stop() {
    if (this.#busy) this.#engine.end("stopped");
  }

  extend(seconds) {
    this.#limit(this.#deadline - performance.now() + 1000 * seconds);
  }

  async #call(message, /** @type {Options} */ options) {
    const { seconds = 10, onProgress, onSilence, onStart, onOutput } = options;
    if (this.#engine?.over) this.#replace(this.#engine.over);
    const engine = (this.#engine ??= new Engine(this.#compiled));
    const silence = new Silence(onSilence);
    silence.broken(engine.part < 1);
    engine.listeners = {
      progress: ({ part }) => {
        silence.broken(part < 1);
        onProgress?.(part);
      },
      output: ({ text }) => onOutput?.(text),
    };
    let spare;
    this.#busy = true;
    try {
      this.#compiled = await engine.ready.finally(() => silence.broken(false));
      onStart?.();
      this.#limit(1000 * seconds);
      spare = setTimeout(() => this.#keepSpare(), SPARE_AFTER);
      const { value, error } = await engine.ask(message);
      if (error) throw new Failure(error.kind, error.message);
      return value;
    } finally {
      this.#busy = false;
      clearTimeout(spare);
      clearTimeout(this.#timer);
      if (engine.over) this.#replace(engine.over);
    }
  }

  #limit(ms) {
    clearTimeout(this.#timer);
    this.#deadline = performance.now() + ms;
    this.#timer = setTimeout(() => this.#engine.end("time"), ms);
  }

  #keepSpare() {
    this.#spare ??= new Engine(this.#compiled);
  }

  // What ended is replaced before it is asked for; a download is not.
  #replace(kind) {
    if (this.#compiled && kind !== "broken") this.#keepSpare();
    this.#engine = this.#spare;
    this.#spare = undefined;
    this.life += 1;
  }
}

export const python = new Python();
