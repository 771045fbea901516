// The buttons below a cell, and what is said while its code runs.
import { make } from "./dom.js";
import { Failure, python } from "./python.js";

const LIMIT = 10; // seconds, and what one press adds to them
const SOON = 300; // ms: what is over by then needs no Stop

export class Controls {
  #limit = LIMIT;
  #busy = false;
  #ticks;

  // `name` tells cells apart; `verb` is what the first button does.
  constructor(name, verb, onRun) {
    this.name = name;
    this.verb = verb;
    this.go = this.button(verb, () => (this.#stops ? python.stop() : onRun()));
    this.go.classList.add("live-go");
    this.more = this.button(`${LIMIT} s more`, () => this.#extend(onRun));
    this.more.hidden = true;
    this.bar = make("div", { className: "live-bar" }, this.more, this.go);
    this.status = make("p", { className: "live-status", role: "status" });
    this.clock = make("p", { className: "live-status", ariaHidden: true });
    this.progress = make("progress", { hidden: true, ariaLabel: "Download" });
    this.panel = make("div", { className: "live-panel" });
    this.panel.append(this.progress, this.status, this.clock);
  }

  button(text, onclick) {
    const button = make("button", { type: "button", textContent: text });
    button.ariaLabel = `${text} ${this.name}`;
    button.addEventListener("click", onclick);
    return button;
  }

  say(text) {
    this.status.textContent = text;
  }

  // Await what `job` does with Python, and tell how it ended.
  async attempt(job, onOutput) {
    if (this.#busy) return;
    this.#busy = true;
    this.say("");
    const soon = setTimeout(() => this.#waiting(), SOON);
    try {
      await job({
        seconds: this.#limit,
        onProgress: (part) => this.#loading(part),
        onSilence: () => this.#silent(),
        onStart: () => this.#running(),
        onOutput,
      });
      this.more.hidden = true;
      this.#label(this.verb);
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      this.#failed(failure);
    } finally {
      clearTimeout(soon);
      clearInterval(this.#ticks);
      this.clock.textContent = "";
      this.progress.hidden = true;
      this.#busy = false;
    }
  }

  get #stops() {
    return this.go.textContent === "Stop";
  }

  #label(text) {
    this.go.textContent = text;
    this.go.ariaLabel = `${text} ${this.name}`;
  }

  #waiting() {
    this.#label("Stop");
    if (!this.status.textContent) this.say("Waiting for Python.");
  }

  #loading(part) {
    this.progress.hidden = part >= 1;
    this.progress.value = part;
    this.say(part < 1 ? "Python is being loaded." : "Python is starting.");
  }

  // It may still come, so it is not ended; the reader can.
  #silent() {
    this.say(
      "The download of Python does not answer. This page goes on waiting: " +
        "look at your connection, or stop and try again.",
    );
  }

  #running() {
    const start = performance.now();
    clearInterval(this.#ticks);
    this.say("Running.");
    this.#ticks = setInterval(() => {
      const seconds = Math.round((performance.now() - start) / 1000);
      this.more.hidden = false;
      this.clock.textContent = `${seconds} of ${this.#limit} seconds`;
    }, 1000);
  }

  // While it runs, go on; after the limit, run again with more.
  #extend(onRun) {
    this.#limit += LIMIT;
    if (this.#busy) python.extend(LIMIT);
    else onRun();
  }

  #failed({ kind, message, where = this.name }) {
    this.more.hidden = kind !== "time";
    this.#label(kind === "broken" ? "Retry" : this.verb);
    const said = {
      stopped: "Stopped.",
      time: `Stopped after ${this.#limit} seconds.`,
      crashed: "Python crashed, and has been started afresh.",
      broken: "Python could not be loaded: a download failed.",
    };
    const place = where === this.name ? "" : ` It was in ${where}.`;
    this.say((said[kind] ?? `${kind}: ${message}`) + place);
  }
}
