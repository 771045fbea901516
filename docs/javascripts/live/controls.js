// The buttons below a cell, and what is said while its code runs.
import { make } from "./dom.js";
import { kept } from "./kept.js";
import { Failure, python } from "./python.js";

export const LIMIT = 10; // seconds, and what one press adds to them
const SOON = 300; // ms: what is over by then needs no Stop
const INTENT = 200; // ms on the button: who stays that long means to press it
const COST = "13.8 MB"; // of Python, which a browser keeps
const PAID = "attnbook python"; // whether it has come before

export class Controls {
  #limit;
  #busy = false;
  #ticks;

  // `name` tells cells apart; `verb` is what the first button does.
  constructor(name, verb, onRun, limit = LIMIT) {
    this.#limit = limit;
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
    this.#sayCost();
    this.#expect();
  }

  button(text, onclick) {
    const button = make("button", { type: "button", textContent: text });
    button.ariaLabel = `${text} ${this.name}`;
    button.addEventListener("click", onclick);
    return button;
  }

  // Once, at the first cell of a page that was opened before Python came.
  #sayCost() {
    if (kept.read(PAID) || document.querySelector(".live-cost")) return;
    const text = `${this.verb} loads Python: ${COST}, once`;
    this.bar.prepend(make("span", { className: "live-name live-cost" }, text));
  }

  // Python is on its way when the reader is about to ask for it.
  #expect() {
    let stays;
    const come = () => (stays = setTimeout(() => python.warm(), INTENT));
    const leave = () => clearTimeout(stays);
    this.go.addEventListener("pointerenter", come);
    this.go.addEventListener("pointerleave", leave);
    this.go.addEventListener("focus", () => {
      if (this.go.matches(":focus-visible")) come();
    });
    this.go.addEventListener("blur", leave);
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
        onProgress: (part) => this.#coming(part, "loaded"),
        onStarting: (part) => this.#coming(part, "started"),
        onStart: () => this.#running(),
        onOutput,
      });
      this.more.hidden = true;
      this.#label(this.verb);
    } catch (failure) {
      this.#failed(/** @type {any} */ (failure));
      if (!(failure instanceof Failure)) throw failure;
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

  #coming(part, what) {
    this.progress.hidden = false;
    this.progress.value = part;
    this.progress.ariaLabel = `Python is being ${what}`;
    this.say(`Python is being ${what}.`);
  }

  #running() {
    kept.write(PAID, "yes");
    document.querySelectorAll(".live-cost").forEach((it) => it.remove());
    this.progress.hidden = true;
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

  #failed({ kind, name, message, where = this.name }) {
    this.more.hidden = kind !== "time";
    const missed = kind === "broken" || kind === "silent";
    this.#label(missed ? "Retry" : this.verb);
    const said = {
      stopped: "Stopped.",
      time: `Stopped after ${this.#limit} seconds.`,
      crashed: "Python crashed, and has been started afresh.",
      broken: "Python could not be loaded: a download failed.",
      silent: `Python could not be loaded: ${message}.`,
    };
    const place = where === this.name ? "" : `In ${where}: `;
    this.say(place + (said[kind] ?? `${kind ?? name}: ${message}`));
  }
}
