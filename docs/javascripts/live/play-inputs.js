// The tokens and their vectors: a table of fields, and what makes it grow.
import { make } from "./dom.js";
import { faultOfToken, NUMBERS, resize, TOKENS } from "./play-state.js";
import { button, makeTable, range } from "./play-table.js";

export class Inputs {
  #play;

  // `play.change(how)` changes the shape of something, and shows all anew.
  constructor(play) {
    this.#play = play;
    this.element = make("div", { className: "play-inputs" });
  }

  draw() {
    const { inputs } = this.#play.state;
    const columns = [...range(1, inputs[0].length), ""];
    const title = "Tokens and their vectors";
    const table = makeTable("inputs", title, columns, this.#rows());
    this.element.replaceChildren(table, this.#tools(inputs[0].length));
  }

  #rows() {
    const { state, fields } = this.#play;
    const { tokens, inputs } = state;
    const number = (i) => (text, j) => {
      const label = `Token ${i + 1}, number ${j + 1}`;
      const set = (it) => (inputs[i][j] = it);
      return fields.make(`inputs-${i}-${j}`, label, text, { set });
    };
    return tokens.map((token, i) => [
      fields.make(`tokens-${i}`, `Token ${i + 1}`, token, {
        fault: faultOfToken,
        set: (text) => (tokens[i] = text),
      }),
      ...inputs[i].map(number(i)),
      button("×", () => this.#remove(i), {
        ariaLabel: `Remove token ${i + 1}`,
        className: "play-remove",
        disabled: tokens.length <= TOKENS.least,
      }),
    ]);
  }

  #tools(width) {
    const tool = (text, onclick, disabled) =>
      button(text, onclick, { disabled });
    const { length } = this.#play.state.tokens;
    const most = width >= NUMBERS.most;
    const least = width <= NUMBERS.least;
    return make(
      "div",
      { className: "play-tools" },
      tool("Add a token", () => this.#add(), length >= TOKENS.most),
      tool("Add a number", () => this.#widen(width + 1), most),
      tool("Remove a number", () => this.#widen(width - 1), least),
    );
  }

  #remove(i) {
    const { state } = this.#play;
    this.#play.change(() => {
      state.tokens.splice(i, 1);
      state.inputs.splice(i, 1);
    });
    this.#field(Math.min(i, state.tokens.length - 1)).focus();
  }

  #add() {
    const { tokens } = this.#play.state;
    this.#play.change(() => tokens.push(`token ${tokens.length + 1}`));
    this.#field(tokens.length - 1).select();
  }

  #field(i) {
    return this.element.querySelector(`#play-tokens-${i}`);
  }

  #widen(width) {
    const { state } = this.#play;
    const tool = document.activeElement.textContent;
    const rows = state.tokens.length;
    const change = () => (state.inputs = resize(state.inputs, rows, width));
    this.#play.change(change);
    const tools = [...this.element.querySelectorAll(".play-tools button")];
    const again = tools.find((it) => it.textContent === tool);
    (again.disabled ? tools.find((it) => !it.disabled) : again).focus();
  }
}
