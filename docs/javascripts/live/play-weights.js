// The weight matrices: drawn from a seed, until the reader edits one.
import { make } from "./dom.js";
import { isOwn, refit, shapes } from "./play-state.js";
import { makeTable, range } from "./play-table.js";

export class Weights {
  #play;
  #drawn = {}; // by Python, as text, by name

  constructor(play) {
    this.#play = play;
    this.element = make("div", { className: "play-weights" });
  }

  draw() {
    const { state } = this.#play;
    const tables = shapes(state)
      .map(([name]) => [name, state.parameters[name] ?? this.#drawn[name]])
      .filter(([, texts]) => texts)
      .map(([name, texts]) => this.#table(name, texts));
    this.element.replaceChildren(...tables);
  }

  // Drawn weights appear in their fields, which stay if they fit.
  show(drawn) {
    this.#drawn = drawn;
    if (isOwn(this.#play.state)) return;
    const texts = Object.values(drawn).flat(2);
    const fields = [...this.element.querySelectorAll("input")];
    if (fields.length !== texts.length) this.draw();
    else fields.forEach((field, i) => (field.value = texts[i]));
  }

  // Python has not drawn any that belong to what is shown now.
  forget() {
    this.#drawn = {};
  }

  #table(name, texts) {
    const rows = texts.map((row, i) => [
      make("span", { textContent: i + 1 }),
      ...row.map((text, j) => {
        const label = `${name}, row ${i + 1}, column ${j + 1}`;
        const set = (it) => this.#own(name, i, j, it);
        return this.#play.fields.make(`${name}-${i}-${j}`, label, text, {
          set,
        });
      }),
    ]);
    return makeTable(name, name, range(1, texts[0].length), rows, "row");
  }

  // A drawn weight that is edited makes all of them the reader's, as shown.
  #own(name, i, j, text) {
    const { state, bar } = this.#play;
    for (const [each] of shapes(state)) {
      state.parameters[each] ??= structuredClone(this.#drawn[each]);
    }
    refit(state);
    state.parameters[name][i][j] = text;
    bar.forgetSeed();
  }
}
