// The page Play with it: what the reader has set, and what Python makes of it.
// Every result, and every line of arithmetic, comes from inpage/play.py in the
// worker; nothing is computed here.
import { make } from "./dom.js";
import { Bar } from "./play-bar.js";
import { Fields } from "./play-fields.js";
import { Inputs } from "./play-inputs.js";
import { format, isState, parse, refit, toData } from "./play-state.js";
import { Steps } from "./play-steps.js";
import { Weights } from "./play-weights.js";
import { Failure, python } from "./python.js";

const BUILT = "These are the book’s numbers, as the page was built with.";
const WAITS = "This link brings numbers. They wait until Python is started.";
const COMPUTED = "Computed by Python, in this page.";
const FAILED = {
  stopped: "Python was stopped.",
  time: "Python took too long, and was stopped.",
  crashed: "Python crashed.",
  broken: "Python could not be loaded: a download failed.",
};

let play; // the page as it is open now
let started = false; // Python, at the reader's wish

class Play {
  #busy = false;
  #wanted = false;
  #refusal; // of a link, which a result on its way must not cover

  constructor(root) {
    this.root = root;
    this.book = JSON.parse(root.dataset.book);
    this.state = structuredClone(this.book);
    this.fields = new Fields(root, () => this.edited());
    this.inputs = new Inputs(this);
    this.weights = new Weights(this);
    this.bar = new Bar(this);
    this.steps = new Steps(root, this.state.cell, (cell) => {
      this.state.cell = cell;
      this.edited();
    });
    const given = root.querySelector(".play-given");
    given.replaceChildren(this.inputs.element, this.weights.element);
    root.prepend(...this.bar.elements);
    this.bar.start.hidden = started;
    this.bar.say(BUILT);
    if (isState(location.hash)) this.open();
    else if (started) this.#resume(play.state);
    else this.draw();
  }

  // The theme has put the page anew; what the reader made of it is kept.
  #resume(state) {
    this.state = state;
    this.draw();
    this.edited();
  }

  // Show what an address brings; Python is asked for by the reader alone.
  open() {
    try {
      this.state = parse(location.hash, this.book);
    } catch (error) {
      this.draw();
      const { message } = /** @type {Error} */ (error);
      this.#refusal = `The link was refused: ${message}. Nothing came of it.`;
      return this.bar.say(this.#refusal);
    }
    this.weights.forget();
    this.draw();
    if (started || this.#busy) return this.compute();
    this.steps.clear();
    this.bar.say(WAITS);
  }

  reset() {
    const { section } = this.state;
    const seed = String(this.book.seeds[section] ?? "");
    this.state = { ...structuredClone(this.book), section, seed };
    this.weights.forget();
    this.draw();
    this.edited();
  }

  async copy() {
    if (this.fields.fault) return this.bar.say("First mend what is marked.");
    const link = new URL(format(this.state), location.href);
    try {
      await navigator.clipboard.writeText(link.href);
      this.bar.say("The link is copied. It holds the numbers, and no code.");
    } catch {
      history.replaceState(history.state, "", link);
      this.bar.say("Nothing could be copied; the link is in the address bar.");
    }
  }

  draw() {
    this.fields.clear();
    this.bar.draw();
    this.inputs.draw();
    this.weights.draw();
    this.fields.judgeAll();
  }

  // Change the shape of something, then show all of it anew.
  change(change) {
    change();
    refit(this.state);
    this.draw();
    this.edited();
  }

  edited() {
    const { fault } = this.fields;
    this.root.classList.toggle("play-stale", Boolean(fault));
    if (fault) {
      return this.bar.say(`${fault} Below is still the last valid result.`);
    }
    history.replaceState(history.state, "", format(this.state));
    this.compute();
  }

  // While Python is busy, edits wait, and only the last of them is computed.
  async compute() {
    this.#wanted = true;
    this.#refusal = undefined;
    if (this.#busy || this.fields.fault) return;
    this.#busy = true;
    this.bar.start.hidden = true;
    try {
      while (this.#wanted) await this.#computeOnce();
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      this.#failed(failure);
    } finally {
      this.#busy = false;
    }
  }

  async #computeOnce() {
    this.#wanted = false;
    const data = toData(this.state);
    const view = await python.call("inpage.play", "view", [data], {
      onProgress: (part) => this.bar.loading(part),
      onStart: () => (this.bar.progress.hidden = true),
    });
    if (this.#wanted || this.fields.fault) return;
    started = true;
    this.bar.say(this.#refusal ?? COMPUTED);
    this.state.cell = view.cell;
    this.weights.show(view.parameters);
    this.steps.show(view, this.state.tokens);
  }

  #failed({ kind, message }) {
    this.bar.progress.hidden = true;
    this.bar.start.hidden = false;
    started = false;
    this.bar.say(FAILED[kind] ?? message);
  }
}

document$.subscribe(() => {
  const root = document.querySelector(".play");
  if (!root || root === play?.root) return;
  play = new Play(root);
});
addEventListener("hashchange", () => {
  if (play?.root.isConnected && isState(location.hash)) play.open();
});
