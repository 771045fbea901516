// The weight matrices: drawn from a seed, until the reader edits one.
import { make } from "./dom.js";
import { isOwn, refit, shapes } from "./play-state.js";
import { makeTable, range } from "./play-table.js";

const shapeOfAll = (matrices) =>
  Object.entries(matrices)
    .map(([name, rows]) => [name, rows.length, rows[0].length].join(" "))
    .join();

export class Weights {
  #play;
  #shape = ""; // of the matrices that have fields
  #drawn = {}; // from a seed, as text, by name

  constructor(play) {
    this.#play = play;
    this.element = make("div", { className: "play-weights" });
  }

  draw() {
    const { state } = this.#play;
    const matrices = shapes(state)
      .map(([name]) => [name, state.parameters[name] ?? this.#drawn[name]])
      .filter(([, texts]) => texts);
    this.#shape = shapeOfAll(Object.fromEntries(matrices));
    this.element.replaceChildren(
      ...matrices.map(([name, texts]) => this.#table(name, texts)),
    );
  }

  // Drawn weights appear in their fields, which stay if they fit.
  show(drawn) {
    this.#drawn = drawn;
    if (isOwn(this.#play.state)) return;
    if (this.#shape !== shapeOfAll(drawn)) return this.draw();
    const texts = Object.values(drawn).flat(2);
    const fields = [...this.element.querySelectorAll("input")];
    fields.forEach((field, i) => (field.value = texts[i]));
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
