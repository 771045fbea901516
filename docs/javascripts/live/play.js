// The page Play with it: fields for the numbers, and what Python makes of
// them. Every result, and every line of arithmetic, comes from inpage/play.py
// in the worker; nothing is computed here.
import { make } from "./dom.js";
import { Failure, python } from "./python.js";
import {
  faultOf,
  faultOfSeed,
  faultOfToken,
  format,
  isState,
  NUMBERS,
  parse,
  refit,
  resize,
  shapes,
  toData,
  TOKENS,
} from "./play-state.js";
import {
  beside,
  button,
  fill,
  makeTable,
  markChosen,
  range,
  shapeOf,
} from "./play-table.js";

const NAMES = {
  3.3: "3.3 Simple",
  3.4: "3.4 Trainable",
  3.5: "3.5 Causal",
  3.6: "3.6 Several heads",
};
const BUILT = "These are the book’s numbers, as the page was built with.";
const WAITS = "This link brings numbers. They wait until Python is started.";

let play; // the page as it is open now
let started = false; // Python, at the reader's wish

class Play {
  #busy = false;
  #wanted = false;
  #refusal; // of a link, which a result on its way must not cover
  #faults = new Map(); // by the id of the field

  constructor(root) {
    this.root = root;
    this.book = JSON.parse(root.dataset.book);
    this.state = structuredClone(this.book);
    this.inputs = make("div", { className: "play-inputs" });
    this.weights = make("div", { className: "play-weights" });
    this.given = root.querySelector(".play-given");
    this.given.replaceChildren(this.inputs, this.weights);
    this.steps = root.querySelector(".play-steps");
    this.arithmetic = root.querySelector(".play-arithmetic");
    this.arithmetic.setAttribute("aria-live", "polite");
    this.#makeBar();
    this.#enliven();
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
    } catch ({ message }) {
      this.draw();
      this.#refusal = `The link was refused: ${message}. Nothing came of it.`;
      return this.say(this.#refusal);
    }
    this.view = undefined;
    this.draw();
    if (started || this.#busy) return this.compute();
    this.steps.replaceChildren();
    this.arithmetic.replaceChildren();
    this.say(WAITS);
  }

  say(text) {
    this.status.textContent = text;
  }

  #makeBar() {
    this.start = button("Start Python", () => this.compute(), {
      className: "play-start",
    });
    this.status = make("p", { className: "play-status", role: "status" });
    this.start.hidden = started;
    this.status.textContent = BUILT;
    this.progress = make("progress", { hidden: true, ariaLabel: "Download" });
    this.controls = make("div", { className: "play-controls" });
    const actions = make("div", { className: "play-actions" }, this.start);
    actions.append(
      button("Reset to the book", () => this.#reset()),
      button("Copy link", () => this.#copy()),
    );
    const bar = make("div", { className: "play-bar" }, this.controls, actions);
    this.root.prepend(bar, this.progress, this.status);
  }

  #reset() {
    const { section } = this.state;
    this.view = undefined;
    this.state = { ...structuredClone(this.book), section };
    this.state.seed = String(this.book.seeds[section] ?? "");
    this.draw();
    this.edited();
  }

  async #copy() {
    if (this.#faults.size > 0) return this.say("First mend what is marked.");
    const link = new URL(format(this.state), location.href);
    try {
      await navigator.clipboard.writeText(link.href);
      this.say("The link is copied. It holds the numbers, and no code.");
    } catch {
      history.replaceState(history.state, "", link);
      this.say("Nothing could be copied; the link is in the address bar.");
    }
  }

  // ---- What the reader changes -----------------------------------------

  draw() {
    this.#faults.clear();
    this.#drawControls();
    this.inputs.replaceChildren(...this.#inputsTable());
    this.#drawWeights();
    this.#judgeAll();
  }

  // What was wrong before the fields were made anew is still wrong.
  #judgeAll() {
    this.root.querySelectorAll("input").forEach((it) => it.judge?.());
  }

  #drawControls() {
    const sections = Object.entries(NAMES).map(([section, name]) => {
      const radio = make("input", { type: "radio", name: "section" });
      radio.checked = section === this.state.section;
      radio.onchange = () => this.#choose(section);
      return make("label", {}, radio, make("span", { textContent: name }));
    });
    const legend = make("legend", { textContent: "Attention of section" });
    const own = make("fieldset", { className: "play-sections" }, legend);
    own.append(...sections);
    this.controls.replaceChildren(own);
    if (this.state.section !== "3.3") this.#drawWeightControls();
  }

