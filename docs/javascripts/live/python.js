// Python in a worker, for every page of the site.
//
//   import { python } from "./python.js";
//   const { attn_weights } =
//     await python.call("attnbook.simple", "self_attention", [inputs]);
//
// A named tuple comes as an object, its rows as arrays.
//
// Nothing is loaded before the first call, or the first `warm`; calls wait for
// each other. A call names any function of `attnbook`, or of a module that
// press/site/runtime.py packs. Arguments and results are data: numbers,
// strings, arrays, objects.
//
//   python.call(module, name, args, options)
//     seconds     the time limit, 10 if not told
//     onProgress  is given 0 to 1 while Python is on its way
//     onStarting  is given 0 to 1 while it starts
//     onStart     is called when Python begins to work
//     onOutput    is given text as it is printed
//   python.warm()            load it now, unless the reader saves data
//   python.extend(seconds)   more time for the call that runs
//   python.stop()            ends it at once
//   python.life              another number, whenever Python is another one
//
// A call that fails rejects with a Failure. Its `kind` is "ValueError" where a
// function refused what it was given, or "stopped", "time" (limit), "crashed",
// "broken" (download) or "silent" (a download that brought nothing for long).
// After these five Python is another one, with no names; the next call finds
// it, and after the last two tries the download again.

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
const SPARE_AFTER = 500; // ms of a call, until a spare worker starts
const SILENCE = 30_000; // ms without a byte, until a download is given up

// One worker, from its start to its end. `had` is what one before it had: the
// compiled runtime, and the memory of a Python that has just started.
class Engine {
  #listeners = {}; // to what comes while a call waits
  #latest; // of what it told of its start
  #ready = Promise.withResolvers();
  #answer = Promise.withResolvers();
  #silence;

  constructor(had) {
    this.#ready.promise.catch(() => {});
    this.#answer.promise.catch(() => {});
    const url = URL.createObjectURL(blob);
    this.worker = new Worker(url, { type: "module", name: "python" });
    this.worker.onmessage = ({ data }) => this.#hear(data);
    this.worker.onerror = () => this.end("broken", "worker.js");
    this.worker.postMessage({ ...had });
    this.#listen();
  }

  // Who comes late hears how far it is.
  tell(listeners) {
    this.#listeners = listeners;
    if (this.#latest) listeners[this.#latest.type](this.#latest);
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
    clearTimeout(this.#silence);
    this.worker.terminate();
    this.#ready.reject(new Failure(kind, message));
    this.#answer.reject(new Failure(kind, message));
  }

  #listen() {
    clearTimeout(this.#silence);
    const said = `nothing came for ${SILENCE / 1000} seconds`;
    this.#silence = setTimeout(() => this.end("silent", said), SILENCE);
  }

  #hear({ type, ...data }) {
    if (type === "progress") this.#listen();
    if (type === "starting") clearTimeout(this.#silence);
    if (type === "ready") this.#ready.resolve(data);
    else if (type === "answer") this.#take(/** @type {any} */ (data));
    else if (type in this.#listeners) this.#listeners[type](data);
    else if (data.message) this.end(type, data.message); // broken, crashed
    this.#latest = data.part ? { type, ...data } : undefined;
  }

  // What is no answer comes of a Python that is broken, as an answer may.
  #take({ answer, sound }) {
    const is = answer !== null && typeof answer === "object";
    if (!is || !("value" in answer || "error" in answer)) {
      return this.end("crashed", "what it answered is no answer");
    }
    this.#answer.resolve(answer);
    if (sound !== true) this.end("crashed");
  }
}

/**
 * @typedef {object} Options
 * @property {number} [seconds]
 * @property {(part: number) => void} [onProgress]
 * @property {(part: number) => void} [onStarting]
 * @property {() => void} [onStart]
 * @property {(text: string) => void} [onOutput]
 */

class Python {
  life = 0;
  #engine;
  #spare;
  #had;
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

  warm() {
    const { connection } = /** @type {any} */ (navigator);
    if (!connection?.saveData) this.#engine ??= new Engine(this.#had);
  }

  stop() {
    if (this.#busy) this.#engine.end("stopped");
  }

  extend(seconds) {
    this.#limit(this.#deadline - performance.now() + 1000 * seconds);
  }

  async #call(message, /** @type {Options} */ options) {
    const { seconds = 10, onProgress, onStarting } = options;
    if (this.#engine?.over) this.#replace(this.#engine.over);
    const engine = (this.#engine ??= new Engine(this.#had));
    engine.tell({
      progress: ({ part }) => onProgress?.(part),
      starting: ({ part }) => onStarting?.(part),
      output: ({ text }) => options.onOutput?.(text),
    });
    let spare;
    this.#busy = true;
    try {
      this.#had = await engine.ready;
      options.onStart?.();
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
    this.#spare ??= new Engine(this.#had);
  }

  // What ended is replaced before it is asked for; a download is not.
  #replace(kind) {
    const missed = kind === "broken" || kind === "silent";
    if (this.#had && !missed) this.#keepSpare();
    this.#engine = this.#spare;
    this.#spare = undefined;
    this.life += 1;
  }
}

export const python = new Python();
