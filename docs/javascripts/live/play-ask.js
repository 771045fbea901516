// Who asks: arcs from one token to all, as wide as its weights, and a film
// through the cells of its row, with the code that makes them. Any token can
// ask.
import { Player } from "../player.js";
import { make } from "./dom.js";
import { Code } from "./play-code.js";

const HEIGHT = 70;
const WIDTH = 360; // of a drawing, as in press/figures/svg.py
const WIDEST = 28; // of an arc, for a weight of 1
const ORDER = ["attn_scores", "attn_weights", "mixing_weights"];
const NS = "http://www.w3.org/2000/svg";

export class Ask {
  #view;
  #choose;
  #arcs = document.createElementNS(NS, "svg");
  #tokens = make("div", { className: "query-tokens" });
  #code;
  #player;

  // `choose` is given a cell.
  constructor(root, view, choose) {
    this.#view = view;
    this.#choose = choose;
    this.#arcs.classList.add("query-arcs");
    this.#arcs.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.#arcs.ariaHidden = "true";
    const bar = make("div", { className: "query-bar" });
    const code = make("div");
    this.#code = new Code(code);
    root.replaceChildren(this.#arcs, this.#tokens, bar, code);
    const show = (moment) => choose(this.#moments()[moment]);
    this.#player = new Player(bar, () => this.#moments().length, show);
    root.addEventListener("click", ({ target }) => {
      const i = [...this.#tokens.children].indexOf(target);
      if (i >= 0) this.#ask(i);
    });
  }

  // Every cell of the row that is not hidden, in the order of the steps.
  #moments() {
    const { tables, cell } = this.#view;
    const [, i] = cell;
    const mixed = tables.find(({ name }) => name.endsWith("context_vecs"));
    const shown = [...ORDER, mixed.name];
    return tables
      .filter(({ name }) => shown.includes(name))
      .flatMap(({ name, cells }) =>
        cells[i].flatMap((text, j) => (text ? [[name, i, j]] : [])),
      );
  }

  #ask(i) {
    this.#player.stop();
    const [name, , j] = this.#view.cell;
    this.#choose([name, i, j]);
  }

  show(view, state, weights) {
    const { tokens } = state;
    this.#view = view;
    this.#code.show(state, view.cell);
    const [, i] = view.cell;
    const at = this.#moments().findIndex((it) => `${it}` === `${view.cell}`);
    if (at >= 0) this.#player.moment = at;
    if (this.#tokens.childElementCount !== tokens.length) {
      const buttons = tokens.map(() => make("button", { type: "button" }));
      this.#tokens.replaceChildren(...buttons);
    }
    [...this.#tokens.children].forEach((button, j) => {
      button.className = `query-token${i === j ? " query-asks" : ""}`;
      button.textContent = tokens[j];
      button.setAttribute("aria-pressed", String(i === j));
    });
    const width = WIDTH / tokens.length;
    this.#arcs.replaceChildren(
      ...weights[i].map((weight, j) => arc(i, j, weight, width)),
    );
  }
}

// From who asks to who answers; to itself, a loop above the token.
function arc(i, j, weight, width) {
  const path = document.createElementNS(NS, "path");
  const loop = i === j ? 11 : 0;
  const start = (i + 0.5) * width - loop;
  const end = (j + 0.5) * width + loop;
  const top = HEIGHT - 20 - 8 * Math.abs(i - j);
  const curve = `M${start} ${HEIGHT}C${start} ${top} ${end} ${top} ${end} ${HEIGHT}`;
  path.setAttribute("class", "arc");
  path.setAttribute("d", weight > 0 ? curve : "");
  path.setAttribute("stroke-width", String(WIDEST * Math.min(weight, 1)));
  return path;
}
