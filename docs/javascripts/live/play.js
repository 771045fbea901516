// The page Play with it: what the reader has set, and what follows at once.
// play-view.js computes it here; Python, once it is there, confirms it.
import { Ask } from "./play-ask.js";
import { Bar } from "./play-bar.js";
import { Fields } from "./play-fields.js";
import { Hand } from "./play-hand.js";
import { Inputs } from "./play-inputs.js";
import { sourcesOf } from "./play-sources.js";
import { formatBoth, isState, parseBoth, refit, toData } from "./play-state.js";
import { Steps } from "./play-steps.js";
import { markSources } from "./play-table.js";
import { Verdict } from "./play-verdict.js";
import { view } from "./play-view.js";
import { Weights } from "./play-weights.js";

const COMPUTED = "Computed here, at once.";
const MEND = "First mend what is marked.";

let play; // the page as it is open now

class Play {
  #note = ""; // what is said of what has been opened
  #view;
  #kept = null; // another state, whose tables stand beside

  constructor(root, state) {
    this.root = root;
    this.book = JSON.parse(root.dataset.book);
    this.state = state ?? structuredClone(this.book);
    this.fields = new Fields(root, () => this.edited());
    this.inputs = new Inputs(this);
    this.weights = new Weights(this);
    this.bar = new Bar(this);
    this.verdict = new Verdict(this.bar);
    this.steps = new Steps(root, (cell) => this.choose(cell));
    this.hand = new Hand(root, "play-inputs-1-0", (it) => this.#nameOf(it));
    root.querySelector(".play-given").replaceChildren(this.inputs.element);
    root.querySelector(".play-left").append(this.weights.element);
    this.#view = view(toData(this.state));
    const asks = root.querySelector(".play-asks");
    this.ask = new Ask(asks, this.#view, (cell) => this.choose(cell));
    root.querySelector(".play-presets").onclick = (event) => {
      const link = event.target.closest("a");
      if (!link) return;
      event.preventDefault();
      this.open(link.hash, link.dataset.note);
    };
    if (isState(location.hash) && !state) this.open(location.hash);
    else this.draw();
  }

  // Show what an address brings.
  open(hash, note = "These are the numbers of the link.") {
    try {
      const { state, kept } = parseBoth(hash, this.book);
      this.state = state;
      if (kept) this.#hold(kept);
      this.#note = note;
    } catch (error) {
      const { message } = /** @type {Error} */ (error);
      this.#note = `The link was refused: ${message}. Nothing came of it.`;
    }
    this.draw();
  }

  reset() {
    const { section } = this.state;
    const seed = String(this.book.seeds[section] ?? "");
    this.state = { ...structuredClone(this.book), section, seed };
    this.#note = "";
    this.draw();
    this.#tell();
  }

  async copy() {
    if (this.fields.fault) return this.bar.say(MEND);
    const link = new URL(this.#address(), location.href);
    try {
      await navigator.clipboard.writeText(link.href);
      this.bar.say("The link is copied. It holds the numbers, and no code.");
    } catch {
      history.replaceState(history.state, "", link);
      this.bar.say("Nothing could be copied; the link is in the address bar.");
    }
  }

  // Hold on to what is shown, and compare it with what comes; or let go.
  keep() {
    if (this.fields.fault) return this.bar.say(MEND);
    this.#hold(this.#kept ? null : structuredClone(this.state));
    this.#show();
    this.#tell();
  }

  #hold(kept) {
    this.#kept = kept;
    if (kept) this.steps.keep(view(toData(kept)), kept.tokens);
    else this.steps.forget();
    this.bar.keep.textContent = kept ? "Let go" : "Keep beside";
  }

  confirm() {
    if (this.fields.fault) return this.bar.say(MEND);
    return this.verdict.ask(toData(this.state), this.#view.numbers);
  }

  // Everything anew, since something may have another shape.
  draw() {
    this.fields.clear();
    this.bar.draw();
    this.inputs.draw();
    this.weights.draw();
    this.fields.judgeAll();
    this.#compute();
    this.hand.draw();
  }

  // Change the shape of something, then show all of it anew.
  change(change) {
    change();
    this.#note = "";
    refit(this.state);
    this.draw();
    this.#tell();
  }

  choose(cell) {
    this.state.cell = cell;
    this.edited();
  }

  edited() {
    this.#note = "";
    this.#compute();
    this.#tell();
  }

  // The address holds what is valid.
  #tell() {
    if (this.fields.fault) return;
    history.replaceState(history.state, "", this.#address());
  }

  #address() {
    return formatBoth(this.state, this.#kept);
  }

  #compute() {
    const { fault } = this.fields;
    this.root.classList.toggle("play-stale", Boolean(fault));
    if (fault) {
      this.verdict.forget();
      return this.bar.say(`${fault} Below is still the last valid result.`);
    }
    const data = toData(this.state);
    this.#view = view(data);
    this.state.cell = this.#view.cell;
    this.weights.show(this.#view.parameters);
    this.#show();
    this.bar.say(`${this.#note} ${COMPUTED}`.trim());
    if (this.verdict.isWanted) this.verdict.ask(data, this.#view.numbers);
  }

  #show() {
    const { tokens, head, section } = this.state;
    const { numbers, cell } = this.#view;
    const { mixing_weights, attn_weights } = numbers.steps;
    this.steps.show(this.#view, tokens);
    this.ask.show(this.#view, this.state, mixing_weights ?? attn_weights);
    const shown = section === "3.6" ? head : 0;
    markSources(this.root, sourcesOf(numbers, shown, cell));
  }

  // The reader's word for a field: that of its token, if it has one.
  #nameOf({ id, ariaLabel }) {
    const [, i, j] = id.match(/^play-inputs-(\d)-(\d)$/) ?? [];
    if (!i) return ariaLabel;
    return `${this.state.tokens[i]}, number ${Number(j) + 1}`;
  }
}

document$.subscribe(() => {
  const root = document.querySelector(".play");
  if (!root || root === play?.root) return;
  // the theme has put the page anew; what the reader made of it is kept
  const state = isState(location.hash) ? undefined : play?.state;
  play = new Play(root, state);
});
addEventListener("hashchange", () => {
  if (play?.root.isConnected && isState(location.hash)) {
    play.open(location.hash);
  }
});
