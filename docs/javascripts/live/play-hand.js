// The number in hand: a slider for the field that the reader was in last, in
// sight of what follows from it.
import { make } from "./dom.js";

const REACHES = [2, 10, 100]; // the slider goes as far on either side
const STEPS = 400; // of the slider, from end to end

export class Hand {
  #root;
  #name;
  #field = "";

  // `nameOf` gives the reader's word for a field.
  constructor(root, field, nameOf) {
    this.#root = root;
    this.#name = nameOf;
    this.#field = field;
    this.label = make("span");
    this.slider = make("input", { type: "range" });
    this.value = make("output");
    this.slider.oninput = () => this.#move();
    const label = make("label", {}, this.label, this.slider, this.value);
    root.querySelector(".play-hand").replaceChildren(label);
    root.addEventListener("focusin", ({ target }) => this.#take(target));
    root.addEventListener("input", ({ target }) => {
      if (target.id === this.#field) this.draw();
    });
  }

  #take(target) {
    if (!target.matches(".play-table td > input")) return;
    this.#field = target.id;
    this.draw();
  }

  // Fields are made anew now and then; the one in hand may be gone.
  draw() {
    const first = "#play-inputs-0-0";
    const field =
      this.#root.querySelector(`#${this.#field}`) ??
      this.#root.querySelector(first);
    this.#field = field.id;
    const value = Number(field.value.replace("−", "-"));
    this.label.textContent = this.#name(field);
    this.value.textContent = field.value;
    if (field.ariaInvalid || Number.isNaN(value)) return;
    const reach = REACHES.find((it) => Math.abs(value) <= it);
    if (!(Number(this.slider.max) >= Math.abs(value))) this.#span(reach);
    else if (document.activeElement !== this.slider) this.#span(reach);
    this.slider.value = String(value);
  }

  #span(reach) {
    const step = (2 * reach) / STEPS;
    Object.assign(this.slider, { min: -reach, max: reach, step });
  }

  #move() {
    const field = this.#root.querySelector(`#${this.#field}`);
    field.value = this.slider.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
