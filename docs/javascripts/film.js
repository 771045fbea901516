// A film: plays what the build has drawn and written, moment by moment.
import { make } from "./live/dom.js";
import { framesOf, showFrame } from "./frames.js";
import { Player } from "./player.js";

export class Film {
  #frames;
  #said;
  #line;
  #handle;

  constructor(root) {
    const stage = root.querySelector(".film-stage");
    const svg = stage.querySelector("svg");
    const parts = [svg, ...svg.querySelectorAll("*")];
    this.#said = JSON.parse(root.dataset.said);
    this.#frames = framesOf(root, parts);
    this.#line = stage.querySelector(".film-said");
    this.#line.ariaLive = "polite";
    const bar = stage.querySelector(".query-bar");
    const show = (moment) => this.#show(moment);
    const player = new Player(bar, () => this.#said.length, show);
    this.#handle = make("input", {
      type: "range",
      ariaLabel: "Moment",
      max: this.#said.length - 1,
      oninput: () => player.go(Number(this.#handle.value)),
    });
    bar.append(this.#handle);
    player.draw();
  }

  #show(moment) {
    showFrame(this.#frames, moment);
    this.#handle.value = String(moment);
    this.#line.textContent = this.#said[moment];
  }
}
