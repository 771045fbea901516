// A training run as it goes: the first losses beside the book's, then a curve.
import { make } from "./dom.js";

const WIDE = 200;
const HIGH = 60;
const TITLES = ["step", "yours", "the book's"];

export class Losses {
  #losses = [];

  constructor(steps) {
    this.steps = steps;
    this.progress = make("progress", { max: steps, value: 0 });
    this.progress.ariaLabel = "Training";
    this.now = make("p", { className: "train-now" });
    this.table = make("table");
    this.table.append(row("th", TITLES));
    const drawn = make("div", { className: "train-curve", hidden: true });
    drawn.innerHTML = `<svg viewBox="0 -2 ${WIDE} ${HIGH + 4}" role="img"
      preserveAspectRatio="none"><polyline/></svg>`;
    this.curve = drawn;
    this.box = make("div", { className: "train-run" });
    this.box.append(this.progress, this.now, this.table, drawn);
  }

  // One step, as the worker tells of it.
  add(line) {
    const { step, loss, book } = JSON.parse(line);
    this.#losses.push(loss);
    this.progress.value = step;
    this.now.textContent = `step ${step} of ${this.steps}, loss ${four(loss)}`;
    if (book.length) {
      this.table.append(row("td", [step, four(loss), four(book[0])]));
    }
    if (step > 1) this.#draw();
  }

  #draw() {
    const largest = Math.max(...this.#losses);
    const points = this.#losses.map((loss, i) => {
      const x = (WIDE * i) / (this.steps - 1);
      return `${x.toFixed(2)},${(HIGH - (HIGH * loss) / largest).toFixed(2)}`;
    });
    const [first, last] = [this.#losses[0], this.#losses.at(-1)].map(four);
    const svg = this.curve.querySelector("svg");
    svg.ariaLabel = `The loss goes from ${first} to ${last}.`;
    svg.firstElementChild.setAttribute("points", points.join(" "));
    this.curve.hidden = false;
  }
}

const four = (number) => Number(number).toFixed(4);

function row(tag, texts) {
  const cells = texts.map((text) => make(tag, {}, text));
  if (tag === "th") cells.forEach((cell) => (cell.scope = "col"));
  return make("tr", {}, ...cells);
}