  #choose(section) {
    const { seeds } = this.book;
    const { state } = this;
    const isBook = state.seed === String(seeds[state.section] ?? "");
    if (isBook || !state.seed) state.seed = String(seeds[section] ?? "");
    this.#change(() => (state.section = section));
    this.controls.querySelector("input:checked").focus();
  }

  // Change the shape of something, then show all of it anew.
  #change(change) {
    change();
    refit(this.state);
    this.draw();
    this.edited();
  }

  #drawWeightControls() {
    const { state } = this;
    const isOwn = Object.keys(state.parameters).length > 0;
    const drawn = isOwn ? "" : state.seed;
    const seed = this.#field("seed", "Seed of the weights", drawn, {
      fault: faultOfSeed,
      isOptional: isOwn,
      set: (text) => {
        state.seed = text;
        state.parameters = {};
      },
    });
    if (isOwn) seed.placeholder = "your own";
    seed.inputMode = "numeric";
    const className = "play-size";
    const add = (name, field) =>
      this.controls.append(make("label", { className }, name, field));
    add("Seed of the weights", seed);
    const choose = (name, choices, value, set) =>
      add(name, this.#select(choices, value, set));
    const widths = range(NUMBERS.least, NUMBERS.most);
    choose("Width", widths, state.width, (it) => (state.width = it));
    if (state.section !== "3.6") return;
    const fits = widths.filter((it) => state.width % it === 0);
    choose("Heads", fits, state.heads, (it) => (state.heads = it));
    const heads = range(1, state.heads);
    choose("Head shown", heads, state.head + 1, (it) => (state.head = it - 1));
    const mask = make("input", { type: "checkbox", checked: state.causal });
    mask.onchange = () => this.#change(() => (state.causal = mask.checked));
    add("Causal mask", mask);
  }

  #select(choices, value, set) {
    const select = make("select");
    for (const choice of choices) {
      const selected = choice === value;
      select.append(make("option", { textContent: choice, selected }));
    }
    const all = () => [...this.controls.querySelectorAll("select")];
    select.onchange = () => {
      const place = all().indexOf(select);
      this.#change(() => set(Number(select.value)));
      all()[place]?.focus();
    };
    return select;
  }

  // Drawn weights are shown when Python has drawn them.
  #drawWeights() {
    const drawn = this.view?.parameters ?? {};
    const tables = shapes(this.state)
      .map(([name]) => [name, this.state.parameters[name] ?? drawn[name]])
      .filter(([, texts]) => texts)
      .map((it) => this.#weightTable(...it));
    this.weights.replaceChildren(...tables);
  }

  #inputsTable() {
    const { tokens, inputs } = this.state;
    const rows = tokens.map((token, i) => [
      this.#field(`tokens-${i}`, `Token ${i + 1}`, token, {
        fault: faultOfToken,
        set: (text) => (tokens[i] = text),
      }),
      ...inputs[i].map((text, j) => {
        const label = `Token ${i + 1}, number ${j + 1}`;
        const set = (it) => (inputs[i][j] = it);
        return this.#field(`inputs-${i}-${j}`, label, text, { set });
      }),
      button("×", () => this.#remove(i), {
        ariaLabel: `Remove token ${i + 1}`,
        className: "play-remove",
        disabled: tokens.length <= TOKENS.least,
      }),
    ]);
    const columns = [...range(1, inputs[0].length), ""];
    const box = makeTable("inputs", "Tokens and their vectors", columns, rows);
    const tools = make("div", { className: "play-tools" });
    const width = inputs[0].length;
    tools.append(
      button("Add a token", () => this.#add(), {
        disabled: tokens.length >= TOKENS.most,
      }),
      button("Add a number", () => this.#widen(width + 1), {
        disabled: width >= NUMBERS.most,
      }),
      button("Remove a number", () => this.#widen(width - 1), {
        disabled: width <= NUMBERS.least,
      }),
    );
    return [box, tools];
  }

  #weightTable(name, texts) {
    const rows = texts.map((row, i) => [
      make("span", { textContent: i + 1 }),
      ...row.map((text, j) => {
        const label = `${name}, row ${i + 1}, column ${j + 1}`;
        const set = (it) => this.#own(name, i, j, it);
        return this.#field(`${name}-${i}-${j}`, label, text, { set });
      }),
    ]);
    return makeTable(name, name, range(1, texts[0].length), rows, "row");
  }

  // A drawn weight that is edited makes all of them the reader's, as shown.
  #own(name, i, j, text) {
    const { parameters } = this.state;
    for (const [each] of shapes(this.state)) {
      parameters[each] ??= structuredClone(this.view.parameters[each]);
    }
    refit(this.state);
    parameters[name][i][j] = text;
    const seed = this.root.querySelector("#play-seed");
    Object.assign(seed, { value: "", placeholder: "your own" });
    this.#judge(seed);
  }

  #remove(i) {
    this.#change(() => {
      this.state.tokens.splice(i, 1);
      this.state.inputs.splice(i, 1);
    });
    const next = Math.min(i, this.state.tokens.length - 1);
    this.root.querySelector(`#play-tokens-${next}`).focus();
  }

  #add() {
    const { tokens } = this.state;
    this.#change(() => tokens.push(`token ${tokens.length + 1}`));
    this.root.querySelector(`#play-tokens-${tokens.length - 1}`).select();
  }

  #widen(width) {
    const { state } = this;
    const tool = document.activeElement.textContent;
    const rows = state.tokens.length;
    this.#change(() => (state.inputs = resize(state.inputs, rows, width)));
    const tools = [...this.inputs.querySelectorAll(".play-tools button")];
    const again = tools.find((it) => it.textContent === tool);
    (again.disabled ? tools.find((it) => !it.disabled) : again).focus();
  }

  #field(id, label, value, { set, fault = faultOf, isOptional }) {
    const field = make("input", {
      id: `play-${id}`,
      type: "text",
      value,
      ariaLabel: label,
      maxLength: 20,
      spellcheck: false,
      autocomplete: "off",
    });
    field.judge = () => {
      const isLeft = isOptional && !field.value;
      this.#judge(field, label, isLeft ? "" : fault(field.value));
    };
    field.oninput = () => {
      set(field.value);
      field.judge();
      this.edited();
    };
    return field;
  }

  // What is wrong stands below the table, and belongs to its field.
  #judge(field, label, fault) {
    const id = `${field.id}-fault`;
    this.root.querySelector(`#${id}`)?.remove();
    field.ariaInvalid = fault ? "true" : null;
    field.removeAttribute("aria-describedby");
    this.#faults.delete(field.id);
    if (!fault) return;
    this.#faults.set(field.id, `${label} ${fault}.`);
    field.setAttribute("aria-describedby", id);
    const textContent = `${label} ${fault}.`;
    const message = make("span", { id, className: "play-fault", textContent });
    field.closest(".play-scroll, .play-size").append(message);
  }

  // ---- What Python says ------------------------------------------------

  edited() {
    this.root.classList.toggle("play-stale", this.#faults.size > 0);
    if (this.#faults.size > 0) {
      const [first] = this.#faults.values();
      return this.say(`${first} Below is still the last valid result.`);
    }
    history.replaceState(history.state, "", format(this.state));
    this.compute();
  }

  // While Python is busy, edits wait, and only the last of them is computed.
  async compute() {
    this.#wanted = true;
    this.#refusal = undefined;
    if (this.#busy || this.#faults.size > 0) return;
    this.#busy = true;
    this.start.hidden = true;
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
      onProgress: (part) => this.#loading(part),
      onStart: () => (this.progress.hidden = true),
    });
    if (this.#wanted || this.#faults.size > 0) return;
    started = true;
    this.say(this.#refusal ?? "Computed by Python, in this page.");
    this.show(view);
  }

  #loading(part) {
    this.progress.hidden = part >= 1;
    this.progress.value = part;
    this.say(part < 1 ? "Python is being loaded." : "Python is starting.");
  }

  #failed({ kind, message }) {
    this.progress.hidden = true;
    this.start.hidden = false;
    started = false;
    const said = {
      stopped: "Python was stopped.",
      time: "Python took too long, and was stopped.",
      crashed: "Python crashed.",
      broken: "Python could not be loaded: a download failed.",
    };
    this.say(said[kind] ?? message);
  }

  show(view) {
    const { tokens, parameters } = this.state;
    this.view = view;
    this.state.cell = view.cell;
    const isOwn = Object.keys(parameters).length > 0;
    if (!isOwn) this.#showDrawn(view.parameters);
    const before = [...this.steps.querySelectorAll(".play-scroll")];
    const boxes = view.tables.map((table) => {
      const shape = shapeOf(table);
      const kept = before.find((it) => it.dataset.shape === shape);
      const box = kept ?? this.#newTable(table);
      box.dataset.shape = shape;
      fill(box, table, tokens, view.cell);
      return box;
    });
    const isKept = (box, i) => box === before[i];
    if (boxes.length !== before.length || !boxes.every(isKept)) {
      this.steps.replaceChildren(...boxes);
    }
    this.#spell(view.arithmetic);
  }

  // Drawn weights appear in their fields, which stay if they fit.
  #showDrawn(parameters) {
    const texts = Object.values(parameters).flat(2);
    const fields = [...this.weights.querySelectorAll("input")];
    if (fields.length !== texts.length) return this.#drawWeights();
    fields.forEach((field, i) => (field.value = texts[i]));
  }

  #spell({ of, lines }) {
    const texts = [of, ...lines];
    const before = [...this.arithmetic.children].map((it) => it.textContent);
    if (texts.join("\n") === before.join("\n")) return;
    const paragraphs = texts.map((textContent) => make("p", { textContent }));
    this.arithmetic.replaceChildren(...paragraphs);
  }

  #newTable({ name, title, columns, cells }) {
    const blank = (row) => [make("span"), ...row.map(() => button(""))];
    const rows = cells.map(blank);
    return makeTable(name, title, columns, rows);
  }

  // The cells that the page was built with become buttons as well.
  #enliven() {
    for (const cell of this.steps.querySelectorAll("td")) {
      cell.replaceChildren(button(cell.textContent));
    }
    for (const table of this.steps.querySelectorAll("table")) {
      const has = ([name]) => name === table.dataset.name;
      markChosen(table, has(this.state.cell) ? this.state.cell : undefined);
    }
    this.steps.onclick = ({ target }) => this.#pick(target.closest("td"));
    this.steps.onkeydown = (event) => {
      const cell = event.target.closest("td");
      const next = event.key.startsWith("Arrow") && beside(cell, event.key);
      if (!next) return;
      event.preventDefault();
      next.firstElementChild.focus();
      this.#pick(next);
    };
  }

  #pick(cell) {
    if (!cell) return;
    const table = cell.closest("table");
    const place = [cell.parentElement.sectionRowIndex, cell.cellIndex - 1];
    this.state.cell = [table.dataset.name, ...place];
    for (const each of this.steps.querySelectorAll("table")) {
      markChosen(each, each === table ? this.state.cell : undefined);
    }
    this.edited();
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
