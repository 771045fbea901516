// What stands above the numbers: the section, the sizes, what can be done,
// and what is said while it is done.
import { make } from "./dom.js";
import {
  DROPOUTS,
  faultOfSeed,
  isOwn,
  NUMBERS,
  TEMPERATURES,
} from "./play-state.js";
import { button, range } from "./play-table.js";

const NAMES = {
  3.3: "3.3 Simple",
  3.4: "3.4 Trainable",
  3.5: "3.5 Causal",
  3.6: "3.6 Several heads",
};
const OWN = "your own"; // weights, which no seed gives

export class Bar {
  #play;
  #seed;

  constructor(play) {
    this.#play = play;
    this.confirm = button("Let Python confirm", () => play.confirm(), {
      className: "play-start",
    });
    this.keep = button("Keep beside", () => play.keep());
    this.status = make("p", { className: "play-status", role: "status" });
    this.progress = make("progress", { hidden: true, ariaLabel: "Download" });
    this.controls = make("div", { className: "play-controls" });
    const actions = make(
      "div",
      { className: "play-actions" },
      this.keep,
      button("Reset to the book", () => play.reset()),
      button("Copy link", () => play.copy()),
      this.confirm,
    );
    const bar = play.root.querySelector(".play-bar");
    bar.replaceChildren(this.controls, actions, this.progress, this.status);
  }

  say(text, isWrong = false) {
    this.status.textContent = text;
    this.status.classList.toggle("play-wrong", isWrong);
  }

  // How much of Python has come, 0 to 1.
  loading(part) {
    this.progress.hidden = part >= 1;
    this.progress.value = part;
    const now = part < 1 ? "Python is being loaded" : "Python is starting";
    this.say(`${now}, to confirm.`);
  }

  draw() {
    const { section } = this.#play.state;
    this.controls.replaceChildren(this.#sections(section));
    if (section !== "3.3") this.#addWeights();
    if (section === "3.5") this.#addDropout();
    if (section === "3.6") this.#addHeads();
    this.#addTemperature();
    this.#addCheck("Against an even share", "even");
  }

  // The weights are the reader's now.
  forgetSeed() {
    this.#play.fields.empty(this.#seed, OWN);
  }

  #sections(chosen) {
    const sections = Object.entries(NAMES).map(([section, textContent]) => {
      const radio = make("input", { type: "radio", name: "section" });
      radio.checked = section === chosen;
      radio.onchange = () => this.#choose(section);
      return make("label", {}, radio, make("span", { textContent }));
    });
    const legend = make("legend", { textContent: "Attention of section" });
    const className = "play-sections";
    return make("fieldset", { className }, legend, ...sections);
  }

  // The seed of the book follows the section, until the reader has another.
  #choose(section) {
    const { state, book } = this.#play;
    const seedOf = (it) => String(book.seeds[it] ?? "");
    const isBook = state.seed === seedOf(state.section);
    if (isBook || !state.seed) state.seed = seedOf(section);
    this.#play.change(() => (state.section = section));
    this.controls.querySelector("input:checked").focus();
  }

  #add(name, field) {
    const label = make("label", { className: "play-size" }, name, field);
    this.controls.append(label);
  }

  #addSeed() {
    const { state, fields } = this.#play;
    const own = isOwn(state);
    const name = "Seed of the weights";
    this.#seed = fields.make("seed", name, own ? "" : state.seed, {
      fault: faultOfSeed,
      isOptional: own,
      set: (text) => {
        state.seed = text;
        state.parameters = {};
      },
    });
    if (own) this.#seed.placeholder = OWN;
    this.#seed.inputMode = "numeric";
    this.#add(name, this.#seed);
  }

  #addWeights() {
    const { state } = this.#play;
    this.#addSeed();
    const widths = range(NUMBERS.least, NUMBERS.most);
    this.#addChoice("Width", widths, state.width, (it) => (state.width = it));
  }

  #addTemperature() {
    const { state } = this.#play;
    const set = (it) => (state.temperature = it);
    this.#addChoice("Temperature", TEMPERATURES, state.temperature, set);
  }

  #addDropout() {
    const { state, fields } = this.#play;
    const set = (it) => (state.dropout = it);
    this.#addChoice("Dropout", DROPOUTS, state.dropout, set);
    if (!state.dropout) return;
    const name = "Seed of the dropout";
    const dice = fields.make("dice", name, state.dice, {
      fault: faultOfSeed,
      set: (text) => (state.dice = text),
    });
    dice.inputMode = "numeric";
    this.#add(name, dice);
  }

  #addHeads() {
    const { state } = this.#play;
    const { width, heads, head, causal } = state;
    const widths = range(NUMBERS.least, NUMBERS.most);
    const fits = widths.filter((it) => width % it === 0);
    this.#addChoice("Heads", fits, heads, (it) => (state.heads = it));
    const shown = (it) => (state.head = it - 1);
    this.#addChoice("Head shown", range(1, heads), head + 1, shown);
    this.#addCheck("Causal mask", "causal");
    this.#addCheck("Stacked", "stacked");
  }

  #addCheck(name, key) {
    const { state } = this.#play;
    const check = make("input", { type: "checkbox", checked: state[key] });
    check.onchange = () => {
      this.#play.change(() => (state[key] = check.checked));
      this.#field(name).focus();
    };
    this.#add(name, check);
  }

  #field(name) {
    const labels = [...this.controls.querySelectorAll(".play-size")];
    const label = labels.find((it) => it.firstChild.textContent === name);
    return label.querySelector("input, select");
  }

  #addChoice(name, choices, value, set) {
    const select = make("select");
    for (const choice of choices) {
      const selected = choice === value;
      select.append(make("option", { textContent: choice, selected }));
    }
    select.onchange = () => {
      this.#play.change(() => set(Number(select.value)));
      this.#field(name).focus();
    };
    this.#add(name, select);
  }
}
